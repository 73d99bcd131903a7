# SPDX-License-Identifier: GPL-2.0-only
"""A page and a flag in members of one struct that are always stored together.

That is an invariant of the object (Logozzo: Automatic Inference of Class Invariants, VMCAI 2004):
the flag of an object describes its page at any time. It holds if every store of one is next to a
store of the other, and nothing else changes either, see
:mod:`migrate.analysis.heap.closed_members`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from migrate.analysis.flags.asked import IS_SET, Predicate
from migrate.analysis.flags.reaching_stores import Members
from migrate.analysis.flags.terms import are_own, term
from migrate.analysis.heap.closed_members import are_closed, are_page_and_flag
from migrate.analysis.heap.may_alias import MayAlias
from migrate.analysis.ir.expressions import (
    Constant,
    Member,
    Variable,
    subexpressions,
    variables,
)
from migrate.analysis.ir.instructions import Evaluate, Instruction, Lowered, Store
from migrate.analysis.ir.model import Flow, FunctionFacts
from migrate.analysis.model import Place
from migrate.analysis.program import location
from migrate.analysis.program.functions import is_macro
from migrate.analysis.program.program import Program


@dataclass(frozen=True)
class MemberSlot:
    """A page, or an array of pages, and its flag in two members of a struct."""

    page: location.Member
    flag: location.Member
    test: Predicate = IS_SET

    @property
    def cells(self) -> tuple[location.Member, location.Member]:
        return self.page, self.flag


@dataclass(frozen=True)
class PairStore:
    """`owner.page = page; owner.flag = flag;` with nothing but plain assignments between."""

    facts: FunctionFacts
    page: Store
    flag: Store


def pair_stores(
    program: Program, apart: MayAlias, slot: MemberSlot, path: str
) -> tuple[PairStore, ...] | None:
    """Every store of a page into a slot, each with that of the flag next to it; None if one of the
    two may be stored without the other. `path` is a file that sees the struct."""
    stored = _stores_into(program, slot, path, 1)
    if stored is None:
        return None
    stores, places = stored
    found = [
        PairStore(user, store, beside)
        for user, store in stores
        if (beside := _beside(user.lowered, store, slot.flag.word)) is not None
    ]
    flags = {pair.flag.place for pair in found}
    paired = len(found) == len(stores)
    closed = paired and are_closed(program, apart, slot.cells, path, places | flags)
    return tuple(found) if closed else None


@dataclass(frozen=True)
class ArrayStore:
    """`owner->array = local;` in the only function that stores to the array and the flag."""

    facts: FunctionFacts
    members: Members
    local: Variable


def array_store(
    program: Program, apart: MayAlias, slot: MemberSlot, path: str
) -> ArrayStore | None:
    """Where an object gets its array of pages; None if the array or its flag may be stored to
    elsewhere. `path` is a file that sees the struct."""
    stores, places = _stores_into(program, slot, path, 2) or ([], set())
    for facts, store in stores if len(stores) == 1 else ():
        match store:
            case Store(Member(Variable() as object) as array, Variable() as local):
                flag = replace(array, name=slot.flag.word)
                places |= {
                    i.place
                    for i in facts.lowered.order
                    if isinstance(i, Store) and i.target == flag and i.operator == "="
                }
                if are_closed(program, apart, slot.cells, path, places):
                    return ArrayStore(facts, Members(object, array, flag, slot.test), local)
    return None


_Stores = tuple[list[tuple[FunctionFacts, Store]], set[Place]]


def _stores_into(program: Program, slot: MemberSlot, path: str, depth: int) -> _Stores | None:
    """The stores of anything but NULL into the first member of a slot, a pointer of that `depth` to
    pages, and the places of all stores; None if one of them is no plain assignment."""
    found: list[tuple[FunctionFacts, Store]] = []
    places: set[Place] = set()
    if not are_page_and_flag(program, slot.cells, path, depth):
        return None
    for user in program.cells.member_users(slot.page, path):
        for flow, _ in program.cells.mentions(user, slot.page).targets:
            if flow.through and depth > 1:
                continue  # into the array
            store = _store_of(user, flow)
            if store is None:
                return None
            places.add(store.place)
            if not flow.null:
                found.append((user, store))
    return found, places


def _store_of(facts: FunctionFacts, flow: Flow) -> Store | None:
    """The assignment `member = value` that a flow is from."""
    stores = (i for i in facts.lowered.order if isinstance(i, Store) and i.place == flow.place)
    store = next(stores, None)
    if store is None or is_macro(facts.function) or store.operator != "=":
        return None
    return store if isinstance(store.target, Member) else None


def _beside(lowered: Lowered, store: Store, flag: str) -> Store | None:
    """The assignment of the member `flag` of the same object, in the same basic block, with only
    plain assignments between that store to nothing that the two are made of."""
    mine = term(store.target)
    if not isinstance(mine, Member) or not are_own(lowered, mine):
        return None
    block = next(b.instructions for b in lowered.blocks if store in b.instructions)
    here = block.index(store)
    for side in (block[:here][::-1], block[here + 1 :]):
        between: list[Store] = []
        for other in _plain_stores(side):
            if other.target == replace(mine, name=flag):
                return other if _leave_alone(between, mine, (store, other)) else None
            between.append(other)
    return None


def _plain_stores(instructions: Sequence[Instruction]) -> Iterator[Store]:
    """The assignments up to the first instruction that does anything else."""
    for instruction in instructions:
        if isinstance(instruction, Store) and instruction.operator == "=":
            yield instruction
        elif not isinstance(instruction, Evaluate):
            return


def _leave_alone(between: list[Store], mine: Member, stores: tuple[Store, Store]) -> bool:
    """Whether the assignments `between` change nothing of what two others store, and where: they
    store to variables that these do not name, or to other members of the same object."""
    used = set(variables(mine)) | {s.value for s in stores}
    members = {e.name for e in subexpressions(mine) if isinstance(e, Member)}
    for store in between:
        match store.target:
            case Variable() as target if target not in used:
                continue
            case Member(inner, name) if inner == mine.object and name not in members:
                continue
        return False
    # A store to a member may change what another member is.
    return not between or all(isinstance(s.value, (Variable, Constant)) for s in stores)
