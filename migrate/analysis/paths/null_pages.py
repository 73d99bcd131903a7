# SPDX-License-Identifier: GPL-2.0-only
"""Arrays that may be NULL and reach a bulk release with a count that is not 0.

When a loop was folded into a bulk release, its tests are lost. One pair of an array and a count in
one function at a time; the lattice of each has zero (or NULL), not zero, and top.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from enum import Enum

from migrate.analysis.ir.expressions import (
    AddressOf,
    Binary,
    CallResult,
    Constant,
    Evaluated,
    Expression,
    Load,
    Variable,
    is_zero,
    plain,
    subexpressions,
)
from migrate.analysis.ir.instructions import (
    Instruction,
    Invoke,
    Lowered,
    Store,
    operands,
)
from migrate.analysis.model import Place
from migrate.analysis.paths.solver import Trail, solve

_SIZED = re.compile(r"kv?[cmz]alloc(?:_array)?(?:_node)?")

CountPosition = Callable[[str], int | None]


class Is(Enum):
    """What is known of a value."""

    NULL = "0 or NULL"
    OTHER = "something else"
    OPEN = "either"


@dataclass(frozen=True)
class _State:
    """`sized` says that the array was allocated with the length count; the allocation does not
    return NULL for a length of 0, but only without memory."""

    array: Is = Is.OPEN
    count: Is = Is.OPEN
    sized: bool = False


@dataclass(frozen=True)
class NullPages:
    """The call of `release` at `place` gets NULL for `array` and a count that is not 0."""

    place: Place
    text: str
    release: str
    array: str
    count: str
    trail: Trail


def null_pages(lowered: Lowered, count_position: CountPosition) -> Iterator[NullPages]:
    """The bulk releases in a function that may get NULL.

    `count_position` says which argument of a function is the number of the pages in its first.
    """
    releases = {
        call.number: given
        for call in lowered.calls.values()
        if (given := _given(call, count_position)) is not None
    }
    pairs = {(array.name, count.name): (array, count) for array, count in releases.values()}
    for _, (array, count) in sorted(pairs.items()):
        found: dict[Place, NullPages] = {}
        solution = solve(_Null(lowered, array, count), lowered, _State())
        for instruction, state, trail in solution.before():
            if not isinstance(instruction, Invoke) or not _is_wrong(state):
                continue
            if releases.get(instruction.number) == (array, count):
                place, text = instruction.place, instruction.text
                name = instruction.name
                found[place] = NullPages(place, text, name, array.written, count.written, trail)
        yield from found.values()


def _is_wrong(state: _State) -> bool:
    return (state.array, state.count) == (Is.NULL, Is.OTHER)


def _given(call: Invoke, count_position: CountPosition) -> tuple[Variable, Variable] | None:
    """The plain variables that a bulk release is called with."""
    position = count_position(call.name)
    if position is None or not 0 < position < len(call.arguments):
        return None
    array, count = call.arguments[0], call.arguments[position]
    if isinstance(array, Variable) and isinstance(count, Variable):
        return array, count
    return None


@dataclass(frozen=True)
class _Null:
    lowered: Lowered
    array: Variable
    count: Variable

    def transfer(self, instruction: Instruction, state: _State) -> _State:
        # It could be changed through a pointer.
        inside = {e for operand in operands(instruction) for e in subexpressions(operand)}
        for taken in (e.object for e in inside if isinstance(e, AddressOf)):
            if self.array in set(subexpressions(taken)):
                state = replace(state, array=Is.OPEN)
            if self.count in set(subexpressions(taken)):
                state = replace(state, count=Is.OPEN, sized=False)
        if any(isinstance(e, Load) and self.count in set(subexpressions(e)) for e in inside):
            state = replace(state, count=Is.OPEN)
        if isinstance(instruction, Store) and instruction.target == self.array:
            sized = self._is_sized(instruction)
            return replace(state, array=_of(self.lowered, instruction), sized=sized)
        if isinstance(instruction, Store) and instruction.target == self.count:
            return replace(state, count=_of(self.lowered, instruction), sized=False)
        return state

    def _is_sized(self, store: Store) -> bool:
        """Whether the array gets memory for as many pages as the count says: for a size of 0,
        kmalloc() and similar functions return ZERO_SIZE_PTR, see include/linux/slab.h."""
        call = self.lowered.call_of(store.value) if store.operator == "=" else None
        if call is None or not _SIZED.fullmatch(call.name):
            return False
        return any(_is_count(argument, self.count) for argument in call.arguments)

    def assume(self, condition: Expression, state: _State) -> tuple[_State | None, _State | None]:
        tested = _tested(condition)
        if tested is not None and tested[0] in (self.array, self.count):
            variable, other_when_true = tested
            known = state.array if variable == self.array else state.count
            other = self._with(state, variable, Is.OTHER) if known is not Is.NULL else None
            null = self._with(state, variable, Is.NULL) if known is not Is.OTHER else None
            if variable == self.array and state.sized and null is not None:
                null = replace(null, count=Is.OTHER)
            if variable == self.count and known is Is.OTHER:
                null = replace(state, count=Is.OPEN)
            return (other, null) if other_when_true else (null, other)
        if self.lowered.mentions(condition, {self.array.name}):
            state = replace(state, array=Is.OPEN)
        if self.lowered.mentions(condition, {self.count.name}):
            state = replace(state, count=Is.OPEN)
        return state, state

    def _with(self, state: _State, variable: Variable, value: Is) -> _State:
        if variable == self.array:
            return replace(state, array=value)
        return replace(state, count=value)

    def meet(self, state: _State, _others: Collection[_State]) -> _State:
        return state


def _is_count(value: Expression, count: Variable) -> bool:
    """Whether `value` is the count, or a product with it."""
    inner = plain(value)
    if isinstance(inner, Binary) and inner.operator == "*":
        return _is_count(inner.left, count) or _is_count(inner.right, count)
    return inner == count


def _of(lowered: Lowered, store: Store) -> Is:
    """The value that a store leaves in its target."""
    value = store.value
    if store.operator != "=":
        return Is.OPEN
    if isinstance(value, Constant) and is_zero(value):
        return Is.NULL
    if isinstance(value, CallResult):
        # The result of a call may be NULL or 0; a macro is arithmetic.
        return Is.OTHER if lowered.calls[value.call].name.isupper() else Is.OPEN
    return Is.OTHER if isinstance(value, (Binary, Constant)) else Is.OPEN


def _tested(condition: Expression) -> tuple[Variable, bool] | None:
    """(variable, true means "other") for `x`, `x != 0`, `x == NULL`, `x > 0`."""
    value = condition.operand if isinstance(condition, Evaluated) else condition
    if isinstance(value, Variable):
        return value, True
    if not isinstance(value, Binary) or not isinstance(value.left, Variable):
        return None
    zero = isinstance(value.right, Constant) and value.right.text in ("NULL", "0")
    if not zero or value.operator not in ("!=", "==", ">", "<="):
        return None
    return value.left, value.operator in ("!=", ">")
