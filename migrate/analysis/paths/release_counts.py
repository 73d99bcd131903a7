# SPDX-License-Identifier: GPL-2.0-only
"""Compares the number of pages that a release drops with the number that was taken."""

from __future__ import annotations

from dataclasses import dataclass

from migrate.analysis.frontend.kernel_api import Effect
from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.ir.expressions import Expression, plain
from migrate.analysis.ir.instructions import Invoke
from migrate.analysis.paths.acquire_results import Results
from migrate.analysis.paths.held_state import HELD, Hold, State
from migrate.analysis.paths.held_values import HeldValues
from migrate.analysis.paths.release_loops import Loops
from migrate.analysis.paths.variables import path_of


@dataclass(frozen=True)
class ReleaseCounts:
    """The counts of releases for the pages of one holder, in one function."""

    results: Results
    pages: HeldValues
    loops: Loops

    def is_excess(self, call: Invoke, state: State) -> bool:
        """Whether as many pages are released as were requested, after fewer were taken."""
        if state.hold is not Hold.SOME or not state.wanted or not self.pages.releases(call):
            return False
        count, asked = self._count(call), self.results.asked(state)
        return count is not None and asked is not None and plain(count) == asked

    def is_beyond(self, call: Invoke, state: State) -> bool:
        """Whether more pages are released than were taken: the count of a bulk release is too
        large, or a loop that starts at the first page makes one round too many."""
        if state.hold not in HELD:
            return False
        if self.pages.releases_all(call):
            return self.results.is_beyond(call.arguments[1], state)
        end = self.loops.through.get(call.number)
        if end is None or not self.pages.releases(call) or not self.pages.fills_from_first:
            return False
        return self.results.is_all(end, state)

    def leaves_out(self, call: Invoke, state: State) -> bool:
        """Whether `call` releases none of the pages that the acquire of `state` took: it stops
        before them, or all releases start after the first page."""
        if call.number in self.loops.later:
            return self.is_partial
        count = self._count(call)
        return bool(state.counter) and count is not None and path_of(count) == state.counter

    @property
    def is_partial(self) -> bool:
        """Whether all releases leave out the first page."""
        calls = self.pages.lowered.calls.values()
        found = [call.number for call in calls if self.pages.releases(call)]
        return bool(found) and all(number in self.loops.later for number in found)

    def _count(self, call: Invoke) -> Expression | None:
        """The number of pages that `call` releases; for a call in a loop, that of the loop, from
        the first page on."""
        known = knowledge().lookup(call.name)
        bulk = known is not None and known.effect(0) is Effect.RELEASE_BULK
        if bulk and len(call.arguments) > 1:
            return call.arguments[1]
        return self.loops.bounds.get(call.number)
