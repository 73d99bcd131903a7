# SPDX-License-Identifier: GPL-2.0-only
"""The state of a page and of its flag at each place of one function.

Both together are one typestate (Strom, Yemini: Typestate, A Programming Language Concept for
Enhancing Software Reliability, IEEE TSE 1986); branches on the flag are correlated with the
operations on the page, so paths with different states are kept separate (Das, Lerner, Seigle: ESP,
PLDI 2002). What holds at a place holds on every path to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from migrate.analysis.flags.asked import IS_SET, Predicate, asked, says
from migrate.analysis.flags.terms import Term, are_own, every_way, is_taken, owner
from migrate.analysis.ir.expressions import (
    Expression,
    Variable,
    is_null,
    variables,
)
from migrate.analysis.ir.instructions import Instruction, Invoke, Lowered, Store
from migrate.analysis.ir.model import FunctionFacts
from migrate.analysis.paths.solver import Plain, solve
from migrate.analysis.program.functions import is_macro
from migrate.analysis.program.known_callee import known_callee, takes_values
from migrate.analysis.program.program import Program


class Flag(Enum):
    """The state of a flag."""

    GIVEN = "the one that came with the page"
    GIVEN_SET = "the one that came with the page, and it is set"
    GIVEN_CLEAR = "the one that came with the page, and it is not set"
    SET = "set, whatever came with the page"
    CLEAR = "not set, whatever came with the page"
    OTHER = "anything"


class Page(Enum):
    """The state of a page."""

    GIVEN = "the one that came with the flag"
    NULL = "none"
    OTHER = "anything"


class Known(NamedTuple):
    """A state of the two."""

    flag: Flag
    page: Page


@dataclass(frozen=True)
class Pair:
    """A page and its flag, by their terms; `page` is None if it has no term that corresponds to
    that of the flag."""

    flag: Term
    page: Term | None
    test: Predicate = IS_SET
    """The test of the flag: the flag is set if it succeeds."""

    @property
    def terms(self) -> tuple[Term, ...]:
        return (self.flag,) if self.page is None else (self.flag, self.page)


_TESTED = {
    Flag.GIVEN: (Flag.GIVEN_SET, Flag.GIVEN_CLEAR),
    Flag.GIVEN_SET: (Flag.GIVEN_SET, None),
    Flag.GIVEN_CLEAR: (None, Flag.GIVEN_CLEAR),
    Flag.SET: (Flag.SET, None),
    Flag.CLEAR: (None, Flag.CLEAR),
    Flag.OTHER: (Flag.SET, Flag.CLEAR),
}
"""The state after a successful and after a failed test."""


def known_before(
    program: Program, facts: FunctionFacts, pair: Pair, at: Instruction
) -> tuple[Known, ...] | None:
    """The possible states of `pair` before `at`, empty if `at` cannot be reached; None if the
    function is not understood well enough."""
    lowered = every_way(facts.lowered)
    if lowered is None or is_macro(facts.function):
        return None
    if not all(are_own(lowered, t) for t in pair.terms) or is_taken(lowered, pair.terms):
        return None
    analysis = _Typestate(program, facts.function.path, pair)
    solution = solve(analysis, lowered, _start(lowered, pair))
    known = dict.fromkeys(state for reached, state, _ in solution.before() if reached is at)
    return tuple(known) if solution.settled else None


def _start(lowered: Lowered, pair: Pair) -> Known:
    """Parameters and members start with matching values, other variables with nothing."""

    def is_given(named: Term | None) -> bool:
        if not isinstance(named, Variable):
            return named is not None
        return lowered.locals[named.name].parameter

    return Known(
        Flag.GIVEN if is_given(pair.flag) else Flag.OTHER,
        Page.GIVEN if is_given(pair.page) else Page.OTHER,
    )


@dataclass(frozen=True)
class _Typestate(Plain[Known]):
    program: Program
    path: str
    pair: Pair

    def transfer(self, instruction: Instruction, state: Known) -> Known:
        match instruction:
            case Invoke():
                return self._called(instruction, state)
            case Store(Variable() as target, value, "=") if target == self.pair.flag:
                said = says(self.program, value, self.pair.test, self.path)
                return state._replace(
                    flag=Flag.OTHER if said is None else Flag.SET if said else Flag.CLEAR
                )
            case Store(Variable() as target, value, "=") if target == self.pair.page:
                return state._replace(page=Page.NULL if is_null(value) else Page.OTHER)
            case Store(target):
                return self._changed(target, state)
        return state

    def _called(self, call: Invoke, state: Known) -> Known:
        name = call.name
        if not takes_values(self.program, name, self.path):
            state = self._lost(call.arguments, state)
        known = known_callee(self.program, name, self.path)
        keeps = known is not None and not known.stores
        return state if keeps else self._members_changed(state)

    def _changed(self, target: Expression, state: Known) -> Known:
        """`target` was overwritten by a store that is not analysed."""
        state = self._lost((target,), state) if isinstance(target, Variable) else state
        if isinstance(target, Variable) and not any(
            target in variables(t) for t in self.pair.terms if owner(t) is not None
        ):
            return state
        return self._members_changed(state)

    def _lost(self, changed: tuple[Expression, ...], state: Known) -> Known:
        return Known(
            Flag.OTHER if self.pair.flag in changed else state.flag,
            Page.OTHER if self.pair.page in changed else state.page,
        )

    def _members_changed(self, state: Known) -> Known:
        """The members may have changed; those of one object still match."""
        return Known(
            state.flag if isinstance(self.pair.flag, Variable) else Flag.GIVEN,
            state.page if isinstance(self.pair.page, Variable | None) else Page.GIVEN,
        )

    def assume(self, condition: Expression, state: Known) -> tuple[Known | None, Known | None]:
        found = asked(self.program, condition, self.path)
        if found is None:
            return state, state
        if (found.flag, found.test) == (self.pair.flag, self.pair.test):
            yes, no = (f and state._replace(flag=f) for f in _TESTED[state.flag])
        elif (found.flag, found.test) != (self.pair.page, IS_SET):
            return state, state
        elif state.page is Page.NULL:
            yes, no = None, state
        else:
            yes, no = state, state._replace(page=Page.NULL)
        return (yes, no) if found.positive else (no, yes)
