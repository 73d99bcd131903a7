# SPDX-License-Identifier: GPL-2.0-only
"""The walk backward over the value-flow graph, from a release to every source of its pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from migrate.analysis.frontend.guards import Guards, exclusive, never
from migrate.analysis.frontend.kernel_api import RESULT
from migrate.analysis.frontend.syntax import Function
from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.heap.may_alias import Owners
from migrate.analysis.heap.strong_updates import last_store
from migrate.analysis.ir.model import AccessPath, Call, Flow, FunctionFacts, Value
from migrate.analysis.model import Place, Release
from migrate.analysis.pairing.far_lists import put_into
from migrate.analysis.pairing.grounds import Grounds
from migrate.analysis.pairing.precision import Precision
from migrate.analysis.pairing.sources import Sources
from migrate.analysis.program.callers import Site
from migrate.analysis.program.functions import file_of, is_macro, start_of
from migrate.analysis.program.kinds import Kinds, are_apart
from migrate.analysis.program.location import (
    AbstractLocation,
    CallResult,
    Global,
    Local,
    Member,
    Untyped,
)
from migrate.analysis.program.stated_callee import stated_callee
from migrate.analysis.program.trace import ADDRESS, PAGE, PHYSICAL, SCATTER, ReleaseSite
from migrate.analysis.program.type_lookup import CONTAINERS
from migrate.analysis.valueflow.graph import ValueFlowGraph
from migrate.analysis.valueflow.transfer import form_via
from migrate.analysis.valueflow.value_edge import Kind, Point, ValueEdge, holds_array

_ARRAY_DEPTH = 2
"""A `struct page **` is an array or the address of a pointer: a callee may fill it."""


@dataclass(frozen=True)
class _Wanted:
    """A node of the graph that is to be followed back: a location and a form, in certain
    objects."""

    cell: AbstractLocation
    form: str
    owners: Owners | None = None
    alias: bool = False
    kinds: Kinds = None
    alone: bool = False
    """Whether the value is all that the next one was made of, and not a part of a sum."""


class Backward:
    """Follows storage back through assignments, arguments and results to its sources."""

    def __init__(self, graph: ValueFlowGraph, precision: Precision) -> None:
        self.guards = precision.guards
        self._numbers = precision.numbers
        self._excluded = precision.excluded
        self._apart = precision.objects
        self._flags = precision.flags
        self._kinds = precision.kinds
        self.graph = graph
        self.program = graph.program
        self.sources = Sources(apart=self._is_apart)
        self.visited: set[str] = set()
        self.wide = False
        """As :attr:`migrate.analysis.program.trace.Trace.wide`."""
        self._seen: set[_Wanted] = set()
        self._grounds = Grounds()
        self._release: Release | None = None
        self._fills: dict[_Wanted, bool] = {}
        self._queue: list[tuple[_Wanted, FunctionFacts]] = []

    def follow(self, release: ReleaseSite) -> Sources:
        """All sources of the pages that `release` may drop, added to those found before."""
        site = release.site
        self._release = release.release
        if self.program.contracts.tells_apart:
            self._seen.clear()  # contracts are about single releases
            self._fills.clear()
        if self._stated(release.release):
            return self.sources
        released = site.call.values(release.argument)
        if not released:
            self.sources.lost(Gap(GapKind.RELEASED_NO_VARIABLE), site.call.place)
        told = self._flags.sources(site, release.argument) if self._flags is not None else None
        for origin in told if told is not None else ():
            self._start(origin.values, origin.facts)
        if told is None:
            self._start(released, site.facts, site.call.place)
        self._drain()
        for cell, place in self._grounds.baseless():
            if not self._is_closed(cell):
                self.sources.lost(Gap(GapKind.NOTHING_SETS, subject=str(cell)), place)
        return self.sources

    def _stated(self, release: Release) -> bool:
        """Add the acquires that a contract states as the sources of a release; returns whether
        there is such a contract."""
        names = self.program.contracts.sources(release.function, release.place.path)
        acquires = [a for name in names for a in self.acquired_in(name, release.place.path)]
        self.sources.acquires |= {site.call.place: site for site in acquires}
        return bool(acquires)

    def acquired_in(self, function: str, path: str) -> Iterator[Site]:
        """The acquires in the function of that name that code in `path` sees."""
        for found in self.program.definitions(function, path):
            facts = self.program.facts(found)
            for index, call in enumerate(facts.calls):
                if self.graph.is_acquire(call) is not None:
                    yield Site(facts, index)

    def _is_apart(self, call: Call) -> bool:
        """Whether a contract states that the result of a call is not what the release drops."""
        release, stated = self._release, self.program.contracts
        return release is not None and stated.are_apart(
            call.name, release.function, release.place.path
        )

    def into(self, cell: AbstractLocation, facts: FunctionFacts) -> Sources:
        """The sources of the pages in `cell`, as `facts` see it."""
        self._add(_Wanted(cell, PAGE), facts)
        self._drain()
        return self.sources

    def _drain(self) -> None:
        while self._queue:
            self._step(*self._queue.pop(0))

    def add(self, other: Backward) -> None:
        """Add what another walk has found."""
        self.visited |= other.visited
        self.wide |= other.wide
        self.sources.add(other.sources)

    def _start(
        self, values: tuple[Value, ...], facts: FunctionFacts, place: Place | None = None
    ) -> None:
        """Follow the operands of an expression whose value is dropped; `place` is where."""
        for point in self.graph.points(values, facts):
            if point.points and not point.holds_no_page:
                self._want(point, SCATTER if point.via else PAGE, place)

    def _want(
        self,
        point: Point,
        form: str,
        place: Place | None = None,
        alias: bool = False,
        alone: bool = False,
    ) -> None:
        """Follow a location that is named at `place`, unless that was done already. With `alias`,
        it is another pointer to an array that is being followed: only stores through it matter, not
        what else it may point to."""
        cell, facts = point.location, point.facts
        owners, kinds = None, None
        if self._apart is not None:
            owners = self._apart.owners(cell, point.value, facts)
        if self._kinds is not None and place is not None:
            kinds = self._kinds.at(cell, facts, place)
        self._add(_Wanted(cell, form, owners, alias, kinds, alone), facts)

    def _add(self, wanted: _Wanted, facts: FunctionFacts) -> None:
        if wanted not in self._seen:
            self._seen.add(wanted)
            self._queue.append((wanted, facts))

    def _back(self, edge: ValueEdge, form: str, into: AbstractLocation | None = None) -> None:
        """Follow an edge to its origin; with `into`, record that this location has no other value
        than the origin."""
        for before in edge.into(form):
            origin = edge.origin
            if into is not None and into != origin.location:
                self._grounds.link(into, origin.location)
            alias = edge.kind is Kind.ALIAS and before == PAGE
            alone = before == PHYSICAL and edge.is_whole
            self._want(origin, before, edge.cause.place, alias, alone)

    def _step(self, wanted: _Wanted, facts: FunctionFacts) -> None:
        cell, form, alias = wanted.cell, wanted.form, wanted.alias
        self.visited.add(file_of(facts.function.path))
        if isinstance(cell, CallResult):
            if alias:
                self._stores(wanted, facts)
            else:
                self._result(Site(facts, cell.call), form, wanted.alone)
        elif isinstance(cell, Untyped):
            untyped = Gap(GapKind.SOURCE_TYPE_UNKNOWN, subject=cell.name)
            self.sources.lost(untyped, start_of(facts.function))
        elif isinstance(cell, Local) and cell.name in facts.parameters:
            if not alias:
                self._parameter(cell, form, facts)
            self._stores(wanted, facts)
        else:
            self._grounds.look(cell, start_of(facts.function), alias)
            if isinstance(cell, Global) and form in (ADDRESS, PHYSICAL):
                self._grounds.give(cell)  # a constant of the preprocessor
            for user in self._users(cell, form, facts):
                if self._stores(wanted, user):
                    self._grounds.give(cell)

    def _users(
        self, cell: Local | Global | Member, form: str, facts: FunctionFacts
    ) -> tuple[FunctionFacts, ...]:
        """The functions that may store into a location that is not a parameter."""
        if isinstance(cell, Local):
            return (facts,)
        if isinstance(cell, Global):
            return self.program.cells.global_users(cell)
        path = facts.function.path
        far = self._goes_far(form)
        self.wide |= far and self.program.types.is_public(cell.tag, path)
        wanted = form in (PAGE, SCATTER) or self._numbers
        if wanted and not self._all_see(cell, path, far) and not self._is_closed(cell):
            self.sources.lost(
                Gap(GapKind.SOURCE_PUBLIC, subject=str(cell)), start_of(facts.function)
            )
        return self.program.cells.member_users(cell, path, far, self._numbers)

    def _is_closed(self, cell: AbstractLocation) -> bool:
        """Whether a contract states that no other code fills the member."""
        stated = self.program.contracts
        return isinstance(cell, Member) and stated.fills_nowhere_else(cell.dotted)

    def _goes_far(self, form: str) -> bool:
        """As :class:`migrate.analysis.valueflow.forward.Forward` does."""
        return (form in (PAGE, SCATTER) or self._numbers) and self.sources.known

    def _all_see(self, cell: Member, path: str, far: bool) -> bool:
        """Whether every file that may store into a member can be looked at."""
        if not far and self.program.types.is_public(cell.tag, path):
            return False
        return self.program.cells.member_files(cell, path, self._numbers) is not None

    def _parameter(self, cell: Local, form: str, facts: FunctionFacts) -> None:
        function = facts.function
        position = facts.parameters.index(cell.name)
        far = self._goes_far(form)
        sites, closed = self.program.callers.of(function, far)
        self.wide |= far and self.program.callers.is_public(function)
        if not closed or (not sites and not self.program.callers.none(function, far)):
            gap = self.program.callers.gap(function, far, GapKind.SOURCE_CALLERS_UNKNOWN)
            place = gap.place or start_of(facts.function)
            self.sources.lost(replace(gap, place=None), place)
        for site in sites:
            for edge in self.graph.passes(site, position, function):
                if self._compiled(site.facts.guards | edge.guards):
                    self._back(edge, form)

    def _stores(self, wanted: _Wanted, facts: FunctionFacts) -> bool:
        """Follow all stores into a location in one function; returns whether any of them stores
        something else than the value of other storage."""
        graph, cell, form = self.graph.of(facts), wanted.cell, wanted.form
        filled = False
        for flow, via in graph.constants(cell):
            if self._is_stored(flow, wanted, facts) and (stored := form_via(form, via)):
                filled = True
                self._constant(flow, stored, cell)
        edges = [e for e in graph.into(cell) if self._compiled(e.guards)]
        for edge in edges:
            if edge.kind is Kind.COPY and self._is_stored(edge.flow, wanted, facts):
                self._copy(edge, form, cell)
        for edge in () if self._stands_for_code(cell) else edges:
            value, place = edge.target.value, edge.cause.place
            if edge.kind is Kind.ALIAS and not self._other(wanted, (value,), facts, place):
                self._back(edge, form, cell)
        if form in (PAGE, SCATTER):
            self._through_results(cell, form, facts)
        for index, position, _ in graph.uses(cell).arguments:
            call = facts.calls[index]
            other = self._other(wanted, call.values(position), facts, call.place)
            if not other and self._compiled(call.guards):
                filled |= self._may_fill(Site(facts, index), position, wanted)
        return filled

    def _stands_for_code(self, cell: AbstractLocation) -> bool:
        """Whether a name may be a macro without parameters, such as `#define NEW alloc_page()`: it
        is no array that anything could be stored in."""
        return isinstance(cell, Global) and not self.program.cells.is_declared(cell)

    def _through_results(self, cell: AbstractLocation, form: str, facts: FunctionFacts) -> None:
        """`*slot(object) = page`: follow stores through the result of a function that returns the
        array, the address of an element, or a pointer into a container. The forward walk checks
        whether all callers are known."""
        for returned, _ in self.graph.of(facts).uses(cell).returns:
            named = [
                v
                for v in returned.values
                if isinstance(v, AccessPath) and self.program.cells.of(v, facts)[0] == cell
            ]
            types, addressed = self.program.types, returned.addressed
            if form == SCATTER:
                shared = isinstance(cell, CallResult) or self._is_in_container(cell, facts)
            else:
                shared = any(holds_array(v, facts, types, addressed) for v in named)
            if shared:
                sites, _ = self.program.callers.of(facts.function, self._goes_far(form))
                for site in sites:
                    result = CallResult(site.facts.function.id, site.index)
                    self._add(_Wanted(result, form, None, alias=True), site.facts)

    def _is_in_container(self, cell: AbstractLocation, facts: FunctionFacts) -> bool:
        """Whether a pointer points into a container that has a name or that was passed, and not
        into memory that the function itself takes for one."""
        found, queue = {cell}, [cell]
        while queue:
            current = queue.pop()
            if isinstance(current, Member | Global):
                return True
            if isinstance(current, Local) and current.name in facts.parameters:
                kind = facts.types.get(current.name)
                if kind is not None and kind.tag in CONTAINERS:
                    return True
            edges = [e for e in self.graph.of(facts).into(current) if e.kind is Kind.COPY]
            fresh = {e.origin.location for e in edges if e.origin.points} - found
            found |= fresh
            queue.extend(fresh)
        return False

    def _is_stored(self, flow: Flow, wanted: _Wanted, facts: FunctionFacts) -> bool:
        """Whether an assignment stores into the location in the objects that are being followed."""
        if flow.carved or (flow.through and flow.place in self._excluded):
            return False
        if wanted.alias and not flow.through:
            return False
        return not self._other(wanted, (flow.target,), facts, flow.place)

    def _constant(self, flow: Flow, stored: str, cell: AbstractLocation) -> None:
        if not flow.null and self._compiled(flow.guards) and stored in (PAGE, SCATTER):
            self.sources.lost(Gap(GapKind.STORED_NO_VARIABLE, subject=str(cell)), flow.place)

    def _copy(self, edge: ValueEdge, form: str, cell: AbstractLocation) -> None:
        """Follow an assignment to its right side, or to the store that is certainly the last one
        before it."""
        value, facts = edge.origin.value, edge.origin.facts
        store = None
        if self._apart is not None and isinstance(value, AccessPath):
            store = last_store(self.program, value, edge.flow, facts)
        if store is None:
            self._back(edge, form, cell)
            return
        for last in self.graph.of(facts).by(store):
            for stored in edge.into(form):
                self._back(last, stored, cell)

    def _compiled(self, guards: Guards) -> bool:
        """Whether some configuration has both this code and the acquires."""
        if self.program.contracts.rules_out(guards):
            return False
        version = self.program.tree.version
        return not exclusive(guards, self.guards) and not never(guards, version)

    def _other(
        self, wanted: _Wanted, values: tuple[Value, ...], facts: FunctionFacts, place: Place
    ) -> bool:
        """Whether `values`, at `place`, name the location in other objects only."""
        there = self._kinds.at(wanted.cell, facts, place) if self._kinds is not None else None
        if are_apart(wanted.kinds, there):
            return True
        if wanted.owners is None or self._apart is None:
            return False
        return self._apart.others(wanted.owners, wanted.cell, values, facts)

    def _may_fill(self, site: Site, position: int, wanted: _Wanted) -> bool:
        """Follow what a call stores into its argument number `position`; returns whether it stores
        anything."""
        call, facts, cell, form = site.call, site.facts, wanted.cell, wanted.form
        acquired = self.graph.is_acquire(call)
        if acquired is not None:
            if acquired == position:
                self.sources.acquires[call.place] = site
            return acquired == position
        known = stated_callee(self.program, site, position) or self.graph.known(site)
        if known is not None:
            edges = self.graph.of(facts).got(site.index, position, cell)
            for edge in edges if known.flows else ():
                self._back(edge, form, cell if edge.kind is Kind.WALK else None)
            return self.sources.filled_by_known(call, position, known, form, cell)
        far = self._goes_far(form)
        definitions = self.program.pointer_calls.meant_by(site, far)
        self.wide |= far and not call.name
        if far and call.name and form == PAGE:
            definitions = (*definitions, *self._linked(site, definitions))
        if (
            far
            and call.name
            and form == SCATTER
            and self._put_by_others(site, definitions, position)
        ):
            return True
        if not definitions:
            return self.sources.filled_by_unknown(call, position, form, cell)
        return True in {self._filled_by(site, f, position, wanted) for f in definitions}

    def _put_by_others(self, site: Site, near: tuple[Function, ...], position: int) -> bool:
        """Follow what a function of another folder puts into a scatterlist; returns whether it puts
        anything there."""
        functions = self._linked(site, near)
        edges = [e for f in functions for e in put_into(self.graph, f, position)]
        for edge in edges:
            self._back(edge, SCATTER)
        return bool(edges)

    def _linked(self, site: Site, near: tuple[Function, ...]) -> tuple[Function, ...]:
        """The functions of other folders that the linker may choose for a call, as in the forward
        walk: they may store other pages where those of the group are."""
        linker = self.program.linker
        if near and not linker.is_stub(near):
            return ()
        self.wide = True
        return linker.meant(site.call.name, site.facts.function.path)

    def _filled_by(self, site: Site, function: Function, position: int, wanted: _Wanted) -> bool:
        """Follow what a called function stores through a parameter; returns whether it stores
        anything."""
        callee, filled = self.program.facts(function), False
        for edge in self.graph.fills(site, position, function):
            inner = edge.origin.location
            assert isinstance(inner, Local)
            kind = callee.types.get(inner.name)
            deep = kind is not None and kind.depth >= _ARRAY_DEPTH
            if edge.target.location != wanted.cell:
                continue
            deep = deep or self._has_no_type(site, position, edge)
            for form in edge.into(wanted.form):
                if deep or form == SCATTER or is_macro(function):
                    filled |= self._is_filled(_Wanted(inner, form), callee)
        return filled

    def _has_no_type(self, site: Site, position: int, edge: ValueEdge) -> bool:
        """Whether an array is passed to a parameter that may point to anything."""
        types, inner, outer = self.program.types, edge.origin, edge.target
        if not isinstance(inner.value, AccessPath) or not isinstance(outer.value, AccessPath):
            return False
        if not types.is_untyped(inner.value, inner.facts):
            return False
        return holds_array(outer.value, outer.facts, types, site.call.addressed[position])

    def _is_filled(self, behind: _Wanted, facts: FunctionFacts) -> bool:
        """Follow the stores of a function through its parameter; returns whether there are any."""
        if behind not in self._fills:
            self._fills[behind] = True  # ends the recursion of a function that calls itself
            stores = self._stores(behind, facts)
            self._fills[behind] = stores or self._grounds.linked(behind.cell)
        return self._fills[behind]

    def _result(self, site: Site, form: str, alone: bool) -> None:
        call, facts = site.call, site.facts
        if self.graph.is_acquire(call) is not None:
            self.sources.acquires[call.place] = site
            return
        known = self.graph.known(site)
        if known is not None:
            self.sources.result_of_known(call, known, form)
            result = CallResult(facts.function.id, site.index)
            for edge in self.graph.of(facts).got(site.index, RESULT, result):
                self._back(edge, form)
            return
        returned = False
        for function in self.program.pointer_calls.meant_by(site):
            if self._compiled(self.program.facts(function).guards):
                for edge in self.graph.returns(site, function):
                    returned = True
                    self._back(edge, form)
        if not returned:
            self.sources.result_of_unknown(call, form, alone)
