# SPDX-License-Identifier: GPL-2.0-only
"""Following a release backward, to everything whose pages it may drop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from migrate.analysis.frontend.guards import Guards, exclusive, never
from migrate.analysis.frontend.kernel_api import RESULT, Effect, KernelFunction, Link, Origin
from migrate.analysis.frontend.syntax import Function
from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.heap.may_alias import Owners
from migrate.analysis.heap.strong_updates import latest
from migrate.analysis.ir.model import AccessPath, Call, FunctionFacts, Value
from migrate.analysis.model import Place, Release
from migrate.analysis.pairing.grounds import Grounds
from migrate.analysis.pairing.precision import Precision
from migrate.analysis.program.callers import Site
from migrate.analysis.program.functions import file_of, is_macro
from migrate.analysis.program.known_callee import known_callee
from migrate.analysis.program.location import (
    AbstractLocation,
    CallResult,
    Global,
    Local,
    Member,
    Untyped,
)
from migrate.analysis.program.program import Program
from migrate.analysis.program.stated_callee import stated_callee
from migrate.analysis.program.trace import ADDRESS, PAGE, PHYSICAL, SCATTER, ReleaseSite, form_via
from migrate.analysis.valueflow import transfer
from migrate.analysis.valueflow.borrowers import is_borrowed

_ARRAY_DEPTH = 2
"""A `struct page **` is an array or the address of a pointer: a callee may fill it."""


@dataclass
class Sources:
    """Where the pages of a release come from."""

    acquires: dict[Place, Site] = field(default_factory=dict)
    foreign: dict[Gap, Call] = field(default_factory=dict)
    """What makes a source of other pages, without its place, and the first call that is one."""
    unknown: dict[Gap, Place] = field(default_factory=dict)
    """The same for what is not followed back."""

    @property
    def known(self) -> bool:
        """Whether no page may be from elsewhere."""
        return not (self.foreign or self.unknown)


class Backward:
    """Follows storage back through assignments, arguments and results to its sources."""

    def __init__(
        self,
        program: Program,
        is_acquire: Callable[[Call], int | None],
        precision: Precision,
    ) -> None:
        self.guards = precision.guards
        self._numbers = precision.numbers
        self._excluded = precision.excluded
        self._apart = precision.objects
        self._flags = precision.flags
        self.program = program
        self.is_acquire = is_acquire
        self.sources = Sources()
        self.visited: set[str] = set()
        self.wide = False
        """As :attr:`migrate.analysis.program.trace.Trace.wide`."""
        self._seen: set[tuple[AbstractLocation, str, Owners | None, bool]] = set()
        self._grounds = Grounds()
        self._release: Release | None = None
        self._fills: dict[AbstractLocation, bool] = {}
        self._queue: list[tuple[AbstractLocation, str, FunctionFacts, Owners | None, bool]] = []

    def follow(self, release: ReleaseSite) -> Sources:
        """All sources of the pages that `release` may drop, added to those found before."""
        site = release.site
        self._release = release.release
        if self.program.contracts.tells_apart:
            self._seen.clear()  # what holds of one release need not of the next
            self._fills.clear()
        if self._stated(release.release):
            return self.sources
        released = site.call.values(release.argument)
        if not released:
            self._unknown(Gap(GapKind.RELEASED_NO_VARIABLE), site.call.place)
        told = self._flags.sources(site, release.argument) if self._flags is not None else None
        for origin in told if told is not None else ():
            self._values(origin.values, PAGE, origin.facts)
        if told is None:
            self._values(released, PAGE, site.facts)
        self._drain()
        for cell, place in self._grounds.baseless():
            if not self._is_closed(cell):
                self._unknown(Gap(GapKind.NOTHING_SETS, subject=str(cell)), place)
        return self.sources

    def _stated(self, release: Release) -> bool:
        """Take over what a person says of whose pages a release drops; whether anybody does."""
        names = self.program.contracts.sources(release.function, release.place.path)
        acquires = [a for name in names for a in self.acquired_in(name, release.place.path)]
        self.sources.acquires |= {site.call.place: site for site in acquires}
        return bool(acquires)

    def acquired_in(self, function: str, path: str) -> Iterator[Site]:
        """The acquires in a function that is defined near `path`."""
        for found in self.program.definitions(function, path):
            facts = self.program.facts(found)
            for index, call in enumerate(facts.calls):
                if self.is_acquire(call) is not None:
                    yield Site(facts, index)

    def into(self, cell: AbstractLocation, facts: FunctionFacts) -> Sources:
        """The sources of the pages in `cell`, as `facts` see it."""
        self._add(cell, PAGE, facts, None, alias=False)
        self._drain()
        return self.sources

    def _drain(self) -> None:
        while self._queue:
            self._cell(*self._queue.pop(0))

    def add(self, other: Backward) -> None:
        """Take over what another one has found."""
        self.visited |= other.visited
        self.wide |= other.wide
        self.sources.acquires |= other.sources.acquires
        self.sources.foreign |= other.sources.foreign
        self.sources.unknown |= other.sources.unknown

    def _values(
        self,
        values: tuple[Value, ...],
        form: str,
        facts: FunctionFacts,
        into: AbstractLocation | None = None,
        alias: bool = False,
    ) -> None:
        """Follow `values`; with `alias`, they point to an array that is known, and only what is
        put there through them counts, not what else they may point to."""
        wanted = self.program.types.pointers(values, facts) if form != PHYSICAL else values
        for value in wanted:
            if form in (PAGE, SCATTER) and self._holds_no_page(value, facts):
                continue
            cell, via = self.program.cells.of(value, facts)
            if into is not None and into != cell:
                self._grounds.link(into, cell)
            owners = self._apart.owners(cell, value, facts) if self._apart is not None else None
            self._add(cell, SCATTER if via else form, facts, owners, alias and form == PAGE)

    def _holds_no_page(self, value: Value, facts: FunctionFacts) -> bool:
        return isinstance(value, AccessPath) and self.program.types.holds_no_page(value, facts)

    def _add(
        self,
        cell: AbstractLocation,
        form: str,
        facts: FunctionFacts,
        owners: Owners | None,
        alias: bool,
    ) -> None:
        if (cell, form, owners, alias) not in self._seen:
            self._seen.add((cell, form, owners, alias))
            self._queue.append((cell, form, facts, owners, alias))

    def _cell(
        self,
        cell: AbstractLocation,
        form: str,
        facts: FunctionFacts,
        owners: Owners | None,
        alias: bool,
    ) -> None:
        self.visited.add(file_of(facts.function.path))
        if isinstance(cell, CallResult):
            self._result(Site(facts, cell.call), form)
        elif isinstance(cell, Untyped):
            untyped = Gap(GapKind.SOURCE_TYPE_UNKNOWN, subject=cell.name)
            self._unknown(untyped, facts_place(facts))
        elif isinstance(cell, Local) and cell.name in facts.parameters:
            if not alias:
                self._parameter(cell, form, facts)
            self._stores(cell, form, facts, owners, alias)
        else:
            self._grounds.look(cell, facts_place(facts), alias)
            if isinstance(cell, Global) and form in (ADDRESS, PHYSICAL):
                self._grounds.give(cell)  # a constant of the preprocessor
            for user in self._users(cell, form, facts):
                if self._stores(cell, form, user, owners, alias):
                    self._grounds.give(cell)

    def _users(
        self, cell: Local | Global | Member, form: str, facts: FunctionFacts
    ) -> tuple[FunctionFacts, ...]:
        """The functions that may store into what is no parameter."""
        if isinstance(cell, Local):
            return (facts,)
        if isinstance(cell, Global):
            return self.program.cells.global_users(cell)
        path = facts.function.path
        far = self._goes_far(form)
        self.wide |= far and self.program.types.is_public(cell.tag, path)
        wanted = form in (PAGE, SCATTER) or self._numbers
        if wanted and not self._all_see(cell, path, far) and not self._is_closed(cell):
            self._unknown(Gap(GapKind.SOURCE_PUBLIC, subject=str(cell)), facts_place(facts))
        return self.program.cells.member_users(cell, path, far, self._numbers)

    def _is_closed(self, cell: AbstractLocation) -> bool:
        """Whether a person says that no other code fills it."""
        stated = self.program.contracts
        return isinstance(cell, Member) and stated.fills_nowhere_else(cell.dotted)

    def _goes_far(self, form: str) -> bool:
        """As :class:`migrate.analysis.valueflow.flow.Forward` does."""
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
        if not closed or (not sites and not function.static):
            open_ended = Gap(GapKind.SOURCE_CALLERS_UNKNOWN, function=function.name)
            self._unknown(open_ended, facts_place(facts))
        for site in sites:
            if not self._compiled(site.facts.guards | site.call.guards):
                continue
            if position < len(site.call.arguments):
                self._values(site.call.values(position), form, site.facts)

    def _stores(
        self,
        cell: AbstractLocation,
        form: str,
        facts: FunctionFacts,
        owners: Owners | None = None,
        alias: bool = False,
    ) -> bool:
        """Follow all that is stored into `cell` of `owners` in one function; whether anything is,
        apart from what other storage holds."""
        found = self.program.cells.mentions(facts, cell)
        filled = False
        for flow, via in found.targets:
            if flow.carved or (flow.through and flow.place in self._excluded):
                continue
            if (alias and not flow.through) or self._other(owners, cell, (flow.target,), facts):
                continue
            stored = form_via(form, via)
            filled |= bool(stored) and not flow.sources
            if not stored or flow.null or not self._compiled(flow.guards):
                continue
            if not flow.sources and stored in (PAGE, SCATTER):
                self._unknown(Gap(GapKind.STORED_NO_VARIABLE, subject=str(cell)), flow.place)
            values = latest(self.program, flow, facts) if self._apart is not None else flow.sources
            self._values(values, stored, facts, cell)
        for flow, _ in found.sources:
            if flow.carved or self._other(owners, cell, flow.sources, facts):
                continue
            if self._is_alias(flow.target, form, facts):
                self._values((flow.target,), form, facts, cell, alias=True)
        for index, position, _ in found.arguments:
            if self._other(owners, cell, facts.calls[index].values(position), facts):
                continue
            if self._compiled(facts.calls[index].guards):
                filled |= self._may_fill(Site(facts, index), position, form, cell)
        return filled

    def _compiled(self, guards: Guards) -> bool:
        """Whether some configuration has both this code and the acquires."""
        if self.program.contracts.rules_out(guards):
            return False
        version = self.program.tree.version
        return not exclusive(guards, self.guards) and not never(guards, version)

    def _other(
        self,
        owners: Owners | None,
        cell: AbstractLocation,
        values: tuple[Value, ...],
        facts: FunctionFacts,
    ) -> bool:
        if owners is None or self._apart is None:
            return False
        return self._apart.others(owners, cell, values, facts)

    def _is_alias(self, target: AccessPath, form: str, facts: FunctionFacts) -> bool:
        """`pages = object->pages`: what is filled through one name is filled in both."""
        if is_borrowed(self.program.cells.of(target, facts)[0]):
            return False  # what borrows pages fills nothing
        if form == PAGE:
            return self.program.types.is_array(target, facts)
        return form == SCATTER and self.program.types.is_container(target, facts)

    def _may_fill(self, site: Site, position: int, form: str, cell: AbstractLocation) -> bool:
        """Follow what a call stores into its argument number `position`; whether it does."""
        call, facts = site.call, site.facts
        acquired = self.is_acquire(call)
        if acquired is not None:
            if acquired == position:
                self.sources.acquires[call.place] = site
            return acquired == position
        stated = stated_callee(self.program, site, position)
        known = stated or known_callee(self.program, call.name, facts.function.path)
        if known is not None:
            return self._known_fills(site, position, form, known, cell)
        definitions = self.program.definitions(call.name, facts.function.path)
        if not definitions and call.addressed[position]:
            if form == PAGE:
                self._foreign(GapKind.OTHER_CALL_MAY_FILL, call)
                return True
            if form in (ADDRESS, PHYSICAL) and isinstance(cell, Local):
                self._unknown(Gap(GapKind.MAY_BE_SET, None, str(cell), call.name), call.place)
                return True
        return True in {self._filled_by(f, position, form) for f in definitions}

    def _known_fills(
        self, site: Site, position: int, form: str, known: KernelFunction, cell: AbstractLocation
    ) -> bool:
        """Whether it fills its argument, and not just hands it to a loop along it."""
        call, facts = site.call, site.facts
        if known.effect(position) is Effect.FILL:
            self._foreign(GapKind.OTHER_CALL_FILLS, call)
            return True
        filled = transfer.works_on_pointers(known, position, form) and known.bytes.sets(position)
        if filled and known.bytes.from_elsewhere:
            gap = Gap(GapKind.MAY_BE_SET, subject=str(cell), function=call.name)
            self._unknown(gap, call.place)
        for held in transfer.backward(known, position, form, len(call.arguments)):
            values = call.values(held.position)
            if held.link in (Link.ALONG, Link.BACK):
                self._values(values, held.form, facts, cell)
                continue
            if known.bytes.sets(position) and not values:
                self._unknown(Gap(GapKind.COPIED_NO_VARIABLE, subject=str(cell)), call.place)
            self._values(values, held.form, facts)
            filled = True
        return filled

    def _filled_by(self, function: Function, position: int, form: str) -> bool:
        callee = self.program.facts(function)
        if position >= len(callee.parameters):
            return False
        name = callee.parameters[position]
        kind = callee.types.get(name)
        deep = kind is not None and kind.depth >= _ARRAY_DEPTH
        if not (deep or form == SCATTER or is_macro(function)):
            return False
        inner = Local(function.id, name)
        if (inner, "filled", None, False) not in self._seen:
            self._seen.add((inner, "filled", None, False))
            self._fills[inner] = self._stores(inner, form, callee) or self._grounds.linked(inner)
        return self._fills.get(inner, True)

    def _result(self, site: Site, form: str) -> None:
        call, facts = site.call, site.facts
        if self.is_acquire(call) is not None:
            self.sources.acquires[call.place] = site
            return
        known = known_callee(self.program, call.name, facts.function.path)
        if known is not None:
            self._known_result(site, form, known)
            return
        definitions = self.program.pointer_calls.meant_by(site)
        returned = False
        for function in definitions:
            callee = self.program.facts(function)
            if not self._compiled(callee.guards):
                continue
            for found in callee.returns:
                returned = True
                self._values(found.values, form, callee)
        if not returned and form in (PAGE, SCATTER, ADDRESS):
            self._foreign(GapKind.FROM_OTHER_CALL, call)

    def _known_result(self, site: Site, form: str, known: KernelFunction) -> None:
        call, facts = site.call, site.facts
        if known.origin in (Origin.OTHER, Origin.NEW):
            self._foreign(GapKind.FROM_OTHER_CALL, call)
        elif known.allocates and form == ADDRESS:
            self._foreign(GapKind.FROM_ALLOCATED_MEMORY, call)
        for held in transfer.backward(known, RESULT, form, len(call.arguments)):
            self._values(call.values(held.position), held.form, facts)

    def _unknown(self, gap: Gap, place: Place) -> None:
        self.sources.unknown.setdefault(gap, place)

    def _foreign(self, kind: GapKind, call: Call) -> None:
        release = self._release
        if release is not None and self.program.contracts.are_apart(
            call.name, release.function, release.place.path
        ):
            return
        self.sources.foreign.setdefault(Gap(kind, function=call.name), call)


def facts_place(facts: FunctionFacts) -> Place:
    """Where the function starts."""
    node = facts.function.node
    return Place(facts.function.path, node.start_point[0] + 1, node.start_point[1])
