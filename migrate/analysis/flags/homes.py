# SPDX-License-Identifier: GPL-2.0-only
"""The drivers that can access the objects of a struct, for what is looked for driver by driver."""

from __future__ import annotations

from dataclasses import dataclass

from migrate.analysis.heap.families import structs_around
from migrate.analysis.program.program import Program

_MOST = 24
"""Drivers; a struct of more is not looked at."""


@dataclass(frozen=True)
class Homes:
    """A file of each driver that can access a struct, and words by which these do, beside those
    that the driver itself has for it."""

    paths: tuple[str, ...]
    words: frozenset[str] = frozenset()


def homes_of(program: Program, tag: str, path: str) -> Homes | None:
    """The drivers that can access a struct `tag`, as seen from `path`.

    None if there are too many; if modules outside of the tree count and may access it, too; if
    another struct contains it, whose users need not name it; or if it has another name, which is
    not seen through everywhere.
    """
    if not program.types.is_public(tag, path):
        return Homes((path,))
    known = program.cells.accessing(tag) if not program.open_world else None
    if known is None:
        return None
    scope = program.corpus.scope_folder
    found = {scope(path): path} | {scope(file): file for file in known.files}
    if len(found) > _MOST or any(_renames(program, tag, file) for file in known.files):
        return None
    alone = all(structs_around(program, tag, home)[0] == {tag} for home in found.values())
    return Homes(tuple(found.values()), known.words) if alone else None


def _renames(program: Program, tag: str, file: str) -> bool:
    """Whether a file has another name for a struct `tag`, or for a pointer to one."""
    types = program.types
    return any(
        name != tag and types.resolve(kind, file).tag == tag
        for name, kind in types.declarations(file).typedefs.items()
    )
