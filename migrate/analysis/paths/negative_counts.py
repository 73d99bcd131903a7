# SPDX-License-Identifier: GPL-2.0-only
"""Error codes that reach a bulk release as its count.

One variable of one function at a time, with a state of two values: may it still hold the negative
value that an acquire returned? Whatever is not understood answers no.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from migrate.analysis.ir.expressions import (
    AddressOf,
    Binary,
    Evaluated,
    Expression,
    Unary,
    Variable,
    subexpressions,
)
from migrate.analysis.ir.instructions import (
    Instruction,
    Invoke,
    Lowered,
    Select,
    Store,
    operands,
)
from migrate.analysis.model import Acquire, Place
from migrate.analysis.paths.solver import Trail, solve
from migrate.analysis.paths.variables import plain_stores

_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}
_SIGNED = frozenset({"int", "long", "long int", "long long", "ssize_t", "signed int", "s32", "s64"})


@dataclass(frozen=True)
class NegativeCount:
    """The call of `release` at `place` whose count `variable` may be what `acquire` returned;
    `trail` has the conditions on the way there."""

    place: Place
    text: str
    release: str
    variable: str
    acquire: Acquire
    trail: Trail


def negative_counts(
    lowered: Lowered,
    acquires: Mapping[Place, Acquire],
    unsigned_count: Callable[[str], int | None],
) -> Iterator[NegativeCount]:
    """The bulk releases in a function that may be given a negative count.

    `unsigned_count` says which argument of a function is an unsigned count of pages.
    """
    for variable in sorted(_signed_locals(lowered)):
        analysis = _Error(lowered, acquires, variable)
        if not analysis.is_stored:
            continue
        found: dict[Place, NegativeCount] = {}
        for instruction, state, trail in solve(analysis, lowered, _NO_ERROR).before():
            if isinstance(instruction, Invoke) and state.acquire is not None:
                name = instruction.name
                position = unsigned_count(name)
                if position is not None and analysis.is_argument(instruction, position):
                    place, text = instruction.place, instruction.text
                    written = analysis.variable.written
                    found[place] = NegativeCount(place, text, name, written, state.acquire, trail)
        yield from found.values()


@dataclass(frozen=True)
class _State:
    """The acquire whose error the variable may hold, None for no error."""

    acquire: Acquire | None


_NO_ERROR = _State(None)


class _Error:
    """Whether the variable may hold the error of an acquire."""

    def __init__(self, lowered: Lowered, acquires: Mapping[Place, Acquire], name: str) -> None:
        self.lowered, self.acquires, self.variable = lowered, acquires, Variable(name, True)

    @cached_property
    def is_stored(self) -> bool:
        """Whether an acquire's result is ever stored in the variable."""
        return any(
            name == self.variable.name and self._acquire(value) is not None
            for name, value in plain_stores(self.lowered)
        )

    @cached_property
    def aliases(self) -> frozenset[str]:
        """The variable and those that are computed from it: a test of one may be a test of the
        other."""
        own = {self.variable.name}
        return frozenset(own) | {
            name for name, value in plain_stores(self.lowered) if self.lowered.mentions(value, own)
        }

    def transfer(self, instruction: Instruction, state: _State) -> _State:
        if isinstance(instruction, Store) and instruction.target == self.variable:
            plain = instruction.operator == "="
            return _State(self._acquire(instruction.value) if plain else None)
        if isinstance(instruction, Select):
            return _NO_ERROR if self._mentions(instruction.value) else state
        # Whoever has the address may store into it.
        taken = AddressOf(self.variable)
        if any(e == taken for operand in operands(instruction) for e in subexpressions(operand)):
            return _NO_ERROR
        return state

    def meet(self, state: _State, _others: Collection[_State]) -> _State:
        return state

    def assume(self, condition: Expression, state: _State) -> tuple[_State, _State]:
        """Whatever the variable is compared with counts as not negative."""
        if self._is_variable(condition) or self._is_error(condition):
            return state, _NO_ERROR
        if isinstance(condition, Binary) and condition.operator in _MIRRORED:
            kind, left, right = condition.operator, condition.left, condition.right
            if self._is_variable(right):
                kind, left, right = _MIRRORED[kind], right, left
            if self._is_variable(left):
                negative = isinstance(right, Unary) and right.operator == "-"
                if self._mentions(right) or negative:
                    return _NO_ERROR, _NO_ERROR
                return (state, _NO_ERROR) if kind in ("<", "<=", "!=") else (_NO_ERROR, state)
        return (_NO_ERROR, _NO_ERROR) if self._mentions(condition) else (state, state)

    def is_argument(self, call: Invoke, position: int) -> bool:
        """Whether the variable is argument number `position` of `call`."""
        return position < len(call.arguments) and self._is_variable(call.arguments[position])

    def _acquire(self, value: Expression) -> Acquire | None:
        call = self.lowered.call_of(value)
        return self.acquires.get(call.place) if call is not None else None

    def _mentions(self, value: Expression) -> bool:
        return self.lowered.mentions(value, self.aliases)

    def _is_variable(self, value: Expression) -> bool:
        return value == self.variable or value == Evaluated(self.variable)

    def _is_error(self, value: Expression) -> bool:
        """IS_ERR_VALUE(variable)."""
        call = self.lowered.call_of(value)
        return (
            call is not None and call.name == "IS_ERR_VALUE" and call.arguments == (self.variable,)
        )


def _signed_locals(lowered: Lowered) -> Iterator[str]:
    """The plain local variables of a signed type."""
    for local in lowered.locals.values():
        kind = local.type
        if not local.parameter and kind.depth == 0 and " ".join(kind.tag.split()) in _SIGNED:
            yield local.name
