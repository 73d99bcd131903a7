# SPDX-License-Identifier: GPL-2.0-only
"""Loops that release pages one by one, and functions whose unsigned parameter is the number of
pages that such a loop releases."""

from __future__ import annotations

from dataclasses import dataclass

from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.ir.expressions import (
    AddressOf,
    Binary,
    Constant,
    Element,
    Expression,
    Variable,
    plain,
)
from migrate.analysis.ir.instructions import Edge, Invoke, Lowered, Store, all_expressions

_UP = ("<", "!=")
_ENDS = (*_UP, "<=")
UNSIGNED = frozenset(
    {
        "unsigned",
        "unsigned int",
        "unsigned long",
        "unsigned long long",
        "u32",
        "u64",
        "uint32_t",
        "uint64_t",
        "size_t",
    }
)


def counted_releases(lowered: Lowered) -> int | None:
    """The parameter that is the number of pages that a loop of the function releases.

    None if there is none, if it is signed, so that the loop ends at once for an error code, or if
    the function uses it for anything else, which may be a test.
    """
    for position, name in enumerate(lowered.parameters):
        local = lowered.locals.get(name)
        if local is None or local.type.depth or " ".join(local.type.tag.split()) not in UNSIGNED:
            continue
        if _only_counts(lowered, Variable(name)):
            return position
    return None


@dataclass(frozen=True)
class Loops:
    """The loops of a function. `bounds` has, by the number of the call of a release, the upper
    bound of the innermost loop around it, in a comparison with < or !=. `heads` are the ids of the
    loop conditions; these say nothing about the path to them. `ends` are those of `heads` whose
    bounds are in `bounds`.

    For loops that release one element of an array in each round: `through` has, by the number of
    the call, the last index of loops from 0 with <=; `later` has the releases in loops that start
    after 0; `plain` are the ids of the conditions of these loops.
    """

    bounds: dict[int, Expression]
    heads: frozenset[int]
    ends: frozenset[int]
    through: dict[int, Expression]
    later: frozenset[int]
    plain: frozenset[int]

    @classmethod
    def of(cls, lowered: Lowered) -> Loops:
        found: dict[int, tuple[int, Binary]] = {}
        heads: set[int] = set()
        ends: set[int] = set()
        for edge in lowered.edges:
            body = loop_of(lowered, edge) if edge.condition is not None else set()
            if edge.condition is None or not body:
                continue
            heads.add(id(edge.condition))
            value = edge.condition.value
            if not edge.truth or not isinstance(value, Binary) or value.operator not in _ENDS:
                continue
            for call in (i for n in body for i in lowered.blocks[n].instructions):
                if isinstance(call, Invoke) and _is_release(call):
                    ends |= {id(edge.condition)} if value.operator in _UP else set()
                    found[call.number] = min(
                        found.get(call.number, (len(lowered.blocks) + 1, value)),
                        (len(body), value),
                        key=lambda sized: sized[0],
                    )
        inner = {number: end for number, (_, end) in found.items()}
        first = {
            number: _first(lowered, end, lowered.calls[number]) for number, end in inner.items()
        }
        through = {n: e for n, e in inner.items() if e.operator == "<=" and first[n] == 0}
        later = {n: e for n, e in inner.items() if e.operator in _UP and (first[n] or 0) > 0}
        return cls(
            {number: end.right for number, end in inner.items() if end.operator in _UP},
            frozenset(heads),
            frozenset(ends),
            {number: end.right for number, end in through.items()},
            frozenset(later),
            frozenset(id(end) for end in (*through.values(), *later.values())),
        )


def _first(lowered: Lowered, end: Binary, release: Invoke) -> int | None:
    """The first index of the loop with the condition `end`, if `release` drops the element of an
    array with that index; None if it is not clear."""
    index = plain(end.left)
    given = plain(release.arguments[0]) if release.arguments else None
    if not isinstance(index, Variable) or not isinstance(given, Element):
        return None
    if given.index is None or plain(given.index) != index:
        return None
    if AddressOf(index) in all_expressions(lowered):
        return None
    stores = [i for i in lowered.order if isinstance(i, Store) and i.target == index]
    starts = {plain(i.value) for i in stores if not i.counts}
    up = all(i.operator in ("=", "++") for i in stores)
    start = starts.pop() if len(starts) == 1 and up else None
    known = isinstance(start, Constant) and start.text.isdigit()
    return int(start.text) if known and isinstance(start, Constant) else None


def loop_of(lowered: Lowered, into: Edge) -> set[int]:
    """The blocks of the loop whose body `into` leads to; empty if there is none."""
    body = _reached(lowered, into.target, into.source)
    if into.source not in body:
        return set()
    return {n for n in body if into.source in _reached(lowered, n, into.source)}


def natural_loops(lowered: Lowered) -> list[frozenset[int]]:
    """The blocks of each natural loop: one for each edge to a block that dominates the origin of
    the edge."""
    everywhere = set(_reached(lowered, 0, -1))
    before: dict[int, set[int]] = {n: set() for n in everywhere}
    for edge in lowered.edges:
        if edge.source in everywhere:
            before[edge.target].add(edge.source)
    above = {n: {0} if n == 0 else set(everywhere) for n in everywhere}
    changed = True
    while changed:
        changed = False
        for n in sorted(everywhere - {0}):
            common = set.intersection(*(above[p] for p in before[n])) | {n}
            changed |= common != above[n]
            above[n] = common
    found = []
    for edge in lowered.edges:
        if edge.source in everywhere and edge.target in above[edge.source]:
            body, queue = {edge.target, edge.source}, [edge.source]
            while queue:
                inner = queue.pop()
                more = before[inner] - body if inner != edge.target else set()
                body |= more
                queue.extend(more)
            found.append(frozenset(body))
    return found


def goes_round(lowered: Lowered, block: int) -> bool:
    """Whether a path leads from the block back to it."""
    after = {lowered.edges[n].target for n in lowered.successors[block]}
    return any(block in _reached(lowered, start, block) for start in after)


def _only_counts(lowered: Lowered, parameter: Variable) -> bool:
    """Whether `parameter` is only used as the bound of a loop that releases."""
    uses = sum(expression == parameter for expression in all_expressions(lowered))
    ends = [e for e in lowered.edges if e.truth and _is_end(e, parameter)]
    return uses == len(ends) == 1 and _releases(lowered, ends[0])


def _is_end(edge: Edge, parameter: Variable) -> bool:
    value = edge.condition.value if edge.condition is not None else None
    return isinstance(value, Binary) and value.operator in _UP and value.right == parameter


def _releases(lowered: Lowered, into: Edge) -> bool:
    """Whether the loop whose body `into` leads to releases pages."""
    return any(
        _is_release(instruction)
        for number in loop_of(lowered, into)
        for instruction in lowered.blocks[number].instructions
        if isinstance(instruction, Invoke)
    )


def _reached(lowered: Lowered, start: int, end: int) -> set[int]:
    """The blocks that can be reached from `start` without passing `end`."""
    found, queue = {start}, [start]
    while queue:
        block = queue.pop()
        for number in lowered.successors[block] if block != end else ():
            target = lowered.edges[number].target
            if target not in found:
                found.add(target)
                queue.append(target)
    return found


def _is_release(call: Invoke) -> bool:
    known = knowledge().lookup(call.name)
    return known is not None and known.releases
