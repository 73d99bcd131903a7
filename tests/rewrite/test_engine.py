# SPDX-License-Identifier: GPL-2.0-only
"""Whole groups: all or nothing, one after the other, in the order of commits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from migrate.analysis.acquires.spatch import Failed, SpatchOutcome, TookTooLong
from migrate.analysis.model import Acquire, Action, PinGroup, Place, Release
from migrate.base.errors import Refusal
from migrate.base.programs.workers import recording
from migrate.kernel.tree import Tree
from migrate.rewrite.groups.engine import Converted, rewrite
from migrate.rewrite.groups.order import independent, order_groups
from migrate.rewrite.model import Rewrite
from migrate.rewrite.profile.profiles import load_profile
from migrate.rewrite.steps import apply
from tests.rewrite.trees import classification, group_of, make_tree

ONE = b"""\
static void first(unsigned long addr, struct page **p)
{
	get_user_pages_fast(addr, 1, FOLL_WRITE, p); put_page(*p);
}

static void second(unsigned long addr, struct page **p)
{
	get_user_pages_fast(addr, 1, FOLL_GET | FOLL_WRITE, p); put_page(*p); put_page(p[1]);
}
"""
BROKEN = b"""\
static void odd(struct page **p)
{
	asm goto ("" : : : : out);
	put_page(*p);
out:
	return;
}
"""


def function(*lines: str) -> bytes:
    """A function f() with `lines`."""
    body = "".join(f"\t{line}\n" for line in lines)
    return f"void f(struct page **p)\n{{\n{body}}}\n".encode()


def split(group: PinGroup, function: str) -> PinGroup:
    """The part of a group that is in one function."""
    return PinGroup(
        function,
        tuple(a for a in group.acquires if a.function == function),
        tuple(r for r in group.releases if r.function == function),
        (),
        (),
        (),
    )


def run(tree: Tree, *groups: PinGroup, profile: str = "pin-user-pages") -> Rewrite:
    return rewrite(tree, classification(tree, *groups), load_profile(profile), lambda path: path)


def test_groups_of_one_file_follow_each_other(tmp_path: Path) -> None:
    tree = make_tree(tmp_path, "6.1", {"a.c": ONE})
    whole = group_of("", {"a.c": ONE})
    result = run(tree, split(whole, "second"), split(whole, "first"))
    first, second = result.changes
    assert (first.group, second.group) == ("first", "second")
    assert first.files[0].before == ONE
    assert second.files[0].before == first.files[0].after
    assert first.files[0].after.count(b"unpin_user_page(") == 1
    after = second.files[0].after
    assert b"get_user" not in after and b"put_page" not in after and b"FOLL_GET" not in after
    assert first.rules == ("common/rename-call.cocci",)
    assert second.rules == ("common/drop-flag.cocci", "common/rename-call.cocci")


def test_two_groups_on_one_line_do_not_disturb_each_other(tmp_path: Path) -> None:
    line = function("get_user_pages_fast(1, 1, 1, p); put_page(*p); put_page(p[1]);")
    tree = make_tree(tmp_path, "6.1", {"a.c": line})
    whole = group_of("", {"a.c": line})
    groups = [
        PinGroup("a", whole.acquires, whole.releases[:1], (), (), ()),
        PinGroup("b", (), whole.releases[1:], (), (), ()),
    ]
    result = run(tree, *groups)
    assert [c.group for c in result.changes] == ["a", "b"]
    assert result.changes[0].files[0].after.count(b"put_page") == 1
    assert result.changes[1].files[0].after == function(
        "pin_user_pages_fast(1, 1, FOLL_WRITE, p); unpin_user_page(*p); unpin_user_page(p[1]);"
    )


def test_a_group_fails_whole_and_the_next_one_does_not_see_it(tmp_path: Path) -> None:
    files = {"a.c": ONE, "b.c": BROKEN}
    tree = make_tree(tmp_path, "6.1", files)
    whole = group_of("", {"a.c": ONE})
    first = split(whole, "first")
    broken = PinGroup(
        "broken",
        first.acquires,
        first.releases + group_of("", {"b.c": BROKEN}).releases,
        (),
        (),
        (),
    )
    result = run(tree, broken, split(whole, "second"))
    assert [f.group for f in result.failures] == ["broken"]
    assert result.failures[0].reason == "spatch does not parse odd() in b.c, line 4"
    assert [c.group for c in result.changes] == ["second"]
    assert result.changes[0].files[0].before == ONE


@pytest.mark.parametrize(
    "outcome", [TookTooLong(60), Failed("spatch was killed by signal 9: no message")]
)
def test_a_spatch_that_misbehaves_costs_its_group_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outcome: SpatchOutcome
) -> None:
    files = {"a.c": ONE, "b.c": ONE.replace(b"first", b"third").replace(b"second", b"fourth")}
    tree = make_tree(tmp_path, "6.1", files)
    real = apply.run_spatch

    def run_spatch(rule: Path, given: Mapping[str, bytes], **options: Any) -> SpatchOutcome:
        return outcome if "a.c" in given else real(rule, given, **options)

    monkeypatch.setattr(apply, "run_spatch", run_spatch)
    groups = [group_of(path, {path: text}) for path, text in files.items()]
    result = run(tree, *groups)
    assert [(f.group, f.reason) for f in result.failures] == [("a.c", f"a.c: {outcome.reason}")]
    assert [c.group for c in result.changes] == ["b.c"]


def test_the_result_has_nothing_left_to_convert(tmp_path: Path) -> None:
    tree = make_tree(tmp_path / "one", "6.1", {"a.c": ONE})
    once = run(tree, group_of("g", {"a.c": ONE})).changes[0].files[0].after
    again = make_tree(tmp_path / "two", "6.1", {"a.c": once})
    result = run(again, group_of("g", {"a.c": ONE}))
    assert result.changes == ()
    assert "there is no" in result.failures[0].reason


def test_releases_that_are_right_already_stay(tmp_path: Path) -> None:
    text = function("get_user_pages_fast(1, 1, 0, p);", "unpin_user_page(*p);")
    tree = make_tree(tmp_path, "6.1", {"a.c": text})
    group = group_of("g", {"a.c": text})
    release = Release(Place("a.c", 4, 1), "f", "unpin_user_page", False, "", "")
    result = run(tree, PinGroup("g", group.acquires, (release,), (), (), ()))
    assert result.changes[0].files[0].after == text.replace(b"get_user", b"pin_user")


def test_a_release_in_a_macro_is_converted_there(tmp_path: Path) -> None:
    text = b"#define DROP(p) put_page(p)\n" + function(
        "get_user_pages_fast(1, 1, 0, p);", "DROP(*p);"
    )
    tree = make_tree(tmp_path, "6.1", {"a.c": text})
    group = group_of("g", {"a.c": text})
    release = Release(Place("a.c", 1, 16), "DROP", "put_page", False, "", "")
    result = run(tree, PinGroup("g", group.acquires, (release,), (), (), ()))
    assert result.failures == ()
    (change,) = result.changes
    assert b"#define DROP(p) unpin_user_page(p)\n" in change.files[0].after


def test_what_is_no_call_fails_the_group(tmp_path: Path) -> None:
    text = (
        b"void f(struct page **p)\n{\n\tget_user_pages_fast(1, 1, 0, p);\n\trun(put_page, *p);\n}\n"
    )
    tree = make_tree(tmp_path, "6.1", {"a.c": text})
    group = group_of("g", {"a.c": text})
    release = Release(Place("a.c", 4, 5), "f", "put_page", False, "", "")
    result = run(tree, PinGroup("g", group.acquires, (release,), (), (), ()))
    assert [f.reason for f in result.failures] == ["a.c:4: put_page is not a plain call"]


def test_a_place_that_does_not_fit_the_tree_fails_the_group(tmp_path: Path) -> None:
    tree = make_tree(tmp_path, "6.1", {"a.c": ONE})
    acquire = Acquire(Place("a.c", 1, 0), "first", "get_user_pages", (), (), "")
    result = run(tree, PinGroup("g", (acquire,), (), (), (), ()))
    assert [f.reason for f in result.failures] == ["a.c:1: there is no get_user_pages() any more"]
    missing = Acquire(Place("none.c", 1, 0), "first", "get_user_pages", (), (), "")
    result = run(tree, PinGroup("g", (missing,), (), (), (), ()))
    assert [f.reason for f in result.failures] == ["none.c is not in the tree"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("get_user_pages_fast(1, 2);", "is called with 2 arguments"),
        ("get_user_pages_locked(1, 2);", "has no pin_user_pages_locked()"),
        ("get_user_page_here(1, 2);", "has no counterpart for get_user_page_here()"),
    ],
)
def test_calls_that_the_tree_has_no_counterpart_for(line: str, reason: str, tmp_path: Path) -> None:
    text = function(line)
    tree = make_tree(tmp_path, "6.1", {"a.c": text})
    result = run(tree, group_of("g", {"a.c": text}))
    assert reason in result.failures[0].reason


def test_verdicts_other_than_pin_and_follow_are_left_alone(tmp_path: Path) -> None:
    tree = make_tree(tmp_path, "6.1", {"a.c": ONE})
    group = group_of("g", {"a.c": ONE})
    profile = load_profile("pin-user-pages")
    for action in (Action.KEEP, Action.MANUAL):
        result = rewrite(tree, classification(tree, group, action=action), profile, str)
        assert (result.changes, result.failures) == ((), ())
    followed = rewrite(tree, classification(tree, group, action=Action.FOLLOW), profile, str)
    assert len(followed.failures) == 1


def test_bytes_outside_the_edits_are_never_touched(tmp_path: Path) -> None:
    text = (
        b"/* \xe9t\xe9 */\r\nvoid f(struct page **p)\r\n{\r\n\tget_user_pages_fast(1, 1, 0, p);"
        b' /* caf\xc3\xa9 */ put_page(*p);   \r\n\x0c\tg("\xff");\r\n}\r\n\r\n\r\nint last; '
    )
    tree = make_tree(tmp_path, "6.1", {"a.c": text})
    result = run(tree, group_of("g", {"a.c": text}))
    expected = text.replace(b"get_user", b"pin_user").replace(b"put_page", b"unpin_user_page")
    assert result.changes[0].files[0].after == expected


def test_a_tree_without_the_api_is_refused_in_one_line(tmp_path: Path) -> None:
    tree = make_tree(tmp_path, "5.3", {"a.c": ONE})
    with pytest.raises(Refusal) as caught:
        run(tree, group_of("g", {"a.c": ONE}))
    assert caught.value.what == (
        "Profile pin-user-pages needs pin_user_pages(), which this tree lacks;"
        " kernels have it from 5.6 on."
    )
    assert caught.value.next_step == "Use --profile vaddr-pin, which brings its own API."


def test_comments_stay_when_asked(tmp_path: Path) -> None:
    text = function("/* get_user_pages_fast() */", "get_user_pages_fast(1, 1, 0, p);")
    tree = make_tree(tmp_path, "6.1", {"a.c": text})
    group, profile = group_of("g", {"a.c": text}), load_profile("pin-user-pages")
    result = rewrite(tree, classification(tree, group), profile, str, comments=False)
    assert result.changes[0].files[0].after == text.replace(b"\tget_", b"\tpin_")
    result = rewrite(tree, classification(tree, group), profile, str)
    assert result.changes[0].files[0].after == text.replace(b"get_", b"pin_")


def test_progress_counts_groups(tmp_path: Path) -> None:
    tree = make_tree(tmp_path, "6.1", {"a.c": ONE})
    whole = group_of("", {"a.c": ONE})
    groups = (split(whole, "first"), split(whole, "second"))
    seen: list[tuple[int, int]] = []
    rewrite(
        tree,
        classification(tree, *groups),
        load_profile("pin-user-pages"),
        str,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert sorted(seen) == [(1, 2), (2, 2)]


@pytest.mark.parametrize("jobs", [2, 8])
def test_several_processes_make_the_edits_of_one(jobs: int, tmp_path: Path) -> None:
    names = [f"{letter}.c" for letter in "abcd"]
    tree = make_tree(tmp_path, "6.1", dict.fromkeys(names, ONE))
    whole = [group_of("", {name: ONE}) for name in names]
    parts = [
        replace(split(group, function), name=f"{function} of {name}")
        for name, group in zip(names, whole, strict=True)
        for function in ("first", "second")
    ]
    made, seen = {}, list[tuple[int, int]]()
    for count in (1, jobs):
        seen.clear()
        with recording() as shares:
            made[count] = rewrite(
                tree,
                classification(tree, *parts),
                load_profile("pin-user-pages"),
                str,
                jobs=count,
                progress=lambda *told: seen.append(told),
            )
        assert [share.size for share in shares] == [2, 2, 2, 2]
        assert (len({share.process for share in shares}) > 1) == (count > 1)
        assert seen == [(n, 8) for n in range(1, 9)]
    assert made[1] == made[jobs]
    assert len(made[1].changes) == 8


def test_what_is_known_is_not_made_again(tmp_path: Path) -> None:
    tree = make_tree(tmp_path, "6.1", {"a.c": ONE, "b.c": ONE})
    groups = [replace(group_of("", {name: ONE}), name=name) for name in ("a.c", "b.c")]
    known: dict[tuple[str, ...], Converted] = {}

    def again(*wanted: PinGroup) -> tuple[Rewrite, list[int]]:
        verdicts, profile = classification(tree, *wanted), load_profile("pin-user-pages")
        with recording() as made:
            return rewrite(tree, verdicts, profile, str, known=known), [m.size for m in made]

    first, sizes = again(*groups)
    assert sizes == [1, 1]
    assert again(*groups) == (first, [])
    fewer, sizes = again(groups[1])
    assert sizes == []
    assert [change.group for change in fewer.changes] == ["b.c"]


def group(name: str, *paths: str) -> PinGroup:
    acquires = tuple(Acquire(Place(p, 1, 0), "f", "g", (), (), "") for p in paths)
    return PinGroup(name, acquires, (), (), (), ())


def test_the_order_is_by_subsystem_then_path() -> None:
    groups = [group("1", "z.c"), group("2", "b.c"), group("3", "a.c")]
    ordered = order_groups(groups, lambda path: "A" if path == "z.c" else "B")
    assert [g.name for g in ordered] == ["1", "3", "2"]


def test_groups_that_share_files_over_others_are_one_bundle() -> None:
    groups = [group("1", "a.c"), group("2", "b.c"), group("3", "c.c"), group("4", "a.c", "b.c")]
    assert [[g.name for g in bundle] for bundle in independent(groups)] == [["3"], ["1", "2", "4"]]


NARROW = b"\tgot_of_them = get_user_pages_fast(where_it_is, 1, FOLL_WRITE, &obj->p1);"
WRAPPED = (
    b"\tgot_of_them = vaddr_pin_pages_fast(where_it_is, 1, FOLL_WRITE,\n\t\t\t\t\t   &obj->p1);"
)


@pytest.mark.parametrize(
    ("columns", "line", "expected"),
    [
        (80, NARROW, WRAPPED),
        (100, NARROW, NARROW.replace(b"get_user", b"vaddr_pin")),
        (80, NARROW + b" /* wide */", None),
    ],
    ids=["an old tree", "a new one", "wider before"],
)
def test_lines_get_no_wider_than_the_tree_allows(
    columns: int, line: bytes, expected: bytes | None, tmp_path: Path
) -> None:
    """Until 5.6 checkpatch.pl warns beyond 80 columns; what was wider before stays on its line."""
    text = b"void f(struct object *obj)\n{\n" + line + b"\n\tput_page(obj->p1);\n}\n"
    files = {
        "drivers/a.c": text,
        "scripts/checkpatch.pl": f"my $max_line_length = {columns};\n".encode(),
    }
    found = run(
        make_tree(tmp_path, "6.1", files), group_of("a", {"drivers/a.c": text}), profile="vaddr-pin"
    )
    (change,) = found.changes[0].files
    assert (expected or line.replace(b"get_user", b"vaddr_pin")) in change.after
