# SPDX-License-Identifier: GPL-2.0-only
"""Objects whose kind is fixed while they are new.

If a flag of an object is only set before other code can reach the object, its value is fixed and
tells the kind of the object. If each object also has its own array of pages, pages that are stored
in an object of one kind are never found in one of another kind: an invariant of the class (Logozzo:
Automatic Inference of Class Invariants, VMCAI 2004), which is proved for its constructors.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from migrate.analysis.flags.asked import leaves_alone
from migrate.analysis.flags.flag_members import MemberSlot
from migrate.analysis.flags.homes import homes_of
from migrate.analysis.flags.made.constructors import Construction
from migrate.analysis.flags.made.makers import Makers
from migrate.analysis.flags.made.new_object import Life, Object, said_by
from migrate.analysis.flags.made.own_arrays import is_own_array
from migrate.analysis.flags.terms import every_way
from migrate.analysis.flags.tested_objects import Said, said_before
from migrate.analysis.heap.closed_members import are_closed, is_flag, member_type
from migrate.analysis.heap.may_alias import MayAlias
from migrate.analysis.ir.expressions import (
    Expression,
    Member,
    Variable,
    plain,
    subexpressions,
)
from migrate.analysis.ir.instructions import (
    Instruction,
    Invoke,
    Leave,
    Lowered,
    Store,
    operands,
)
from migrate.analysis.ir.model import FunctionFacts
from migrate.analysis.place import FunctionId, Place
from migrate.analysis.program import location
from migrate.analysis.program.callers import Site
from migrate.analysis.program.functions import is_macro
from migrate.analysis.program.location import AbstractLocation, Kind, Kinds
from migrate.analysis.program.program import Program
from migrate.analysis.program.visible_stores import is_set_unseen

_CALLERS = 3
"""The maximum number of functions that pass an object on before one of them uses it."""


@dataclass
class KindsOfObjects:
    """The kinds of the objects with the members of `slot`; `path` is a file that sees their struct.
    They are only valid if :attr:`are_fixed`."""

    program: Program
    apart: MayAlias
    slot: MemberSlot
    path: str
    _known: dict[FunctionId, dict[Place, Kinds]] = field(default_factory=dict)
    _tested: dict[tuple[FunctionId, str], dict[Place, frozenset[bool]]] = field(
        default_factory=dict
    )
    _going_on: set[str] = field(default_factory=set)
    """The functions whose callers set the flag of the object."""

    @cached_property
    def makers(self) -> Makers:
        slot = self.slot
        return Makers(self.program, slot.page.word, slot.flag.word, slot.test)

    # Whether the flag is fixed

    @cached_property
    def are_fixed(self) -> bool:
        """Whether each object gets its flag while it is new, and has an array of its own."""
        program, slot = self.program, self.slot
        kind = member_type(program, slot.page, self.path)
        if kind is None or not self._may_tell():
            return False
        flags = self._stores(slot.flag)
        if not flags or not all(self._is_early(facts, store) for facts, store in flags):
            return False
        cells, stores = (slot.flag, slot.flag), flags
        if kind.depth > (kind.tag == "page") and not kind.array:
            arrays = self._stores(slot.page)
            if arrays is None or not self._are_of_one(arrays):
                return False
            cells, stores = slot.cells, [*arrays, *flags]
        places = {store.place for _, store in stores}
        homes = homes_of(program, slot.page.tag, self.path)
        if homes is None:
            return False
        apart = self.apart.knowing(homes.words) if homes.words else self.apart
        return all(
            are_closed(program, apart, cells, home, places, cleared=False)
            and not apart.is_copied(slot.page.tag, home)
            for home in homes.paths
        )

    def _may_tell(self) -> bool:
        """Whether the type of the flag is one whose values are known."""
        return is_flag(self.program, self.slot.flag, self.path)

    def _are_of_one(self, arrays: list[tuple[FunctionFacts, Store]]) -> bool:
        """Whether no array is shared by objects of two kinds; objects of one kind may share one."""
        shared = [given for given in arrays if not is_own_array(self.makers, *given)]
        found = [self.at(self.slot.page, facts, store.place) for facts, store in shared]
        said = {kind.is_set for kinds in found for kind in kinds or ()}
        return None not in found and len(said) < 2

    def _stores(self, cell: location.Member) -> list[tuple[FunctionFacts, Store]] | None:
        """The assignments to a member by its name; None if there is another kind of store."""
        found: list[tuple[FunctionFacts, Store]] = []
        for facts in self.program.cells.member_users(cell, self.path, far=True):
            for flow, via in self.program.cells.mentions(facts, cell).targets:
                if (flow.through or via) and cell == self.slot.page:
                    continue  # into the array
                stores = (i for i in facts.lowered.order if isinstance(i, Store))
                store = next((i for i in stores if i.place == flow.place), None)
                if store is None or is_macro(facts.function):
                    return None
                if not isinstance(store.target, Member) or store.target.name != cell.word:
                    return None
                found.append((facts, store))
        return found

    def _is_early(self, facts: FunctionFacts, store: Store) -> bool:
        """Whether an assignment to the flag is to that of a new object, or to other bits."""
        test, path = self.slot.test, facts.function.path
        if leaves_alone(self.program, store.operator, store.value, test, path):
            return True
        owner = store.target.object if isinstance(store.target, Member) else None
        if not isinstance(owner, Variable) or store.initial:
            return False
        found = self.makers.construction(facts, owner)
        if found is None:
            return False
        self._going_on |= found.makers
        lives = {state.life for state in found.before(store.place)}
        return lives <= {Life.NEW, Life.NONE}

    # The kinds of the objects at a place

    def at(self, cell: AbstractLocation, facts: FunctionFacts, place: Place) -> Kinds:
        """See :class:`migrate.analysis.program.location.ObjectKinds`."""
        if cell != self.slot.page:
            return None
        if facts.function.id not in self._known:
            self._known[facts.function.id] = self._of_function(facts)
        return self._known[facts.function.id].get(place)

    def _of_function(self, facts: FunctionFacts) -> dict[Place, Kinds]:
        lowered = every_way(facts.lowered)
        if lowered is None or is_macro(facts.function):
            return {}
        named: dict[Place, set[Expression]] = {}
        for i in lowered.order:
            if isinstance(i, Store | Invoke | Leave):
                owners = set(_owners(i, self.slot.page.word))
                if owners:
                    named.setdefault(i.place, set()).update(owners)
        by_owner = {o: self._of_owner(facts, lowered, o) for os in named.values() for o in os}
        found: dict[Place, Kinds] = {}
        for place, owners in named.items():
            kinds = [by_owner[owner].get(place) for owner in owners]
            if None not in kinds:
                found[place] = frozenset(kind for one in kinds for kind in one or ())
        return found

    def _of_owner(
        self, facts: FunctionFacts, lowered: Lowered, owner: Expression
    ) -> dict[Place, Kinds]:
        if not isinstance(owner, Variable) or not _is_own(self.program, lowered, owner):
            return {}
        made = self.makers.construction(facts, owner)
        return self._of_new(facts, made) if made is not None else self._of_known(facts, owner)

    def _of_new(self, facts: FunctionFacts, made: Construction) -> dict[Place, Kinds]:
        """The kinds of the objects that a function makes, once other code can reach them."""
        found: dict[Place, set[Kind] | None] = {}
        for state, known in made.ends():
            within = None if known or made.makers else facts.function.id
            new = {Kind(said, within) for said in said_by(state)}
            more = None if known and self._goes_on(facts, state) else new
            for place in state.passed:
                before = found.setdefault(place, set())
                found[place] = None if before is None or more is None else before | more
        return {p: frozenset(k) if k is not None else None for p, k in found.items()}

    def _goes_on(self, facts: FunctionFacts, state: Object) -> bool:
        """Whether the caller that gets the object sets its flag."""
        going_on = self.makers.behind(frozenset(self._going_on))
        return state.life is Life.NEW and facts.function.name in going_on

    def _of_known(self, facts: FunctionFacts, owner: Variable) -> dict[Place, Kinds]:
        """What conditions say about an object that comes from elsewhere."""
        said = self._said(facts, owner, 0)
        return {place: frozenset(map(Kind, answers)) for place, answers in said.items()}

    def _said(
        self, facts: FunctionFacts, owner: Variable, depth: int
    ) -> dict[Place, frozenset[bool]]:
        key = (facts.function.id, owner.name)
        if key not in self._tested:
            start = self._entered(facts, owner, depth)
            flag = Member(owner, self.slot.flag.word, True)
            self._tested[key] = said_before(self.program, facts, flag, self.slot.test, start)
        return self._tested[key]

    def _entered(self, facts: FunctionFacts, owner: Variable, depth: int) -> Said:
        """What all callers of a function know about the object in its parameter `owner`."""
        if owner.name not in facts.parameters or depth > _CALLERS:
            return Said.EITHER
        sites, closed = self.program.callers.of(facts.function)
        position = facts.parameters.index(owner.name)
        answers = [self._given(site, position, depth + 1) for site in sites if closed]
        found = frozenset(answer for one in answers for answer in one)
        if len(found) != 1:
            return Said.EITHER
        return Said.YES if True in found else Said.NO

    def _given(self, site: Site, position: int, depth: int) -> frozenset[bool]:
        """The possible results of the test of the flag of an object that is an argument of a
        call."""
        facts, call = site.facts, site.facts.lowered.calls[site.index]
        given = plain(call.arguments[position]) if position < len(call.arguments) else None
        lowered = every_way(facts.lowered)
        unknown = Said.EITHER.answers
        if lowered is None or is_macro(facts.function) or not isinstance(given, Variable):
            return unknown
        if not _is_own(self.program, lowered, given) or call.unclear:
            return unknown
        made = self.makers.construction(facts, given)
        if made is None:
            return self._said(facts, given, depth).get(call.place, unknown)
        there = [s for s in made.before(call.place) if s.life is not Life.NONE]
        return frozenset(answer for state in there for answer in said_by(state))


def _owners(instruction: Instruction, word: str) -> Iterator[Expression]:
    """The objects whose member with that name an instruction names."""
    for operand in operands(instruction):
        for part in subexpressions(operand):
            if isinstance(part, Member) and part.name == word:
                yield part.object


def _is_own(program: Program, lowered: Lowered, owner: Variable) -> bool:
    """Whether `owner` is a local variable that no other code can change."""
    local = lowered.locals.get(owner.name)
    own = local is not None and not local.lasting
    return own and not is_set_unseen(program, lowered, owner)
