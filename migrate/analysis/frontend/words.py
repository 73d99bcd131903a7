# SPDX-License-Identifier: GPL-2.0-only
"""Words in the text of C, found as `\\bword\\b` finds them, only several times faster; and which
files of the whole tree have one.

A regular expression that begins with `\\b` is tried at every byte of a text. Most files have no
word that is looked for, and most of those that have it have it whole. Most of what a search of the
tree costs is to open every file, so that it looks as well for words that will be asked for soon.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from migrate.kernel.kept_finds import KeptFinds
from migrate.kernel.tree import Tree

_LETTERS = bytes(chr(byte).isascii() and (chr(byte).isalnum() or byte == 95) for byte in range(256))
"""For each byte whether it is a part of words."""

_PLAIN = re.compile(r"[A-Za-z0-9_]+")


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a word stands in a text, with the names that a match of a regular expression has."""

    at: int
    stop: int

    def start(self) -> int:
        """Where the word begins."""
        return self.at

    def end(self) -> int:
        """Where the text goes on behind it."""
        return self.stop


class Word:
    """A word made of letters, digits and underscores, for the searches that a pattern has."""

    def __init__(self, word: str) -> None:
        self._word = word.encode()

    def search(self, text: bytes, start: int = 0, end: int | None = None) -> Hit | None:
        """The first place of the word; what follows `end` does not count, not even to touch it."""
        word, last = self._word, len(text) if end is None else min(end, len(text))
        at = text.find(word, start, last)
        while at >= 0:
            stop = at + len(word)
            if not (at and _LETTERS[text[at - 1]]) and not (stop < last and _LETTERS[text[stop]]):
                return Hit(at, stop)
            at = text.find(word, stop, last)
        return None

    def finditer(self, text: bytes, start: int = 0, end: int | None = None) -> Iterator[Hit]:
        """All places of the word, in their order."""
        found = self.search(text, start, end)
        while found is not None:
            yield found
            found = self.search(text, found.stop, end)


@lru_cache(4096)
def whole_word(word: str) -> Word | re.Pattern[bytes]:
    """What finds `word` where no letter touches it."""
    if _PLAIN.fullmatch(word):
        return Word(word)
    return re.compile(rb"\b" + re.escape(word.encode()) + rb"\b")


CODE = (".c", ".h", ".S", ".inc", ".rs")
"""The files that may use a function, whatever their language."""

_MOST_AT_ONCE = 16
"""About eight more words cost as much as another search."""


class WordSearch:
    """The words of the files of one tree."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.kept = KeptFinds(tree, CODE)
        self._known: dict[str, tuple[str, ...]] = {}
        self._expected: dict[str, None] = {}

    def expect(self, words: Iterable[str]) -> None:
        """Look for `words`, too, when next there is something to look for."""
        unknown = (w for w in words if w not in self._known and not self.kept.has(w))
        self._expected |= dict.fromkeys(unknown)

    def files(self, word: str) -> tuple[str, ...]:
        """The files that have `word` as a whole word, sorted."""
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
