# SPDX-License-Identifier: GPL-2.0-only
"""One word in the text of C, found as `\\bword\\b` finds it, only several times faster.

A regular expression that begins with `\\b` is tried at every byte of a text. Most files have no
word that is looked for, and most of those that have it have it whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

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
