# SPDX-License-Identifier: GPL-2.0-only
"""What is known beforehand about one function and one holder of pages in it."""

from __future__ import annotations

from collections.abc import Callable

from migrate.analysis.ir.expressions import AddressOf, Expression, Member, Variable, plain
from migrate.analysis.ir.instructions import Store
from migrate.analysis.paths.acquire_results import Results
from migrate.analysis.paths.callee_releases import CalleeReleases
from migrate.analysis.paths.held_state import State
from migrate.analysis.paths.held_values import HeldValues
from migrate.analysis.paths.release_counts import ReleaseCounts
from migrate.analysis.paths.release_loops import Loops, goes_round
from migrate.analysis.paths.variables import Holder
from migrate.analysis.paths.working_copies import is_working_copy

FoundAgain = Callable[[], bool]


class Subject:
    """A holder, its acquires and its releases; `found_again` says whether a page may be found again
    from an address of its data."""

    def __init__(
        self,
        results: Results,
        holder: Holder,
        callees: CalleeReleases,
        loops: Loops,
        found_again: FoundAgain,
    ) -> None:
        self.results, self.holder = results, holder
        self.lowered = lowered = results.lowered
        self.pages = HeldValues(lowered, results, holder)
        self.callees, self.found_again = callees, found_again
        self.drops = ReleaseCounts(results, self.pages, loops)
        self.loops = loops
        bounds = (plain(bound) for bound in loops.bounds.values())
        self.counts = {bound.name for bound in bounds if isinstance(bound, Variable)}
        """The variables that are the bounds of releasing loops."""
        filled = [a for c in lowered.calls.values() for a in self.pages.filled(c)]
        alone = all(isinstance(a, AddressOf) and isinstance(a.object, Member) for a in filled)
        self.member = holder.path[-1] if len(holder.path) > 1 and alone else ""
        """The struct member for one page that the acquires fill."""
        calls = [(call, self.pages.acquire(call)) for call in lowered.calls.values()]
        self.starts = {found.place: call.start for call, found in calls if found is not None}
        """The acquires of the holder, each with the byte offset of its start."""

    def is_shared(self) -> bool:
        """Whether pages in the holder may be reachable elsewhere, or are stored elsewhere in a loop
        that may not run at all."""
        return any(
            isinstance(instruction, Store)
            and not instruction.counts
            and (self._is_filled_otherwise(instruction) or self._is_given_away(instruction, number))
            for number, block in enumerate(self.lowered.blocks)
            for instruction in block.instructions
        )

    def _is_filled_otherwise(self, store: Store) -> bool:
        return self.holder.is_base(store.target) and not self.pages.is_fresh(store.value)

    def _is_given_away(self, store: Store, block: int) -> bool:
        if self.pages.is_own(store.target) or self.holder.is_base(store.target):
            return False
        if not self.pages.mentions(store.value) or not goes_round(self.lowered, block):
            return False
        return self.found_again() or not is_working_copy(self.lowered, store.target)

    def is_about(self, value: Expression, state: State) -> bool:
        """Whether `value` is the acquire's result, or computed from it."""
        own = {state.result} - {""}
        names = (self.holder.depends - state.fresh) | own
        return self.lowered.mentions(value, names)
