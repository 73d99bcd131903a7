# SPDX-License-Identifier: GPL-2.0-only
"""The only solver: a worklist over the control flow graph of one function.

It is the classic fixpoint iteration (Kildall, A Unified Approach to Global Program Optimization,
POPL 1973), with sets of states: all states that reach a block are kept separately (property
simulation; Das, Lerner, Seigle: ESP, PLDI 2002). An analysis defines the effect of an instruction
on a state (transfer), of a condition (assume), and of a join of two paths of a statement (meet).
Its states are a finite set; if there are too many, the solver gives up and says so.

Each state has the conditions that led to it, its trail: evidence for people, not part of the state.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Generic, Protocol, TypeVar

from migrate.analysis.ir.expressions import Expression
from migrate.analysis.ir.instructions import Condition, Edge, Instruction, Lowered

S = TypeVar("S", bound=Hashable)
Trail = tuple[tuple[Condition, bool], ...]
"""Conditions, each with its outcome, in the order in which they were passed."""

Ways = dict[S, Trail]

MOST_STATES = 256
"""States at the start of one block. No analysis reaches this on real code."""

MOST_ROUNDS = 64
"""Passes over the function; each of them follows the back edges of loops once more."""


class Analysis(Protocol[S]):
    """The definition of an analysis."""

    def transfer(self, instruction: Instruction, state: S) -> S:
        """The state after `instruction`."""

    def assume(self, condition: Expression, state: S) -> tuple[S | None, S | None]:
        """The states if `condition` is true and if it is false; None if that is impossible."""

    def meet(self, state: S, others: Collection[S]) -> S:
        """The result for `state` where its path joins another one with the states `others`."""


class Plain(Generic[S]):
    """The default methods: conditions have no effect, and paths are not merged."""

    def assume(self, _condition: Expression, state: S) -> tuple[S | None, S | None]:
        return state, state

    def meet(self, state: S, _others: Collection[S]) -> S:
        return state


@dataclass(frozen=True)
class Solution(Generic[S]):
    """The states at the start of each reachable block. Without `settled` they are incomplete."""

    lowered: Lowered
    states: dict[int, Ways[S]]
    transfer: Callable[[Instruction, S], S]
    settled: bool
    entered: dict[int, frozenset[S]]
    """The states in which each head of a loop is reached from before the loop."""

    def before(self) -> Iterator[tuple[Instruction, S, Trail]]:
        """Each instruction with each state that reaches it."""
        for number in sorted(self.states):
            ways = self.states[number]
            for instruction in self.lowered.blocks[number].instructions:
                for state, trail in ways.items():
                    yield instruction, state, trail
                ways = _done(self.transfer, instruction, ways)

    def asked(self) -> Iterator[tuple[Condition, S, Trail]]:
        """Each condition with each state in which it is evaluated."""
        for number in sorted(self.states):
            edges = (self.lowered.edges[n] for n in self.lowered.successors[number])
            conditions = [e.condition for e in edges if e.condition is not None and e.truth]
            if conditions:
                ways = self.states[number]
                for instruction in self.lowered.blocks[number].instructions:
                    ways = _done(self.transfer, instruction, ways)
                yield from ((c, state, trail) for c in conditions for state, trail in ways.items())


def solve(analysis: Analysis[S], lowered: Lowered, start: S) -> Solution[S]:
    """All states of `analysis` in `lowered`, whose entry state is `start`."""
    return _Solver(analysis, lowered, start).solved()


class _Solver(Generic[S]):
    def __init__(self, analysis: Analysis[S], lowered: Lowered, start: S) -> None:
        self.analysis, self.lowered, self.start = analysis, lowered, start
        self.order = _reverse_postorder(lowered)
        self.rank = {block: rank for rank, block in enumerate(self.order)}
        self.incoming: dict[int, list[int]] = {block: [] for block in self.order}
        for number, edge in enumerate(lowered.edges):
            if edge.source in self.rank:
                self.incoming[edge.target].append(number)
        self.passed: dict[int, Ways[S]] = {}
        """The states that pass each edge."""
        self.states: dict[int, Ways[S]] = {}

    def solved(self) -> Solution[S]:
        settled = False
        for _ in range(MOST_ROUNDS):
            changed, few = self._round()
            if not few:
                break
            if not changed:
                settled = True
                break
        states = {block: ways for block, ways in self.states.items() if ways}
        entered = {block: self._entered(block) for block in self.order}
        return Solution(self.lowered, states, self.analysis.transfer, settled, entered)

    def _entered(self, block: int) -> frozenset[S]:
        edges = (n for n in self.incoming[block] if not self._is_backward(self.lowered.edges[n]))
        return frozenset(state for number in edges for state in self.passed.get(number, ()))

    def _round(self) -> tuple[bool, bool]:
        """One pass; returns whether a back edge got new states, and whether the limit is kept."""
        changed = False
        for block in self.order:
            ways = self._joined(block)
            self.states[block] = ways
            if len(ways) > MOST_STATES:
                return True, False
            for instruction in self.lowered.blocks[block].instructions:
                ways = _done(self.analysis.transfer, instruction, ways)
            changed |= self._leave(block, ways)
        return changed, True

    def _joined(self, block: int) -> Ways[S]:
        """The states at the start of `block`."""
        meets = self.lowered.blocks[block].meets
        ways: Ways[S] = {self.start: ()} if block == 0 else {}
        for number in self.incoming[block]:
            passed = self.passed.get(number, {})
            for meet in meets:
                others = [self.passed.get(n, {}) for n in meet.others]
                if number in meet.one and any(others):
                    met = {state for other in others for state in other}
                    passed = _mapped(passed, partial(self._met, met))
            ways = _union(ways, passed)
        return ways

    def _met(self, others: Collection[S], state: S) -> S:
        return self.analysis.meet(state, others)

    def _leave(self, block: int, ways: Ways[S]) -> bool:
        changed = False
        asked: dict[int, tuple[Ways[S], Ways[S]]] = {}
        for number in self.lowered.successors[block]:
            edge = self.lowered.edges[number]
            passed = ways
            if edge.condition is not None:
                key = id(edge.condition)
                if key not in asked:
                    asked[key] = self._asked(edge.condition, ways)
                passed = asked[key][0 if edge.truth else 1]
            if self._is_backward(edge):
                # States from back edges are never removed, so the passes end.
                known = self.passed.get(number, {})
                changed |= not passed.keys() <= known.keys()
                passed = _union(known, passed)
            self.passed[number] = passed
        return changed

    def _is_backward(self, edge: Edge) -> bool:
        return self.rank[edge.target] <= self.rank[edge.source]

    def _asked(self, condition: Condition, ways: Ways[S]) -> tuple[Ways[S], Ways[S]]:
        """The states in which `condition` is true, and those in which it is false."""
        yes: Ways[S] = {}
        no: Ways[S] = {}
        for state, trail in ways.items():
            found = self.analysis.assume(condition.value, state)
            for truth, there, into in zip((True, False), found, (yes, no), strict=True):
                if there is not None:
                    into.setdefault(there, (*trail, (condition, truth)))
        return yes, no


def _done(
    transfer: Callable[[Instruction, S], S], instruction: Instruction, ways: Ways[S]
) -> Ways[S]:
    return _mapped(ways, lambda state: transfer(instruction, state))


def _mapped(ways: Ways[S], change: Callable[[S], S]) -> Ways[S]:
    result: Ways[S] = {}
    for state, trail in ways.items():
        result.setdefault(change(state), trail)
    return result


def _union(one: Ways[S], two: Ways[S]) -> Ways[S]:
    """The union of both; for a state in both, the trail is the common part."""
    if not one or not two:
        return one or two
    result = dict(one)
    for state, trail in two.items():
        other = result.get(state)
        result[state] = trail if other is None else _common(other, trail)
    return result


def _common(one: Trail, two: Trail) -> Trail:
    length = 0
    for a, b in zip(one, two, strict=False):
        if a != b:
            break
        length += 1
    return one[:length]


def _reverse_postorder(lowered: Lowered) -> list[int]:
    """The reachable blocks, each before its successors, except for back edges."""
    seen, found = {0}, list[int]()
    stack = [(0, iter(lowered.successors[0]))]
    while stack:
        block, edges = stack[-1]
        for number in edges:
            target = lowered.edges[number].target
            if target not in seen:
                seen.add(target)
                stack.append((target, iter(lowered.successors[target])))
                break
        else:
            stack.pop()
            found.append(block)
    return found[::-1]
