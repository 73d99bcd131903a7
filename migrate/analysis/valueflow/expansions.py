# SPDX-License-Identifier: GPL-2.0-only
"""What macros make of the pages that they are given."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.analysis.place import FunctionId
from migrate.analysis.program.location import AbstractLocation
from migrate.analysis.program.trace import State


class Expansions:
    """Each use of a macro by what its value is stored in, and the forms that its body yields.

    A body from which no value was seen to come is taken to hand its argument on as it is: what
    the reading of it missed must not hide a release.
    """

    def __init__(self) -> None:
        self._uses: dict[FunctionId, dict[State, None]] = {}
        self._yields: dict[FunctionId, dict[str, None]] = {}

    def use(self, macro: FunctionId, value: AbstractLocation, form: str) -> Iterator[State]:
        """Note that an argument in `form` goes into `macro`, and its value into `value`; what
        the value is known to be so far."""
        self._uses.setdefault(macro, {})[State(value, form)] = None
        for known in self._yields.get(macro, ()):
            yield State(value, known)

    def give(self, macro: FunctionId, form: str) -> Iterator[State]:
        """Note that the body of `macro` yields `form`; what that makes of its uses."""
        known = self._yields.setdefault(macro, {})
        if form not in known:
            known[form] = None
            yield from [State(use.cell, form) for use in self._uses.get(macro, ())]

    def unanswered(self) -> Iterator[State]:
        """The uses of macros whose bodies have yielded nothing, as they went in."""
        for macro, uses in self._uses.items():
            if macro not in self._yields:
                yield from uses
