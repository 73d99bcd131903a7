# SPDX-License-Identifier: GPL-2.0-only
"""After a change only what changed is searched, and the answer is that of a whole search."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from migrate.analysis.acquires.searches import Searches
from migrate.analysis.frontend.includes import _FEW, Includes, included
from migrate.kernel.tree import CODE_FILES
from tests.analysis.memory import MemoryTree, tree_of

FILES = {
    "drivers/a/one.c": '#include "demo.h"\nint get_page;\n',
    "drivers/a/two.c": "# include <sub/demo.h>\nint get_pages;\n",
    "drivers/b/three.c": '/* demo.h */ int x;\nchar *s = "demo.h";\n#include <linux/a.h>\n',
    "drivers/a/demo.h": "int get_page;\n",
}


class Later(MemoryTree):
    """A later commit of a tree, which says what `changes` were made."""

    changes: frozenset[str] | None = frozenset()
    searched = 0

    def changed_since(self, commit: str) -> frozenset[str] | None:
        return self.changes if commit != self.commit else frozenset()

    def grep_each(
        self, words: Sequence[str], pathspecs: Sequence[str] = CODE_FILES
    ) -> dict[str, list[str]]:
        self.searched += 1
        return super().grep_each(words, pathspecs)

    def lines_with(self, texts: Sequence[str], pathspecs: Sequence[str] = ("*.c", "*.h")) -> bytes:
        self.searched += 1
        return super().lines_with(texts, pathspecs)


class Memory(dict[str, str]):
    def put(self, key: str, value: str) -> None:
        self[key] = value


def later(files: dict[str, str], changes: frozenset[str] | None, commit: str = "1" * 40) -> Later:
    blobs = tree_of(files, skeleton=False)._blobs
    tree = Later(tree_of({}).root, commit, blobs)
    tree.changes = changes
    return tree


def answers(tree: MemoryTree, cache: Memory | None) -> tuple[list[str], list[str]]:
    searches = Searches(tree, Includes(tree), cache)
    return searches.naming(["get_page", "got_page"]), searches.including(["demo.h"])


FOUND = (["drivers/a/demo.h", "drivers/a/one.c"], ["drivers/a/one.c", "drivers/a/two.c"])


def test_a_whole_search() -> None:
    assert answers(tree_of(FILES, skeleton=False), None) == FOUND
    assert answers(tree_of(FILES, skeleton=False), Memory()) == FOUND


EDITS = {
    "nothing": {},
    "one more": {"drivers/b/new.c": '#include "demo.h"\nget_page\n'},
    "no more": {"drivers/a/one.c": "int x;\n"},
    "now": {"drivers/b/three.c": "#include <demo.h>\nint get_page;\n"},
    "no C": {"README": "get_page\n"},
    "gone": {"drivers/a/one.c": "", "drivers/a/demo.h": ""},
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=list(EDITS))
def test_a_search_after_an_edit_is_a_whole_one(edit: dict[str, str]) -> None:
    cache = Memory()
    answers(later(FILES, None, "2" * 40), cache)
    files = {name: text for name, text in (FILES | edit).items() if text}
    tree = later(files, frozenset(edit))
    assert answers(tree, cache) == answers(tree_of(files, skeleton=False), None)
    assert tree.searched == 0
    unknown = later(files, None, "3" * 40)
    assert answers(unknown, cache) == answers(tree, cache)
    assert unknown.searched == 1  # one walk through all files serves both


@pytest.mark.parametrize("stored", ["", "[]", "{}", '{"commit": "--x", "files": []}', "null", "1"])
def test_a_stored_answer_that_is_none_is_no_answer(stored: str) -> None:
    cache = Memory()
    answers(later(FILES, None), cache)
    for key in cache:
        cache[key] = stored
    assert answers(later(FILES, frozenset(), "2" * 40), cache) == FOUND


def test_a_search_of_everything_is_cold() -> None:
    cache = Memory()
    for tree, cold in ((later(FILES, None), True), (later(FILES, frozenset(), "2" * 40), False)):
        searches = Searches(tree, Includes(tree), cache)
        searches.naming(["get_page"])
        assert searches.cold is cold


def test_no_words_are_in_no_file() -> None:
    searches = Searches(tree_of(FILES, skeleton=False), Includes(tree_of(FILES)), None)
    assert searches.naming([]) == searches.including([]) == []


def test_includes_are_the_same_whether_few_or_many_are_asked_for() -> None:
    tree = tree_of(FILES, skeleton=False)
    one, other = Includes(tree), Includes(tree)
    for n in range(_FEW):
        other.of(b"%d.h" % n)
    for name in (b"demo.h", b"a.h", b"no.h", b"emo.h"):
        assert one.of(name) == other.of(name)
    assert one.of(b"demo.h") == {
        b'"demo.h': ["drivers/a/one.c"],
        b"<sub/demo.h": ["drivers/a/two.c"],
    }


def test_words_found_along_with_includes_are_those_of_a_search() -> None:
    tree = later(FILES | {"get_page/other.c": "#include <a.h>\nint get_pages, got;\n"}, None)
    includes, words = Includes(tree), ["get_page", "got_page"]
    assert includes.naming(words) == FOUND[0] == tree.grep(words)
    assert includes.files(["demo.h"]) == set(FOUND[1])
    assert includes.naming(["int"]) == tree.grep(["int"])


def test_includes_that_are_read_beside() -> None:
    includes = Includes(tree_of(FILES, skeleton=False))
    includes.prefetch()
    includes.prefetch()
    assert includes.files(["demo.h"]) == {"drivers/a/one.c", "drivers/a/two.c"}
    includes.prefetch()
    assert includes.lines.count(b"\n") == 3


def test_what_a_text_includes() -> None:
    assert included(FILES["drivers/a/two.c"].encode()) == {"demo.h"}
    assert included(FILES["drivers/b/three.c"].encode()) == {"a.h"}
