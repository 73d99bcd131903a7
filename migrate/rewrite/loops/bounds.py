# SPDX-License-Identifier: GPL-2.0-only
"""Whether a count is never negative where it is used.

A client of the solver for one local variable, with the lattice of signs (Cousot, Cousot: Abstract
Interpretation, POPL 1977): negative, not negative, or either. A variable without a value cannot be
negative, but proves nothing either. Only plain numbers, comparisons with them, and a number of
bytes shifted by PAGE_SHIFT are understood.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from migrate.analysis.ir.expressions import (
    Binary,
    Constant,
    Expression,
    Variable,
    plain,
    variables,
)
from migrate.analysis.ir.instructions import (
    Declare,
    Instruction,
    Invoke,
    Label,
    Lowered,
    Store,
    is_addressed,
)
from migrate.analysis.paths.solver import Plain, Solution, solve

# A suffix such as UL would make the comparison unsigned: -1 would be greater than 0.
_PLAIN_NUMBER = re.compile(r"0|[1-9][0-9]*")
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
_PROVING = frozenset({">", ">=", "=="})
_SAME_VALUE = frozenset({"likely", "unlikely"})


class Sign(Enum):
    """The sign of a number. It is UNSET until a value is assigned."""

    NEGATIVE = "below 0"
    NOT_NEGATIVE = "0 or more"
    EITHER = "any number"
    UNSET = "nothing"


@dataclass(frozen=True)
class Around:
    """Facts about the tree: whether an expression is a number of bytes that cannot be a negative
    number of pages after the shift, whether a macro in the function has a goto, and whether a call
    of a name certainly is one of a function, which gets copies of its arguments."""

    is_bytes: Callable[[Expression], bool]
    jumps: Callable[[], bool]
    is_function: Callable[[str], bool] = lambda _: False


class Signs:
    """The sign of the local variable `name` at each place of a function."""

    def __init__(self, lowered: Lowered, name: str, around: Around) -> None:
        self._lowered, self._around = lowered, around
        self._variable = Variable(name, True)
        local = lowered.locals[name]
        # Code that was not parsed may do anything, and a pointer to the variable may be used to
        # modify it.
        self._lost = lowered.macros.garbled or lowered.incomplete or is_addressed(lowered, name)
        self._lost |= any(name.partition("#")[0] in loop.names for loop in lowered.macros.loops)
        self._lasting = local.lasting
        self._start = Sign.EITHER if local.parameter or local.lasting else Sign.UNSET

    def not_negative_at(self, call: Invoke) -> bool:
        """Whether the variable is certainly at least 0 when `call`, which is in no macro, is
        made."""
        return self._proved(call, lambda found: (s for i, s, _ in found.before() if i is call))

    def not_negative_in(self, head: int) -> bool:
        """Whether it is when the loop whose head is block `head` is entered."""
        return self._proved(None, lambda found: found.entered.get(head, ()))

    def _proved(self, call: Invoke | None, at: Callable[[Solution[Sign]], Iterable[Sign]]) -> bool:
        if self._lost:
            return False
        if self._holds(call, at, trusted=False):
            return True
        # Macros are parsed only if the result depends on them.
        labels = any(isinstance(i, Label) for i in self._lowered.order)
        return labels and self._holds(call, at, trusted=True) and not self._around.jumps()

    def _holds(
        self,
        call: Invoke | None,
        at: Callable[[Solution[Sign]], Iterable[Sign]],
        trusted: bool,
    ) -> bool:
        """Whether it is proved; `trusted` says that only visible gotos lead to labels."""
        sign = _Bounds(self._lowered, self._variable, self._lasting, self._around, call, trusted)
        solution = solve(sign, self._lowered.looping, self._start)
        signs = set(at(solution))
        sure = Sign.NOT_NEGATIVE in signs and signs <= {Sign.NOT_NEGATIVE, Sign.UNSET}
        return sure and solution.settled


@dataclass(frozen=True)
class _Bounds(Plain[Sign]):
    lowered: Lowered
    variable: Variable
    lasting: bool
    around: Around
    function: Invoke | None
    trusted: bool

    def transfer(self, instruction: Instruction, state: Sign) -> Sign:
        match instruction:
            case Store(target, value, operator) if target == self.variable:
                if instruction.initial and self.lasting:
                    return Sign.EITHER
                return self._stored(operator, value, state)
            case Declare(variable) if variable == self.variable and not self.lasting:
                return Sign.UNSET
            case Label() if not self.trusted:
                return Sign.EITHER
            case Invoke(arguments=arguments) if instruction is not self.function:
                given = arguments
                if instruction.name == "asm":
                    given = tuple(v for argument in arguments for v in variables(argument))
                elif instruction.name in _SAME_VALUE:
                    return state
                if self.variable not in map(plain, given):
                    return state
                # It may be a macro that assigns to it, as get_user() does.
                return state if self.around.is_function(instruction.name) else Sign.EITHER
        return state

    def _stored(self, operator: str, value: Expression, state: Sign) -> Sign:
        if operator == "=":
            return self._of(value, state)
        adds = operator in ("++", "+=") and is_plain_number(value)
        return state if adds and state is not Sign.NEGATIVE else Sign.EITHER

    def _of(self, value: Expression, state: Sign) -> Sign:
        if value == self.variable:
            return state
        shifted = isinstance(value, Binary) and value.operator == ">>"
        if shifted and isinstance(value, Binary) and value.right == Variable("PAGE_SHIFT"):
            return Sign.NOT_NEGATIVE if self.around.is_bytes(value.left) else Sign.EITHER
        return Sign.NOT_NEGATIVE if is_plain_number(value) else Sign.EITHER

    def assume(self, condition: Expression, state: Sign) -> tuple[Sign | None, Sign | None]:
        if not isinstance(condition, Binary) or condition.operator not in _OPPOSITE:
            return state, state
        operator, left, right = condition.operator, condition.left, condition.right
        if right == self.variable:
            operator, left, right = _MIRRORED[operator], right, left
        compared = left == self.variable and is_plain_number(right)
        if not compared or condition in self._counted:
            return state, state
        return _known(operator, right, state), _known(_OPPOSITE[operator], right, state)

    @cached_property
    def _counted(self) -> frozenset[Expression]:
        """The conditions that modify the variable: `n-- >= 0` says nothing about n afterwards."""
        counts = [
            i.start
            for i in self.lowered.order
            if isinstance(i, Store) and i.target == self.variable and i.counts
        ]
        return frozenset(
            c.value
            for c in self.lowered.conditions
            if any(c.start <= start < c.asked for start in counts)
        )


def is_plain_number(value: Expression) -> bool:
    """Whether it is a number of type int."""
    return isinstance(value, Constant) and _PLAIN_NUMBER.fullmatch(value.text) is not None


def _known(operator: str, number: Expression, state: Sign) -> Sign | None:
    """The state if a variable compares so with a number; None if that is impossible."""
    if operator in _PROVING:
        return Sign.NOT_NEGATIVE if state is not Sign.NEGATIVE else None
    if operator == "<" and number == Constant("0"):
        return Sign.NEGATIVE if state is not Sign.NOT_NEGATIVE else None
    return state
