# SPDX-License-Identifier: GPL-2.0-only
"""The audit of the result: edits that went wrong on purpose, and those that did not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from migrate.analysis.acquires.scan import scan
from migrate.analysis.model import Action, Classification, Release
from migrate.analysis.pairing.pair import pair
from migrate.base.programs.workers import recording
from migrate.kernel.tree import Tree
from migrate.rewrite.groups import engine
from migrate.rewrite.model import Rewrite
from migrate.rewrite.profile.profiles import load_profile
from migrate.rewrite.profile.verdicts import classify
from migrate.rewrite.result.audit import audit_result
from migrate.rewrite.result.audited import rewrite_audited
from migrate.rewrite.result.view import View
from tests.rewrite.trees import NoCache, make_tree

AUDIT = "audit of the result"
PROFILES = ("vaddr-pin", "pin-user-pages")

READ = b"""\
#include <linux/mm.h>

int read_one(unsigned long addr, char *to)
{
	struct page *page;

	if (get_user_pages_fast(addr, 1, 0, &page) != 1)
		return -EFAULT;
	if (!to) {
		put_page(page);
		return -EINVAL;
	}
	memcpy(to, page_address(page), PAGE_SIZE);
	put_page(page);
	return 0;
}
"""
WRITE = b"""
int write_one(unsigned long addr, const char *from)
{
	struct page *page;

	if (get_user_pages_fast(addr, 1, FOLL_WRITE, &page) != 1)
		return -EFAULT;
	memcpy(page_address(page), from, PAGE_SIZE);
	set_page_dirty_lock(page);
	put_page(page);
	return 0;
}
"""
# Nothing of this is right, and nothing of it comes from an edit. It has two remedies: what is
# returned may be computed before the release, or behind it.
LEAK = b"""
int leak_one(unsigned long addr, const char *from, int odd)
{
	struct page *page;

	if (get_user_pages_fast(addr, 1, FOLL_WRITE, &page) != 1)
		return -EFAULT;
	if (odd)
		return odd - 22;
	memcpy(page_address(page), from, PAGE_SIZE);
	set_page_dirty_lock(page);
	put_page(page);
	return 0;
}
"""


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    files = {"drivers/one/one.c": READ + WRITE, "drivers/two/two.c": WRITE + LEAK}
    return make_tree(tmp_path / "linux", "6.1", files)


def classified(tree: Tree, profile: str) -> Classification:
    """The verdicts; a leak is made to be converted, as an author might."""
    found = scan(tree, cache=NoCache(), jobs=1, progress=lambda *_: None)
    result = classify(tree, pair(tree, found), profile=load_profile(profile))
    verdicts = tuple(replace(v, action=Action.PIN) for v in result.verdicts)
    return replace(result, verdicts=verdicts)


def audited(tree: Tree, verdicts: Classification, profile: str, jobs: int = 1) -> Rewrite:
    return rewrite_audited(tree, verdicts, load_profile(profile), lambda path: path, jobs=jobs)


def final(result: Rewrite) -> dict[str, bytes]:
    return {file.path: file.after for change in result.changes for file in change.files}


@pytest.mark.parametrize("profile", PROFILES)
def test_what_was_wrong_before_is_no_fault_of_the_edits(tree: Tree, profile: str) -> None:
    verdicts = classified(tree, profile)
    assert len(verdicts.groups) == 4
    result = audited(tree, verdicts, profile)
    assert (len(result.changes), result.failures) == (4, ())
    assert audit_result(tree, verdicts, result, load_profile(profile)) == ()


def test_files_of_a_folder_are_freed_when_its_groups_are_done(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A view of Linux 5.3 with all files of its groups, in two trees, took 3.2 GB."""
    views: list[View] = []
    made = View.__init__

    def noted(view: View, *given: Any, **more: Any) -> None:
        made(view, *given, **more)
        views.append(view)

    monkeypatch.setattr(View, "__init__", noted)
    audited(tree, classified(tree, "vaddr-pin"), "vaddr-pin")
    assert len(views) == 2
    left = {path for view in views for path in view.program.sources}
    assert not [path for path in left if not path.startswith("include/")]


def forgetting(wanted: Callable[[Release], bool], monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the rewrite leave out the releases that are `wanted`."""
    plan = engine.plan_file

    def broken(draft, acquires, releases, parts, **more):  # type: ignore[no-untyped-def]
        kept = [release for release in releases if not wanted(release)]
        return plan(draft, acquires, kept, parts, **more)

    monkeypatch.setattr(engine, "plan_file", broken)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_release_that_was_left_out_costs_its_group_alone(
    tree: Tree, profile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    verdicts = classified(tree, profile)
    whole = final(audited(tree, verdicts, profile))
    forgetting(lambda r: r.function == "read_one" and r.place.line == 10, monkeypatch)
    result = audited(tree, verdicts, profile)
    assert [(f.group, f.reason) for f in result.failures] == [
        (
            "drivers/one/one.c:read_one",
            "the audit of the result finds that put_page() in read_one() drops pages that are"
            " pinned",
        )
    ]
    assert len(result.changes) == 3
    one = final(result)["drivers/one/one.c"]
    assert one == READ + whole["drivers/one/one.c"][-(len(one) - len(READ)) :]
    assert one != READ + WRITE
    assert final(result)["drivers/two/two.c"] == whole["drivers/two/two.c"]


def test_several_processes_audit_and_roll_back_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"drivers/n{n}/n.c" for n in range(8)]
    tree = make_tree(tmp_path / "linux", "6.1", dict.fromkeys(names, READ))
    verdicts = classified(tree, PROFILES[0])
    forgetting(lambda r: r.place.path == names[3] and r.place.line == 10, monkeypatch)
    one = audited(tree, verdicts, PROFILES[0])
    assert [f.group for f in one.failures] == [f"{names[3]}:read_one"]
    assert len(one.changes) == 7
    with recording() as made:
        assert audited(tree, verdicts, PROFILES[0], jobs=4) == one
    sizes = [(what, sum(m.size for m in made if m.what == what)) for what in ("rewrite", AUDIT)]
    # Nothing but the one that was rolled back is without it, so that nothing is made anew.
    assert sizes == [("rewrite", 8), (AUDIT, 8 + 7)]
    assert len({m.process for m in made if m.what == AUDIT}) > 1


def edited(result: Rewrite, old: bytes, new: bytes) -> Rewrite:
    """`result` with the first `old` in the last state of each file of drivers/one as `new`."""
    changes = []
    for change in result.changes:
        files = tuple(
            replace(f, after=f.after.replace(old, new, 1)) if "one" in f.path else f
            for f in change.files
        )
        assert all(old in f.after for f in change.files if "one" in f.path)
        changes.append(replace(change, files=files))
    return replace(result, changes=tuple(changes))


RELEASE = b"\tunpin_user_page(page);\n"
BROKEN = {
    "a release is gone on one way": (
        b"\t\tunpin_user_page(page);\n\t\treturn -EINVAL;",
        b"\t\treturn -EINVAL;",
        "read_one(): ",
    ),
    "it comes twice": (RELEASE + b"\treturn 0;", RELEASE * 2 + b"\treturn 0;", "read_one(): "),
    "an acquire was left out": (
        b"pin_user_pages_fast(addr, 1, 0",
        b"get_user_pages_fast(addr, 1, 0",
        "get_user_pages_fast() in read_one() still takes plain references",
    ),
    "an acquire is gone": (
        b"pin_user_pages_fast(addr, 1, 0, &page)",
        b"nothing(addr)",
        "another number of acquires",
    ),
    "all releases are gone": (
        b"\t\tunpin_user_page(page);\n\t\treturn -EINVAL;\n\t}\n"
        b"\tmemcpy(to, page_address(page), PAGE_SIZE);\n" + RELEASE,
        b"\t}\n",
        "no release in read_one() any more",
    ),
    "the page gets away": (
        b"\tmemcpy(to, page_address(page), PAGE_SIZE);\n",
        b"\tunheard_of(page);\n",
        "what it cannot follow: ",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_it_sees(name: str, tree: Tree) -> None:
    old, new, reason = BROKEN[name]
    verdicts = classified(tree, "pin-user-pages")
    result = edited(audited(tree, verdicts, "pin-user-pages"), old, new)
    failures = audit_result(tree, verdicts, result, load_profile("pin-user-pages"))
    assert "drivers/one/one.c:read_one" in [f.group for f in failures]
    assert not [f for f in failures if f.group.startswith("drivers/two")]
    assert reason in next(f.reason for f in failures if "read_one" in f.group)


LOOKUP = b"""\
#include <linux/mm.h>

int node_of(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma;
	struct page *page;
	int ret;

	vma = find_vma(mm, addr);
	if (!vma)
		return -EFAULT;
	ret = get_user_pages(addr, 1, 0, &page, NULL);
	if (ret == 1) {
		ret = page_to_nid(page);
		put_page(page);
	}
	return ret;
}
"""
FOLLOWED = {
    "nothing": (b"vma", b"vma", ""),
    "a release is gone": (
        b"\t\tput_page(page);\n",
        b"",
        "another number of put_page() in node_of()",
    ),
    "a release unpins": (
        b"put_page(page)",
        b"unpin_user_page(page)",
        "another number of put_page() in node_of()",
    ),
    "it comes twice": (
        b"put_page(page);",
        b"put_page(page); put_page(page);",
        "another number of put_page() in node_of()",
    ),
    "no reference is taken": (
        b", FOLL_GET)",
        b", 0)",
        "follow_page() in node_of() takes no reference",
    ),
    "the acquire was left out": (
        b"page = follow_page(vma, addr, FOLL_GET);",
        b"ret = get_user_pages(addr, 1, 0, &page, NULL);",
        "that get_user_pages() in node_of() is still there",
    ),
    "the acquire is gone": (
        b"follow_page(vma, addr, FOLL_GET)",
        b"nothing(vma)",
        "another number of acquires",
    ),
    "the page gets away": (
        b"\t\tput_page(page);",
        b"\t\tunheard_of(page);\n\t\tput_page(page);",
        "what it cannot follow: ",
    ),
}


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tree, Classification, Rewrite]:
    folder = tmp_path_factory.mktemp("followed")
    files = {"drivers/one/one.c": LOOKUP, "drivers/two/two.c": LOOKUP + WRITE}
    found = make_tree(folder / "linux", "6.1", files)
    seen = scan(found, cache=NoCache(), jobs=1, progress=lambda *_: None)
    verdicts = classify(found, pair(found, seen), profile=load_profile("vaddr-pin"))
    actions = sorted(v.action for v in verdicts.verdicts)
    assert actions == [Action.FOLLOW, Action.FOLLOW, Action.PIN]
    return found, verdicts, audited(found, verdicts, "vaddr-pin")


@pytest.mark.parametrize("name", FOLLOWED)
def test_of_follow_page_it_sees(name: str, followed: tuple[Tree, Classification, Rewrite]) -> None:
    old, new, reason = FOLLOWED[name]
    tree, verdicts, result = followed
    assert (len(result.changes), result.failures) == (3, ())
    wrong = audit_result(tree, verdicts, edited(result, old, new), load_profile("vaddr-pin"))
    assert [f.group for f in wrong] == (["drivers/one/one.c:node_of"] if reason else [])
    assert all(reason in f.reason for f in wrong)


BY_ADDRESS = LOOKUP.replace(
    b"get_user_pages(addr, 1, 0, &page, NULL)", b"get_user_pages_fast(addr, 1, 0, &page)"
)
LOOKED_UP = {
    "nothing": (b"node_of", b"node_of", ""),
    "a release is gone": FOLLOWED["a release is gone"],
    "a release unpins": FOLLOWED["a release unpins"],
    "it comes twice": FOLLOWED["it comes twice"],
    "the acquire was left out": (
        b"vaddr_get_page(addr, 0, &page)",
        b"get_user_pages_fast(addr, 1, 0, &page)",
        "that get_user_pages_fast() in node_of() is still there",
    ),
    "the acquire is gone": (
        b"vaddr_get_page(addr, 0, &page)",
        b"nothing(addr)",
        "another number of acquires",
    ),
    "the page gets away": FOLLOWED["the page gets away"],
}


@pytest.fixture(scope="module")
def looked_up(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tree, Classification, Rewrite]:
    folder = tmp_path_factory.mktemp("looked_up")
    files = {"drivers/one/one.c": BY_ADDRESS, "drivers/two/two.c": BY_ADDRESS + WRITE}
    found = make_tree(folder / "linux", "6.1", files)
    seen = scan(found, cache=NoCache(), jobs=1, progress=lambda *_: None)
    verdicts = classify(found, pair(found, seen), profile=load_profile("vaddr-pin"))
    return found, verdicts, audited(found, verdicts, "vaddr-pin")


@pytest.mark.parametrize("name", LOOKED_UP)
def test_of_a_lookup_by_address_it_sees(
    name: str, looked_up: tuple[Tree, Classification, Rewrite]
) -> None:
    old, new, reason = LOOKED_UP[name]
    tree, verdicts, result = looked_up
    assert (len(result.changes), result.failures) == (3, ())
    wrong = audit_result(tree, verdicts, edited(result, old, new), load_profile("vaddr-pin"))
    assert [f.group for f in wrong] == (["drivers/one/one.c:node_of"] if reason else [])
    assert all(reason in f.reason for f in wrong)
