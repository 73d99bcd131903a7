# SPDX-License-Identifier: GPL-2.0-only
"""Members that share their memory with pages, in a union."""

from __future__ import annotations

from migrate.analysis.frontend.types import TypeRef
from migrate.analysis.heap.families import definitions_in, structs_around, with_unnamed
from migrate.analysis.program.location import Member
from migrate.analysis.program.program import Program

_PAGES = frozenset({"page", "folio"})
_PARTS = 4
"""The maximum nesting of structs."""


def shares_memory(program: Program, cell: Member, path: str) -> bool:
    """Whether a page may be stored into the memory of the member `cell` by another name."""
    return _is_beside_page(program, cell, path) or _is_inside_beside_page(program, cell, path)


def _is_beside_page(program: Program, cell: Member, path: str) -> bool:
    body = program.types.struct(cell.tag, path)
    for name in cell.members:
        if body is None:
            return False
        if name in body.shared:
            return True
        kind = body.members.get(name)
        body = kind.inline if kind is not None else None
    return False


def _is_inside_beside_page(program: Program, cell: Member, path: str) -> bool:
    """Whether the struct of `cell`, or one that contains it, is in a union beside a struct with
    pages."""
    if not cell.tag:
        return False
    home = program.cells.home(cell, path)
    tags, _ = structs_around(program, cell.tag, home)
    for tag in sorted(tags):
        for file in program.types.naming(tag, home):
            if b"union" not in (program.tree.read(file) or b""):
                continue
            for outer in definitions_in(program, file, tag):
                for union in with_unnamed(outer):
                    kinds = {n: program.types.resolve(union.members[n], file) for n in union.unions}
                    inside = [n for n, k in kinds.items() if k.inside and k.tag == tag]
                    others = [k for n, k in kinds.items() if n not in inside[:1]]
                    if inside and any(_may_hold_page(program, k, file) for k in others):
                        return True
    return False


def _may_hold_page(program: Program, kind: TypeRef, path: str, depth: int = _PARTS) -> bool:
    if kind.depth and not kind.inside and not kind.array:
        return kind.tag in _PAGES or kind.tag == "void"
    if kind.tag in _PAGES and kind.depth:
        return True
    body = (kind.inline or program.types.struct(kind.tag, path)) if depth else None
    members = body.members.values() if body is not None else ()
    resolved = (program.types.resolve(member, path) for member in members)
    return any(_holds_page(program, member, path, depth - 1) for member in resolved)


def _holds_page(program: Program, kind: TypeRef, path: str, depth: int) -> bool:
    """Whether a part of the union holds pages; void pointers in it count as pointing to something
    else."""
    return kind.tag != "void" and _may_hold_page(program, kind, path, depth)
