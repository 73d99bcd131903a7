# SPDX-License-Identifier: GPL-2.0-only
"""Which stores into an array of pages reach a place: reaching definitions of its elements.

One function may allocate the array and fill it in several ways. A store on one path is not in the
array on another; and where an object gets the array and a flag, the flag describes all of the
array. So the sets of stores are kept separate by path (property simulation, see
:mod:`migrate.analysis.paths.solver`), with the flag that the object has at that point.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from migrate.analysis.flags.asked import IS_SET, Predicate, says
from migrate.analysis.flags.terms import every_way
from migrate.analysis.heap.own_memory import is_own_memory, is_set_once
from migrate.analysis.ir.expressions import (
    Element,
    Load,
    Member,
    Variable,
    root,
)
from migrate.analysis.ir.instructions import Instruction, Invoke, Leave, Store
from migrate.analysis.ir.model import FunctionFacts
from migrate.analysis.model import Place
from migrate.analysis.paths.solver import Plain, Solution, solve
from migrate.analysis.program.functions import is_macro
from migrate.analysis.program.program import Program


class Stored(Enum):
    """The value of the flag in an object."""

    OLD = "what it was before"
    SET = "set"
    CLEAR = "not set"


@dataclass(frozen=True)
class Members:
    """The array and the flag of the object in a variable, and the test of the flag."""

    owner: Variable
    array: Member
    flag: Member
    test: Predicate = IS_SET


@dataclass(frozen=True)
class _State:
    """The stores into the array on the path so far, and the flag of the object."""

    passed: frozenset[Place] = frozenset()
    flag: Stored = Stored.OLD
    has_array: bool = False


@dataclass(frozen=True)
class ReachingStores:
    """The stores into the elements of an array of one function, and the paths with them."""

    all: frozenset[Place]
    solution: Solution[_State]

    def not_before(self, call: Invoke) -> frozenset[Place]:
        """The stores that are on no path to a call."""
        ways = (state.passed for at, state, _ in self.solution.before() if at is call)
        return self.all.difference(*ways)

    def not_with(self, flag: Stored) -> frozenset[Place]:
        """The stores after which the array is never visible in an object with that flag."""
        before = self.solution.before()
        states = {state for at, state, _ in before if isinstance(at, (Invoke, Leave))}
        if any(not s.has_array and s.flag is not Stored.OLD for s in states):
            return frozenset()
        seen = (s.passed for s in states if s.has_array and s.flag in (flag, Stored.OLD))
        return self.all.difference(*seen)


def reaching_stores(
    program: Program, facts: FunctionFacts, array: Variable, members: Members | None = None
) -> ReachingStores | None:
    """The stores into the local `array`; None if it is not new memory in each call of the function,
    or a path through the function may be hidden."""
    lowered = every_way(facts.lowered)
    if lowered is None or is_macro(facts.function):
        return None
    if members is not None and not is_set_once(program, facts, members.owner.name):
        return None
    if not is_own_memory(program, facts, array.name):
        return None
    analysis = _Reaching(program, facts.function.path, array, members)
    solution = solve(analysis, lowered, _State())
    stores = (i for i in lowered.order if isinstance(i, Store) and analysis.is_element(i))
    every = frozenset(store.place for store in stores)
    return ReachingStores(every, solution) if solution.settled else None


@dataclass(frozen=True)
class _Reaching(Plain[_State]):
    program: Program
    path: str
    array: Variable
    members: Members | None

    def is_element(self, store: Store) -> bool:
        return isinstance(store.target, (Element, Load)) and root(store.target) == self.array

    def transfer(self, instruction: Instruction, state: _State) -> _State:
        if not isinstance(instruction, Store):
            return state
        if self.is_element(instruction):
            return replace(state, passed=state.passed | {instruction.place})
        if self.members is None:
            return state
        if instruction.target == self.members.array:
            return replace(state, has_array=instruction.value == self.array)
        if instruction.target == self.members.flag:
            value, test = instruction.value, self.members.test
            plain = instruction.operator == "="
            said = says(self.program, value, test, self.path) if plain else None
            flag = Stored.OLD if said is None else Stored.SET if said else Stored.CLEAR
            return replace(state, flag=flag)
        return state
