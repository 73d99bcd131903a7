# SPDX-License-Identifier: GPL-2.0-only
"""Words in the text of C, found as `git grep -w` finds them: not next to a letter, a digit or an
underscore.

A regular expression that begins with `\\b` or a lookbehind is tried at every byte of a text, and an
alternation with each of its words. Most files do not contain the word at all, and most occurrences
are whole words, so searching for the bytes first is many times faster.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

_LETTERS = bytes(chr(byte).isascii() and (chr(byte).isalnum() or byte == 95) for byte in range(256))
"""For each byte whether it can be part of a word."""

_SPACED = bytes(byte if _LETTERS[byte] else ord(" ") for byte in range(256))
"""For each byte what it is in a text of words with spaces between them."""

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


def words_of(text: bytes) -> set[bytes]:
    """The words of letters, digits and underscores in `text`."""
    return set(text.translate(_SPACED).split())


def is_plain(word: str) -> bool:
    """Whether `word` has only letters, digits and underscores."""
    return _PLAIN.fullmatch(word) is not None


@lru_cache(4096)
def whole_word(word: str) -> Word | re.Pattern[bytes]:
    """Finds `word` where it is not next to a letter."""
    if is_plain(word):
        return Word(word)
    return re.compile(rb"(?<!\w)" + re.escape(word.encode()) + rb"(?!\w)")


class AnyWord:
    """Several words, of which a text may contain one."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = tuple(whole_word(word) for word in sorted(set(words)))

    def is_in(self, text: bytes) -> bool:
        """Whether `text` contains one of them as a whole word."""
        return any(word.search(text) is not None for word in self._words)
