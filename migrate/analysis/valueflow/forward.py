# SPDX-License-Identifier: GPL-2.0-only
"""The forward walk over the value-flow graph, from an acquire to all that its pages reach."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

from migrate.analysis.edges import Edge, EdgeKind
from migrate.analysis.frontend.guards import Guards, exclusive, never, of_other_versions
from migrate.analysis.frontend.syntax import Function
from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.ir.model import Access, AccessPath, FunctionFacts, Return
from migrate.analysis.model import Place, UseKind
from migrate.analysis.program.callers import Site
from migrate.analysis.program.functions import is_macro
from migrate.analysis.program.kinds import Kinds, ObjectKinds, are_apart
from migrate.analysis.program.location import (
    AbstractLocation,
    CallResult,
    Global,
    Local,
    Member,
    Untyped,
)
from migrate.analysis.program.trace import (
    ADDRESS,
    AGAIN,
    PAGE,
    PHYSICAL,
    SCATTER,
    State,
    Trace,
)
from migrate.analysis.valueflow.aliases import behind_result, follow_alias
from migrate.analysis.valueflow.borrowers import asks_for_copy, is_borrowed, use_of
from migrate.analysis.valueflow.callees import Given, argument
from migrate.analysis.valueflow.expansions import Expansions
from migrate.analysis.valueflow.graph import ValueFlowGraph
from migrate.analysis.valueflow.matched_calls import MatchedCalls
from migrate.analysis.valueflow.transfer import form_via
from migrate.analysis.valueflow.value_edge import Kind, Point, ValueEdge

_CELL_LIMIT = 250
"""The maximum number of locations of pages in one group; beyond it the walk stops with a gap."""

_DERIVED_LIMIT = 80
"""The same for addresses and page frame numbers of the pages."""

_COUNTS = frozenset({"_refcount", "_count"})
"""The members of struct page that count references."""


class Forward:
    """Follows states along the edges of the graph until nothing is new."""

    def __init__(
        self,
        graph: ValueFlowGraph,
        guards: Guards,
        numbers: bool = False,
        kinds: ObjectKinds | None = None,
        owned: frozenset[Place] = frozenset(),
    ) -> None:
        self.graph = graph
        self._kinds, self._owned = kinds, owned
        self.program = graph.program
        self.numbers = numbers
        self.guards = guards
        self.trace = Trace()
        self.expansions = Expansions()
        self._ways = MatchedCalls()
        self._queue: list[State] = []
        self._derived = 0
        self._twice = 0
        """States in which pages were stored after a pointer to them was copied there."""

    def start(self, state: State) -> None:
        """Follow `state`, unless that was done already."""
        stored = replace(state, copied=False)
        if state.form not in (PAGE, SCATTER, AGAIN):
            state = stored
        if state in self.trace.states or stored in self.trace.states:
            return
        self._twice += replace(state, copied=True) in self.trace.states
        if state.form in (ADDRESS, PHYSICAL):
            self._derived += 1
            if self._derived > _DERIVED_LIMIT:
                self.trace.gap(Gap(GapKind.TOO_MANY_ADDRESSES), state.form)
                return
        self.trace.states[state] = None
        self._queue.append(state)

    def enter(self, state: State, facts: FunctionFacts, place: Place) -> None:
        """Follow `state`, which an instruction at `place` puts there."""
        if isinstance(state.cell, CallResult) and state.form in (PAGE, SCATTER, AGAIN):
            behind_result(self, state, facts, place, facts.calls[state.cell.call].text)
        self.start(replace(state, kinds=self._kinds_at(state.cell, facts, place)))

    def _kinds_at(self, cell: AbstractLocation, facts: FunctionFacts, place: Place) -> Kinds:
        return self._kinds.at(cell, facts, place) if self._kinds is not None else None

    def _is_apart(self, state: State, facts: FunctionFacts, place: Place) -> bool:
        """Whether an instruction names the location only in objects of other kinds."""
        return state.kinds is not None and are_apart(
            state.kinds, self._kinds_at(state.cell, facts, place)
        )

    def follow(self) -> Trace:
        """Follow all states until nothing is new."""
        while self._queue or self._took_macros_as_they_are():
            if len(self.trace.states) - self._twice > _CELL_LIMIT:
                self.trace.gap(Gap(GapKind.TOO_MANY_PLACES))
                break
            state = self._queue.pop(0)
            for facts in self._functions(state):
                self._step(state, facts)
            if state.filled and isinstance(state.cell, Local):
                self._to_callers(state, state.cell)
        return self.trace

    def _took_macros_as_they_are(self) -> bool:
        for state in list(self.expansions.unanswered()):
            self.start(state)
        return bool(self._queue)

    # Where a location can be seen

    def _functions(self, state: State) -> Iterator[FunctionFacts]:
        cell = state.cell
        if isinstance(cell, Local | CallResult):
            function = self.program.function(cell.function)
            if function is not None:
                yield self.program.facts(function)
        elif isinstance(cell, Member):
            path = self.trace.origins.get(cell, "")
            stated = self.program.contracts.releasing(cell.dotted)
            if stated:
                self.trace.wide |= self.program.types.is_public(cell.tag, path)
                users = self.program.cells.member_users(cell, path, far=True)
                yield from (user for user in users if user.function.name in stated)
                return
            all_see = self._all_see(cell, state.form, path)
            if not all_see and not self.program.contracts.releases_nowhere_else(cell.dotted):
                self.trace.gap(Gap(GapKind.PUBLIC_STRUCT, subject=str(cell)), state.form)
            yield from self.program.cells.member_users(cell, path, all_see, self.numbers)
        elif isinstance(cell, Global):
            if not self.program.cells.is_declared(cell):
                self.trace.gap(Gap(GapKind.GLOBAL_UNDECLARED, subject=cell.name), state.form)
            elif state.form in (PAGE, SCATTER) and not self.program.is_static(cell):
                self.trace.wide = True
                if self.program.is_shared(cell):
                    self.trace.gap(Gap(GapKind.GLOBAL_SHARED, subject=cell.name), state.form)
            yield from self.program.cells.global_users(cell)
        elif isinstance(cell, Untyped):
            somewhere = Place(cell.path, 1, 0)
            self.trace.gap(Gap(GapKind.TYPE_UNKNOWN, somewhere, cell.name), state.form)

    def _all_see(self, cell: Member, form: str, path: str) -> bool:
        """Whether every file that may use a member can be looked at."""
        if not self.program.types.is_public(cell.tag, path):
            return True
        if not self.goes_far(form):
            return False
        self.trace.wide = True
        return self.program.cells.member_files(cell, path, self.numbers) is not None

    def goes_far(self, form: str) -> bool:
        """Whether to search the whole tree: not if the trace is already known to be incomplete, and
        for numbers only if the precision asks for it."""
        if self.numbers and self.trace.lost_in_public():
            return False
        return (form in (PAGE, SCATTER) or self.numbers) and not self.trace.gaps

    # One state in one function

    def _step(self, state: State, facts: FunctionFacts) -> None:
        graph = self.graph.of(facts)
        found = graph.uses(state.cell)
        edges = [
            edge
            for edge in graph.out(state.cell)
            if not self._is_apart(state, facts, edge.cause.place)
        ]
        self._along(edges, Kind.COPY, state)
        for index, position, via in found.arguments:
            form = form_via(state.form, via)
            call = facts.calls[index]
            if self._is_apart(state, facts, call.place):
                continue
            if form and self.compiled(call.guards, call.place):
                argument(self, Given(Site(facts, index), position, state, form))
        for returned, via in found.returns:
            form = form_via(state.form, via)
            if self._is_apart(state, facts, returned.place):
                continue
            if form and self.compiled(returned.guards):
                self._return(state, form, returned, facts)
        for access in found.accesses:
            self._access(state, access, facts)
        if not state.copied:
            self._along(edges, Kind.ALIAS, state)

    def _along(self, edges: Iterable[ValueEdge], kind: Kind, state: State) -> None:
        """Follow the edges of one kind."""
        for edge in edges:
            form = edge.out_of(state.form) if edge.kind is kind else ""
            if form and self.compiled(edge.guards):
                if kind is Kind.COPY:
                    self._copy(state, form, edge)
                else:
                    follow_alias(self, state, edge)

    def compiled(self, guards: Guards, place: Place | None = None) -> bool:
        """Whether some configuration has both this code and the acquires. Code at `place` that is
        only compiled for other kernel versions is recorded."""
        version = self.program.tree.version
        if self.program.contracts.rules_out(guards):
            return False
        if place is not None and of_other_versions(guards, version):
            self.trace.other_versions[place] = None
        return not exclusive(guards, self.guards) and not never(guards, version)

    def _copy(self, state: State, form: str, edge: ValueEdge) -> None:
        flow, facts, target = edge.flow, edge.target.facts, edge.target.location
        if isinstance(target, CallResult):
            if form == PHYSICAL:
                self.trace.use(UseKind.PHYSICAL_KEPT, flow.place, facts, flow.text)
            self.trace.gap(Gap(GapKind.BEHIND_A_RESULT, flow.place), form)
            return
        if target == state.cell and form == state.form and state.kinds is None:
            return
        if flow.place in self._owned and isinstance(target, Member):
            return  # that is stored with a reference of its own
        if is_borrowed(target):
            self.trace.use(use_of(target), flow.place, facts, flow.text)
            self.trace.lent.setdefault(target, facts.function.path)
            return
        if isinstance(target, Member | Global):
            self._stored(target, form, edge)
        self.trace.edge(Edge(EdgeKind.COPIED, flow.place, flow.text, str(target), str(state.cell)))
        filled = flow.through and _is_parameter(edge.target)
        if form == PHYSICAL and flow.through and isinstance(target, Local):
            kind = UseKind.PHYSICAL if filled else UseKind.PHYSICAL_KEPT
            if filled or not self._is_own_array(target, facts):
                self.trace.use(kind, flow.place, facts, flow.text)
        copied = not (flow.through or edge.target.via)
        self.enter(State(target, form, filled, copied=copied), facts, flow.place)

    def _stored(self, target: Member | Global, form: str, edge: ValueEdge) -> None:
        """Record a copy into storage that other code can reach."""
        flow, facts = edge.flow, edge.target.facts
        if form in (PAGE, SCATTER):
            self.stored_at(edge.target, flow.place, flow.text)
        elif form == PHYSICAL:
            kind = UseKind.DMA if asks_for_copy(target) else UseKind.PHYSICAL_KEPT
            self.trace.use(kind, flow.place, facts, flow.text)
            self.trace.number_stores.setdefault(flow.place, {})[target] = None
            if self.outlives(flow.target, facts):
                self.trace.numbered.setdefault(flow.place, (facts.function.name, flow.text))
        self.trace.origin(target, facts.function.path)

    @staticmethod
    def _is_own_array(target: Local, facts: FunctionFacts) -> bool:
        """Whether a local is an array in the function's frame, so that no other code sees what is
        stored there before it is passed on."""
        kind = facts.types.get(target.name)
        return kind is not None and kind.inside

    def _access(self, state: State, access: Access, facts: FunctionFacts) -> None:
        if state.form in (PAGE, AGAIN) and access.member:
            if access.member == "lru":
                self.trace.gap(Gap(GapKind.ON_A_LIST, access.place))
            self.trace.use(UseKind.STRUCT_PAGE, access.place, facts, access.text)
            if access.member in _COUNTS and _is_changed(facts, access.member):
                self.trace.use(UseKind.EXTRA_REFERENCE, access.place, facts, access.text)
        elif state.form == ADDRESS and not self.program.types.is_slot(access, facts):
            kind = UseKind.WRITE_DATA if access.write else UseKind.READ_DATA
            self.trace.use(kind, access.place, facts, access.text)

    # From a function to its callers

    def _return(self, state: State, form: str, returned: Return, facts: FunctionFacts) -> None:
        if is_macro(facts.function):
            for value in list(self.expansions.give(facts.function.id, form)):
                self.start(value)
            return
        self.trace.handed_out[facts.function.id] = None
        give = partial(self._give_back, state, form, facts)
        sites = self._callers(facts, form, GapKind.RETURNED_TO_UNKNOWN)
        for site in (*sites, *self._ways.came_by(facts.function.id, give, sites)):
            give(site)
        if form == PHYSICAL:
            self.trace.use(UseKind.PHYSICAL, returned.place, facts, returned.text)

    def _give_back(self, state: State, form: str, facts: FunctionFacts, site: Site) -> None:
        """Follow a returned value to the result of a call."""
        if not self.compiled(site.facts.guards | site.call.guards):
            return
        self.trace.edge(_call_edge(EdgeKind.RETURNED, site, facts.function.name))
        if form == PAGE and self.graph.is_acquire(site.call) is not None:
            self.trace.acquires[site.call.place] = None
        for edge in self.graph.returns(site, facts.function):
            if edge.origin.location == state.cell and (gets := edge.out_of(state.form)):
                self.start(State(edge.target.location, gets, copied=True))

    def entered(self, function: Function, site: Site) -> None:
        """Record that a call leads into a function: returned values flow back to it, even if not
        all callers of the function are known."""
        for give in self._ways.enter(function.id, site):
            give(site)

    def _to_callers(self, state: State, parameter: Local) -> None:
        """Follow what a function stores through a parameter to the arguments of its callers."""
        for facts in self._functions(state):
            position = facts.parameters.index(parameter.name)
            for site in self._callers(facts, state.form, GapKind.FILLED_FOR_UNKNOWN):
                for edge in self.graph.fills(site, position, facts.function):
                    self._into_caller(state, site, edge)

    def _callers(self, facts: FunctionFacts, form: str, missing: GapKind) -> tuple[Site, ...]:
        """The calls of a function; a gap is recorded if none is known, or not all are."""
        far, callers = self.goes_far(form), self.program.callers
        self.trace.wide |= far and callers.is_public(facts.function)
        sites, closed = callers.of(facts.function, far)
        if not closed and missing is GapKind.RETURNED_TO_UNKNOWN and self._lends(facts, form):
            return sites
        if not closed or not sites:
            self.trace.gap(callers.gap(facts.function, far, missing), form)
        return sites

    def _lends(self, facts: FunctionFacts, form: str) -> bool:
        """Whether a function returns pages to the kernel, which only lends them to devices."""
        if form not in (PAGE, SCATTER) or not self.program.pointer_calls.lends(facts.function):
            return False
        returned = facts.returns[-1]
        self.trace.use(UseKind.DMA, returned.place, facts, returned.text)
        return True

    def _into_caller(self, state: State, site: Site, edge: ValueEdge) -> None:
        form, target = edge.out_of(state.form), edge.target
        if not form or not self.compiled(edge.guards):
            return
        if isinstance(target.location, Member | Global):
            self.trace.origin(target.location, site.facts.function.path)
            if isinstance(target.value, AccessPath) and self.outlives(target.value, site.facts):
                self.trace.use(UseKind.STORED, site.call.place, site.facts, site.call.text)
        self.trace.edge(_call_edge(EdgeKind.FILLED, site, site.call.name))
        if self.graph.is_acquire(site.call) is not None:
            self.trace.acquires[site.call.place] = None
        inside = State(target.location, form, _is_parameter(target))
        self.enter(inside, site.facts, site.call.place)

    # Recording

    def stored_at(self, point: Point, place: Place, text: str) -> None:
        """Record that pages are stored in a member or a global."""
        self.trace.origin(point.location, point.facts.function.path)
        if isinstance(point.value, AccessPath) and self.outlives(point.value, point.facts):
            self.trace.use(UseKind.STORED, place, point.facts, text)

    def outlives(self, target: AccessPath, facts: FunctionFacts) -> bool:
        """Whether a member belongs to an object that outlives the call of the function."""
        kind = facts.types.get(target.base)
        return kind is None or kind.depth > 0


def _is_changed(facts: FunctionFacts, member: str) -> bool:
    """Whether a function passes a member of that name to a call that may change it."""
    return any(
        isinstance(value, AccessPath) and value.members[-1:] == (member,)
        for call in facts.calls
        if call.name != "atomic_read"
        for values in call.arguments
        for value in values
    )


def _is_parameter(point: Point) -> bool:
    location: AbstractLocation = point.location
    return isinstance(location, Local) and location.name in point.facts.parameters


def _call_edge(kind: EdgeKind, site: Site, function: str) -> Edge:
    return Edge(kind, site.call.place, site.call.text, function=function)
