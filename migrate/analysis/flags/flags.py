# SPDX-License-Identifier: GPL-2.0-only
"""Pages that share storage with others, and a flag beside each that says whose it is.

A slot is storage for a page and its flag: two parameters of a function, or two members of a
struct. Whatever goes into one is followed back with its flag until that is a constant; what is
released under `if (flag)` can only be a page that came with a 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from migrate.analysis.flags.flag_members import array_store, pair_stores, takes_values
from migrate.analysis.flags.flag_states import (
    Callees,
    Flag,
    Known,
    Page,
    Term,
    constant,
    known_at,
    term,
)
from migrate.analysis.flags.reaching_stores import Flag as ObjectFlag
from migrate.analysis.flags.reaching_stores import ReachingStores
from migrate.analysis.flags.walk import is_null
from migrate.analysis.frontend.syntax import Source, call_arguments, nodes, strip
from migrate.analysis.heap.may_alias import MayAlias
from migrate.analysis.ir.model import FunctionFacts, Value
from migrate.analysis.model import Place
from migrate.analysis.place import FunctionId
from migrate.analysis.program.callers import Site
from migrate.analysis.program.functions import is_macro
from migrate.analysis.program.known_callee import known_callee
from migrate.analysis.program.location import Member
from migrate.analysis.program.program import Program

_SLOTS = 40
"""Pages that go through more storage than this are not followed to the end."""

_CAN_BE_CONDITIONS = ("if_statement", "while_statement", "conditional_expression")


@dataclass(frozen=True)
class ParameterSlot:
    """A page and its flag in two parameters of a function, by their positions."""

    function: FunctionId
    page: int
    flag: int


@dataclass(frozen=True)
class MemberSlot:
    """A page and its flag in two members of a struct."""

    page: Member
    flag: Member


Slot = ParameterSlot | MemberSlot


@dataclass(frozen=True)
class Origin:
    """Values that come with a flag that is `set` or not."""

    values: tuple[Value, ...]
    facts: FunctionFacts
    is_set: bool


class _Unknown(Exception):
    """It cannot be said what the flag of a page is."""


class Flags:
    """What the flags of one tree say about pages that are released."""

    def __init__(self, program: Program, apart: MayAlias) -> None:
        self._program = program
        self._apart = apart
        self._sources: dict[Slot, tuple[Origin, ...] | None] = {}

    def sources(self, site: Site, position: int) -> tuple[Origin, ...] | None:
        """All that the page which is argument number `position` of a call may be, when a flag
        that is tested on every way to the call says more than the storage does; else None."""
        for slot, is_set in self._tested(site, position):
            found = self._of(slot, site.facts)
            if found is not None:
                return tuple(s for s in found if s.is_set is is_set)
        return None

    def excluded(self, site: Site, position: int) -> frozenset[Place]:
        """The stores into arrays of pages that are not among what a call gets as its argument
        number `position`, whatever the array is called when they are made."""
        source, call = self._call(site)
        arguments = call_arguments(call) if call is not None else []
        if source is None or call is None or position >= len(arguments):
            return frozenset()
        array = term(source, _array(arguments[position]))
        if array is None:
            return frozenset()
        if not array.owner:
            ways = ReachingStores(self._program, site.facts, array.text)
            return ways.not_before(call.start_byte) if ways.understood else frozenset()
        for slot, is_set in self._asked(site.facts, source, call, array):
            if isinstance(slot, MemberSlot):
                return self._not_with(slot, is_set, site.facts.function.path)
        return frozenset()

    def _not_with(self, slot: MemberSlot, is_set: bool, path: str) -> frozenset[Place]:
        store = array_store(self._program, self._apart, slot.page, slot.flag, path)
        if store is None:
            return frozenset()
        ways = ReachingStores(self._program, store.facts, store.local, store.members)
        said = ObjectFlag.SET if is_set else ObjectFlag.CLEAR
        return ways.not_with(said) if ways.understood else frozenset()

    # The test before the call

    def _tested(self, site: Site, position: int) -> Iterator[tuple[Slot, bool]]:
        source, call = self._call(site)
        arguments = call_arguments(call) if call is not None else []
        if source is None or call is None or position >= len(arguments):
            return
        page = term(source, arguments[position])
        if page is not None:
            yield from self._asked(site.facts, source, call, page)

    def _asked(
        self, facts: FunctionFacts, source: Source, call: Node, page: Term
    ) -> Iterator[tuple[Slot, bool]]:
        """The flags of `page` that are known at a call, and what they are."""
        for flag in _conditions(source, facts, page):
            slot = self._slot(page, flag, facts)
            states = self._states(facts, flag, page) if slot is not None else None
            at = states.get(call.start_byte, set()) if states is not None else set()
            said = {f for f, p in at if p is not Page.NULL}
            given = all(p is not Page.OTHER for _, p in at)
            if slot is None or not given or len(said) != 1:
                continue
            if said <= {Flag.GIVEN_SET, Flag.GIVEN_CLEAR}:
                yield slot, said == {Flag.GIVEN_SET}

    def _call(self, site: Site) -> tuple[Source | None, Node | None]:
        path = site.facts.function.path
        source = self._program.source(path)
        if source is None or source.origin is not None or is_macro(site.facts.function):
            return None, None
        start = site.call.start
        node = source.root.descendant_for_byte_range(start, start + len(site.call.name))
        call = node.parent if node is not None else None
        return source, call if call is not None and call.type == "call_expression" else None

    def _states(
        self, facts: FunctionFacts, flag: Term, page: Term | None
    ) -> dict[int, set[Known]] | None:
        source, path = self._program.source(facts.function.path), facts.function.path
        if source is None or facts.incomplete or is_macro(facts.function):
            return None
        kept = page if page is not None and page.owner == flag.owner else None
        callees = Callees(
            lambda name: known_callee(self._program, name, path) is not None,
            lambda name: takes_values(self._program, name, path),
        )
        return known_at(source, facts.function, flag, kept, callees)

    # Slots

    def _slot(self, page: Term, flag: Term, facts: FunctionFacts) -> Slot | None:
        """The slot of a page and a flag that are written next to each other."""
        names = facts.parameters
        if not page.owner and not flag.owner:
            if page.text not in names or flag.text not in names or page.text == flag.text:
                return None
            kind = facts.types.get(page.text)
            number = facts.types.get(flag.text)
            if kind is None or (kind.tag, kind.depth) != ("page", 1):
                return None
            if number is None or number.depth or number.tagged:
                return None
            function = facts.function
            return ParameterSlot(function.id, names.index(page.text), names.index(flag.text))
        if page.owner != flag.owner or page.text == flag.text:
            return None
        if not page.variables <= facts.types.keys():
            return None  # a macro may mean another object each time
        cells = [self._cell(t, facts) for t in (page, flag)]
        if cells[0] is None or cells[1] is None:
            return None
        return MemberSlot(cells[0], cells[1])

    def _cell(self, wanted: Term, facts: FunctionFacts) -> Member | None:
        """The member that a term names."""
        word = wanted.text[max(wanted.text.rfind("."), wanted.text.rfind(">")) + 1 :]
        source = self._program.source(facts.function.path)
        cells = set()
        for access in facts.accesses:
            if access.member != word:
                continue
            loc = type(access.loc)(access.loc.base, (*access.loc.members, word))
            cells.add(self._program.cells.of(loc, facts)[0])
        found = next(iter(cells)) if len(cells) == 1 and source is not None else None
        return found if isinstance(found, Member) else None

    def _of(self, slot: Slot, facts: FunctionFacts) -> tuple[Origin, ...] | None:
        """All that comes into a slot, and into those from which it comes."""
        if slot not in self._sources:
            self._sources[slot] = self._find(slot, facts)
        return self._sources[slot]

    def _find(self, slot: Slot, facts: FunctionFacts) -> tuple[Origin, ...] | None:
        found: list[Origin] = []
        seen = {slot}
        queue = [(slot, facts)]
        try:
            while queue:
                current, where = queue.pop(0)
                for given in self._into(current, where):
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

    def _into(
        self, slot: Slot, facts: FunctionFacts
    ) -> Iterator[Origin | tuple[Slot, FunctionFacts]]:
        if isinstance(slot, ParameterSlot):
            yield from self._passed(slot, facts)
        else:
            yield from self._stored(slot, facts)

    def _passed(
        self, slot: ParameterSlot, facts: FunctionFacts
    ) -> Iterator[Origin | tuple[Slot, FunctionFacts]]:
        sites, closed = self._program.callers.of(facts.function)
        if not closed or (not sites and not facts.function.static):
            raise _Unknown
        for site in sites:
            source, call = self._call(site)
            arguments = call_arguments(call) if call is not None else []
            if source is None or call is None or len(arguments) != len(facts.parameters):
                raise _Unknown
            page, flag = arguments[slot.page], arguments[slot.flag]
            values = site.call.values(slot.page)
            yield from self._edge(source, site.facts, call.start_byte, (page, values), flag)

    def _stored(
        self, slot: MemberSlot, facts: FunctionFacts
    ) -> Iterator[Origin | tuple[Slot, FunctionFacts]]:
        path = facts.function.path
        stores = pair_stores(self._program, self._apart, slot.page, slot.flag, path)
        if stores is None:
            raise _Unknown
        for store in stores:
            source = self._program.source(store.facts.function.path)
            if source is None:
                raise _Unknown
            page = (store.page, store.flow.sources)
            yield from self._edge(source, store.facts, store.at.start_byte, page, store.flag)

    def _edge(
        self,
        source: Source,
        facts: FunctionFacts,
        at: int,
        page: tuple[Node, tuple[Value, ...]],
        flag: Node,
    ) -> Iterator[Origin | tuple[Slot, FunctionFacts]]:
        """What goes into a slot at one place, where `page` and `flag` are written."""
        node, values = page
        if is_null(node):
            return
        said = constant(flag)
        if said is not None:
            yield self._source(values, facts, said)
            return
        flag_term, page_term = term(source, flag), term(source, node)
        if flag_term is None or flag_term.text == (page_term.text if page_term else ""):
            raise _Unknown
        states = self._states(facts, flag_term, page_term)
        if states is None:
            raise _Unknown
        for known, held in states.get(at, set()):
            if held is Page.NULL:
                continue
            if known in (Flag.SET, Flag.CLEAR):
                yield self._source(values, facts, known is Flag.SET)
            elif known is Flag.OTHER or held is not Page.GIVEN or page_term is None:
                raise _Unknown
            else:
                slot = self._slot(page_term, flag_term, facts)
                if slot is None:
                    raise _Unknown
                yield slot, facts

    def _source(self, values: tuple[Value, ...], facts: FunctionFacts, is_set: bool) -> Origin:
        if not values:
            raise _Unknown
        return Origin(values, facts, is_set)


def _array(node: Node) -> Node:
    """The array of which `node` is an element, or a part, or which it is."""
    node = strip(node)
    while node.type in ("subscript_expression", "pointer_expression", "binary_expression"):
        side = "left" if node.type == "binary_expression" else "argument"
        inner = node.child_by_field_name(side)
        if inner is None:
            break
        node = strip(inner)
    return node


def _conditions(source: Source, facts: FunctionFacts, page: Term) -> Iterator[Term]:
    """The terms in conditions of a function that may be the flag of `page`."""
    found: dict[str, Term] = {}
    for node in nodes(facts.function.body):
        if node.type not in _CAN_BE_CONDITIONS:
            continue
        condition = node.child_by_field_name("condition")
        for part in nodes(condition) if condition is not None else ():
            wanted = part.type in ("identifier", "field_expression")
            asked = term(source, part) if wanted else None
            if asked is not None and asked.owner == page.owner and asked.text != page.text:
                found.setdefault(asked.text, asked)
    yield from found.values()
