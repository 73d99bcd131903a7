# SPDX-License-Identifier: GPL-2.0-only
"""Finds words in the text of C like `\\bword\\b`, but several times faster, and the files of the
whole tree that contain one.

A regular expression that begins with `\\b` is tried at every byte of a text. Most files do not
contain the word at all, and most occurrences are whole words. A search of the tree mostly costs
opening every file, so it also looks for words that will probably be needed soon.
"""

from __future__ import annotations

from collections.abc import Iterable

from migrate.kernel.kept_finds import KeptFinds
from migrate.kernel.tree import CODE, Tree
from migrate.kernel.words import whole_word

_MOST_AT_ONCE = 16
"""About eight additional words cost as much as another search."""


class WordSearch:
    """The words of the files of one tree."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.kept = KeptFinds(tree, CODE)
        self._known: dict[str, tuple[str, ...]] = {}
        self._expected: dict[str, None] = {}

    def expect(self, words: Iterable[str]) -> None:
        """Include `words` in the next search."""
        unknown = (w for w in words if w not in self._known and not self.kept.has(w))
        self._expected |= dict.fromkeys(unknown)

    def files(self, word: str) -> tuple[str, ...]:
        """The files that contain `word` as a whole word, sorted."""
        if word not in self._known:
            self._expected.pop(word, None)
            kept = self.kept.get(word, lambda text: [""] if whole_word(word).search(text) else ())
            if kept is not None:
                self._known[word] = tuple(kept.get("", ()))
            else:
                self._search([word, *list(self._expected)[: _MOST_AT_ONCE - 1]])
        return self._known[word]

    def _search(self, words: list[str]) -> None:
        for word, found in self._tree.grep_each(words).items():
            self._expected.pop(word, None)
            self._known[word] = tuple(found)
            self.kept.put(word, {"": found})
