# SPDX-License-Identifier: GPL-2.0-only
"""Conditions that depend on the path before them.

`if (err) { put_page(page); goto out; } ... out: if (!err) put_page(page);` releases once: both
conditions test the same variable. The same holds for `done = true;` on one path and a later `if
(done)`. Path-sensitive analyses handle such correlated branches (Bodik, Gupta, Soffa: Refining Data
Flow Information Using Infeasible Paths, FSE 1997); here they are only recognised.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import cached_property

from migrate.analysis.ir.expressions import (
    CallResult,
    Expression,
    Variable,
    is_null,
    plain,
    subexpressions,
    variables,
)
from migrate.analysis.ir.instructions import Condition, Leave, Lowered, Store, operands

_ACCESSES = frozenset(
    {"copy_to_user", "copy_from_user", "put_user", "get_user", "clear_user"}
    | {"__copy_to_user", "__copy_from_user", "__put_user", "__get_user"}
)
"""They fail when memory of user space is not there, whatever is copied."""


class Correlated:
    """The conditions of one function that are relevant for the variables `names`.

    Arguments of the calls with the numbers `asking` say nothing about the path after them.
    """

    def __init__(
        self, lowered: Lowered, names: Collection[str], asking: Collection[int] = ()
    ) -> None:
        self._lowered, self._names, self._asking = lowered, names, asking

    def depends(self, condition: Condition, since: int) -> bool:
        """Whether the value of a variable in `condition` depends on the path from byte `since`
        on."""
        return any(
            self._says(name, since, condition.start)
            for name in set(self._variables(condition)) - set(self._names)
        )

    def _says(self, name: str, since: int, until: int) -> bool:
        fresh = max((at for at in self._stores.get(name, ()) if since < at < until), default=since)
        return any(fresh < at < until for at in self._signs.get(name, ()))

    @cached_property
    def _stores(self) -> dict[str, list[int]]:
        """Where a variable gets a value that no earlier condition has tested."""
        return _by_name((name, at) for name, at, constant in self._assigned() if not constant)

    @cached_property
    def _signs(self) -> dict[str, list[int]]:
        """Where a variable is tested on a path to relevant code, or set differently on different
        paths."""
        marks = ((name, at) for name, at, constant in self._assigned() if constant)
        return _by_name((*marks, *self._asked()))

    def _assigned(self) -> Iterator[tuple[str, int, bool]]:
        for instruction in self._lowered.order:
            if not isinstance(instruction, Store):
                continue
            if instruction.counts:
                yield from (
                    (v.written, instruction.start, True) for v in variables(instruction.target)
                )
            elif isinstance(instruction.target, Variable):
                value = plain(instruction.value)
                constant = isinstance(value, Variable) and value.name.isupper()
                yield instruction.target.name, instruction.start, constant or is_null(value)

    def _asked(self) -> Iterator[tuple[str, int]]:
        for condition in self._lowered.conditions:
            if self._matters(condition):
                yield from ((name, condition.asked) for name in self._variables(condition))

    def _variables(self, condition: Condition) -> Iterator[str]:
        return (
            e.name
            for e in self._behind(condition.value)
            if isinstance(e, Variable) and (e.local or not e.name.isupper())
        )

    def _behind(self, value: Expression) -> Iterator[Expression]:
        for part in subexpressions(value):
            yield part
            if not isinstance(part, CallResult) or part.call in self._asking:
                continue
            call = self._lowered.calls[part.call]
            for argument in call.arguments if call.name not in _ACCESSES else ():
                yield from self._behind(argument)

    def _matters(self, condition: Condition) -> bool:
        """Whether the statement of the condition, or an exit after it, contains the pages."""
        within = range(condition.start, condition.end)
        return (
            any(at in within for at in self._ways_out)
            or self._lowered.mentions(condition.value, self._names)
            or any(at in within for at in self._mentions)
        )

    @cached_property
    def _ways_out(self) -> tuple[int, ...]:
        left = (i.start for i in self._lowered.order if isinstance(i, Leave) and not i.implicit)
        return (*self._lowered.jumps, *left)

    @cached_property
    def _mentions(self) -> tuple[int, ...]:
        """Where an instruction names the pages."""
        return tuple(
            i.start
            for i in self._lowered.order
            if any(self._lowered.mentions(operand, self._names) for operand in operands(i))
        )


def _by_name(found: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    result: dict[str, list[int]] = {}
    for name, at in found:
        result.setdefault(name, []).append(at)
    return result
