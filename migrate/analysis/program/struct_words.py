# SPDX-License-Identifier: GPL-2.0-only
"""The files that can access an object of one struct, found by words.

Thousands of files see a header of the kernel's core, but only few may use a struct in it. To name a
member `s->m`, a file needs an expression of the struct's type: it names the tag or a typedef of it,
a member or a variable of that type, a function that returns it, or a macro with one of these in its
body. Files outside that can do so contain one of these words, so a few searches of the tree find
all of them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from migrate.analysis.frontend.types import base_type
from migrate.analysis.program.functions import Functions
from migrate.analysis.program.include_graph import IncludeGraph
from migrate.analysis.program.type_lookup import TypeLookup
from migrate.kernel.words import whole_word

_MOST_WORDS = 30
"""With more words, too many files use the struct."""

_MACRO = re.compile(rb"^[ \t]*#[ \t]*define[ \t]+(\w+)((?:\\\r?\n|[^\n])*)", re.M)


class Accessing(NamedTuple):
    """The files that can access a struct, and the words by which they do."""

    files: tuple[str, ...]
    words: frozenset[str]


class StructWords:
    """Finds the users of the structs of one tree, each looked for once."""

    def __init__(self, functions: Functions, types: TypeLookup, wide: IncludeGraph) -> None:
        self._functions, self._types, self._wide = functions, types, wide
        self._known: dict[str, Accessing | None] = {}
        self._near: dict[tuple[str, str], frozenset[str] | None] = {}

    def forget(self) -> None:
        """Drop all results."""
        self._known.clear()
        self._near.clear()

    def files(self, tag: str, member: str) -> tuple[str, ...] | None:
        """The files that can access a struct `tag` and contain `member` as a word; None if there
        are too many to find out."""
        known = self.accessing(tag)
        if known is None:
            return None
        pattern, texts = whole_word(member), self._functions.tree.read_many(known.files)
        return tuple(path for path in known.files if path in texts and pattern.search(texts[path]))

    def accessing(self, tag: str) -> Accessing | None:
        """Who can access a struct `tag`; None if there are too many to find out."""
        if tag not in self._known:
            self._known[tag] = self._find(tag)
        return self._known[tag]

    def near(self, tag: str, home: str) -> frozenset[str] | None:
        """Words of which at least one is in each function in the scope of `home` that can access a
        struct `tag`; None if a header for the whole kernel names the struct, or there are too
        many."""
        key = (tag, home)
        if key not in self._near:
            self._near[key] = self._find_near(tag, home)
        return self._near[key]

    def _find_near(self, tag: str, home: str) -> frozenset[str] | None:
        names = self._types.names(tag, home)
        if any(map(self._functions.corpus.public_files, names)):
            return None
        naming = self._types.naming(tag, home)
        words = names.union(word for path in naming for word in self._declared(tag, path))
        fresh = words
        while fresh and len(words) <= _MOST_WORDS:
            files = {path for word in fresh for path in self._functions.files_with(home, word)}
            texts = (self._functions.tree.read(path) or b"" for path in sorted(files))
            fresh = frozenset(word for text in texts for word in _macros(text, words)) - words
            words |= fresh
        return words if len(words) <= _MOST_WORDS else None

    def _find(self, tag: str) -> Accessing | None:
        words, fresh, found = {tag}, {tag: ""}, dict[str, None]()
        while fresh:
            self._wide.expect(fresh)
            for word, header in fresh.items():
                named = self._named(header, word)
                if named is None or len(words) > _MOST_WORDS:
                    return None
                found |= dict.fromkeys(named)
            # With more words, headers that were already examined may contain another one.
            ways = ((word, path) for path in found for word in self._ways(tag, words, path))
            fresh = {word: path for word, path in ways if word not in words}
            words |= fresh.keys()
        return Accessing(tuple(found), frozenset(words))

    def _named(self, header: str, word: str) -> tuple[str, ...] | None:
        """The files that contain a word of a header, "" for all; None if there are too many."""
        found = self._wide.files(header, word) if header.endswith(".h") else None
        return found if found is not None else self._wide.naming(word)

    def _ways(self, tag: str, words: Collection[str], path: str) -> Iterator[str]:
        """The words of a file by which others may access a struct `tag`, given the known `words`.
        Those of a .c file are its own unless another one includes it: a prototype of one of its
        functions elsewhere contains the tag."""
        if path.endswith(".h") or self._wide.is_mixed(path):
            yield from self._declared(tag, path)
            yield from _macros(self._functions.tree.read(path) or b"", words)

    def _declared(self, tag: str, path: str) -> Iterator[str]:
        """The types, variables and members of a file that are of a struct `tag` or point to one,
        and the functions that return such."""
        declared = self._types.declarations(path)
        kinds = [*declared.typedefs.items(), *declared.variables.items()]
        for body in declared.structs.values():
            kinds += body.members.items()
        for name, kind in kinds:
            if self._types.resolve(kind, path).tag == tag:
                yield name
        source = self._functions.glance(path)
        for function in source.functions if source is not None else ():
            returned = base_type(function.node, path)
            if returned is not None and self._types.resolve(returned, path).tag == tag:
                yield function.name


def _macros(text: bytes, words: Collection[str]) -> Iterator[str]:
    """The macros of a file that have one of `words` in their bodies."""
    for macro, body in _MACRO.findall(text):
        if any(whole_word(word).search(body) for word in words):
            yield macro.decode()
