# SPDX-License-Identifier: GPL-2.0-only
"""Finds a few substrings that many words share, so that a search for all the words is faster."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

_LENGTH = 12
"""Characters of a substring that stands for several words; a short one would be in many files."""


def stems(words: Iterable[str]) -> tuple[str, ...]:
    """Texts such that every one of `words` contains one of them: a shared part, or the word
    itself."""
    left = sorted(set(words))
    found: list[str] = []
    while left:
        shared = Counter(part for word in left for part in set(_parts(word)))
        best = min(shared, key=lambda part: (-shared[part], part), default="")
        if shared[best] < 2:
            break
        found.append(best)
        left = [word for word in left if best not in word]
    return (*found, *left)


def _parts(word: str) -> Iterator[str]:
    for at in range(len(word) - _LENGTH + 1):
        yield word[at : at + _LENGTH]
