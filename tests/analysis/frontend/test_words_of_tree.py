# SPDX-License-Identifier: GPL-2.0-only
"""Words that are looked for in the whole tree, several at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from migrate.analysis.frontend.words import WordSearch
from migrate.kernel.tree import CODE_FILES
from tests.analysis.memory import MemoryTree, tree_of

FILES = {
    "drivers/a/a.c": "int a_open(void)\n{\n\treturn b_open(0);\n}\n",
    "drivers/b/b.c": "int b_open(int n)\n{\n\treturn n;\n}\n",
    "drivers/b/entry.S": "\tcall b_open\n",
    "drivers/b/b.txt": "b_open\n",
    "drivers/c/c.c": "int ab_open; int a_open_too;\n",
}


@dataclass(frozen=True)
class Counted(MemoryTree):
    """A tree that says what was searched for."""

    searches: list[tuple[str, ...]] = field(default_factory=list, compare=False)

    def grep_each(
        self, words: Sequence[str], pathspecs: Sequence[str] = CODE_FILES
    ) -> dict[str, list[str]]:
        self.searches.append(tuple(words))
        return super().grep_each(words, pathspecs)


@pytest.fixture
def tree() -> Counted:
    made = tree_of(FILES, skeleton=False)
    return Counted(made.root, made.commit, made._blobs)


def test_whole_words_in_files_that_hold_code(tree: Counted) -> None:
    search = WordSearch(tree)
    assert search.files("b_open") == ("drivers/a/a.c", "drivers/b/b.c", "drivers/b/entry.S")
    assert search.files("c_open") == ()


def test_each_word_is_looked_for_once(tree: Counted) -> None:
    search = WordSearch(tree)
    search.files("b_open")
    search.files("b_open")
    assert tree.searches == [("b_open",)]


def test_expected_words_come_with_the_next_search(tree: Counted) -> None:
    search = WordSearch(tree)
    search.expect(["a_open", "b_open", "c_open"])
    assert tree.searches == []
    alone = WordSearch(tree_of(FILES, skeleton=False))
    for word in ("b_open", "a_open", "c_open"):
        assert search.files(word) == alone.files(word)
    assert tree.searches == [("b_open", "a_open", "c_open")]


def test_a_search_takes_only_so_many_along(tree: Counted) -> None:
    search = WordSearch(tree)
    search.expect(f"word_{number}" for number in range(100))
    search.files("b_open")
    search.files("word_99")
    assert [len(words) for words in tree.searches] == [16, 16]
    assert tree.searches[1][0] == "word_99"
