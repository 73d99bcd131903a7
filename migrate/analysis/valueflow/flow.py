# SPDX-License-Identifier: GPL-2.0-only
"""Following acquired pages forward, from where they are acquired to every end they have."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from migrate.analysis.edges import Edge, EdgeKind
from migrate.analysis.frontend.guards import Guards, exclusive, never, of_other_versions
from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.ir.model import Access, AccessPath, Call, Flow, FunctionFacts, Return
from migrate.analysis.model import Place, UseKind
from migrate.analysis.program.callers import Site
from migrate.analysis.program.functions import is_macro, start_of
from migrate.analysis.program.location import (
    AbstractLocation,
    CallResult,
    Global,
    Local,
    Member,
    Untyped,
)
from migrate.analysis.program.program import Program
from migrate.analysis.program.trace import (
    ADDRESS,
    AGAIN,
    PAGE,
    PHYSICAL,
    SCATTER,
    State,
    Trace,
    form_via,
)
from migrate.analysis.valueflow.aliases import containers_behind
from migrate.analysis.valueflow.borrowers import is_borrowed, use_of
from migrate.analysis.valueflow.callees import argument
from migrate.analysis.valueflow.expansions import Expansions

_CELL_LIMIT = 250
"""A group that spreads over more storage than this is not followed to its end."""

_DERIVED_LIMIT = 80
"""The same for the addresses and page frame numbers made of the pages."""


class Forward:
    """Follows states through flows, calls, returns and struct members until nothing is new."""

    def __init__(
        self,
        program: Program,
        is_acquire: Callable[[Call], int | None],
        guards: Guards,
        numbers: bool = False,
    ) -> None:
        self.program = program
        self.numbers = numbers
        self.is_acquire = is_acquire
        self.guards = guards
        self.trace = Trace()
        self.expansions = Expansions()
        self._queue: list[State] = []
        self._derived = 0

    def start(self, state: State) -> None:
        """Follow `state`, unless that was done already."""
        if state in self.trace.states:
            return
        if state.form in (ADDRESS, PHYSICAL):
            self._derived += 1
            if self._derived > _DERIVED_LIMIT:
                self.trace.gap(Gap(GapKind.TOO_MANY_ADDRESSES), state.form)
                return
        self.trace.states[state] = None
        self._queue.append(state)

    def follow(self) -> Trace:
        """Follow everything that was started."""
        while self._queue or self._took_macros_as_they_are():
            if len(self.trace.states) > _CELL_LIMIT:
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

    # Where a cell can be seen

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
        if not self._goes_far(form):
            return False
        self.trace.wide = True
        return self.program.cells.member_files(cell, path, self.numbers) is not None

    def _goes_far(self, form: str) -> bool:
        """Whether to look all over the tree: not for what is already known to be incomplete, and
        for numbers only when asked to."""
        if self.numbers and self.trace.lost_in_public():
            return False
        return (form in (PAGE, SCATTER) or self.numbers) and not self.trace.gaps

    # One state in one function

    def _step(self, state: State, facts: FunctionFacts) -> None:
        found = self.program.cells.mentions(facts, state.cell)
        for flow, via in found.sources:
            if self.compiled(flow.guards) and not flow.carved:
                self._flow(state, flow, via, facts)
        for index, position, via in found.arguments:
            form = form_via(state.form, via)
            call = facts.calls[index]
            if form and self.compiled(call.guards, call.place):
                argument(self, form, Site(facts, index), position)
        for returned, via in found.returns:
            form = form_via(state.form, via)
            if form and self.compiled(returned.guards):
                self._return(form, returned, facts)
        containers_behind(self, state, facts)
        for access in found.accesses:
            self._access(state, access, facts)
        for flow, _ in found.targets:
            plain = not flow.through and not flow.carved
            if state.form == PAGE and plain and self.compiled(flow.guards):
                self._alias(state, flow, facts)

    def compiled(self, guards: Guards, place: Place | None = None) -> bool:
        """Whether some configuration has both this code and the acquires; what works on the pages
        at `place` for other versions of the kernel alone would be left behind."""
        version = self.program.tree.version
        if self.program.contracts.rules_out(guards):
            return False
        if place is not None and of_other_versions(guards, version):
            self.trace.gap(Gap(GapKind.OTHER_VERSIONS, place))
        return not exclusive(guards, self.guards) and not never(guards, version)

    def _alias(self, state: State, flow: Flow, facts: FunctionFacts) -> None:
        """`pages = object->pages`: an array that is filled through one name is filled in all."""
        for value in flow.sources:
            if not isinstance(value, AccessPath) or not self.program.types.is_array(
                flow.target, facts
            ):
                continue
            cell, via = self.program.cells.of(value, facts)
            if via or cell == state.cell:
                continue
            kind = self.program.types.at(value, facts)
            if kind is None or kind.depth < 1:
                continue
            if kind.tag not in ("page", "folio", "void"):
                if not isinstance(state.cell, Member):  # nobody else finds them by that name
                    self.trace.gap(Gap(GapKind.IN_OTHER_MEMORY, flow.place, str(cell)))
                continue
            self.trace.edge(
                Edge(EdgeKind.ALIASED, flow.place, flow.text, str(state.cell), str(cell))
            )
            held = State(cell, PAGE, isinstance(cell, Local) and cell.name in facts.parameters)
            if isinstance(cell, Member | Global) and held not in self.trace.states:
                self.stored_in(cell, value, facts, flow.place, flow.text)
            self.trace.origin(cell, facts.function.path)
            self.start(held)

    def _flow(self, state: State, flow: Flow, via: str, facts: FunctionFacts) -> None:
        form = form_via(state.form, via)
        if not form:
            return
        target, into = self.program.cells.of(flow.target, facts)
        if isinstance(target, CallResult):
            if form == PHYSICAL:
                self.trace.use(UseKind.PHYSICAL_KEPT, flow.place, facts, flow.text)
            self.trace.gap(Gap(GapKind.BEHIND_A_RESULT, flow.place), form)
            return
        if into:
            form = SCATTER
        if target == state.cell and form == state.form:
            return
        if is_borrowed(target):
            self.trace.use(use_of(target), flow.place, facts, flow.text)
            self.trace.lent.setdefault(target, facts.function.path)
            return
        if form in (PAGE, SCATTER, AGAIN) and self.program.types.holds_no_page(flow.target, facts):
            return
        if isinstance(target, Member | Global):
            if form in (PAGE, SCATTER):
                self.stored_in(target, flow.target, facts, flow.place, flow.text)
            elif form == PHYSICAL:
                self.trace.use(UseKind.PHYSICAL_KEPT, flow.place, facts, flow.text)
                self.trace.number_stores.setdefault(flow.place, {})[target] = None
                if self.outlives(flow.target, facts):
                    self.trace.numbered.setdefault(flow.place, (facts.function.name, flow.text))
            self.trace.origin(target, facts.function.path)
        self.trace.edge(Edge(EdgeKind.COPIED, flow.place, flow.text, str(target), str(state.cell)))
        filled = flow.through and isinstance(target, Local) and target.name in facts.parameters
        if form == PHYSICAL and flow.through and isinstance(target, Local):
            kind = UseKind.PHYSICAL if filled else UseKind.PHYSICAL_KEPT
            if filled or not self._is_own_array(target, facts):
                self.trace.use(kind, flow.place, facts, flow.text)
        self.start(State(target, form, filled))

    @staticmethod
    def _is_own_array(target: Local, facts: FunctionFacts) -> bool:
        """Whether a local is an array of the function's own, so that nobody else sees what is
        stored there before it is handed on."""
        kind = facts.types.get(target.name)
        return kind is not None and kind.inside

    def _return(self, form: str, returned: Return, facts: FunctionFacts) -> None:
        if is_macro(facts.function):
            for state in list(self.expansions.give(facts.function.id, form)):
                self.start(state)
            return
        self.trace.handed_out[facts.function.id] = None
        sites, closed = self._callers(facts, form)
        if not closed or not sites:
            self.trace.gap(_about(GapKind.RETURNED_TO_UNKNOWN, facts), form)
        for site in sites:
            if not self.compiled(site.facts.guards | site.call.guards):
                continue
            self.trace.edge(_call_edge(EdgeKind.RETURNED, site, facts.function.name))
            if form == PAGE and self.is_acquire(site.call) is not None:
                self.trace.acquires[site.call.place] = None
            caller = site.facts.function.id
            self.start(State(CallResult(caller, site.index), form))
        if form == PHYSICAL:
            self.trace.use(UseKind.PHYSICAL, returned.place, facts, returned.text)

    def _access(self, state: State, access: Access, facts: FunctionFacts) -> None:
        if state.form in (PAGE, AGAIN) and access.member:
            if access.member == "lru":
                self.trace.gap(Gap(GapKind.ON_A_LIST, access.place))
            self.trace.use(UseKind.STRUCT_PAGE, access.place, facts, access.text)
        elif state.form == ADDRESS and not self.program.types.is_slot(access, facts):
            kind = UseKind.WRITE_DATA if access.write else UseKind.READ_DATA
            self.trace.use(kind, access.place, facts, access.text)

    def _to_callers(self, state: State, parameter: Local) -> None:
        """The callers of a function that fills a parameter hold what it was filled with."""
        for facts in self._functions(state):
            position = facts.parameters.index(parameter.name)
            sites, closed = self._callers(facts, state.form)
            if not closed or not sites:
                self.trace.gap(_about(GapKind.FILLED_FOR_UNKNOWN, facts), state.form)
            for site in sites:
                if position < len(site.call.arguments):
                    self._into_caller(state, site, position)

    def _callers(self, facts: FunctionFacts, form: str) -> tuple[tuple[Site, ...], bool]:
        far = self._goes_far(form)
        self.trace.wide |= far and self.program.callers.is_public(facts.function)
        return self.program.callers.of(facts.function, far)

    def _into_caller(self, state: State, site: Site, position: int) -> None:
        values = site.call.values(position)
        if state.form != PHYSICAL:
            values = self.program.types.pointers(values, site.facts)
        for value in values:
            cell, via = self.program.cells.of(value, site.facts)
            if isinstance(cell, Member | Global):
                self.trace.origin(cell, site.facts.function.path)
                if isinstance(value, AccessPath) and self.outlives(value, site.facts):
                    self.trace.use(UseKind.STORED, site.call.place, site.facts, site.call.text)
            passed_on = isinstance(cell, Local) and cell.name in site.facts.parameters
            self.trace.edge(_call_edge(EdgeKind.FILLED, site, site.call.name))
            if self.is_acquire(site.call) is not None:
                self.trace.acquires[site.call.place] = None
            self.start(State(cell, SCATTER if via else state.form, passed_on))

    def stored_in(
        self, cell: AbstractLocation, loc: AccessPath, facts: FunctionFacts, place: Place, text: str
    ) -> None:
        """Note that pages are stored in `cell`, a member or a global, named as `loc`."""
        self.trace.origin(cell, facts.function.path)
        if self.outlives(loc, facts):
            self.trace.use(UseKind.STORED, place, facts, text)

    def outlives(self, target: AccessPath, facts: FunctionFacts) -> bool:
        """Whether a member belongs to an object that is still there after the call."""
        kind = facts.types.get(target.base)
        return kind is None or kind.depth > 0


def _call_edge(kind: EdgeKind, site: Site, function: str) -> Edge:
    return Edge(kind, site.call.place, site.call.text, function=function)


def _about(kind: GapKind, facts: FunctionFacts) -> Gap:
    """A gap that a function as a whole is the reason of."""
    return Gap(kind, start_of(facts.function), function=facts.function.name)
