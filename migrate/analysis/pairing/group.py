# SPDX-License-Identifier: GPL-2.0-only
"""Makes one pin group, with as much precision as it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from migrate.analysis.acquires.unread import crowded, whole_file
from migrate.analysis.flags.flags import Flags
from migrate.analysis.flags.own_references import is_elsewhere, own_references
from migrate.analysis.flags.slots import holds_pages
from migrate.analysis.flags.table_kinds import all_kinds
from migrate.analysis.gaps import GapKind
from migrate.analysis.heap.may_alias import MayAlias
from migrate.analysis.heap.objects import Objects
from migrate.analysis.model import Acquire, PinGroup, Place, Release
from migrate.analysis.pairing.backward import Backward
from migrate.analysis.pairing.by_flags import by_flags
from migrate.analysis.pairing.closure import Acquires, Closure
from migrate.analysis.pairing.external_uses import openings
from migrate.analysis.pairing.failed import BUGS, failed_group
from migrate.analysis.pairing.finish import finished
from migrate.analysis.pairing.precision import Precision
from migrate.analysis.pairing.traced import Traced, folders_of, with_dependencies
from migrate.analysis.program.callers import Site
from migrate.analysis.program.location import Member
from migrate.analysis.program.program import Program
from migrate.analysis.program.trace import PAGE, SCATTER, ReleaseSite, Trace
from migrate.analysis.traits.other_kernels import is_for_other_kernels
from migrate.analysis.traits.traits import group_traits, is_implementation, pages_null
from migrate.kernel.signatures import DIRECT_NAMES


class Grouper:
    """Makes the groups of one tree from all of its `acquires`. Calls of functions that are not in
    `taking` are calls of helpers, whose definitions are followed. `brief` groups are for somebody
    who only asks whether there are gaps; see :func:`finished`."""

    def __init__(
        self,
        program: Program,
        acquires: tuple[Acquire, ...],
        taking: frozenset[str] = DIRECT_NAMES,
        *,
        brief: bool = False,
    ) -> None:
        self.program, self.taking, self.brief = program, taking, brief
        self.known = Acquires(program, acquires, taking)
        self._crowded = crowded(acquires)
        self._scanned = set(program.sources)
        self._forget_objects()

    def _forget_objects(self) -> None:
        self.objects = MayAlias(self.program, Objects(self.program))
        self.flags = Flags(self.program, self.objects)

    def groups(
        self, acquires: Sequence[Acquire], told: Callable[[PinGroup], None] = lambda _: None
    ) -> dict[Place, Traced]:
        """The groups of acquires of one folder, each by its first acquire. An acquire that is in
        the group of an earlier one is skipped. `told` is called with each group. What was parsed
        for them is freed afterwards."""
        made: dict[Place, Traced] = {}
        done: set[Place] = set()
        self.forget()
        for acquire in acquires:
            if acquire.place not in done:
                made[acquire.place] = self.group(acquire)
                done.update(a.place for a in made[acquire.place].group.acquires)
        folders, words = self.program.dependencies
        for traced in made.values():
            told(traced.group)
        self._scanned -= {a.place.path for a in acquires}
        self.forget()
        return {place: with_dependencies(t, folders, words) for place, t in made.items()}

    def forget(self) -> None:
        """Free what is known, except for files that a scan has parsed and that later groups
        need."""
        self.program.forget(self._scanned.__contains__)
        self._forget_objects()

    def group(self, first: Acquire) -> Traced:
        """The group of `first`, with the contracts that it depends on; an exception from a bug
        becomes its gap."""
        try:
            return self._with_contracts(first)
        except BUGS as error:
            self.forget()  # facts may be incomplete
            return self._traced(failed_group(first, error), first.place.path)

    def _with_contracts(self, first: Acquire) -> Traced:
        stated = self.program.contracts
        if not stated:
            return self._group(first)
        stated.begin()
        self._forget_objects()  # kept answers do not record the contracts they depend on
        traced = self._group(first)
        group = replace(traced.group, contracts=stated.used)
        pairs = ((a.function for a in group.acquires), (r.function for r in group.releases))
        closed = stated.are_paired(*pairs)
        return replace(traced, group=group, openings=() if closed else traced.openings)

    def _group(self, first: Acquire) -> Traced:
        why = self._not_analysed(first.place.path)
        if why:
            return self._whole_file(first.place.path, why)
        followed = not (is_implementation(first) or pages_null(first))
        guards = self.known.guards(first)
        if is_for_other_kernels(self.program, first, self.known.site(first)):
            followed = False
        if not followed or first.name not in self.taking:
            return self._alone(first)
        return self._refined(first, Precision(guards))

    def _not_analysed(self, path: str) -> str:
        source = self.program.source(path)
        return self._crowded.get(path, "") or (source.unread if source is not None else "")

    def _whole_file(self, path: str, why: str) -> Traced:
        acquires = [a for a in self.known.by_place.values() if a.place.path == path]
        return self._traced(whole_file(path, why, acquires), path)

    def _alone(self, first: Acquire) -> Traced:
        """A group whose pages are not followed."""
        traits = group_traits(self.program, ((first, self.known.site(first)),), (), ())
        group = PinGroup(first.function, (first,), (), (), (), (), traits)
        return self._traced(group, first.place.path)

    def _traced(self, group: PinGroup, path: str) -> Traced:
        return Traced(group, (), folders_of(self.program.corpus, Trace(), {path}, wide=False))

    # Refinement

    def _refined(self, first: Acquire, precision: Precision) -> Traced:
        """The group with `precision`, or with a higher one if something remains unknown and the
        higher precision resolves it."""
        closure = Closure(self.known, first, precision)
        if not closure.close():
            return self._refined(first, precision.all_code())
        searched = not precision.numbers and _numbers_matter(closure)
        if searched:
            finer = self._refined(first, precision.with_numbers())
            if not finer.group.gaps:
                return finer
        apart = self._without_own_references(first, closure)
        if apart is not None:
            return apart
        backward = self._told_apart(closure)
        if not backward.sources.known and precision.kinds is None:
            finer_kinds = self._by_kinds(first, closure)
            if finer_kinds is not None:
                return finer_kinds

        def is_of_others(site: Site) -> bool:
            return self._is_of_others(site, closure)

        group = finished(closure, backward.sources, is_of_others, brief=self.brief)
        visited = backward.visited | set(group.paths)
        wide = backward.wide or searched
        folders = folders_of(self.program.corpus, closure.trace, visited, wide)
        return Traced(group, openings(self.program, closure.trace), folders)

    def _without_own_references(self, first: Acquire, closure: Closure) -> Traced | None:
        """The group without what is stored with a reference of its own; None if that leaves
        something unknown. The references of the acquires have to be dropped in another function,
        from where the pages are kept besides, and those of their own by some release."""
        trace, precision = closure.trace, closure.precision
        if precision.owned.stores:
            return None
        owned = own_references(self.program, trace)
        if not owned.stores:
            return None
        finer = self._refined(first, precision.with_owned(owned))
        kept = {r.place for r in finer.group.releases}
        sites = map(self.known.site, finer.group.acquires)
        here = {site.facts.function.id for site in sites if site is not None}
        left = [found for place, found in trace.releases.items() if place in kept]
        own = [found for place, found in trace.releases.items() if place not in kept]
        elsewhere = any(is_elsewhere(self.program, found, here) for found in left)
        once = kept <= trace.releases.keys() and owned.are_dropped_once(self.program, own)
        return finer if elsewhere and once and not finer.group.gaps else None

    def _told_apart(self, closure: Closure) -> Backward:
        """The backward walk from the releases of `closure`: the one that distinguishes objects of
        one struct, or pages by their flags, if nothing remains unknown in it; else that of the
        closure."""
        trace, precision = closure.trace, closure.precision
        if closure.backward.sources.known or trace.gaps:
            return closure.backward
        finer = self._back(trace.releases.values(), precision)
        if finer.sources.known:
            return finer
        return self._by_flags(trace, precision) or closure.backward

    def _by_kinds(self, first: Acquire, closure: Closure) -> Traced | None:
        """The group where objects are distinguished by their fixed kind; None if something remains
        unknown."""
        trace = closure.trace
        forms = (PAGE, SCATTER)
        cells = {s.cell for s in trace.states if isinstance(s.cell, Member) and s.form in forms}
        for cell in sorted(cells):
            path = trace.origins[cell]
            if not holds_pages(self.program, cell, path):
                continue
            if trace.gaps and self.program.types.is_public(cell.tag, path):
                continue  # too much is looked at for what will hardly be known
            for kinds in all_kinds(self.program, self.objects, cell, path):
                if kinds.are_fixed:
                    finer = self._refined(first, closure.precision.with_kinds(kinds))
                    if not finer.group.gaps:
                        return finer
        return None

    def _back(self, releases: Iterable[ReleaseSite], precision: Precision) -> Backward:
        """The backward walk from `releases`, with objects distinguished."""
        finer = Backward(self.known.graph, precision.with_objects(self.objects))
        for release in releases:
            finer.follow(release)
        return finer

    def _by_flags(self, trace: Trace, precision: Precision) -> Backward | None:
        """The backward walk that distinguishes pages by flags beside them, None if that does not
        help. Releases and uses of other pages are removed from `trace`."""

        def start(excluded: frozenset[Place]) -> Backward:
            told = precision.with_objects(self.objects).with_flags(self.flags, excluded)
            return Backward(self.known.graph, told)

        found = by_flags(self.program, trace, self.flags, start)
        if found is None:
            return None
        trace.uses = {key: use for key, use in trace.uses.items() if key[0] not in found.others}
        for place in found.others:
            trace.releases.pop(place, None)
        return found.backward

    def _is_of_others(self, site: Site, closure: Closure) -> bool:
        """Whether a release is known to drop pages of other acquires, and of nothing else."""
        call = site.call
        release = Release(call.place, site.facts.function.name, call.name, False, "", call.text)
        sources = self._back((ReleaseSite(release, site, 0),), Precision()).sources
        return (
            bool(sources.acquires)
            and sources.known_but_numbers
            and not sources.acquires.keys() & closure.acquires.keys()
        )


def _numbers_matter(closure: Closure) -> bool:
    """Whether the only thing missing is where numbers go that pages are found again from, or where
    they come from, so that following them in the whole tree may help."""
    trace, unknown = closure.trace, closure.backward.sources.unknown
    lost = (trace.found_again and trace.lost_nearby()) or any(
        gap.kind in (GapKind.SOURCE_CALLERS_UNKNOWN, GapKind.SOURCE_PUBLIC) for gap in unknown
    )
    return lost and not trace.gaps
