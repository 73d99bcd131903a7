# SPDX-License-Identifier: GPL-2.0-only
"""Pages that one function holds: paths on which they are leaked, or released twice.

A typestate analysis (Strom, Yemini, 1986) of one function and one holder at a time. Nothing is
reported once the pages are stored elsewhere, are passed to unknown code, or depend on a condition
that is not understood.

Pages in a local variable are leaked when the function returns. Those in an object, or in an array
of the caller, are leaked when the array is freed, and when an error is returned after an acquire
got fewer pages than requested and their number is lost.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from migrate.analysis.ir.expressions import Expression
from migrate.analysis.ir.instructions import Instruction, Invoke, Leave, Lowered
from migrate.analysis.model import Acquire, Place
from migrate.analysis.paths.acquire_results import Results, blurred
from migrate.analysis.paths.callee_releases import CalleeReleases, Find
from migrate.analysis.paths.held.conditions import Conditions
from migrate.analysis.paths.held.findings import Findings
from migrate.analysis.paths.held.subject import FoundAgain, Subject
from migrate.analysis.paths.held.transfer import Transfer
from migrate.analysis.paths.held_state import HELD, Held, Hold, State, Wrong
from migrate.analysis.paths.release_loops import Loops
from migrate.analysis.paths.solver import solve


def held_pages(
    lowered: Lowered,
    acquires: Mapping[Place, Acquire],
    find: Find = lambda _: None,
    found_again: FoundAgain = lambda: True,
) -> Iterator[Wrong]:
    """The findings about pages that a function holds; `find` looks up the functions of its file,
    `found_again` says whether a page may be found again from an address of its data."""
    calls = {c.number: acquires[c.place] for c in lowered.calls.values() if c.place in acquires}
    results = Results(lowered, calls)
    callees, loops = CalleeReleases(find), Loops.of(lowered)
    for holder in results.holders():
        subject = Subject(results, holder, callees, loops, found_again)
        if subject.starts and not subject.is_shared():
            yield from _found(subject)


def _found(subject: Subject) -> Iterator[Wrong]:
    findings, client = Findings(subject), _Held(subject)
    found: dict[tuple[type, Place, bool], Wrong] = {}
    left: set[Place] = set()
    safe: set[Place] = set()
    for instruction, state, trail in solve(client, subject.lowered, State()).before():
        if isinstance(instruction, (Leave, Invoke)) and not _surely_held(state):
            safe.add(instruction.place)
        for wrong in findings.at(instruction, state, trail):
            place, some = wrong.place, False
            if isinstance(wrong, Held):
                left.add(place)
                place, some = wrong.acquire.place, wrong.some
            found.setdefault((type(wrong), place, some), wrong)
    alone = len(left) == 1 and not left & safe and not subject.drops.is_partial
    for wrong in sorted(found.values(), key=lambda w: (not isinstance(w, Held), w.place)):
        yield replace(wrong, alone=alone) if isinstance(wrong, Held) else wrong


def _surely_held(state: State) -> bool:
    return state.hold in HELD and not state.unsure


class _Held:
    """The client of the solver for the pages of one holder."""

    def __init__(self, subject: Subject) -> None:
        self._transfer, self._conditions = Transfer(subject), Conditions(subject)

    def transfer(self, instruction: Instruction, state: State) -> State:
        return self._transfer.after(instruction, state)

    def assume(self, condition: Expression, state: State) -> tuple[State | None, State | None]:
        return self._conditions.branches(condition, state)

    def meet(self, state: State, others: Collection[State]) -> State:
        """Join states: a release under a condition counts as one that is executed when needed."""
        key = (state.acquire, state.error, state.zero, state.counter)
        holds = {o.hold for o in others if (o.acquire, o.error, o.zero, o.counter) == key}
        if state.hold in (Hold.ASKED, Hold.SOME, Hold.ALL) and holds & {Hold.GONE, Hold.UNCLEAR}:
            return blurred(state)
        if state.hold is Hold.GONE and holds - {Hold.GONE}:
            return blurred(state)
        return state
