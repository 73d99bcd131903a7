# SPDX-License-Identifier: GPL-2.0-only
"""The offset of a member in its struct, and the size of another struct: a struct that is laid over
the beginning of an object does not reach members beyond its end.

The architecture is not known, so both are bounds: to find the largest end, every member has 8 bytes
or more; to find the smallest offset, only pointers count, with 4 bytes.
"""

from __future__ import annotations

from migrate.analysis.frontend.struct_rows import Row, row_of
from migrate.analysis.frontend.types import SCALARS, StructDef
from migrate.analysis.program.location import Member
from migrate.analysis.program.program import Program

_POINTER, _WORD = 4, 8
_NUMBERS = SCALARS | {"atomic_t", "atomic64_t", "atomic_long_t", "refcount_t"}
"""Types of up to 8 bytes."""

_DEPTH = 6
"""The maximum nesting of structs."""


def is_behind(program: Program, cell: Member, tag: str, path: str) -> bool:
    """Whether member `cell` starts after the end of a struct `tag` that is laid over its own."""
    if _is_part(program, tag, path):
        return False
    size = _largest(program, tag, path, _DEPTH)
    return size is not None and size <= _start(program, cell, path)


def _is_part(program: Program, tag: str, path: str) -> bool:
    """Whether a struct is embedded in another one, so that code may compute the address of the
    outer one."""
    return any(
        kind.inside and program.types.resolve(kind, file).tag == tag
        for file in program.types.naming(tag, path)
        for body in program.types.declarations(file).structs.values()
        for kind in body.members.values()
    )


def _start(program: Program, cell: Member, path: str) -> int:
    """The minimum number of bytes before a member."""
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
    """The minimum size of some members in bytes."""
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
    """The maximum size of a struct in bytes, if it is not embedded in others; None if it is not
    known."""
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
