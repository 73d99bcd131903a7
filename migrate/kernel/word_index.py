# SPDX-License-Identifier: GPL-2.0-only
"""An inverted index: which of many texts contain a word (Knuth, TAOCP 3, 6.5).

The headers for the whole kernel are searched for hundreds of words. Making the index costs as much
as about sixty searches; looking a word up costs nothing. The kernel's headers have 400,000 words,
which as Python objects would take more memory than the headers: they are kept as one sorted text.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping

from migrate.kernel.words import is_plain, whole_word, words_of

_AS_LONG_AS_INDEXING = 60
"""Searches that take as long as making the index."""


class WordIndex:
    """The words of letters, digits and underscores in `texts`, by the name of the text; other words
    are searched for."""

    def __init__(self, texts: Mapping[str, bytes]) -> None:
        self._texts, self._names = texts, tuple(texts)
        # Most words are in one text. Those take no list, and no step of the interpreter.
        first: dict[bytes, int] = {}
        holders: dict[bytes, list[int]] = {}
        for number, text in enumerate(texts.values()):
            words = words_of(text)
            fresh = words.difference(first)
            for word in words - fresh:
                holders.setdefault(word, []).append(number)
            first.update(dict.fromkeys(fresh, number))
        # The position in _words at which each word begins, and in _holders that of its texts.
        self._starts, self._firsts, self._holders = array("I", [0]), array("I", [0]), array("I")
        order = sorted(first)
        for word in order:
            self._starts.append(self._starts[-1] + len(word))
            self._holders.append(first[word])
            self._holders.extend(holders.get(word, ()))
            self._firsts.append(len(self._holders))
        self._words = b"".join(order)

    def files(self, word: str) -> tuple[str, ...]:
        """The names of the texts that contain `word` as a whole word, in their order."""
        if not is_plain(word):
            pattern = whole_word(word)
            return tuple(name for name, text in self._texts.items() if pattern.search(text))
        at = self._position(word.encode())
        if at is None:
            return ()
        numbers = self._holders[self._firsts[at] : self._firsts[at + 1]]
        return tuple(self._names[number] for number in numbers)

    def _position(self, word: bytes) -> int | None:
        low, high = 0, len(self._starts) - 1
        while low < high:
            middle = (low + high) // 2
            if self._word(middle) < word:
                low = middle + 1
            else:
                high = middle
        found = low < len(self._starts) - 1
        return low if found and self._word(low) == word else None

    def _word(self, number: int) -> bytes:
        return self._words[self._starts[number] : self._starts[number + 1]]


class SearchedTexts:
    """Texts that are searched for one word at a time, and indexed when that has become cheaper.

    The costs of not knowing how many searches follow are at most twice those of knowing it, as with
    renting skis until their price is reached (Karlin and others, Competitive snoopy caching, 1988).
    """

    def __init__(self, texts: Mapping[str, bytes]) -> None:
        self._texts, self._searches = texts, 0
        self._index: WordIndex | None = None

    def files(self, word: str) -> tuple[str, ...]:
        """The names of the texts that contain `word` as a whole word, in their order."""
        self._searches += 1
        if self._searches > _AS_LONG_AS_INDEXING and self._index is None:
            self._index = WordIndex(self._texts)
        if self._index is not None:
            return self._index.files(word)
        mark, pattern = word.encode(), whole_word(word)
        texts = self._texts.items()
        return tuple(name for name, text in texts if mark in text and pattern.search(text))
