# SPDX-License-Identifier: GPL-2.0-only
"""One pin group: all that is tied to an acquire, forward and backward until nothing is new."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from migrate.analysis.acquires.unread import crowded, unread_mentions, whole_file
from migrate.analysis.flags.flags import Flags
from migrate.analysis.frontend.corpus import Corpus
from migrate.analysis.frontend.guards import Guards, never
from migrate.analysis.gaps import Gap, GapKind, distinct
from migrate.analysis.heap.borrow_escapes import taken_back
from migrate.analysis.heap.may_alias import MayAlias
from migrate.analysis.heap.objects import Objects
from migrate.analysis.heap.unmodelled_uses import doubts
from migrate.analysis.ir.model import AccessPath, Call
from migrate.analysis.model import (
    Acquire,
    Evidence,
    PinGroup,
    Place,
    Release,
    Trait,
    TraitKind,
    Use,
    UseKind,
)
from migrate.analysis.pairing.backward import Backward, Sources
from migrate.analysis.pairing.by_flags import by_flags
from migrate.analysis.pairing.external_uses import EntryPoint, openings
from migrate.analysis.pairing.found_again import unfollowed_releases
from migrate.analysis.pairing.number_keys import with_keys
from migrate.analysis.program.callers import Site, sites_at
from migrate.analysis.program.functions import scope_of
from migrate.analysis.program.location import AbstractLocation
from migrate.analysis.program.program import Program
from migrate.analysis.program.trace import PAGE, ReleaseSite, State, Trace
from migrate.analysis.traits.follow import follow_sites
from migrate.analysis.traits.path_traits import path_traits
from migrate.analysis.traits.traits import group_traits, is_implementation, pages_null
from migrate.analysis.valueflow.borrowers import released_through
from migrate.analysis.valueflow.flow import Forward
from migrate.kernel.signatures import DIRECT_NAMES

_RESULT = -1
"""The position of an acquire that returns the page instead of filling an argument."""


@dataclass(frozen=True)
class Traced:
    """A group, the names by which code elsewhere could reach its pages, and the folders whose
    files it depends on."""

    group: PinGroup
    openings: tuple[EntryPoint, ...]
    folders: tuple[str, ...]


@dataclass
class _Members:
    """A group in the making."""

    acquires: dict[Place, Acquire] = field(default_factory=dict)
    followed: set[Place] = field(default_factory=set)


class Grouper:
    """Makes the groups of one tree; `acquires` are all there are, those of functions not among
    `taking` belong to helpers, which are looked into where they are defined."""

    def __init__(
        self,
        program: Program,
        acquires: tuple[Acquire, ...],
        taking: frozenset[str] = DIRECT_NAMES,
    ) -> None:
        self.program, self.taking = program, taking
        self.apart = MayAlias(program, Objects(program))
        self.flags = Flags(program, self.apart)
        self.by_place: Mapping[Place, Acquire] = {a.place: a for a in acquires}
        self._crowded = crowded(acquires)

    def position(self, call: Call) -> int | None:
        """The argument of `call` that an acquire fills; None when it is no acquire."""
        acquire = self.by_place.get(call.place)
        return pages_position(acquire) if acquire is not None else None

    def group(self, first: Acquire, guarded: bool = True, numbers: bool = False) -> Traced:
        """The group of `first`; with `guarded`, code that its conditions exclude is left out, with
        `numbers` the addresses and pfns of the pages are looked for all over the tree, too."""
        why = self._not_analysed(first.place.path)
        if why:
            return self._whole_file(first.place.path, why)
        members = _Members({first.place: first})
        if is_implementation(first) or pages_null(first) or first.name not in self.taking:
            traits = group_traits(self.program, ((first, self._site(first)),), (), ())
            group = PinGroup(first.function, (first,), (), (), (), (), traits)
            return Traced(
                group, (), _folders(self.program.corpus, Trace(), {first.place.path}, wide=False)
            )
        guards = self._guards(first) if guarded else frozenset()
        forward = Forward(self.program, self.position, guards, numbers)
        backward = Backward(self.program, self.position, guards, numbers=numbers)
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
                return self.group(first, guarded=False, numbers=numbers)
            if all(p in members.followed for p in members.acquires) and not [
                p for p in trace.releases if p not in traced
            ]:
                searched = not numbers and _numbers_matter(trace)
                if searched:
                    finer = self.group(first, guarded, numbers=True)
                    if not finer.group.gaps:
                        return finer
                backward = self._by_objects(backward, trace, guards, numbers)
                group = self._finish(members, forward, backward.sources, numbers)
                return Traced(
                    group,
                    openings(self.program, trace),
                    _folders(
                        self.program.corpus,
                        trace,
                        backward.visited | set(group.paths),
                        backward.wide or searched,
                    ),
                )

    def is_left_out(self, acquire: Acquire) -> bool:
        """Whether nothing is known of the file but its acquires, which are one group."""
        return bool(self._not_analysed(acquire.place.path))

    def _not_analysed(self, path: str) -> str:
        source = self.program.source(path)
        return self._crowded.get(path, "") or (source.unread if source is not None else "")

    def _whole_file(self, path: str, why: str) -> Traced:
        acquires = [a for a in self.by_place.values() if a.place.path == path]
        group = whole_file(path, why, acquires)
        return Traced(group, (), _folders(self.program.corpus, Trace(), {path}, wide=False))

    def _by_objects(
        self, backward: Backward, trace: Trace, guards: Guards, numbers: bool
    ) -> Backward:
        """The same as `backward`, or a better answer when telling objects of one struct from each
        other, or pages by their flags, leaves nothing that is not known."""
        if not (backward.sources.foreign or backward.sources.unknown) or trace.gaps:
            return backward
        finer = self._finer(trace.releases.values(), guards, numbers)
        if not (finer.sources.foreign or finer.sources.unknown):
            return finer
        return self._by_flags(trace, guards, numbers) or backward

    def _by_flags(self, trace: Trace, guards: Guards, numbers: bool) -> Backward | None:
        """The better answer when flags beside the pages tell whose they are; what drops those of
        others is none of the group's."""
        found = by_flags(
            self.program,
            trace,
            self.flags,
            lambda past: Backward(
                self.program, self.position, guards, self.apart, numbers, self.flags, past
            ),
        )
        if found is None:
            return None
        trace.uses = {key: use for key, use in trace.uses.items() if key[0] not in found.others}
        for place in found.others:
            trace.releases.pop(place, None)
        return found.backward

    def _finer(
        self, releases: Iterable[ReleaseSite], guards: Guards, numbers: bool = False
    ) -> Backward:
        finer = Backward(self.program, self.position, guards, self.apart, numbers)
        for release in releases:
            finer.follow(release)
        return finer

    def _guards(self, acquire: Acquire) -> Guards:
        site = self._site(acquire)
        return site.facts.guards | site.call.guards if site is not None else frozenset()

    def _start(self, forward: Forward, acquire: Acquire) -> None:
        site = self._site(acquire)
        if site is None:
            forward.trace.gap(Gap(GapKind.ACQUIRE_OUTSIDE_FUNCTION, acquire.place))
            return
        facts = site.facts
        misfit = _misfit(acquire)
        if misfit is not None:
            forward.trace.gap(Gap(misfit, acquire.place, function=acquire.name))
            return
        if never(site.facts.guards | site.call.guards, self.program.tree.version):
            forward.trace.gap(Gap(GapKind.ACQUIRE_NEVER_COMPILED, acquire.place))
        forward.trace.homes.setdefault(acquire.place.path)
        position = pages_position(acquire)
        if position == _RESULT:
            cell = AbstractLocation("result", scope_of(facts.function), str(site.index))
            forward.start(State(cell, PAGE))
            return
        if position is None or position >= len(site.call.arguments):
            forward.trace.gap(Gap(GapKind.PAGES_ARGUMENT_UNKNOWN, acquire.place))
            return
        values = self.program.types.pointers(site.call.values(position), facts)
        if not values:
            forward.trace.gap(Gap(GapKind.PAGES_ARGUMENT_NO_VARIABLE, acquire.place))
        for value in values:
            cell, _ = self.program.cells.of(value, facts)
            if cell.kind == "local" and _is_count(facts.types[cell.name].depth, cell, values):
                continue
            forward.trace.origin(cell, acquire.place.path)
            if cell.kind in ("member", "global"):
                forward.trace.edges.setdefault(
                    Evidence(acquire.place, f"acquired into {cell}", acquire.text)
                )
                outlives = isinstance(value, AccessPath) and forward.outlives(value, facts)
                if cell.kind == "global" or outlives:
                    forward.trace.uses.setdefault(
                        (acquire.place, UseKind.STORED),
                        Use(acquire.place, acquire.function, UseKind.STORED, acquire.text),
                    )
            filled = cell.kind == "local" and cell.name in facts.parameters
            forward.start(State(cell, PAGE, filled))

    def _site(self, acquire: Acquire) -> Site | None:
        return next(sites_at(self.program, acquire.place, acquire.function), None)

    def _is_of_others(self, site: Site, members: _Members) -> bool:
        """Whether a release is known to drop pages of other acquires, and of nothing else."""
        call = site.call
        release = Release(call.place, site.facts.function.name, call.name, False, "", call.text)
        sources = self._finer((ReleaseSite(release, site, 0),), frozenset()).sources
        known = bool(sources.acquires) and not (sources.foreign or sources.unknown)
        return known and not sources.acquires.keys() & members.acquires.keys()

    def _join(self, members: _Members, trace: Trace, sources: Sources) -> None:
        for place in (*trace.acquires, *sources.acquires):
            found = self.by_place.get(place)
            if found is not None and not pages_null(found):
                members.acquires.setdefault(place, found)

    def _finish(
        self, members: _Members, forward: Forward, sources: Sources, numbers: bool
    ) -> PinGroup:
        trace = forward.trace
        uses = with_keys(self.program, trace, dict(trace.uses))
        gaps = dict(trace.gaps)
        if trace.found_again or not trace.releases:
            gaps |= trace.soft_gaps
        if trace.found_again:
            for place, (function, text) in trace.numbered.items():
                kept = Use(place, function, UseKind.STORED, text)
                uses.setdefault((place, UseKind.STORED), kept)
        for gap, call in sources.foreign.items():
            use = Use(call.place, "", UseKind.OTHER_SOURCE, call.text)
            uses.setdefault((use.place, use.kind), use)
            gaps.setdefault(replace(gap, place=call.place))
        for gap, place in sources.unknown.items():
            gaps.setdefault(replace(gap, place=place))
        if not trace.releases:
            gaps.setdefault(Gap(GapKind.NO_RELEASE))
        gaps |= dict.fromkeys(doubts(self.program, trace, numbers))
        gaps |= dict.fromkeys(unread_mentions(self.program, trace))
        for site in unfollowed_releases(self.program, trace):
            if not self._is_of_others(site, members):
                gaps.setdefault(Gap(GapKind.RELEASE_FINDS_PAGE_AGAIN, site.call.place))
        for place in released_through(self.program, trace):
            gaps.setdefault(Gap(GapKind.LENT_RELEASED, place))
        gaps |= dict.fromkeys(taken_back(self.program, trace))
        acquires = tuple(sorted(members.acquires.values()))
        releases = tuple(sorted(s.release for s in trace.releases.values()))
        ordered = tuple(sorted(uses.values(), key=lambda u: (u.place, u.kind.name)))
        sites = tuple((a, self._site(a)) for a in acquires)
        traits = (
            *group_traits(self.program, sites, releases, ordered),
            *path_traits(self.program, acquires),
            *_lost_numbers(trace, acquires[0]),
        )
        follows, no_follow = follow_sites(self.program, sites)
        return PinGroup(
            acquires[0].function,
            acquires,
            releases,
            ordered,
            tuple(trace.edges),
            distinct(gaps),
            traits,
            _structs(trace),
            follows,
            no_follow,
        )


def pages_position(acquire: Acquire) -> int | None:
    """The argument that receives the pages, -1 for the return value, None when not known."""
    for position, role in enumerate(acquire.roles):
        if role in ("pages", "page", "pagep"):
            return position
    return _RESULT if acquire.roles else None


def _misfit(acquire: Acquire) -> GapKind | None:
    """Why it is not known which argument of a call is which, None when it is."""
    if not acquire.roles or acquire.fits:
        return None
    if not acquire.arguments:
        return GapKind.ACQUIRE_ARGUMENTS_UNCLEAR
    return GapKind.ACQUIRE_OTHER_PROTOTYPE


def _lost_numbers(trace: Trace, first: Acquire) -> Iterable[Trait]:
    kind = TraitKind.NUMBERS_LOST
    return [Trait(kind, Evidence(first.place, kind.value, first.text))] * trace.numbers_lost


def _numbers_matter(trace: Trace) -> bool:
    """Whether pages are found again from numbers that may be anywhere in the tree, and nothing
    else is missing."""
    return trace.found_again and trace.lost_in_public() and not trace.gaps


def _is_count(depth: int, cell: AbstractLocation, values: tuple[object, ...]) -> bool:
    """In `pages + i`, i is no storage of pages."""
    return depth == 0 and len(values) > 1 and cell.kind == "local"


def _structs(trace: Trace) -> tuple[str, ...]:
    """The tags of the structs whose members hold the pages."""
    kept = {s.cell.scope for s in trace.states if s.cell.kind == "member" and s.form == PAGE}
    return tuple(sorted(kept))


def _folders(corpus: Corpus, trace: Trace, visited: set[str], wide: bool) -> tuple[str, ...]:
    """The folders that the result depends on, as the corpus names them."""
    paths = {s.cell.scope.split(":")[0].rsplit("#", 1)[0] for s in trace.states}
    paths = {p for p in paths if "/" in p} | set(trace.origins.values()) | visited
    arches = {"/".join(p.split("/")[:2]) for p in paths if p.startswith("arch/")}
    always = {"include", "arch/x86/include", *(f"{arch}/include" for arch in arches)}
    everything = {""} if wide or trace.wide else set()
    return tuple(sorted({corpus.scope_folder(p) for p in paths} | always | everything))
