# SPDX-License-Identifier: GPL-2.0-only
"""What becomes of a new object on the paths of a function: typestate, with its flag.

The object is followed from its allocation to where it is passed on, freed or lost (escape analysis
of one variable, as in :mod:`migrate.analysis.heap.fresh_memory`), with the value of its flag,
separately on each path (ESP, see :mod:`migrate.analysis.paths.solver`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from migrate.analysis.flags.asked import IS_SET, Predicate, asked, leaves_alone, says
from migrate.analysis.frontend.kernel_api import Effect
from migrate.analysis.ir.expressions import (
    AddressOf,
    CallResult,
    Element,
    Expression,
    Load,
    Member,
    Variable,
    parts,
    plain,
    subexpressions,
)
from migrate.analysis.ir.instructions import Instruction, Invoke, Leave, Lowered, Store, operands
from migrate.analysis.ir.model import FunctionFacts
from migrate.analysis.paths.solver import Plain
from migrate.analysis.place import Place
from migrate.analysis.program.known_callee import known_callee
from migrate.analysis.program.program import Program


class Life(Enum):
    """The state of an object."""

    NONE = "there is none"
    NEW = "nobody else knows it"
    OUT = "others may know it"


class Flag(Enum):
    """The value of the flag of the object."""

    SET = "yes"
    CLEAR = "no"
    LINKED = "what a variable of the function says"
    UNKNOWN = "anything"


class Object(NamedTuple):
    """The object, its flag, what is known of the variable that is linked to the flag, and the
    places on the path that name the member."""

    life: Life = Life.NONE
    flag: Flag = Flag.UNKNOWN
    linked: bool | None = None
    passed: frozenset[Place] = frozenset()


@dataclass(frozen=True)
class Made:
    """A new object that a function returns, by its flag; for LINKED, the flag is that of parameter
    number `parameter`."""

    flag: Flag
    parameter: int = -1


@dataclass(frozen=True)
class Watched:
    """The member and the flag of an object in the variable `owner`, and the test of the flag."""

    owner: Variable
    member: str
    flag: str
    test: Predicate

    @property
    def flagged(self) -> Member:
        return Member(self.owner, self.flag, True)


def said_by(state: Object) -> tuple[bool, ...]:
    """The possible results of the test of the flag."""
    match state.flag:
        case Flag.SET:
            return (True,)
        case Flag.CLEAR:
            return (False,)
        case Flag.LINKED if state.linked is not None:
            return (state.linked,)
    return (True, False)


def flag_for(said: bool | None) -> Flag:
    return Flag.UNKNOWN if said is None else Flag.SET if said else Flag.CLEAR


@dataclass(frozen=True)
class Making(Plain[Object]):
    """The analysis of one function for the new objects in one variable."""

    program: Program
    facts: FunctionFacts
    lowered: Lowered
    watched: Watched
    made: dict[Expression, Made]
    link: Variable | None

    def transfer(self, instruction: Instruction, state: Object) -> Object:
        if isinstance(instruction, Store) and instruction.target == self.link:
            if state.flag is Flag.LINKED:
                state = state._replace(flag=flag_for(state.linked))
            state = state._replace(linked=self._says(instruction.value))
        if self.lets_go(instruction):
            state = Object(linked=state.linked)
        if isinstance(instruction, Store) and instruction.target == self.watched.owner:
            return self._begun(instruction.value, state)
        if state.life is Life.NONE:
            return state
        if self.names_member(instruction):
            passed = state.passed | {instruction.place}  # type: ignore[union-attr]
            state = state._replace(passed=passed)
        if isinstance(instruction, Store) and instruction.target == self.watched.flagged:
            flag = state.flag if self._leaves_alone(instruction) else self._stored(instruction)
            return state._replace(flag=flag)
        return state._replace(life=Life.OUT) if self._hands_out(instruction) else state

    def assume(self, condition: Expression, state: Object) -> tuple[Object | None, Object | None]:
        found = asked(self.program, condition, self.facts.function.path)
        if found is None:
            return state, state
        yes: Object | None = state
        no: Object | None = state
        if (found.flag, found.test) == (self.watched.owner, IS_SET):
            no = Object(linked=state.linked)  # NULL is no object
        elif found.test != self.watched.test:
            return state, state
        elif found.flag == self.link:
            yes = None if state.linked is False else state._replace(linked=True)
            no = None if state.linked is True else state._replace(linked=False)
        elif found.flag == self.watched.flagged and state.life is not Life.NONE:
            said = said_by(state)
            yes = self._answered(state, True) if True in said else None
            no = self._answered(state, False) if False in said else None
        return (yes, no) if found.positive else (no, yes)

    @staticmethod
    def _answered(state: Object, answer: bool) -> Object:
        """The state after a test of the flag."""
        return state._replace(linked=answer) if state.flag is Flag.LINKED else state

    # The effects of an instruction

    def lets_go(self, instruction: Instruction) -> bool:
        """Whether the object is freed, or the variable is overwritten."""
        match instruction:
            case Store(target) if target == self.watched.owner:
                return True
            case Invoke(arguments=arguments):
                known = known_callee(self.program, instruction.name, self.facts.function.path)
                return known is not None and any(
                    known.effect(n) is Effect.DISCARD and plain(a) == self.watched.owner
                    for n, a in enumerate(arguments)
                )
        return False

    def names_member(self, instruction: Instruction) -> bool:
        """Whether an instruction names the member of the object."""
        wanted = Member(self.watched.owner, self.watched.member, True)
        return isinstance(instruction, Store | Invoke | Leave) and any(
            e == wanted for o in operands(instruction) for e in subexpressions(o)
        )

    def _begun(self, value: Expression, state: Object) -> Object:
        found = self.made.get(value)
        if found is None:
            return Object(linked=state.linked)
        flag = found.flag
        if flag is Flag.LINKED:
            call = self.lowered.call_of(value)
            given = call.arguments[found.parameter : found.parameter + 1] if call else ()
            flag = self._from(given[0]) if given else Flag.UNKNOWN
        return Object(Life.NEW, flag, state.linked)

    def _leaves_alone(self, store: Store) -> bool:
        """Whether an assignment to the flag changes none of the bits that are tested."""
        test, path = self.watched.test, self.facts.function.path
        return leaves_alone(self.program, store.operator, store.value, test, path)

    def _stored(self, store: Store) -> Flag:
        return self._from(store.value) if store.operator == "=" else Flag.UNKNOWN

    def _from(self, value: Expression) -> Flag:
        if self.link is not None and plain(value) == self.link:
            return Flag.LINKED
        return flag_for(self._says(value))

    def _says(self, value: Expression) -> bool | None:
        return says(self.program, value, self.watched.test, self.facts.function.path)

    def _hands_out(self, instruction: Instruction) -> bool:
        match instruction:
            case Invoke(arguments=arguments):
                known = known_callee(self.program, instruction.name, self.facts.function.path)
                return (known is None or known.keeps) and any(map(self.holds, arguments))
            case Store(target, value):
                return self.holds(value) and target != self.watched.owner
        return False

    def holds(self, value: Expression) -> bool:
        """Whether `value` contains the address of the object or of a part of it; the value of a
        member does not count."""
        return any(self._is_address(part) for part in self._values(value))

    def _values(self, value: Expression) -> Iterator[Expression]:
        queue = [value]
        while queue:
            current = queue.pop()
            yield current
            match current:
                case Member() | Load() | Element() | AddressOf():
                    continue
                case CallResult(number):
                    call = self.lowered.calls[number]
                    known = known_callee(self.program, call.name, self.facts.function.path)
                    queue.extend(call.arguments if known is None or known.hands_on else ())
                case other:
                    queue.extend(parts(other))

    def _is_address(self, value: Expression) -> bool:
        match value:
            case AddressOf(inner):
                return self.watched.owner in set(_roots(inner))
        return value == self.watched.owner


def _roots(value: Expression) -> Iterable[Expression]:
    return (e for e in subexpressions(value) if isinstance(e, Variable))
