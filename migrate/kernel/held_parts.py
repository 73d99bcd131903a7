# SPDX-License-Identifier: GPL-2.0-only
"""Which files contain a part of a word, from searches that were made before.

A search of the whole tree costs opening every file. A file that contains a word also contains each
part of it, so after a search for `kvm_` no other is needed for kvm_vcpu_map(). The words that an
analysis looks for one after the other often begin alike: they are the names of one driver.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from migrate.kernel.stems import stems

_MOST_FILES = 2500
"""Reading more files than this for one word costs as much as another search of the tree."""

_SHORTEST = 8
"""Characters; a shorter word without an underscore is a part of too many others."""

_BEGINNING = 4
"""Characters of the shortest beginning, with its underscore."""


class HeldParts:
    """The parts of words that one tree was searched for, with the files that contain them."""

    def __init__(self) -> None:
        self._files: dict[str, tuple[str, ...]] = {}
        self._begun = Counter[str]()

    def files(self, word: str) -> tuple[str, ...] | None:
        """The files that may contain `word`; None if no part of it is known."""
        known = [files for part, files in self._files.items() if part in word]
        return min(known, key=len, default=None)

    def parts(self, words: Sequence[str]) -> tuple[str, ...]:
        """What to search for instead of `words`: parts of them, which others may have as well; none
        if these would be in too many files."""
        if any("_" not in word and len(word) < _SHORTEST for word in words):
            return ()
        parts = stems(self._part(word) for word in words)
        self._begun.update({_beginning(word) for word in words})
        return parts

    def learn(self, parts: Iterable[str], texts: Iterable[tuple[str, bytes]]) -> None:
        """Store which of `texts`, by path, contain each part, unless there are too many; no other
        file of the tree contains any."""
        asked = [(part, part.encode()) for part in parts]
        found: dict[str, list[str]] = {part: [] for part, _ in asked}
        for path, text in texts:
            for part, mark in asked:
                if mark in text:
                    found[part].append(path)
        for part, paths in found.items():
            if len(paths) <= _MOST_FILES:
                self._files[part] = tuple(paths)

    def _part(self, word: str) -> str:
        """The word itself, or, if another one was searched for that began alike, its beginning."""
        part = _beginning(word)
        again = self._begun[part] == 1  # at a third time it is in too many files
        return part if again and len(part) >= _BEGINNING else word


def _beginning(word: str) -> str:
    """A word up to its first underscore, apart from those that it begins with; "" if it has no
    other."""
    first, mark, _ = word.lstrip("_").partition("_")
    return first + mark if mark else ""
