# SPDX-License-Identifier: GPL-2.0-only
"""Pages that share storage with others, and a flag beside each that says where it comes from.

A slot is storage for a page and its flag: two parameters of a function, or two members of a struct.
Everything that is stored into one is traced back, on demand (Duesterwald, Gupta, Soffa:
Demand-Driven Computation of Interprocedural Data Flow, POPL 1995), with its flag until that is a
constant. A release under `if (flag)` is correlated with it: its page must have been stored with a
flag that is set.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migrate.analysis.flags.asked import IS_SET, Predicate, all_asked, says
from migrate.analysis.flags.flag_members import MemberSlot, array_store, pair_stores
from migrate.analysis.flags.flag_states import Flag, Page, Pair, known_before
from migrate.analysis.flags.reaching_stores import Stored, reaching_stores
from migrate.analysis.flags.terms import Term, owner, term
from migrate.analysis.heap.may_alias import MayAlias
from migrate.analysis.ir.expressions import (
    AddressOf,
    Binary,
    Element,
    Expression,
    Load,
    Opaque,
    Variable,
    is_null,
    parts,
)
from migrate.analysis.ir.instructions import Instruction, Invoke
from migrate.analysis.ir.model import FunctionFacts, Value
from migrate.analysis.ir.values import values
from migrate.analysis.model import Place
from migrate.analysis.place import FunctionId
from migrate.analysis.program import location
from migrate.analysis.program.callers import Site
from migrate.analysis.program.functions import is_macro
from migrate.analysis.program.program import Program

_SLOTS = 40
"""Pages that go through more slots than this are not traced to the end."""


@dataclass(frozen=True)
class ParameterSlot:
    """A page and its flag in two parameters of a function, by their positions."""

    function: FunctionId
    page: int
    flag: int
    test: Predicate = IS_SET


Slot = ParameterSlot | MemberSlot


@dataclass(frozen=True)
class Origin:
    """Values that are stored with a flag that is `set` or not."""

    values: tuple[Value, ...]
    facts: FunctionFacts
    is_set: bool


_Given = Origin | tuple[Slot, FunctionFacts]
"""What is stored into a slot: a page with a known flag, or both from another slot."""


class _Unknown(Exception):
    """The flag of a page could not be determined."""


class Flags:
    """What the flags in one tree say about released pages."""

    def __init__(self, program: Program, apart: MayAlias) -> None:
        self._program = program
        self._apart = apart
        self._sources: dict[Slot, tuple[Origin, ...] | None] = {}

    def sources(self, site: Site, position: int) -> tuple[Origin, ...] | None:
        """All possible sources of the page that is argument number `position` of a call, if a flag
        that is tested on every path to the call restricts them; else None."""
        call = _call(site)
        page = term(_argument(call, position))
        for slot, is_set in self._tested(site.facts, call, page) if page is not None else ():
            found = self._of(slot, site.facts)
            if found is not None:
                return tuple(s for s in found if s.is_set is is_set)
        return None

    def excluded(self, site: Site, position: int) -> frozenset[Place]:
        """The stores into arrays of pages that cannot be in the argument number `position` of a
        call, whatever the name of the array is at the stores."""
        call = _call(site)
        array = term(_array(_argument(call, position)))
        if isinstance(array, Variable):
            found = reaching_stores(self._program, site.facts, array)
            return found.not_before(call) if found is not None else frozenset()
        for slot, is_set in self._tested(site.facts, call, array) if array is not None else ():
            if isinstance(slot, MemberSlot):
                return self._not_with(slot, is_set, site.facts.function.path)
        return frozenset()

    def _not_with(self, slot: MemberSlot, is_set: bool, path: str) -> frozenset[Place]:
        store = array_store(self._program, self._apart, slot, path)
        if store is None:
            return frozenset()
        found = reaching_stores(self._program, store.facts, store.local, store.members)
        said = Stored.SET if is_set else Stored.CLEAR
        return found.not_with(said) if found is not None else frozenset()

    # The test before the call

    def _tested(
        self, facts: FunctionFacts, call: Invoke, page: Term
    ) -> Iterator[tuple[Slot, bool]]:
        """The flags of `page` whose value is known at a call, with the value."""
        for flag, test in self._conditions(facts, page):
            slot = self._slot(page, flag, test, facts)
            pair = Pair(flag, page, test)
            states = known_before(self._program, facts, pair, call) if slot else None
            said = {s.flag for s in states or () if s.page is not Page.NULL}
            given = all(s.page is not Page.OTHER for s in states or ())
            if slot is not None and given and said in ({Flag.GIVEN_SET}, {Flag.GIVEN_CLEAR}):
                yield slot, Flag.GIVEN_SET in said

    # Slots

    def _conditions(self, facts: FunctionFacts, page: Term) -> Iterator[tuple[Term, Predicate]]:
        """The tests in the function of terms that may be the flag of `page`."""
        found: dict[tuple[Term, Predicate], None] = {}
        for condition in facts.lowered.conditions:
            for part in all_asked(self._program, condition.value, facts.function.path):
                if part.flag != page and owner(part.flag) == owner(page):
                    found[part.flag, part.test] = None
        yield from found

    def _slot(self, page: Term, flag: Term, test: Predicate, facts: FunctionFacts) -> Slot | None:
        """The slot of a page and a flag that are written next to each other."""
        if page == flag or owner(page) != owner(flag):
            return None
        if isinstance(page, Variable) and isinstance(flag, Variable):
            return _parameters(page.name, flag.name, test, facts)
        one, two = self._member(page, facts), self._member(flag, facts)
        return MemberSlot(one, two, test) if one is not None and two is not None else None

    def _member(self, named: Term, facts: FunctionFacts) -> location.Member | None:
        """The member that a term refers to."""
        (path,) = values(named)
        cell, _ = self._program.cells.of(path, facts)
        return cell if isinstance(cell, location.Member) else None

    def _of(self, slot: Slot, facts: FunctionFacts) -> tuple[Origin, ...] | None:
        """Everything stored into a slot, and into the slots from which it comes."""
        if slot not in self._sources:
            self._sources[slot] = self._find(slot, facts)
        return self._sources[slot]

    def _find(self, slot: Slot, facts: FunctionFacts) -> tuple[Origin, ...] | None:
        found: list[Origin] = []
        seen = {slot}
        queue = [(slot, facts)]
        try:
            while queue:
                for given in self._into(*queue.pop(0)):
                    if isinstance(given, Origin):
                        found.append(given)
                    elif given[0] not in seen:
                        seen.add(given[0])
                        queue.append(given)
                if len(seen) > _SLOTS:
                    return None
        except _Unknown:
            return None
        return tuple(found)

    def _into(self, slot: Slot, facts: FunctionFacts) -> Iterator[_Given]:
        if isinstance(slot, ParameterSlot):
            yield from self._passed(slot, facts)
        else:
            yield from self._stored(slot, facts)

    def _passed(self, slot: ParameterSlot, facts: FunctionFacts) -> Iterator[_Given]:
        sites, closed = self._program.callers.of(facts.function)
        if not closed or (not sites and not facts.function.static):
            raise _Unknown
        for site in sites:
            call = _call(site)
            if call.unclear or len(call.arguments) != len(facts.parameters):
                raise _Unknown
            page, flag = call.arguments[slot.page], call.arguments[slot.flag]
            yield from self._edge(site.facts, call, page, flag, slot.test)

    def _stored(self, slot: MemberSlot, facts: FunctionFacts) -> Iterator[_Given]:
        stores = pair_stores(self._program, self._apart, slot, facts.function.path)
        if stores is None:
            raise _Unknown
        for store in stores:
            value, flag = store.page.value, store.flag.value
            yield from self._edge(store.facts, store.page, value, flag, slot.test)

    def _edge(
        self,
        facts: FunctionFacts,
        at: Instruction,
        page: Expression,
        flag: Expression,
        test: Predicate,
    ) -> Iterator[_Given]:
        """What is stored into a slot where `at` stores or passes a page and a flag."""
        if is_macro(facts.function):
            raise _Unknown
        if is_null(page):
            return
        said = says(self._program, flag, test, facts.function.path)
        if said is not None:
            yield _origin(page, facts, said)
            return
        number, name = term(flag), term(page)
        if number is None or number == name:
            raise _Unknown
        beside = name is not None and owner(name) == owner(number)
        pair = Pair(number, name if beside else None, test)
        states = known_before(self._program, facts, pair, at)
        if states is None:
            raise _Unknown
        for known, held in states:
            if held is Page.NULL:
                continue
            if known in (Flag.SET, Flag.CLEAR):
                yield _origin(page, facts, known is Flag.SET)
                continue
            slot = self._slot(name, number, test, facts) if name is not None else None
            if known is Flag.OTHER or held is not Page.GIVEN or slot is None:
                raise _Unknown
            yield slot, facts


def _origin(page: Expression, facts: FunctionFacts, is_set: bool) -> Origin:
    found = values(page)
    if not found:
        raise _Unknown
    return Origin(found, facts, is_set)


def _call(site: Site) -> Invoke:
    return site.facts.lowered.calls[site.index]


def _argument(call: Invoke, position: int) -> Expression:
    return call.arguments[position] if position < len(call.arguments) else Opaque("")


def _array(expression: Expression) -> Expression:
    """The array of which `expression` is an element or a part, or the array itself."""
    while isinstance(expression, (Element, Load, AddressOf, Binary)):
        expression = parts(expression)[0]
    return expression


def _parameters(
    page: str, flag: str, test: Predicate, facts: FunctionFacts
) -> ParameterSlot | None:
    """The slot of two parameters with these names, a pointer to a page and a number."""
    names = facts.parameters
    if page not in names or flag not in names:
        return None
    kind, number = facts.types[page], facts.types[flag]
    if (kind.tag, kind.depth) != ("page", 1) or number.depth or number.inline:
        return None
    return ParameterSlot(facts.function.id, names.index(page), names.index(flag), test)
