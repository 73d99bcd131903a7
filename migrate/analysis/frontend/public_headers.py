# SPDX-License-Identifier: GPL-2.0-only
"""The headers for the whole kernel: which of them contain a word, and which define a struct.

Together they are as large as everything else that an analysis reads. The results of searches in
them are kept, so a workspace with results for the tree, or a similar one, reads only a few of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property

from migrate.kernel.kept_finds import KeptFinds, Look
from migrate.kernel.tree import Tree
from migrate.kernel.word_index import WordIndex
from migrate.kernel.words import whole_word

FOLDER = "include"

STRUCTS = (re.compile(rb"struct\s+(\w+)\s*\{"), re.compile(rb"union\s+(\w+)\s*\{"))
"""Two expressions: searching for one literal word is much faster."""

AT_ONCE = 200
"""Files to read from git at once: the largest folders exceed the limit of its output."""

_NOT_FOR_ALL = ("include/dt-bindings/", "include/generated/")
_MOST_ALONE = 12
"""Up to this many unknown words are searched for one by one; for more, reading all headers is
cheaper."""


class PublicHeaders:
    """The headers below include/ of one tree."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.kept = KeptFinds(tree, (".h",))
        self._words: dict[str, tuple[str, ...]] = {}
        self._tags: dict[str, tuple[str, ...]] = {}
        self._alone = 0

    def read(self) -> None:
        """Read all of them now, so that forked processes have them."""
        self._structs, self._index  # noqa: B018

    def files(self, word: str) -> tuple[str, ...]:
        """The headers that contain `word` as a whole word, without lists of numbers."""
        if word not in self._words:
            found = self._known(word, lambda text: _has(text, word))
            if found is None:
                found = self._alone_with(word)
                found = list(self._index.files(word)) if found is None else found
                self.kept.put(word, {"": found})
            self._words[word] = tuple(p for p in found if not p.startswith(_NOT_FOR_ALL))
        return self._words[word]

    def struct_files(self, tag: str) -> tuple[str, ...]:
        """The headers that seem to define struct or union `tag`."""
        if tag not in self._tags:
            what = f"struct {tag}"
            found = self._known(what, lambda text: [""] if tag.encode() in structs(text) else ())
            if found is None:
                alone = self._alone_with(tag)
                found = list(self._structs.get(tag.encode(), ())) if alone is None else alone
                texts = self._tree.read_many(found)
                found = [path for path in found if tag.encode() in structs(texts[path])]
                self.kept.put(what, {"": found})
            self._tags[tag] = tuple(found)
        return self._tags[tag]

    def texts(self, word: str) -> Mapping[str, bytes]:
        """The headers that contain `word`, with their contents."""
        return self._tree.read_many(self.files(word))

    def _known(self, what: str, look: Look) -> list[str] | None:
        kept = self.kept.get(what, look)
        if kept is None:
            return None
        return [path for path in kept.get("", ()) if path.startswith(f"{FOLDER}/")]

    def _alone_with(self, word: str) -> list[str] | None:
        """The headers that contain a word, found without reading all of them; None if it is cheaper
        to read all."""
        if "_all" in self.__dict__ or self._alone >= _MOST_ALONE or not self.kept.is_warm:
            return None
        self._alone += 1
        return self._tree.grep([word], [f"{FOLDER}/*.h"])

    @cached_property
    def _all(self) -> Mapping[str, bytes]:
        files = self._tree.files
        paths = [p for p in files if p.startswith(f"{FOLDER}/") and p.endswith(".h")]
        found: dict[str, bytes] = {}
        for at in range(0, len(paths), AT_ONCE):
            found |= self._tree.read_many(paths[at : at + AT_ONCE])
        return found

    @cached_property
    def _index(self) -> WordIndex:
        return WordIndex({n: t for n, t in self._all.items() if not n.startswith(_NOT_FOR_ALL)})

    @cached_property
    def _structs(self) -> Mapping[bytes, tuple[str, ...]]:
        return struct_index(self._all)


def _has(text: bytes, word: str) -> Iterable[str]:
    return [""] if whole_word(word).search(text) else ()


def structs(text: bytes) -> set[bytes]:
    """The tags of the structs and unions that `text` seems to define."""
    return {tag for pattern in STRUCTS for tag in pattern.findall(text)}


def struct_index(texts: Mapping[str, bytes]) -> dict[bytes, tuple[str, ...]]:
    """The files that seem to define a struct or union, by tag."""
    found: dict[bytes, list[str]] = {}
    for path, text in texts.items():
        for tag in structs(text):
            found.setdefault(tag, []).append(path)
    return {tag: tuple(paths) for tag, paths in found.items()}
