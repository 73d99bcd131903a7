# SPDX-License-Identifier: GPL-2.0-only
"""Distinguishes members of a struct that is embedded in other structs.

The same `struct part` may be a variable here and a part of a `struct whole` there. A chain lists
what a member is embedded in, from the inside out, as far as that is known; two chains that differ
anywhere belong to different objects.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migrate.analysis.frontend.types import TypeRef
from migrate.analysis.heap.objects import Objects
from migrate.analysis.ir.model import AccessPath, FunctionFacts, Value
from migrate.analysis.place import Place
from migrate.analysis.program.location import Local, Member
from migrate.analysis.program.program import Program

Chain = tuple[Member | Local, ...]
"""Members of one name each, and the variable at the end if it is known."""


@dataclass(frozen=True)
class Containment:
    """The objects that may contain a member: one chain each."""

    all: frozenset[Chain]

    def apart_from(self, other: Containment) -> bool:
        """Whether no object is in both."""
        return all(_differ(one, two) for one in self.all for two in other.all)


def _differ(one: Chain, two: Chain) -> bool:
    return any(a != b for a, b in zip(one, two, strict=False))


def chains(
    program: Program, objects: Objects, loc: AccessPath, facts: FunctionFacts
) -> Containment | None:
    """What contains the last member of `loc`; None if its types are not known."""
    found = _chain(program, loc, facts)
    if found is None:
        return None
    outermost = found[-1]
    if isinstance(outermost, Local):
        return Containment(frozenset({found}))
    if not program.types.is_public(outermost.tag, facts.function.path):
        return Containment(frozenset({found}))
    return Containment(frozenset(_variables(program, objects, loc, facts, found, outermost.tag)))


def _chain(program: Program, loc: AccessPath, facts: FunctionFacts) -> Chain | None:
    kind = program.types.of(loc.base, facts)
    owned = kind is not None and kind.depth == 0 and loc.base in facts.types
    outside = [Local(facts.function.id, loc.base)] if owned else []
    steps: list[Member] = []
    for number, member in enumerate(loc.members):
        if kind is None or not kind.tag:
            return None
        steps.append(Member(kind.tag, (member,)))
        kind = program.types.of_member(kind, member, facts.function.path)
        if kind is not None and kind.depth > 0 and number + 1 < len(loc.members):
            outside, steps = [], []
    return tuple(reversed((*outside, *steps))) if steps else None


def _variables(
    program: Program,
    objects: Objects,
    loc: AccessPath,
    facts: FunctionFacts,
    chain: Chain,
    tag: str,
) -> Iterator[Chain]:
    """`chain` for each variable that the pointer may point to, or unchanged."""
    found = objects.of_owner(loc, facts)
    ends = [_variable(program, origin, tag) for origin in found or ()]
    if not ends or None in ends:
        yield chain
        return
    yield from ((*chain, end) for end in ends if end is not None)


def _variable(program: Program, origin: Place | Local, tag: str) -> Local | None:
    """The end of a chain if `origin` is a local variable that is a struct `tag`."""
    function = program.function(origin.function) if isinstance(origin, Local) else None
    if not isinstance(origin, Local) or function is None:
        return None
    kind = program.facts(function).types.get(origin.name)
    return origin if kind is not None and (kind.tag, kind.depth) == (tag, 0) else None


def members_of(chain: Chain) -> list[tuple[str, str]]:
    """The tag and the member of each step of a chain, without the variable at its end."""
    return [(step.tag, step.word) for step in chain if isinstance(step, Member)]


def is_given(program: Program, chain: Chain, path: str) -> bool:
    """Whether code in the scope of `path` passes on the address of a struct around the member that
    is not a variable, or uses memory that overlaps with it."""
    parts = members_of(chain)
    words = {member for _, member in parts[1:]}
    tags = {tag for tag, _ in parts[:-1]}
    for tag, member in parts:
        body = program.types.struct(tag, path)
        others = body.unions - {member} if body is not None and member in body.unions else ()
        if body is None or any(program.files_with(path, other) for other in others):
            return True
    return any(
        _is_part(program, value, tags, facts)
        for word in words
        for file in program.files_with(path, word)
        for facts in program.functions_with(file, word)
        for value, _ in facts.handed_on()
    )


def _is_part(program: Program, value: Value, tags: set[str], facts: FunctionFacts) -> bool:
    if not isinstance(value, AccessPath) or not value.members:
        return False
    kind: TypeRef | None = program.types.at(value, facts)
    return kind is not None and kind.tag in tags and kind.depth == 0
