# SPDX-License-Identifier: GPL-2.0-only
"""Two finders: what they find, and what is said where they differ."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from migrate.analysis.acquires import spatch_finder
from migrate.analysis.acquires.scan import scan
from migrate.analysis.acquires.spatch import Failed, Patched, TookTooLong, run_spatch
from migrate.analysis.acquires.spatch_finder import SpatchFinder, Unit
from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.gaps import GapKind
from migrate.analysis.model import Acquire, Scan, Unparsed
from migrate.base.data import data_folder
from tests.analysis.memory import tree_of

HERE = "drivers/demo/demo.c"
CALL = "void f(unsigned long start, struct page **pages)\n{\n\t%s;\n}\n"
GUP = "get_user_pages_fast(start, 1, FOLL_WRITE, pages)"


class Memory(dict[str, str]):
    """A cache of what spatch answers that counts what is asked of it; nothing else is kept."""

    hits = 0

    def get(self, key: str) -> str | None:  # type: ignore[override]
        found = super().get(key)
        self.hits += found is not None
        return found

    def put(self, key: str, value: str) -> None:
        if " " not in key:
            self[key] = value


def scanned(files: Mapping[str, str | bytes] | str, cache: Memory | None = None) -> Scan:
    """The scan of `files`, or of one file, with the real spatch."""
    named = {HERE: files} if isinstance(files, str) else files
    memory = cache if cache is not None else Memory()
    return scan(tree_of(named), cache=memory, jobs=2, progress=lambda *_: None)


@pytest.fixture
def spatch(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """spatch replaced by one that finds nothing; the files of each call."""
    calls: list[tuple[str, ...]] = []

    def run(_rule: object, files: Mapping[str, bytes], **_options: Any) -> Patched:
        calls.append(tuple(files))
        return Patched(dict(files), "")

    monkeypatch.setattr(spatch_finder, "run_spatch", run)
    monkeypatch.setattr(spatch_finder, "spatch_version", lambda: (1, 1, 1))
    return calls


def test_a_call_is_an_acquire_with_all_that_is_known_of_it() -> None:
    found = scanned(CALL % GUP)
    (acquire,) = found.acquires
    assert (acquire.name, acquire.function) == ("get_user_pages_fast", "f")
    assert acquire.arguments == ("start", "1", "FOLL_WRITE", "pages")
    assert acquire.roles == ("start", "nr_pages", "gup_flags", "pages")
    assert acquire.argument("pages") == "pages"
    assert acquire.argument("gup_flags", "write") == "FOLL_WRITE"
    assert acquire.argument("vmas") is None
    assert (acquire.place.path, acquire.place.line, acquire.place.column) == (HERE, 3, 1)
    assert acquire.text == GUP + ";"
    assert found.unparsed == ()
    assert found.kernel_version == "6.1.0"


def test_every_function_of_the_family_is_found() -> None:
    calls = [
        "get_user_pages(start, 1, 0, pages, NULL)",
        "get_user_pages_fast(start, 1, 0, pages)",
        "get_user_pages_remote(mm, start, 1, 0, pages, NULL, NULL)",
        "get_user_pages_unlocked(start, 1, pages, 0)",
        "get_user_pages_fast_only(start, 1, 0, pages)",
        "get_user_page_fast_only(start, 0, pages)",
    ]
    found = scanned(CALL % ";\n\t".join(calls))
    assert [a.name for a in found.acquires] == [c.split("(")[0] for c in calls]
    assert {a.argument("pages", "pagep") for a in found.acquires} == {"pages"}
    assert found.unparsed == ()


@pytest.mark.parametrize(
    "text",
    [
        "/* get_user_pages_fast(start, 1, 0, pages) */",
        "// get_user_pages_fast(start, 1, 0, pages)",
        'pr_info("get_user_pages_fast(start, 1, 0, pages)")',
        "my_get_user_pages_fast(start)",
        "get_user_pages_fast_(start)",
        "ops->get_user_pages(start)",
        "goto get_user_pages; get_user_pages: return",
        "pin_user_pages_fast(start, 1, 0, pages)",
        "follow_page(vma, start, 0)",
    ],
)
def test_what_is_no_acquire(text: str) -> None:
    found = scanned(CALL % text)
    assert (found.acquires, found.unparsed) == ((), ())


def test_a_prototype_and_a_definition_are_no_acquires() -> None:
    assert scanned("int get_user_pages_fast(unsigned long start, int nr);\n").acquires == ()
    text = "int get_user_pages_fast(unsigned long start, int nr)\n{\n\treturn 0;\n}\n"
    assert scanned(text).acquires == ()


def test_a_static_function_of_that_name_hides_the_kernels() -> None:
    own = "static int get_user_pages_fast(int a)\n{\n\treturn a;\n}\n"
    assert scanned(own + CALL % "get_user_pages_fast(1)").acquires == ()


def test_documentation_tools_and_scripts_are_not_the_kernel() -> None:
    files = {f"{folder}/demo.c": CALL % GUP for folder in ("Documentation", "tools", "scripts")}
    assert scanned(files).acquires == ()


@pytest.mark.parametrize(
    "layout",
    [
        "get_user_pages_fast\n\t\t(start, 1, FOLL_WRITE, pages)",
        "get_user_pages_fast(start, /* one (1) */ 1,\n\t\tFOLL_WRITE, // write\n\t\tpages)",
        "get_user_pages_fast (start,1,FOLL_WRITE,pages)",
        "if (get_user_pages_fast(start, 1, FOLL_WRITE, pages) != 1) return",
        "return g(get_user_pages_fast(start, 1, FOLL_WRITE, pages))",
    ],
)
def test_layout_does_not_matter(layout: str) -> None:
    found = scanned(CALL % layout)
    (acquire,) = found.acquires
    assert acquire.arguments == ("start", "1", "FOLL_WRITE", "pages")
    assert found.unparsed == ()


def test_both_branches_of_a_condition_count() -> None:
    text = f"#ifdef A\n\t{GUP};\n#else\n\t{GUP};\n#endif\n"
    assert [a.place.line for a in scanned(CALL % text).acquires] == [4, 6]


def test_acquires_are_sorted_and_each_is_there_once() -> None:
    files = {f"drivers/demo/{name}.c": CALL % f"{GUP}; {GUP}" for name in "cab"}
    found = scanned(files)
    assert len(found.acquires) == 6
    assert list(found.acquires) == sorted(set(found.acquires))


# Where the finders differ


UNPARSED = {
    "a macro with a statement expression": CALL
    % f"each_of(start, ({{ if (start)\n\t\treturn;\n\t{GUP}; }});)",
    "code that is no C": "void g(void)\n{\n\tFOO(a b c) { ] \n\t" + GUP + ";\n}\n",
}


@pytest.mark.parametrize(
    "text",
    [
        UNPARSED["a macro with a statement expression"],
        UNPARSED["code that is no C"],
    ],
    ids=list(UNPARSED),
)
def test_a_function_that_spatch_does_not_parse_is_named(text: str) -> None:
    assert scanned(text).unparsed


def test_what_spatch_does_not_see_is_listed_besides(spatch: list[tuple[str, ...]]) -> None:
    found = scanned(CALL % GUP)
    (acquire,) = found.acquires
    assert found.unparsed == (Unparsed(acquire.place, "f", GapKind.SPATCH_SKIPS),)
    assert spatch == [(HERE,)]


@pytest.mark.parametrize(
    "outcome", [Failed("spatch reported: EXN: Stack_overflow"), TookTooLong(60)]
)
def test_a_file_on_which_spatch_fails_costs_only_that_file(
    outcome: Failed | TookTooLong, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(rule: Any, files: Mapping[str, bytes], **options: Any) -> Any:
        return outcome if HERE in files else run_spatch(rule, files, **options)

    monkeypatch.setattr(spatch_finder, "run_spatch", run)
    cache = Memory()
    found = scanned({HERE: CALL % GUP, "drivers/demo/other.c": CALL % GUP}, cache)
    assert len(found.acquires) == 2
    (bad,) = found.unparsed
    assert bad.place.path == HERE
    assert (bad.kind, bad.detail) == (GapKind.SPATCH_FAILS, outcome.reason)
    assert len(cache) == 1, "a failure is not stored"


@pytest.mark.parametrize(
    "printed",
    ["", "garbage", f"gup-migrate: x y z {HERE}", "gup-migrate: 3", "gup-migrate: 3 1 get b.c"],
)
def test_garbage_of_spatch_is_nothing_found(printed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spatch_finder, "run_spatch", lambda _, files, **__: Patched(files, printed))
    found = scanned(CALL % GUP)
    assert [u.kind for u in found.unparsed] == [GapKind.SPATCH_SKIPS]


def test_what_only_spatch_sees_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = ("3 1 get_user_pages_fast", "4 2 get_user_pages_fast")
    printed = "".join(f"gup-migrate: {call} {HERE}\n" for call in calls)
    monkeypatch.setattr(spatch_finder, "run_spatch", lambda _, files, **__: Patched(files, printed))
    found = scanned(CALL % GUP)
    assert len(found.acquires) == 1
    assert [u.place.line for u in found.unparsed] == [4]


def test_a_call_in_the_body_of_a_macro_is_listed() -> None:
    found = scanned("#define GET(a, p) get_user_pages_fast(a, 1, 0, p)\n")
    assert found.acquires == ()
    (bad,) = found.unparsed
    assert (bad.place.line, bad.kind) == (1, GapKind.NAME_IN_MACRO)
    assert bad.named == "get_user_pages_fast"


ADDRESSES = {
    "an argument": CALL % "call_later(get_user_pages_fast, start)",
    "an initialiser": CALL % "gup_t fn = get_user_pages_fast",
    "an assignment": CALL % "ops->gup = get_user_pages_fast",
    "an ampersand": CALL % "call_later(&get_user_pages_fast, start)",
    "a table": "struct ops ops = {\n\t.gup = get_user_pages_fast,\n};\n",
    "a choice": CALL % "fn = start ? get_user_pages_fast : other",
    "a parenthesis": CALL % "(get_user_pages_fast)(start, 1, FOLL_WRITE, pages)",
    "a macro for the name": "#define my_gup get_user_pages_fast\n" + CALL % "my_gup(start, 1)",
}


@pytest.mark.parametrize("text", ADDRESSES.values(), ids=list(ADDRESSES))
def test_an_address_that_is_taken_is_listed(text: str) -> None:
    found = scanned(text)
    assert found.acquires or found.unparsed


# Helpers over GUP

HELPER = """
int demo_fetch(unsigned long start, struct page **pages)
{
	return get_user_pages_fast(start, 1, FOLL_WRITE, pages);
}
"""


def names_of(found: Scan) -> list[tuple[str, str]]:
    return [(a.function, a.name) for a in found.acquires]


def test_calls_of_a_helper_that_fills_an_array_are_acquires() -> None:
    found = scanned({HERE: HELPER, "drivers/other/user.c": CALL % "demo_fetch(start, pages)"})
    assert names_of(found) == [("demo_fetch", "get_user_pages_fast"), ("f", "demo_fetch")]
    assert found.acquires[1].argument("pages") == "pages"
    assert found.unparsed == ()


def test_calls_of_a_helper_that_returns_the_page_are_acquires() -> None:
    helper = """
	struct page *demo_one(unsigned long start)
	{
		struct page *page;

		if (get_user_pages_fast(start, 1, FOLL_WRITE, &page) != 1)
			return NULL;
		return page;
	}
	"""
    found = scanned({HERE: helper, "drivers/other/user.c": CALL % "pages[0] = demo_one(start)"})
    assert ("f", "demo_one") in names_of(found)


def test_a_helper_over_a_helper_is_one() -> None:
    second = "int second(unsigned long s, struct page **p)\n{\n\treturn demo_fetch(s, p);\n}\n"
    found = scanned({HERE: HELPER + second, "net/user.c": CALL % "second(start, pages)"})
    assert ("f", "second") in names_of(found)


OWN = """
int demo_fetch(unsigned long start, struct page **pages)
{
	struct page *own[1];
	int n = get_user_pages_fast(start, 1, 0, own);

	put_page(*own);
	return n;
}
"""


@pytest.mark.parametrize(
    "helper", ["static " + HELPER.lstrip(), OWN], ids=["static", "keeps to itself"]
)
def test_what_is_no_helper(helper: str) -> None:
    user = {"drivers/other/user.c": CALL % "demo_fetch(start, pages)"}
    assert len(scanned({HERE: helper, **user}).acquires) == 1


# The cache


def test_a_second_scan_runs_no_spatch(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {HERE: CALL % GUP, "drivers/demo/other.c": CALL % GUP}
    cache = Memory()
    first = scanned(files, cache)
    assert cache.hits == 0

    def never(*_: Any, **__: Any) -> Any:
        raise AssertionError("spatch was run")

    monkeypatch.setattr(spatch_finder, "run_spatch", never)
    assert scanned(files, cache) == first
    assert cache.hits == 2


def test_only_the_file_that_changed_is_asked_again(spatch: list[tuple[str, ...]]) -> None:
    files = {HERE: CALL % GUP, "drivers/demo/other.c": CALL % GUP.replace("1", "2")}
    cache = Memory()
    scanned(files, cache)
    spatch.clear()
    scanned({**files, HERE: "\n" + CALL % GUP}, cache)
    assert spatch == [(HERE,)]


def test_another_version_of_spatch_is_asked_again(
    spatch: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = Memory()
    scanned(CALL % GUP, cache)
    monkeypatch.setattr(spatch_finder, "spatch_version", lambda: (1, 2, 0))
    scanned(CALL % GUP, cache)
    assert len(spatch) == 2


@pytest.mark.parametrize("damage", ["", "{", "[[1]]", '[["a", "b"]]', "null", "3"])
def test_a_damaged_entry_of_the_cache_is_made_anew(damage: str) -> None:
    cache = Memory()
    expected = scanned(CALL % GUP, cache)
    for key in cache:
        cache[key] = damage
    assert scanned(CALL % GUP, cache) == expected


def test_progress_reaches_the_end() -> None:
    seen: list[tuple[str, int, int]] = []
    tree = tree_of({HERE: CALL % GUP, "drivers/demo/other.c": CALL % GUP})
    scan(tree, cache=Memory(), jobs=2, progress=lambda *a: seen.append(a))
    assert seen[-1] == ("files read by spatch", 2, 2)
    uncounted = {(done, total) for what, done, total in seen if what != "files read by spatch"}
    assert uncounted == {(0, 0)}


def test_progress_is_for_those_who_wait(spatch: list[tuple[str, ...]]) -> None:
    """Before that, the line on the terminal belongs to other work."""
    seen: list[tuple[str, int, int]] = []
    with SpatchFinder(["get"], Memory(), 1, lambda *a: seen.append(a)) as finder:
        finder.ask([Unit("a.c", "", "1"), Unit("b.c", "", "2")], lambda _: b"")
    assert spatch and seen == []
    assert finder.answers() == {"a.c": {}, "b.c": {}}
    assert seen == [("files read by spatch", 2, 2)]


def test_an_argument_is_found_by_its_role() -> None:
    (acquire,) = scanned(CALL % "get_user_pages(start, 1, 0, pages, NULL)").acquires
    assert isinstance(acquire, Acquire)
    assert (acquire.argument("vmas"), acquire.argument("nr_pages")) == ("NULL", "1")


# Releases that nobody parses


def test_a_function_with_a_release_that_spatch_skips_is_named() -> None:
    text = (
        "struct demo {\n\tstruct page *page;\n};\n"
        "int get(struct demo *d, unsigned long start)\n{\n"
        "\treturn get_user_pages_fast(start, 1, FOLL_WRITE, &d->page);\n}\n"
        "void put(struct demo *d)\n{\n\teach_of(d, ({ put_page(d->page); });)\n}\n"
    )
    assert [u.function for u in scanned(text).unparsed] == ["put"]


def test_the_rule_has_every_name_of_a_release() -> None:
    rule = (data_folder("cocci") / "facts" / "acquire.cocci").read_text("utf-8")
    (listed,) = re.findall(r"@release .*?identifier fn = \{(.*?)\};", rule, re.S)
    assert tuple(sorted(listed.split(", "))) == knowledge().releases


WRAPPER = """#!/bin/sh
case "$(cat */*/*.c 2>/dev/null)" in
*HANGS*) exec sleep 600 ;;
*DIES*) kill -SEGV $$ ;;
*FLOODS*) exec yes ;;
*BABBLES*) echo 'gup-migrate: 3 x y'; exit 0 ;;
esac
exec %s "$@"
"""


def test_a_spatch_that_misbehaves_costs_its_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = shutil.which("spatch")
    (tmp_path / "spatch").write_text(WRAPPER % real)
    (tmp_path / "spatch").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(spatch_finder, "_TIME_LIMIT", 8.0)
    monkeypatch.setattr(spatch_finder, "_OUTPUT_LIMIT", 1 << 20)
    bad = {
        "HANGS": "spatch was stopped after 8 s",
        "DIES": "was killed by signal 11",
        "FLOODS": "bytes of output",
    }
    files = {f"drivers/demo/{w}.c": CALL % f"{GUP}; /* {w} */" for w in (*bad, "BABBLES", "fine")}
    found = scanned(files)
    assert len(found.acquires) == len(files)
    reasons = {u.place.path: u.detail for u in found.unparsed if u.kind is GapKind.SPATCH_FAILS}
    assert reasons.keys() == {f"drivers/demo/{w}.c" for w in bad}
    skipped = [u.place.path for u in found.unparsed if u.kind is GapKind.SPATCH_SKIPS]
    assert skipped == ["drivers/demo/BABBLES.c"]
    for word, why in bad.items():
        assert why in reasons[f"drivers/demo/{word}.c"]
