# SPDX-License-Identifier: GPL-2.0-only
"""The values of macros to which pages are passed."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.analysis.place import FunctionId
from migrate.analysis.program.location import AbstractLocation
from migrate.analysis.program.trace import State


class Expansions:
    """Each use of a macro by the location of its value, and the forms that its body yields.

    If no value of a body was found, the macro is assumed to return its argument unchanged: what was
    not understood must not hide a release.
    """

    def __init__(self) -> None:
        self._uses: dict[FunctionId, dict[State, None]] = {}
        self._yields: dict[FunctionId, dict[str, None]] = {}

    def use(self, macro: FunctionId, value: AbstractLocation, form: str) -> Iterator[State]:
        """Record that an argument in `form` is passed to `macro`, and its value goes to `value`;
        returns the forms of the value that are known so far."""
        self._uses.setdefault(macro, {})[State(value, form)] = None
        for known in self._yields.get(macro, ()):
            yield State(value, known)

    def give(self, macro: FunctionId, form: str) -> Iterator[State]:
        """Record that the body of `macro` yields `form`; returns the effect on its uses."""
        known = self._yields.setdefault(macro, {})
        if form not in known:
            known[form] = None
            yield from [State(use.cell, form) for use in self._uses.get(macro, ())]

    def unanswered(self) -> Iterator[State]:
        """The uses of macros whose bodies have yielded nothing."""
        for macro, uses in self._uses.items():
            if macro not in self._yields:
                yield from uses
