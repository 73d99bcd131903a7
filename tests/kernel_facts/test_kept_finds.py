# SPDX-License-Identifier: GPL-2.0-only
"""What a search of the whole tree found stands for the next commit, but for files that changed."""

from __future__ import annotations

import pytest

from migrate.analysis.frontend.includes import Includes
from migrate.analysis.frontend.words import WordSearch
from migrate.kernel.kept_finds import Finds
from tests.analysis.acquires.test_searches import FILES as SEARCHED
from tests.analysis.acquires.test_searches import Later, Memory, later
from tests.analysis.memory import MemoryTree, tree_of

FILES = SEARCHED | {"drivers/a/entry.S": "\tcall get_page\n", "drivers/b/b.txt": "get_page\n"}
WORDS = ("get_page", "get_pages", "nowhere", "demo")
NAMES = ("demo.h", "a.h", "nowhere.h")

Answers = tuple[list[tuple[str, ...]], list[dict[bytes, list[str]]]]


class Kept:
    """Both searches of one tree, with what `cache` has."""

    def __init__(self, tree: MemoryTree, cache: Memory | None) -> None:
        self.words, self.includes = WordSearch(tree), Includes(tree)
        self.finds = Finds((self.words.kept, self.includes.kept))
        self.finds.open(cache)

    def answers(self) -> Answers:
        """What is found of everything that these tests look for."""
        found = [self.words.files(word) for word in WORDS]
        named = [self.includes.of(name.encode()) for name in NAMES]
        return found, [{w: sorted(p) for w, p in written.items()} for written in named]


def searched(tree: MemoryTree) -> Answers:
    return Kept(tree, None).answers()


def filled(files: dict[str, str] = FILES) -> Memory:
    cache = Memory()
    kept = Kept(later(files, None, "2" * 40), cache)
    kept.answers()
    kept.finds.save()
    return cache


EDITS = {
    "nothing": {},
    "one more": {"drivers/b/new.c": '#include "demo.h"\nget_page\n'},
    "another way": {"drivers/a/one.c": "#include <x/demo.h>\nint get_pages;\n"},
    "no more": {"drivers/a/one.c": "int x;\n"},
    "now": {"drivers/b/three.c": "#include <demo.h>\nint nowhere;\n"},
    "assembly": {"drivers/a/entry.S": "\tcall got_page\n", "drivers/b/x.S": "get_pages\n"},
    "no C": {"drivers/b/b.txt": "nowhere\n"},
    "gone": {"drivers/a/one.c": "", "drivers/a/demo.h": ""},
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=list(EDITS))
def test_after_an_edit_nothing_is_searched_and_the_answer_is_that_of_a_search(
    edit: dict[str, str],
) -> None:
    files = {name: text for name, text in (FILES | edit).items() if text}
    tree = later(files, frozenset(edit))
    kept = Kept(tree, filled())
    assert kept.finds.are_warm
    assert kept.answers() == searched(tree_of(files, skeleton=False))
    assert tree.searched == 0


def test_from_commit_to_commit() -> None:
    cache, files = filled(), dict(FILES)
    for number, edit in enumerate(EDITS.values(), 3):
        files = {name: text for name, text in (files | edit).items() if text}
        tree = later(files, frozenset(edit), str(number) * 40)
        kept = Kept(tree, cache)
        assert kept.answers() == searched(tree_of(files, skeleton=False))
        assert tree.searched == 0
        kept.finds.save()


def test_what_is_new_is_searched_and_kept_beside_what_is_not_asked() -> None:
    cache = filled()
    for commit, searches in (("4" * 40, 1), ("5" * 40, 0)):
        tree = later(FILES, frozenset(), commit)
        kept = Kept(tree, cache)
        assert kept.words.files("int") == ("drivers/a/demo.h", *FOUND_INT)
        kept.finds.save()
        assert tree.searched == searches
    tree = later(FILES, frozenset(), "6" * 40)
    assert Kept(tree, cache).answers() == searched(tree_of(FILES, skeleton=False))
    assert tree.searched == 0


FOUND_INT = ("drivers/a/one.c", "drivers/a/two.c", "drivers/b/three.c")


def test_a_commit_that_is_too_far_away_is_searched() -> None:
    tree = later(FILES | EDITS["now"], None)
    kept = Kept(tree, filled())
    assert not kept.finds.are_warm
    assert kept.answers() == searched(tree_of(FILES | EDITS["now"], skeleton=False))
    assert tree.searched > 0


@pytest.mark.parametrize(
    "stored", ["", "[]", "{}", "null", '{"finds": {"get_page": 1}, "paths": []}', '{"paths": 1}']
)
def test_a_row_that_is_none_says_nothing(stored: str) -> None:
    cache = filled()
    for key in cache:
        cache[key] = stored
    assert Kept(later(FILES, frozenset()), cache).answers() == searched(
        tree_of(FILES, skeleton=False)
    )


def test_what_another_process_found_is_known() -> None:
    tree, cache = later(FILES, None, "2" * 40), Memory()
    here, copy = Kept(tree, cache), Kept(tree, cache)
    answers = copy.answers()
    here.finds.learn(copy.finds.news())
    assert not any(copy.finds.news())
    before = tree.searched
    assert here.answers() == answers
    assert tree.searched == before


def test_a_word_in_very_many_files_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migrate.kernel.kept_finds._MOST_FILES", 2)
    cache = filled()
    tree: Later = later(FILES, frozenset())
    kept = Kept(tree, cache)
    kept.words.files("get_pages")
    assert tree.searched == 0
    assert kept.words.files("get_page") == searched(tree_of(FILES, skeleton=False))[0][0]
    assert tree.searched == 1
