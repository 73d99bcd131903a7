# SPDX-License-Identifier: GPL-2.0-only
"""Pin groups: which releases belong to which acquires, over functions and files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from migrate.analysis.backward import Backward, Sources
from migrate.analysis.doubts import doubts
from migrate.analysis.facts import Call
from migrate.analysis.flow import PAGE, Forward, State, Trace
from migrate.analysis.found_again import unfollowed_releases
from migrate.analysis.guards import Guards
from migrate.analysis.model import (
    Acquire,
    Evidence,
    Pairing,
    PinGroup,
    Place,
    Scan,
    Use,
    UseKind,
)
from migrate.analysis.program import Cell, Program, Site, scope_of
from migrate.analysis.traits import group_traits, is_implementation, pages_null
from migrate.kernel.signatures import DIRECT_NAMES
from migrate.kernel.tree import Tree

Progress = Callable[[str, int, int], None]

_RESULT = -1
"""The position of an acquire that returns the page instead of filling an argument."""


def pair(tree: Tree, scan: Scan, *, progress: Progress | None = None) -> Pairing:
    """The pin groups of the acquires in `scan`; each acquire is in exactly one of them."""
    skipped = {u.place: u.why for u in scan.unparsed}
    pairer = _Pairer(Program(tree), scan.acquires)
    groups: list[PinGroup] = []
    done: set[Place] = set()
    # What comes through a helper is in the helper's group, or nothing is to be done about it.
    for n, acquire in enumerate(sorted(scan.acquires, key=lambda a: a.name not in DIRECT_NAMES)):
        if progress is not None:
            progress("pairing", n, len(scan.acquires))
        if acquire.place in done:
            continue
        group = pairer.group(acquire)
        done.update(a.place for a in group.acquires)
        groups.append(group)
    return Pairing(scan.commit, tuple(_named([_noted(g, skipped) for g in _merged(groups)])))


def _noted(group: PinGroup, skipped: Mapping[Place, str]) -> PinGroup:
    """Add what a finder could not parse to the gaps of the group."""
    gaps = [f"{skipped[a.place]} ({a.place})" for a in group.acquires if a.place in skipped]
    return replace(group, gaps=(*group.gaps, *gaps))


@dataclass
class _Members:
    """A group in the making."""

    acquires: dict[Place, Acquire] = field(default_factory=dict)
    followed: set[Place] = field(default_factory=set)


class _Pairer:
    def __init__(self, program: Program, acquires: tuple[Acquire, ...]) -> None:
        self.program = program
        self.by_place: Mapping[Place, Acquire] = {a.place: a for a in acquires}

    def position(self, call: Call) -> int | None:
        """The argument of `call` that an acquire fills; None when it is no acquire."""
        acquire = self.by_place.get(call.place)
        return pages_position(acquire) if acquire is not None else None

    def group(self, first: Acquire, guarded: bool = True) -> PinGroup:
        """The group of `first`; with `guarded`, code that its conditions exclude is left out."""
        members = _Members({first.place: first})
        if is_implementation(first) or pages_null(first) or first.name not in DIRECT_NAMES:
            traits = group_traits(self.program, ((first, self._site(first)),), (), ())
            return PinGroup(first.function, (first,), (), (), (), (), traits)
        guards = self._guards(first) if guarded else frozenset()
        forward = Forward(self.program, self.position, guards)
        backward = Backward(self.program, self.position, guards)
        traced: set[Place] = set()
        while True:
            fresh = [a for p, a in members.acquires.items() if p not in members.followed]
            for acquire in fresh:
                members.followed.add(acquire.place)
                self._start(forward, acquire)
            trace = forward.follow()
            for place, release in list(trace.releases.items()):
                if place not in traced:
                    traced.add(place)
                    backward.follow(release)
            self._join(members, trace, backward.sources)
            if any(guards - self._guards(a) for a in members.acquires.values()):
                # Conditions of one acquire do not exclude the releases of another.
                return self.group(first, guarded=False)
            if all(p in members.followed for p in members.acquires) and not [
                p for p in trace.releases if p not in traced
            ]:
                return self._finish(members, forward, backward.sources)

    def _guards(self, acquire: Acquire) -> Guards:
        site = self._site(acquire)
        return site.facts.guards | site.call.guards if site is not None else frozenset()

    def _start(self, forward: Forward, acquire: Acquire) -> None:
        site = self._site(acquire)
        if site is None:
            forward.trace.gaps.setdefault(f"the function around {acquire.place} is not understood")
            return
        facts = site.facts
        position = pages_position(acquire)
        if position == _RESULT:
            cell = Cell("result", scope_of(facts.function), str(site.index))
            forward.start(State(cell, PAGE))
            return
        if position is None or position >= len(site.call.arguments):
            forward.trace.gaps.setdefault(f"the pages argument at {acquire.place} is not known")
            return
        values = site.call.arguments[position]
        if not values:
            forward.trace.gaps.setdefault(f"the pages argument at {acquire.place} is no variable")
        for value in values:
            cell, _ = self.program.cell(value, facts)
            if cell.kind == "local" and _is_count(facts.types[cell.name].depth, cell, values):
                continue
            forward.origin(cell, acquire.place.path)
            if cell.kind in ("member", "global"):
                forward.trace.edges.setdefault(
                    Evidence(acquire.place, f"acquired into {cell}", acquire.text)
                )
                if cell.kind == "global" or self._outlives(site, value):
                    forward.trace.uses.setdefault(
                        (acquire.place, UseKind.STORED),
                        Use(acquire.place, acquire.function, UseKind.STORED, acquire.text),
                    )
            filled = cell.kind == "local" and cell.name in facts.parameters
            forward.start(State(cell, PAGE, filled))

    def _outlives(self, site: Site, value: object) -> bool:
        """Whether a member belongs to an object that is still there after the call."""
        base = getattr(value, "base", "")
        kind = site.facts.types.get(base)
        return kind is None or kind.depth > 0

    def _site(self, acquire: Acquire) -> Site | None:
        source = self.program.source(acquire.place.path)
        if source is None:
            return None
        for function in source.by_name.get(acquire.function, ()):
            facts = self.program.facts(function)
            for index, call in enumerate(facts.calls):
                if call.place == acquire.place:
                    return Site(facts, index)
        return None

    def _join(self, members: _Members, trace: Trace, sources: Sources) -> None:
        for place in (*trace.acquires, *sources.acquires):
            found = self.by_place.get(place)
            if found is not None and not pages_null(found):
                members.acquires.setdefault(place, found)

    def _finish(self, members: _Members, forward: Forward, sources: Sources) -> PinGroup:
        trace, origins = forward.trace, forward.origins
        uses = dict(trace.uses)
        gaps = dict(trace.gaps)
        if trace.found_again or not trace.releases:
            gaps |= trace.soft_gaps
        for why, place in sources.foreign.items():
            uses.setdefault(
                (place, UseKind.OTHER_SOURCE), Use(place, "", UseKind.OTHER_SOURCE, why)
            )
            gaps.setdefault(f"a release drops pages from elsewhere: {why} at {place}")
        for why, place in sources.unknown.items():
            gaps.setdefault(f"a release may drop pages from elsewhere: {why} ({place})")
        if not trace.releases:
            gaps.setdefault("no release was found")
        for why in doubts(self.program, trace, origins):
            gaps.setdefault(why)
        for place in unfollowed_releases(self.program, trace):
            gaps.setdefault(f"the release at {place} finds its page again; it may be one of these")
        acquires = tuple(sorted(members.acquires.values()))
        releases = tuple(sorted(s.release for s in trace.releases.values()))
        ordered = tuple(sorted(uses.values(), key=lambda u: (u.place, u.kind.name)))
        sites = tuple((a, self._site(a)) for a in acquires)
        traits = group_traits(self.program, sites, releases, ordered)
        return PinGroup(
            acquires[0].function,
            acquires,
            releases,
            ordered,
            tuple(trace.edges),
            tuple(gaps),
            traits,
            _structs(trace),
        )


def pages_position(acquire: Acquire) -> int | None:
    """The argument that receives the pages, -1 for the return value, None when not known."""
    for position, role in enumerate(acquire.roles):
        if role in ("pages", "page", "pagep"):
            return position
    return _RESULT if acquire.roles else None


def _is_count(depth: int, cell: Cell, values: tuple[object, ...]) -> bool:
    """In `pages + i`, i is no storage of pages."""
    return depth == 0 and len(values) > 1 and cell.kind == "local"


def _merged(groups: list[PinGroup]) -> list[PinGroup]:
    """Groups that share a release are one group."""
    merged: list[PinGroup] = []
    for group in groups:
        mine = {r.place for r in group.releases} | {a.place for a in group.acquires}
        for n, other in enumerate(merged):
            theirs = {r.place for r in other.releases} | {a.place for a in other.acquires}
            if mine & theirs:
                merged[n] = _union(other, group)
                break
        else:
            merged.append(group)
    return merged


def _union(one: PinGroup, two: PinGroup) -> PinGroup:
    return PinGroup(
        one.name,
        tuple(sorted({*one.acquires, *two.acquires})),
        tuple(sorted({*one.releases, *two.releases})),
        tuple(sorted({*one.uses, *two.uses}, key=lambda u: (u.place, u.kind.name))),
        tuple(dict.fromkeys((*one.edges, *two.edges))),
        tuple(dict.fromkeys((*one.gaps, *two.gaps))),
        tuple(dict.fromkeys((*one.traits, *two.traits))),
        tuple(sorted({*one.structs, *two.structs})),
    )


def _structs(trace: Trace) -> tuple[str, ...]:
    """The tags of the structs whose members hold the pages."""
    kept = {s.cell.scope for s in trace.states if s.cell.kind == "member" and s.form == PAGE}
    return tuple(sorted(kept))


def _named(groups: list[PinGroup]) -> list[PinGroup]:
    """Give every group its stable name: path, function, and a number where that is not enough."""
    taken: dict[str, int] = {}
    named = []
    for group in sorted(groups, key=lambda g: g.acquires[0].place):
        first = group.acquires[0]
        base = f"{first.place.path}:{first.function or 'file scope'}"
        taken[base] = taken.get(base, 0) + 1
        name = base if taken[base] == 1 else f"{base}:{taken[base]}"
        named.append(replace(group, name=name))
    return named
