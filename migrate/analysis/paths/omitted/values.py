# SPDX-License-Identifier: GPL-2.0-only
"""What is known about the pages on one path, and which values depend on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.ir.expressions import CallResult, Expression, Variable, subexpressions
from migrate.analysis.ir.instructions import Invoke, Lowered
from migrate.analysis.paths.acquire_results import Results
from migrate.analysis.paths.held_values import HeldValues
from migrate.analysis.paths.variables import Holder, path_of

Takes = Callable[[Invoke], bool]
"""Whether a call is one of a function of the same file that returns the pages of an acquire."""

_ASK_FOR_ERROR = frozenset({"IS_ERR", "IS_ERR_OR_NULL", "PTR_ERR", "PTR_ERR_OR_ZERO"})


@dataclass(frozen=True)
class Path:
    """The state of one path.

    `taken` is the number of the call that got the pages, `witness` that of the release which shows
    that the function still holds them, `error` a variable with an error code, `about` the variables
    whose values depend on the pages, `fresh` those that no longer do, and `carriers` the variables
    that point to objects with the pages in them.
    """

    taken: int | None = None
    witness: int | None = None
    error: str = ""
    about: frozenset[str] = frozenset()
    fresh: frozenset[str] = frozenset()
    carriers: frozenset[str] = frozenset()


class Values:
    """The values in one function that depend on the pages of one holder."""

    def __init__(self, lowered: Lowered, results: Results, holder: Holder, takes: Takes) -> None:
        self.lowered, self.results, self.holder, self.takes = lowered, results, holder, takes
        self.pages = HeldValues(lowered, results, holder)

    def is_about(self, value: Expression, state: Path) -> bool:
        """Whether `value` depends on who holds the pages, or on the result of the call that got
        them. The result of a known function does not: none keeps pages when it fails, or releases
        them later."""
        call = self.lowered.call_of(value)
        if call is not None and allocates(call):
            return False
        names = state.about | (self.holder.depends - state.fresh) | state.carriers
        return any(
            self.holder.is_base(part)
            or self.holder.is_owner(part)
            or (isinstance(part, Variable) and part.name in names)
            or (isinstance(part, CallResult) and self._gets(self.lowered.calls[part.call]))
            for part in self._asked(value)
        )

    def _gets(self, call: Invoke) -> bool:
        return call.number in self.results.acquires or self.takes(call)

    def _asked(self, value: Expression) -> Iterator[Expression]:
        """The parts of `value`, with the arguments of calls whose result may depend on who holds
        the pages."""
        for part in subexpressions(value):
            yield part
            if isinstance(part, CallResult):
                call = self.lowered.calls[part.call]
                for argument in call.arguments if _is_told(call) else ():
                    yield from self._asked(argument)

    def knows(self, value: Expression, state: Path) -> bool:
        return self.pages.mentions(value) or self.carries(value, state)

    def carries(self, value: Expression, state: Path) -> bool:
        """Whether `value` is an object with the pages in it, or a part of one."""
        path = path_of(value)
        return bool(path) and (path[0] in state.carriers or self.holder.is_owner(value))

    def beside(self, arguments: tuple[Expression, ...]) -> Iterator[str]:
        """The objects that are passed together with the pages, and may keep them."""
        for given in arguments:
            path = path_of(given)
            local = self.lowered.locals.get(path[0]) if path else None
            pointer = local is not None and (local.type.depth > 0 or len(path) > 1)
            if path and path[0] not in self.holder.names and (pointer or local is None):
                yield path[0]


def allocates(call: Invoke) -> bool:
    """Whether a call returns new memory."""
    known = knowledge().lookup(call.name)
    return known is not None and known.allocates


def _is_told(call: Invoke) -> bool:
    """Whether the result may depend on who holds what is passed: that of a function which is not
    known, and whether a pointer is an error."""
    return knowledge().lookup(call.name) is None or call.name in _ASK_FOR_ERROR
