# SPDX-License-Identifier: GPL-2.0-only
"""Few texts that are in many words, so that files with one of the words are found faster."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

_LENGTH = 12
"""Characters of a text that stands for several words; a short one would be in many files."""


def stems(words: Iterable[str]) -> tuple[str, ...]:
    """Texts of which every one of `words` holds one: a part that words share, or the word."""
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


def whole_words(words: Iterable[str]) -> re.Pattern[bytes]:
    """A pattern that finds any of `words` as `git grep -w` does: no letter, digit or underscore
    touches it."""
    listed = b"|".join(re.escape(word.encode()) for word in sorted(words, key=len, reverse=True))
    return re.compile(rb"(?<!\w)(?:" + listed + rb")(?!\w)")
