# SPDX-License-Identifier: GPL-2.0-only
"""What single files say is kept, and a file is parsed for a scan when it has changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from migrate.analysis.acquires import file_finds, helpers, spatch_finder
from migrate.analysis.acquires.scan import scan
from migrate.analysis.acquires.spatch import Patched
from migrate.analysis.frontend.limits import MOST_BYTES
from migrate.analysis.model import Scan
from migrate.analysis.program.program import Program
from tests.analysis.memory import tree_of

HERE, THERE, HEADER = "drivers/demo/demo.c", "net/other.c", "drivers/demo/demo.h"
TAKEN = "void %s(unsigned long start, struct page **pages)\n{\n\t%s(start, 1, 0, pages);\n}\n"
GUP = "get_user_pages_fast"


class Memory(dict[str, str]):
    def put(self, key: str, value: str) -> None:
        self[key] = value


@pytest.fixture(autouse=True)
def spatch(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """spatch replaced by one that finds nothing; the files of each call."""
    calls: list[tuple[str, ...]] = []

    def run(_rule: object, files: Mapping[str, bytes], **_options: Any) -> Patched:
        calls.append(tuple(files))
        return Patched(dict(files), "")

    monkeypatch.setattr(spatch_finder, "run_spatch", run)
    monkeypatch.setattr(spatch_finder, "spatch_version", lambda: (1, 1, 1))
    return calls


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The files in which somebody looks for calls, and for helpers behind a sign."""
    seen: list[str] = []
    find, hand = file_finds.find_acquires, helpers._in_file

    def found(source: Any, family: Any) -> Any:
        seen.append(source.path)
        return find(source, family)

    def handed(program: Any, path: str, family: Any) -> Any:
        seen.append(f"+{path}")
        return hand(program, path, family)

    monkeypatch.setattr(file_finds, "find_acquires", found)
    monkeypatch.setattr(helpers, "_in_file", handed)
    yield seen


def scanned(files: Mapping[str, str], cache: Memory) -> tuple[Scan, Program]:
    tree = tree_of(files)
    program = Program(tree)
    quiet = lambda *_: None  # noqa: E731
    return scan(tree, cache=cache, jobs=1, progress=quiet, program=program), program


FILES = {HERE: TAKEN % ("f", GUP), THERE: TAKEN % ("g", GUP)}


def test_a_second_scan_looks_into_no_file(looked: list[str]) -> None:
    cache = Memory()
    first, _ = scanned(FILES, cache)
    assert {HERE, THERE, f"+{HERE}", f"+{THERE}"} <= set(looked)
    looked.clear()
    again, program = scanned(FILES, cache)
    assert (again, looked, set(program.sources)) == (first, [], set())


def test_only_the_file_that_has_changed_is_looked_into(looked: list[str]) -> None:
    cache = Memory()
    scanned(FILES, cache)
    looked.clear()
    found, _ = scanned({**FILES, THERE: "\n" + FILES[THERE]}, cache)
    assert set(looked) == {THERE, f"+{THERE}"}
    assert [a.place.line for a in found.acquires] == [3, 4]


def test_a_file_that_names_it_in_a_comment_is_looked_into_by_nobody(looked: list[str]) -> None:
    cache, files = Memory(), {**FILES, THERE: f"/* {GUP}() */\n"}
    first, _ = scanned(files, cache)
    again, _ = scanned(files, cache)
    assert THERE not in looked
    assert first == again


def test_a_new_helper_is_looked_for_in_files_that_have_not_changed(looked: list[str]) -> None:
    user = {"net/user.c": TAKEN % ("h", "demo_take")}
    cache = Memory()
    assert len(scanned({**FILES, **user}, cache)[0].acquires) == 2
    helper = TAKEN.replace("void", "int").replace("\tget", "\treturn get") % ("demo_take", GUP)
    found, _ = scanned({**FILES, **user, HERE: helper}, cache)
    assert [a.function for a in found.acquires] == ["demo_take", "g", "h"]
    assert "net/user.c" in looked


TYPED = """
typedef struct page %s;
int demo_take(unsigned long start, pages_t *pages)
{
	return get_user_pages_fast(start, 1, 0, pages);
}
"""


def test_a_helper_is_looked_at_again_when_a_type_of_its_folder_has_changed() -> None:
    cache, user = Memory(), {"net/user.c": TAKEN % ("h", "demo_take")}
    text = '#include "demo.h"\n' + TYPED.split(";", 1)[1]
    files = {HERE: text, HEADER: "typedef struct page pages_t;\n", **user}
    assert len(scanned(files, cache)[0].acquires) == 1
    found, _ = scanned({**files, HEADER: "typedef struct page *pages_t;\n"}, cache)
    assert [a.function for a in found.acquires] == ["demo_take", "h"]


def test_of_a_file_that_is_not_analysed_nothing_is_kept() -> None:
    cache = Memory()
    files = {**FILES, THERE: FILES[THERE] + "/* " + "x" * MOST_BYTES + " */\n"}
    first, _ = scanned(files, cache)
    again, program = scanned(files, cache)
    assert again == first
    assert set(program.unread) == {THERE}


@pytest.mark.parametrize("damage", ["", "{", "null", "3", "[]", '{"finds": 3}'])
def test_a_damaged_row_is_made_anew(damage: str) -> None:
    cache = Memory()
    first, _ = scanned(FILES, cache)
    for key in cache:
        cache[key] = damage
    assert scanned(FILES, cache)[0] == first
