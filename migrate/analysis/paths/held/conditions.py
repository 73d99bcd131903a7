# SPDX-License-Identifier: GPL-2.0-only
"""How conditions change the state of the pages of one holder."""

from __future__ import annotations

from dataclasses import replace

from migrate.analysis.ir.expressions import Binary, Expression, Variable, is_zero, plain
from migrate.analysis.paths.acquire_results import blurred, of_error
from migrate.analysis.paths.correlated import Correlated
from migrate.analysis.paths.held.offers import turned_down
from migrate.analysis.paths.held.subject import Subject
from migrate.analysis.paths.held_state import Hold, State


class Conditions:
    """The branches of a function, for the pages of `of`."""

    def __init__(self, of: Subject) -> None:
        self.of = of
        self._correlated = Correlated(of.lowered, of.holder.names, of.results.acquires)

    def branches(self, condition: Expression, state: State) -> tuple[State | None, State | None]:
        """The states in the branch where `condition` is true, and in the other one; None for a
        branch that is not taken."""
        failed = turned_down(self.of.lowered, condition, state)
        if failed is not None:
            return failed, replace(state, offered=None, answer="")
        if state.hold in (Hold.NONE, Hold.UNCLEAR):
            return state, state
        if state.hold is Hold.FAILED:
            return self._after_failure(condition, state)
        if state.hold is Hold.GONE:
            return (self._passed(condition, state),) * 2
        if id(condition) in self.of.loops.plain:
            return state, state
        compared = self.of.results.compared(condition, state) or of_error(condition, state)
        if compared is not None:
            return _of_rounds(compared[0]), _of_rounds(compared[1])
        if self.of.is_about(condition, state):
            return blurred(state), blurred(state)
        if self.of.pages.mentions(condition):
            return self._tested(condition, state)
        passed = self._passed(condition, state)
        return self._failed(condition, passed), passed

    def _failed(self, condition: Expression, state: State) -> State:
        """`if (rc < 0)`: in the branch the variable is an error code."""
        if isinstance(condition, Binary) and condition.operator == "<" and not state.error:
            left = plain(condition.left)
            if isinstance(left, Variable) and is_zero(condition.right):
                return replace(state, error=left.name)
        return state

    def _after_failure(
        self, condition: Expression, state: State
    ) -> tuple[State | None, State | None]:
        """The states after a condition, once the acquire has failed."""
        if self.of.is_about(condition, state):
            return State(), State()
        return (self._passed(condition, state),) * 2

    def _passed(self, value: Expression, state: State) -> State:
        """`state` after a condition that does not depend on the pages."""
        start = self.of.starts.get(state.acquire.place) if state.acquire is not None else None
        if state.unsure or start is None:
            return state
        asked = (
            c
            for c in self.of.lowered.conditions
            if c.value is value and id(c) not in self.of.loops.heads
        )
        unsure = any(self._correlated.depends(condition, start) for condition in asked)
        return replace(state, unsure=unsure)

    def _tested(self, condition: Expression, state: State) -> tuple[State | None, State | None]:
        """`if (page)`: what is held is not NULL. Conditions on the contents of a page say
        nothing."""
        if state.hold is Hold.ALL and self.of.pages.is_content(condition):
            asked = sum(c.value == condition for c in self.of.lowered.conditions)
            return (replace(state, unsure=state.unsure or asked > 1),) * 2
        if isinstance(condition, Variable) and state.hold is Hold.ALL:
            return state, None
        return blurred(state), blurred(state)


def _of_rounds(state: State | None) -> State | None:
    """If the acquire failed in a later round of a loop, the pages of previous rounds are still
    held."""
    if state is None or state.hold is not Hold.FAILED or not state.earlier:
        return state
    return replace(state, hold=Hold.ALL, earlier=False, wanted=False, counter=())
