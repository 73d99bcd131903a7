# SPDX-License-Identifier: GPL-2.0-only
"""A struct, those that contain it, and the words by which code can refer to one of them."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.analysis.frontend.types import StructDef, TypeRef
from migrate.analysis.program.program import Program


def structs_around(program: Program, tag: str, path: str) -> tuple[frozenset[str], set[str]]:
    """Struct `tag` and the structs that contain it, and the words by which code can refer to
    them."""
    tags, words = {tag}, {tag}
    fresh = [tag]
    while fresh:
        for name, kind, holder in typed(program, fresh.pop(), path):
            words.add(name)
            if kind.inside and holder and holder not in tags:
                tags.add(holder)
                words.add(holder)
                fresh.append(holder)
    return frozenset(tags), words


def typed(program: Program, tag: str, path: str) -> Iterator[tuple[str, TypeRef, str]]:
    """The members and typedefs of type struct `tag`, or a pointer to it: the name, the type, and
    the struct that has the member."""
    types = program.types
    for file in types.naming(tag, path):
        found = types.declarations(file)
        for alias, kind in found.typedefs.items():
            if types.resolve(kind, file).tag == tag:
                yield alias, kind, ""
        inline = (kind.inline for kind in found.typedefs.values() if kind.inline is not None)
        bodies = {**found.structs, **{body.tag: body for body in inline}}
        for holder, body in bodies.items():
            for name, kind in body.members.items():
                if types.resolve(kind, file).tag == tag:
                    yield name, types.resolve(kind, file), holder


def definitions_in(program: Program, file: str, word: str) -> Iterator[StructDef]:
    """The structs of a file, including unnamed ones and those of its variables."""
    declared = program.types.declarations(file)
    yield from declared.structs.values()
    local = (f.types.values() for f in program.functions_with(file, word))
    kinds = (
        *declared.typedefs.values(),
        *declared.variables.values(),
        *(k for t in local for k in t),
    )
    yield from (kind.inline for kind in kinds if kind.inline is not None)


def with_unnamed(body: StructDef) -> Iterator[StructDef]:
    """A struct, and the unnamed structs in it."""
    yield body
    for kind in body.members.values():
        if kind.inline is not None:
            yield from with_unnamed(kind.inline)
