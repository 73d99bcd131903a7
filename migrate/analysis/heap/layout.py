# SPDX-License-Identifier: GPL-2.0-only
"""How far into a struct a member is, and how large another one can be: what is laid over the
beginning of an object does not reach what is behind its end.

Nothing is known of the machine, so both are bounds: every member takes 8 bytes or more of a struct
whose end is asked for, and only pointers take any, of 4 bytes, before a member."""

from __future__ import annotations

from migrate.analysis.frontend.types import SCALARS, Row, StructDef, row_of
from migrate.analysis.program.location import Member
from migrate.analysis.program.program import Program

_POINTER, _WORD = 4, 8
_NUMBERS = SCALARS | {"atomic_t", "atomic64_t", "atomic_long_t", "refcount_t"}
"""Types of up to 8 bytes."""

_DEPTH = 6
"""Structs inside of each other, so many."""


def is_behind(program: Program, cell: Member, tag: str, path: str) -> bool:
    """Whether member `cell` starts behind the end of a struct `tag` that is laid over its own."""
    if _is_part(program, tag, path):
        return False
    size = _largest(program, tag, path, _DEPTH)
    return size is not None and size <= _start(program, cell, path)


def _is_part(program: Program, tag: str, path: str) -> bool:
    """Whether a struct stands inside of another, so that who has one may ask for the whole."""
    return any(
        kind.inside and program.types.resolve(kind, file).tag == tag
        for file in program.types.naming(tag, path)
        for body in program.types.declarations(file).structs.values()
        for kind in body.members.values()
    )


def _start(program: Program, cell: Member, path: str) -> int:
    """The fewest bytes that are in front of a member."""
    body = program.types.struct(cell.tag, path)
    row = _row(program, body)
    if body is None or row is None or not row.plain or cell.members[0] not in row.certain:
        return 0
    names = list(body.members)
    before = names[: names.index(cell.members[0])] if cell.members[0] in names else []
    return _least(program, body, row, before, path, _DEPTH)


def _row(program: Program, body: StructDef | None) -> Row | None:
    source = program.source(body.path) if body is not None else None
    if body is None or source is None or source.unread or body.garbled:
        return None
    return row_of(source, body.tag)


def _least(
    program: Program, body: StructDef, row: Row, names: list[str], path: str, depth: int
) -> int:
    """The fewest bytes that some members take."""
    found = 0
    for name in names:
        if name not in row.certain or name in body.unions:
            continue
        kind = program.types.resolve(body.members[name], path)
        if kind.depth:
            found += 0 if kind.array else _POINTER
        elif depth and kind.tag:
            inner = program.types.struct(kind.tag, path)
            inside = _row(program, inner)
            if inner is not None and inside is not None:
                members = list(inner.members)
                found += _least(program, inner, inside, members, path, depth - 1)
    return found


def _largest(program: Program, tag: str, path: str, depth: int) -> int | None:
    """The most bytes that a struct takes that stands in no other; None when that is not known."""
    body = program.types.struct(tag, path)
    row = _row(program, body)
    if body is None or row is None or not row.plain or not depth:
        return None
    found = 0
    for kind in (program.types.resolve(k, path) for k in body.members.values()):
        size = None if kind.array else _WORD
        if not kind.depth and kind.tag not in _NUMBERS:
            size = _largest(program, kind.tag, path, depth - 1)
        if size is None:
            return None
        found += size
    return found
