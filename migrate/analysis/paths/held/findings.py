# SPDX-License-Identifier: GPL-2.0-only
"""The findings about the pages of one holder, at an instruction and in a state before it."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.analysis.frontend.kernel_api import Effect
from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.ir.expressions import Expression, plain
from migrate.analysis.ir.instructions import Instruction, Invoke, Leave
from migrate.analysis.paths.held.subject import Subject
from migrate.analysis.paths.held_state import (
    HELD,
    Excess,
    Held,
    Hold,
    Stale,
    State,
    Twice,
    Unheld,
    Wrong,
)
from migrate.analysis.paths.solver import Trail


class Findings:
    """The findings about the pages of `of`."""

    def __init__(self, of: Subject) -> None:
        self.of = of

    def at(self, instruction: Instruction, state: State, trail: Trail) -> Iterator[Wrong]:
        """The findings at `instruction` in `state`."""
        if state.acquire is None or state.unsure:
            return
        match instruction:
            case Leave(place=place, text=text) if self._is_left(instruction, state):
                some = state.hold is Hold.SOME
                yield Held(place, text, state.acquire, some, False, self.of.pages.of_object, trail)
            case Leave(place=place, text=text) if state.hold is Hold.FAILED and self.of.member:
                yield Stale(place, text, state.acquire, self.of.member, trail)
            case Invoke(place=place, text=text):
                call, acquire = instruction, state.acquire
                if self._is_freed(call, state):
                    some = state.hold is Hold.SOME
                    yield Held(place, text, acquire, some, True, self.of.pages.of_object, trail)
                elif self._is_again(call, state):
                    assert state.released is not None
                    before, was = state.released, state.released_text
                    yield Twice(place, text, acquire, before, was, trail)
                elif self.of.drops.is_excess(call, state):
                    yield Excess(place, text, acquire, trail)
                elif self.of.drops.is_beyond(call, state):
                    yield Excess(place, text, acquire, trail, beyond=True)
                elif state.hold is Hold.FAILED and self.of.pages.releases_whole(call):
                    yield Unheld(place, text, acquire, trail)

    def _is_left(self, leave: Leave, state: State) -> bool:
        """Whether the function returns and its pages are not reachable any more."""
        if state.hold not in HELD or (
            leave.value is not None and self.of.pages.mentions(leave.value)
        ):
            return False
        if self.of.holder.own:
            return True
        known = state.counted if state.hold is Hold.SOME else not state.counter
        return not known and self.of.results.is_error(leave.value, state)

    def _is_freed(self, call: Invoke, state: State) -> bool:
        """Whether the array is freed with pages in it."""
        if state.hold not in HELD or self.of.holder.single or self.of.holder.own:
            return False
        known = knowledge().lookup(call.name)
        return known is not None and any(
            known.effect(n) is Effect.DISCARD and self.of.pages.is_array(a)
            for n, a in enumerate(call.arguments)
        )

    def _is_again(self, call: Invoke, state: State) -> bool:
        return (
            state.hold is Hold.GONE
            and state.released not in (None, call.place)
            and self._releases_as_many(call, state.released_count)
        )

    def _releases_as_many(self, call: Invoke, count: Expression | None) -> bool:
        """Whether `call` releases the one page, or as many pages of the array as `count` says."""
        if count is None:
            return self.of.pages.releases_whole(call)
        return self.of.pages.releases_all(call) and plain(call.arguments[1]) == count
