# SPDX-License-Identifier: GPL-2.0-only
"""The forward walk over the value-flow graph, from an acquire to all that its pages reach."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from migrate.analysis.edges import Edge, EdgeKind
from migrate.analysis.frontend.guards import Guards, exclusive, never, of_other_versions
from migrate.analysis.frontend.syntax import Function
from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.ir.model import Access, AccessPath, FunctionFacts
from migrate.analysis.model import Place, UseKind
from migrate.analysis.program.callers import Site
from migrate.analysis.program.location import (
    AbstractLocation,
    CallResult,
    Global,
    Kinds,
    Local,
    Member,
    ObjectKinds,
    are_apart,
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
from migrate.analysis.valueflow.to_callers import filled, given_back
from migrate.analysis.valueflow.transfer import form_via
from migrate.analysis.valueflow.value_edge import Kind, Point, ValueEdge
from migrate.analysis.valueflow.visible import seen_by

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
        self.ways = MatchedCalls()
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
            for facts in seen_by(self, state):
                self._step(state, facts)
            if state.filled and isinstance(state.cell, Local):
                filled(self, state, state.cell)
        return self.trace

    def _took_macros_as_they_are(self) -> bool:
        for state in list(self.expansions.unanswered()):
            self.start(state)
        return bool(self._queue)

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
                given_back(self, state, form, returned, facts)
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
        into_caller = flow.through and edge.target.is_parameter
        if form == PHYSICAL and flow.through and isinstance(target, Local):
            kind = UseKind.PHYSICAL if into_caller else UseKind.PHYSICAL_KEPT
            if into_caller or not self._is_own_array(target, facts):
                self.trace.use(kind, flow.place, facts, flow.text)
        copied = not (flow.through or edge.target.via)
        self.enter(State(target, form, into_caller, copied=copied), facts, flow.place)

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

    def entered(self, function: Function, site: Site) -> None:
        """Record that a call leads into a function: returned values flow back to it, even if not
        all callers of the function are known."""
        for give in self.ways.enter(function.id, site):
            give(site)

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
