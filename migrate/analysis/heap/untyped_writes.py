# SPDX-License-Identifier: GPL-2.0-only
"""Functions that store bytes into a struct without naming its members."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migrate.analysis.frontend.kernel_api import KernelFunction
from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.heap.fresh_memory import is_fresh
from migrate.analysis.heap.may_alias import MayAlias
from migrate.analysis.ir.expressions import (
    AddressOf,
    Binary,
    Evaluated,
    Unary,
    is_zero,
    plain,
    subexpressions,
)
from migrate.analysis.ir.model import AccessPath, Call, FunctionFacts
from migrate.analysis.program.location import Member
from migrate.analysis.program.program import Program


@dataclass(frozen=True)
class _Pair:
    """A struct, those that contain it, and its members that are or contain the page and the
    flag."""

    tag: str
    family: frozenset[str]
    members: frozenset[str]
    cleared: bool
    """Whether setting the whole struct to 0 is allowed."""


def may_store_bytes(
    program: Program,
    apart: MayAlias,
    cells: tuple[Member, Member],
    path: str,
    *,
    cleared: bool = True,
) -> bool:
    """Whether one of two members of a struct may be changed by code that does not name it, other
    than while the object is new. With `cleared`, setting the whole struct to 0 does not count."""
    tag = cells[0].tag
    members = frozenset(cell.members[0] for cell in cells)
    pair = _Pair(tag, apart.family(tag, path), members, cleared)
    if apart.is_copied(tag, path):
        return True
    return any(
        any(_stores(program, facts, call, pair) for call in facts.calls)
        or (not cleared and _replaces(program, facts, pair))
        for word in sorted(apart.words(tag, path))
        for file in program.files_with(path, word)
        for facts in program.functions_with(file, word)
    )


def _replaces(program: Program, facts: FunctionFacts, pair: _Pair) -> bool:
    """Whether a function assigns an initialiser list to a whole struct."""
    for flow in facts.flows:
        if not flow.sources and not flow.null:
            kind = program.types.at(flow.target, facts)
            if kind is not None and kind.tag in pair.family and kind.depth == int(flow.through):
                return True
    return False


def _stores(program: Program, facts: FunctionFacts, call: Call, pair: _Pair) -> bool:
    known = knowledge().lookup(call.name)
    for position in range(len(call.arguments)) if known is not None else ():
        if known is None or not known.overwrites(position):
            continue
        for loc, itself in _meant(program, facts, call, position):
            found = _place_inside(program, facts, loc, pair.family)
            if found is None or (itself and _is_sound(facts, known, call, position, found, pair)):
                continue
            _, inside = found
            if inside and _is_pointer(program, loc, facts):
                continue
            if inside or not is_fresh(program, facts, call, loc.base):
                return True
    return False


def _is_pointer(program: Program, loc: AccessPath, facts: FunctionFacts) -> bool:
    """Whether a member is a pointer, whose target is no part of the struct."""
    kind = program.types.at(loc, facts)
    return kind is not None and kind.depth > 0 and not kind.array


def _meant(
    program: Program, facts: FunctionFacts, call: Call, position: int
) -> Iterator[tuple[AccessPath, bool]]:
    """The storage of an argument, and for a variable what it was made from, without numbers that
    are no addresses."""
    for value in call.values(position):
        if not isinstance(value, AccessPath):
            continue
        if not call.addressed[position] and program.types.holds_no_page(value, facts):
            continue
        yield value, True
        for flow in facts.flows:
            if flow.target.base == value.base and not flow.target.members:
                for made in flow.sources:
                    if isinstance(made, AccessPath) and (
                        flow.addressed or _points(program, made, facts)
                    ):
                        yield made, False


def _points(program: Program, loc: AccessPath, facts: FunctionFacts) -> bool:
    kind = program.types.at(loc, facts)
    return kind is None or kind.depth > 0


_Place = tuple[str, tuple[str, ...]]
"""The tag of a struct, and the members that are taken from it."""


def _place_inside(
    program: Program, facts: FunctionFacts, loc: AccessPath, family: frozenset[str]
) -> _Place | None:
    """The innermost struct of a family in which an expression names a member, None if there is
    none."""
    for count in range(len(loc.members), -1, -1):
        kind = program.types.at(AccessPath(loc.base, loc.members[:count]), facts)
        if kind is not None and kind.tag in family:
            return kind.tag, loc.members[count:]
    return None


def _is_sound(
    facts: FunctionFacts,
    known: KernelFunction,
    call: Call,
    position: int,
    place: _Place,
    pair: _Pair,
) -> bool:
    """Whether a call only sets a whole struct to 0, or stores to another member."""
    tag, inside = place
    found = next((i for i in facts.lowered.calls.values() if i.start == call.start), None)
    if found is None or call.unclear:
        return False
    given = plain(found.arguments[position])
    # sizeof() is not evaluated but compared as text.
    text, size = ("".join(call.sources[n].split()) for n in (position, -1))
    addressed = isinstance(given, AddressOf)
    sizes = {f"sizeof({text.partition('&')[2]})" if addressed else f"sizeof(*{text})"}
    if not inside:
        zero = known.bytes.is_constant and position == 0 and is_zero(found.arguments[1])
        return pair.cleared and zero and size in sizes | {f"sizeof(struct{tag})"}
    if inside[0] in pair.members and tag == pair.tag:
        return False
    if addressed:
        return size in sizes
    return not any(isinstance(e, (Binary, Unary, Evaluated)) for e in subexpressions(given))
