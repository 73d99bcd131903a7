# SPDX-License-Identifier: GPL-2.0-only
"""Page frame numbers and addresses that are stored for comparisons, and not passed on."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.analysis.ir.model import AccessPath, FunctionFacts
from migrate.analysis.model import Place, Use, UseKind
from migrate.analysis.program.location import Global, Member
from migrate.analysis.program.program import Program
from migrate.analysis.program.trace import Trace

_NODES = frozenset(
    {"hlist_node", "list_head", "rb_node", "llist_node", "hlist_bl_node", "hlist_nulls_node"}
    | {"rhash_head", "rhlist_head", "interval_tree_node"}
)
"""Members that make a struct an element of a kernel data structure: no device can follow these."""


def with_keys(
    program: Program, trace: Trace, uses: dict[tuple[Place, UseKind], Use]
) -> dict[tuple[Place, UseKind], Use]:
    """`uses`, without the uses for numbers that only serve as keys of entries.

    The number is stored in elements of a list, tree or hash table of a private struct, is read
    there, and all reads were followed: if one had been passed on, that would be a separate use, and
    all of them stay.
    """
    kept = {place for place, kind in uses if kind is UseKind.PHYSICAL_KEPT}
    stores = {place for place in kept if _is_key(program, trace, place)}
    if not kept or stores != kept:
        return uses
    result = dict(uses)
    for place in stores:
        use = result.pop((place, UseKind.PHYSICAL_KEPT))
        key = Use(place, use.function, UseKind.PHYSICAL_KEY, use.text)
        result[place, UseKind.PHYSICAL_KEY] = key
    return result


def _is_key(program: Program, trace: Trace, place: Place) -> bool:
    cells = trace.number_stores.get(place, ())
    return bool(cells) and all(_tells_apart(program, cell, trace.origins[cell]) for cell in cells)


def _tells_apart(program: Program, cell: Member | Global, path: str) -> bool:
    if not isinstance(cell, Member):
        return False
    body = program.types.struct(cell.tag, path)
    if body is None or program.types.is_public(cell.tag, path):
        return False
    if not any(kind.tag in _NODES and not kind.depth for kind in body.members.values()):
        return False
    return any(_reads(program, cell, facts) for facts in program.cells.member_users(cell, path))


def _reads(program: Program, cell: Member, facts: FunctionFacts) -> bool:
    return any(cell == program.cells.of(loc, facts)[0] for loc in _read(facts, cell))


def _read(facts: FunctionFacts, cell: Member) -> Iterator[AccessPath]:
    word = cell.word
    for access in facts.accesses:
        if access.member == word and not access.write:
            yield AccessPath(access.loc.base, (*access.loc.members, word))
