# SPDX-License-Identifier: GPL-2.0-only
"""Arrays that only one object has, each allocated for it."""

from __future__ import annotations

from migrate.analysis.flags.made.constructors import allocated
from migrate.analysis.flags.made.makers import Makers
from migrate.analysis.flags.terms import every_way
from migrate.analysis.ir.expressions import Member, Variable, is_null
from migrate.analysis.ir.instructions import Instruction, Invoke, Store
from migrate.analysis.ir.model import FunctionFacts
from migrate.analysis.paths.solver import Plain, solve
from migrate.analysis.program.visible_stores import is_set_unseen


def is_own_array(makers: Makers, facts: FunctionFacts, store: Store) -> bool:
    """Whether the array that an object gets is memory that no other object has."""
    if store.operator != "=" or store.initial:
        return False
    call = facts.lowered.call_of(store.value)
    if is_null(store.value):
        return True
    if call is not None:
        return _allocates(makers, call, facts)
    return isinstance(store.value, Variable) and _is_handed_on(makers, facts, store, store.value)


def _is_handed_on(makers: Makers, facts: FunctionFacts, store: Store, array: Variable) -> bool:
    """Whether a variable holds new memory that only one object gets."""
    lowered = every_way(facts.lowered)
    local = facts.lowered.locals.get(array.name)
    if lowered is None or local is None or local.parameter or local.lasting:
        return False
    if is_set_unseen(makers.program, lowered, array):
        return False
    for i in lowered.order:
        if isinstance(i, Store) and i.target == array and not is_null(i.value):
            call = lowered.call_of(i.value)
            if i.operator != "=" or call is None or not _allocates(makers, call, facts):
                return False
    solution = solve(_HandedOn(array, makers.member), lowered, False)
    before = {state for i, state, _ in solution.before() if i == store}
    return solution.settled and before <= {False}


def _allocates(makers: Makers, call: Invoke, facts: FunctionFacts) -> bool:
    found = allocated(makers.program, facts, call, makers.test)
    return found is not None or makers.returned(call.name, facts) is not None


class _HandedOn(Plain[bool]):
    """Whether the array in a variable was given to an object since it was allocated."""

    def __init__(self, array: Variable, word: str) -> None:
        self.array, self.word = array, word

    def transfer(self, instruction: Instruction, state: bool) -> bool:
        match instruction:
            case Store(target) if target == self.array:
                return False
            case Store(Member(_, name), value) if name == self.word and value == self.array:
                return True
        return state
