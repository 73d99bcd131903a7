# SPDX-License-Identifier: GPL-2.0-only
"""Finds words in the text of C like `\\bword\\b`, but several times faster, and the files of the
whole tree that contain one.

A regular expression that begins with `\\b` is tried at every byte of a text. Most files do not
contain the word at all, and most occurrences are whole words. A search of the tree mostly costs
opening every file, so it also looks for words that will probably be needed soon.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from migrate.kernel.kept_finds import KeptFinds
from migrate.kernel.tree import Tree

_LETTERS = bytes(chr(byte).isascii() and (chr(byte).isalnum() or byte == 95) for byte in range(256))
"""For each byte whether it can be part of a word."""

_PLAIN = re.compile(r"[A-Za-z0-9_]+")


@dataclass(frozen=True, slots=True)
class Hit:
    """A match in a text, with the named groups of the regular expression."""

    at: int
    stop: int

    def start(self) -> int:
        """Where the word begins."""
        return self.at

    def end(self) -> int:
        """The position after the word."""
        return self.stop


class Word:
    """A word of letters, digits and underscores, with the search methods of a pattern."""

    def __init__(self, word: str) -> None:
        self._word = word.encode()

    def search(self, text: bytes, start: int = 0, end: int | None = None) -> Hit | None:
        """The first occurrence of the word; text after `end` is ignored, even next to the word."""
        word, last = self._word, len(text) if end is None else min(end, len(text))
        at = text.find(word, start, last)
        while at >= 0:
            stop = at + len(word)
            if not (at and _LETTERS[text[at - 1]]) and not (stop < last and _LETTERS[text[stop]]):
                return Hit(at, stop)
            at = text.find(word, stop, last)
        return None

    def finditer(self, text: bytes, start: int = 0, end: int | None = None) -> Iterator[Hit]:
        """All occurrences of the word, in order."""
        found = self.search(text, start, end)
        while found is not None:
            yield found
            found = self.search(text, found.stop, end)


@lru_cache(4096)
def whole_word(word: str) -> Word | re.Pattern[bytes]:
    """Finds `word` where it is not next to a letter."""
    if _PLAIN.fullmatch(word):
        return Word(word)
    return re.compile(rb"\b" + re.escape(word.encode()) + rb"\b")


CODE = (".c", ".h", ".S", ".inc", ".rs")
"""The files that may use a function, whatever their language."""

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
        found = self._tree.grep(words, [f"*{ending}" for ending in CODE])
        if len(words) == 1:
            self._know(words[0], found)
            return
        texts = self._tree.read_many(found)
        for word in words:
            self._expected.pop(word, None)
            pattern = whole_word(word)
            self._know(word, [p for p in found if p in texts and pattern.search(texts[p])])

    def _know(self, word: str, found: list[str]) -> None:
        self._known[word] = tuple(found)
        self.kept.put(word, {"": found})
