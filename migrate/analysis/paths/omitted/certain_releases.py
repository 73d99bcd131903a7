# SPDX-License-Identifier: GPL-2.0-only
"""The branches of a function after which all paths on one side release the pages of a holder."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from migrate.analysis.frontend.kernel_api import Effect
from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.ir.expressions import Constant, Element, plain
from migrate.analysis.ir.instructions import Edge, Invoke, Leave, Lowered
from migrate.analysis.paths.held_values import HeldValues
from migrate.analysis.paths.release_loops import Loops, loop_of

Sides = tuple[int | None, int | None]


@dataclass(frozen=True)
class CertainReleases:
    """`releases` are the numbers of the calls that release all that is held, as far as one can see.
    `sides` has for each condition, by the id of its value, the release that all paths execute if it
    is true, and the one if it is false. `rounds` are the ids of the conditions of loops that
    release: after these loops the pages are released."""

    releases: frozenset[int]
    sides: Mapping[int, Sides]
    rounds: frozenset[int]

    @classmethod
    def of(
        cls, lowered: Lowered, pages: HeldValues, loops: Loops, starts: Collection[int]
    ) -> CertainReleases:
        """`starts` are the numbers of the calls that get pages."""
        calls = lowered.calls.values()
        releases = frozenset(c.number for c in calls if _is_full(c, pages, loops))
        must = _certain(lowered, loops, releases, starts)
        sides: dict[int, Sides] = {}
        rounds: set[int] = set()
        for edge in lowered.edges:
            if edge.condition is None:
                continue
            key, release = id(edge.condition.value), must.get(edge.target)
            yes, no = sides.get(key, (None, None))
            sides[key] = (release, no) if edge.truth else (yes, release)
            if id(edge.condition) in loops.heads and _goes_through(lowered, pages, edge):
                rounds.add(key)
        return cls(releases, sides, frozenset(rounds))


def _is_full(call: Invoke, pages: HeldValues, loops: Loops) -> bool:
    if not pages.releases(call):
        return False
    if pages.releases_whole(call) or call.number in loops.bounds:
        return True
    given = plain(call.arguments[0])
    known = knowledge().lookup(call.name)
    if known is not None and known.effect(0) is Effect.RELEASE_BULK:
        return pages.is_array(given)
    return isinstance(given, Element) and given.index == Constant("0")


def _goes_through(lowered: Lowered, pages: HeldValues, edge: Edge) -> bool:
    """Whether the loop whose body starts at `edge` releases."""
    return any(
        isinstance(instruction, Invoke) and pages.releases(instruction)
        for number in loop_of(lowered, edge)
        for instruction in lowered.blocks[number].instructions
    )


def _certain(
    lowered: Lowered, loops: Loops, releases: frozenset[int], starts: Collection[int]
) -> dict[int, int]:
    """The blocks from which all paths lead to a release before pages are got again, with that
    release."""
    must: dict[int, int] = {}
    ended: set[int] = set()
    for number, block in enumerate(lowered.blocks):
        calls = (i for i in block.instructions if isinstance(i, Invoke))
        first = next((c for c in calls if c.number in releases or c.number in starts), None)
        if first is not None and first.number in releases:
            must[number] = first.number
        elif first is not None or any(isinstance(i, Leave) for i in block.instructions):
            ended.add(number)
    left = set(range(len(lowered.blocks))) - ended
    changed = True
    while changed:
        changed = False
        for number in sorted(left - must.keys()):
            release = _behind(lowered, loops, number, must)
            if release is not None:
                must[number] = release
                changed = True
    return must


def _behind(lowered: Lowered, loops: Loops, number: int, must: Mapping[int, int]) -> int | None:
    """The release to which all edges from a block lead; for the head of a loop, one of them."""
    edges = [lowered.edges[n] for n in lowered.successors[number]]
    found = [must.get(edge.target) for edge in edges]
    sure = [n for n in found if n is not None]
    heads = any(e.condition is not None and id(e.condition) in loops.heads for e in edges)
    return sure[0] if sure and (heads or len(sure) == len(found)) else None
