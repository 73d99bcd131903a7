# SPDX-License-Identifier: GPL-2.0-only
"""The walk backward over the value-flow graph, from a release to every source of its pages."""

from __future__ import annotations

from dataclasses import replace

from migrate.analysis.flags.asked import value_of
from migrate.analysis.frontend.guards import Guards, exclusive, never
from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.heap.strong_updates import last_store
from migrate.analysis.ir.expressions import Variable
from migrate.analysis.ir.model import AccessPath, Flow, FunctionFacts, Value
from migrate.analysis.model import Place
from migrate.analysis.pairing.back.grounds import Grounds
from migrate.analysis.pairing.back.sources import Sources
from migrate.analysis.pairing.back.stated import Stated
from migrate.analysis.pairing.back.to_callees import may_fill, result
from migrate.analysis.pairing.back.to_callers import passed, stored_through_result
from migrate.analysis.pairing.back.wanted import Wanted, Way, Ways, depends_on_call
from migrate.analysis.pairing.precision import Precision
from migrate.analysis.program.callers import Site
from migrate.analysis.program.functions import file_of, start_of
from migrate.analysis.program.location import (
    AbstractLocation,
    CallResult,
    Global,
    Local,
    Member,
    Untyped,
    are_apart,
)
from migrate.analysis.program.trace import ADDRESS, PAGE, PHYSICAL, SCATTER, ReleaseSite
from migrate.analysis.valueflow.graph import ValueFlowGraph
from migrate.analysis.valueflow.transfer import form_via
from migrate.analysis.valueflow.value_edge import Kind, Point, ValueEdge


class Backward:
    """Follows storage back through assignments, arguments and results to its sources."""

    def __init__(self, graph: ValueFlowGraph, precision: Precision) -> None:
        self.guards = precision.guards
        self._numbers = precision.numbers
        self._excluded = precision.excluded
        self._owned = precision.owned.stores
        self._apart = precision.objects
        self._flags = precision.flags
        self._kinds = precision.kinds
        self.graph = graph
        self.program = graph.program
        self._stated = Stated(graph)
        self.sources = Sources(apart=self._stated.are_apart)
        self.visited: set[str] = set()
        self.ways = Ways()
        self.wide = False
        """As :attr:`migrate.analysis.program.trace.Trace.wide`."""
        self._seen: set[Wanted] = set()
        self._grounds = Grounds()
        self._fills: dict[Wanted, bool] = {}
        self._queue: list[tuple[Wanted, FunctionFacts]] = []

    def follow(self, release: ReleaseSite) -> Sources:
        """All sources of the pages that `release` may drop, added to those found before."""
        site = release.site
        self._stated.release = release.release
        if self._stated.contracts.tells_apart:
            self._seen.clear()  # contracts are about single releases
            self._fills.clear()
        stated = self._stated.sources(release.release)
        if stated:
            self.sources.acquires |= stated
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
            if not self._stated.is_closed(cell) and not self._is_nothing(cell, place):
                self.sources.lost(Gap(GapKind.NOTHING_SETS, subject=str(cell)), place)
        return self.sources

    def _is_nothing(self, cell: AbstractLocation, place: Place) -> bool:
        """Whether a name is a driver's own for NULL, `#define DEMO_NULL ((void *)0)`."""
        if not isinstance(cell, Global):
            return False
        return value_of(self.program, Variable(cell.name), place.path) == 0

    def into(self, cell: AbstractLocation, facts: FunctionFacts) -> Sources:
        """The sources of the pages in `cell`, as `facts` see it."""
        self.want(Wanted(cell, PAGE), facts)
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
                form = SCATTER if point.via else PAGE
                self._point(point, Wanted(point.location, form), place)

    def _point(self, point: Point, wanted: Wanted, place: Place | None) -> None:
        """Follow the location of `point`, named at `place`, in the objects that it names there."""
        cell, facts = point.location, point.facts
        if self._apart is not None:
            wanted = replace(wanted, owners=self._apart.owners(cell, point.value, facts))
        if self._kinds is not None and place is not None:
            wanted = replace(wanted, kinds=self._kinds.at(cell, facts, place))
        self.want(wanted, facts)

    def want(self, wanted: Wanted, facts: FunctionFacts) -> None:
        """Follow a location of a function, unless that was done already."""
        if not depends_on_call(wanted.cell, facts):
            wanted = replace(wanted, way=())
        if wanted not in self._seen:
            self._seen.add(wanted)
            self._queue.append((wanted, facts))

    def back(
        self, edge: ValueEdge, form: str, way: Way, into: AbstractLocation | None = None
    ) -> None:
        """Follow an edge to its origin, in a function that the walk came into by `way`; with
        `into`, record that this location has no other value than the origin."""
        for before in edge.into(form):
            origin = edge.origin
            if into is not None and into != origin.location:
                self._grounds.link(into, origin.location)
            alias = edge.kind is Kind.ALIAS and before == PAGE
            alone = before == PHYSICAL and edge.is_whole
            found = Wanted(origin.location, before, alias=alias, alone=alone, way=way)
            self._point(origin, found, edge.cause.place)

    def _step(self, wanted: Wanted, facts: FunctionFacts) -> None:
        cell, form, alias = wanted.cell, wanted.form, wanted.alias
        self.visited.add(file_of(facts.function.path))
        if isinstance(cell, CallResult):
            if alias:
                self._stores(wanted, facts)
            else:
                result(self, Site(facts, cell.call), wanted)
        elif isinstance(cell, Untyped):
            untyped = Gap(GapKind.SOURCE_TYPE_UNKNOWN, subject=cell.name)
            self.sources.lost(untyped, start_of(facts.function))
        elif isinstance(cell, Local) and cell.name in facts.parameters:
            if not alias:
                passed(self, wanted, cell.name, facts)
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
        far = self.goes_far(form)
        self.wide |= far and self.program.types.is_public(cell.tag, path)
        wanted = form in (PAGE, SCATTER) or self._numbers
        if wanted and not self._all_see(cell, path, far) and not self._stated.is_closed(cell):
            self.sources.lost(
                Gap(GapKind.SOURCE_PUBLIC, subject=str(cell)), start_of(facts.function)
            )
        return self.program.cells.member_users(cell, path, far, self._numbers)

    def goes_far(self, form: str) -> bool:
        """As :class:`migrate.analysis.valueflow.forward.Forward` does."""
        return (form in (PAGE, SCATTER) or self._numbers) and self.sources.known

    def _all_see(self, cell: Member, path: str, far: bool) -> bool:
        """Whether every file that may store into a member can be looked at."""
        if not far and self.program.types.is_public(cell.tag, path):
            return False
        return self.program.cells.member_files(cell, path, self._numbers) is not None

    def _stores(self, wanted: Wanted, facts: FunctionFacts) -> bool:
        """Follow all stores into a location in one function; returns whether any of them stores
        something else than the value of other storage."""
        graph, cell, form = self.graph.of(facts), wanted.cell, wanted.form
        filled = False
        for flow, via in graph.constants(cell):
            if self._is_stored(flow, wanted, facts) and (stored := form_via(form, via)):
                filled = True
                self._constant(flow, stored, cell)
        edges = [e for e in graph.into(cell) if self.compiled(e.guards)]
        for edge in edges:
            if edge.kind is Kind.COPY and self._is_stored(edge.flow, wanted, facts):
                self._copy(edge, wanted)
        for edge in () if self._stands_for_code(cell) else edges:
            value, place = edge.target.value, edge.cause.place
            if edge.kind is Kind.ALIAS and not self._other(wanted, (value,), facts, place):
                self.back(edge, form, wanted.way, cell)
        if form in (PAGE, SCATTER):
            stored_through_result(self, wanted, facts)
        for index, position, _ in graph.uses(cell).arguments:
            call = facts.calls[index]
            other = self._other(wanted, call.values(position), facts, call.place)
            if not other and self.compiled(call.guards):
                filled |= may_fill(self, Site(facts, index), position, wanted)
        return filled

    def _stands_for_code(self, cell: AbstractLocation) -> bool:
        """Whether a name may be a macro without parameters, such as `#define NEW alloc_page()`: it
        is no array that anything could be stored in."""
        return isinstance(cell, Global) and not self.program.cells.is_declared(cell)

    def _is_stored(self, flow: Flow, wanted: Wanted, facts: FunctionFacts) -> bool:
        """Whether an assignment stores into the location in the objects that are being followed."""
        if flow.carved or (flow.through and flow.place in self._excluded):
            return False
        if wanted.alias and not flow.through:
            return False
        return not self._other(wanted, (flow.target,), facts, flow.place)

    def _constant(self, flow: Flow, stored: str, cell: AbstractLocation) -> None:
        if not flow.null and self.compiled(flow.guards) and stored in (PAGE, SCATTER):
            self.sources.lost(Gap(GapKind.STORED_NO_VARIABLE, subject=str(cell)), flow.place)

    def _copy(self, edge: ValueEdge, wanted: Wanted) -> None:
        """Follow an assignment to its right side, or to the store that is certainly the last one
        before it."""
        value, facts = edge.origin.value, edge.origin.facts
        if edge.flow.place in self._owned:  # a release of what has a reference of its own
            self.sources.lost(Gap(GapKind.STORED_NO_VARIABLE), edge.flow.place)
            return
        store = None
        if self._apart is not None and isinstance(value, AccessPath):
            store = last_store(self.program, value, edge.flow, facts)
        if store is None:
            self.back(edge, wanted.form, wanted.way, wanted.cell)
            return
        for last in self.graph.of(facts).by(store):
            for stored in edge.into(wanted.form):
                self.back(last, stored, wanted.way, wanted.cell)

    def compiled(self, guards: Guards) -> bool:
        """Whether some configuration has both this code and the acquires."""
        if self._stated.contracts.rules_out(guards):
            return False
        version = self.program.tree.version
        return not exclusive(guards, self.guards) and not never(guards, version)

    def _other(
        self, wanted: Wanted, values: tuple[Value, ...], facts: FunctionFacts, place: Place
    ) -> bool:
        """Whether `values`, at `place`, name the location in other objects only."""
        there = self._kinds.at(wanted.cell, facts, place) if self._kinds is not None else None
        if are_apart(wanted.kinds, there):
            return True
        if wanted.owners is None or self._apart is None:
            return False
        return self._apart.others(wanted.owners, wanted.cell, values, facts)

    def is_filled(self, behind: Wanted, facts: FunctionFacts) -> bool:
        """Follow the stores of a function through its parameter; returns whether there are any."""
        if behind not in self._fills:
            self._fills[behind] = True  # ends the recursion of a function that calls itself
            stores = self._stores(behind, facts)
            self._fills[behind] = stores or self._grounds.linked(behind.cell)
        return self._fills[behind]
