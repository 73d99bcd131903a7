# SPDX-License-Identifier: GPL-2.0-only
"""What comparisons of an acquire's result say about the pages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice

from migrate.analysis.frontend.limits import MOST_VARIABLES
from migrate.analysis.ir.expressions import (
    Binary,
    Choice,
    Constant,
    Expression,
    Unary,
    Variable,
    is_negative,
    is_zero,
    plain,
    variables,
)
from migrate.analysis.ir.instructions import Invoke, Lowered
from migrate.analysis.model import Acquire
from migrate.analysis.paths.held_state import Hold, State
from migrate.analysis.paths.variables import Holder, holders

MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}
_OPPOSITE = {">": "<=", ">=": "<", "==": "!="}

Ways = tuple[State | None, State | None]


@dataclass(frozen=True)
class Results:
    """The results of the acquires of one function."""

    lowered: Lowered
    acquires: dict[int, Acquire]
    """The acquires by the number of their call."""

    def holders(self) -> list[Holder]:
        """What may hold the pages of the acquires; empty if that is too much to look at."""
        asked = ((acquire, self.lowered.calls[n]) for n, acquire in self.acquires.items())
        given = (argument(acquire, call, "pages", "page", "pagep") for acquire, call in asked)
        filled = [found for found in given if found is not None]
        known = holders(self.lowered, lambda call: call.number in self.acquires, filled)
        first = list(islice(known, MOST_VARIABLES + 1))
        return first if len(first) <= MOST_VARIABLES else []

    def of(self, value: Expression, state: State) -> bool:
        """Whether `value` is the result of the acquire of `state`."""
        inner = plain(value)
        if isinstance(inner, Variable):
            return bool(state.result) and inner.name == state.result
        call = self.lowered.call_of(inner)
        acquire = self.acquires.get(call.number) if call is not None else None
        return acquire is not None and acquire == state.acquire

    def is_error(self, value: Expression | None, state: State) -> bool:
        """Whether the caller only learns from `value` that the acquire failed."""
        inner = plain(value) if value is not None else None
        if isinstance(inner, Choice):
            sides = (plain(inner.first), plain(inner.second))
            return any(is_negative(s) for s in sides) and all(
                is_negative(s) or self.of(s, state) for s in sides
            )
        if inner is None or isinstance(inner, Variable):
            return inner is not None and bool(state.error) and inner == Variable(state.error)
        return is_negative(inner)

    def asked(self, state: State) -> Expression | None:
        """The number of pages that the acquire requests."""
        for number, acquire in self.acquires.items():
            if acquire == state.acquire:
                found = argument(acquire, self.lowered.calls[number], "nr_pages")
                # An acquire without a count takes one page.
                return plain(found) if found is not None else Constant("1")
        return None

    def is_beyond(self, count: Expression, state: State) -> bool:
        """Whether `count` is the number of pages that the acquire took plus a constant: `n + 1`."""
        inner = plain(count)
        if not isinstance(inner, Binary) or inner.operator != "+":
            return False
        more = plain(inner.right)
        if not isinstance(more, Constant) or not more.text.isdigit() or int(more.text) == 0:
            return False
        return self.is_all(inner.left, state)

    def is_all(self, count: Expression, state: State) -> bool:
        """Whether `count` is the number of pages that the acquire took."""
        whole = state.hold is Hold.ALL and state.wanted
        return self.of(count, state) or (whole and plain(count) == self.asked(state))

    def compared(self, condition: Expression, state: State) -> Ways | None:
        """The states in which `condition` is true and those in which it is false; None if it
        compares no result."""
        found = self._comparison(condition, state)
        if found is None:
            return self._truth(state) if self.of(condition, state) else None
        operator, number = found
        if operator in _OPPOSITE:
            no, yes = self._sides(_OPPOSITE[operator], number, state)
            return yes, no
        return self._sides(operator, number, state)

    def _truth(self, state: State) -> Ways:
        """The states for `if (result)`, known only for a call that takes one page or none."""
        one = not any("nr_pages" in a.roles for a in self.acquires.values() if a == state.acquire)
        taken = replace(state, hold=Hold.ALL) if one else blurred(state)
        return taken, replace(state, hold=Hold.FAILED)

    def _comparison(self, condition: Expression, state: State) -> tuple[str, Expression] | None:
        """The operator and the other operand of a comparison with the acquire's result."""
        if not isinstance(condition, Binary) or condition.operator not in MIRRORED:
            return None
        if self.of(condition.left, state):
            return condition.operator, plain(condition.right)
        if self.of(condition.right, state):
            return MIRRORED[condition.operator], plain(condition.left)
        return None

    def _sides(self, operator: str, number: Expression, state: State) -> Ways:
        """The states for `result OP number`, where OP is <, <= or !=."""
        wanted = self.asked(state) if state.wanted else None
        none, all_ = replace(state, hold=Hold.FAILED), replace(state, hold=Hold.ALL)
        some, unclear = replace(state, hold=Hold.SOME), blurred(state)
        one = number == Constant("1")
        if (operator in ("<", "<=") and is_zero(number)) or (operator == "<" and one):
            return none, state if state.hold is Hold.SOME else all_
        if operator == "!=" and is_zero(number):
            return unclear, none
        if operator in ("<", "!=") and number == wanted:
            return (none if one else some), all_
        if operator == "!=" and isinstance(number, Unary) and number.operator == "-":
            return state, none
        return unclear, (all_ if operator in ("<", "!=") else unclear)


def of_error(condition: Expression, state: State) -> Ways | None:
    """The states for a `condition` that compares a variable that is an error code with 0, or that
    asks whether a count is less than this variable or 0; None for other conditions."""
    if not isinstance(condition, Binary):
        return None
    operator, left, right = condition.operator, plain(condition.left), plain(condition.right)
    if state.zero and operator == "<" and right == Variable(state.zero):
        return None, state
    if not state.error:
        return None
    if right == Variable(state.error):
        operator, left, right = MIRRORED.get(operator, ""), right, left
    if left != Variable(state.error):
        return None
    if operator in (">", ">=") and (is_zero(right) or isinstance(right, Variable)):
        return None, state
    if operator in ("<", "<=", "!=") and is_zero(right):
        return state, None
    return (None, state) if operator == "==" and is_zero(right) else None


def is_none(count: Expression, state: State) -> bool:
    """Whether a count is 0 or negative because it comes from a variable that is an error code: `ret
    > 0 ? ret : 0`, or the variable itself."""
    inner = plain(count)
    if isinstance(inner, Choice):
        sides = {plain(inner.first), plain(inner.second)}
        return bool(state.error) and sides == {Variable(state.error), Constant("0")}
    names = {state.error, state.zero} - {""}
    return isinstance(inner, Variable) and inner.name in names


def changes(name: str, count: Expression | None) -> bool:
    """Whether a store into the variable `name` changes the value of `count`."""
    return count is not None and any(v.name == name for v in variables(count))


def blurred(state: State) -> State:
    """`state` with everything about the result unknown."""
    if state.hold is Hold.NONE:
        return state
    return replace(state, hold=Hold.UNCLEAR, result="")


def argument(acquire: Acquire, call: Invoke, *roles: str) -> Expression | None:
    """The argument of the acquire with one of `roles`."""
    for position, role in enumerate(acquire.roles):
        if role in roles and position < len(call.arguments):
            return call.arguments[position]
    return None
