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

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace

from migrate.analysis.frontend.kernel_api import RELEASE_EFFECTS, Effect
from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.ir.expressions import (
    AddressOf,
    Binary,
    Element,
    Expression,
    Member,
    Variable,
    is_negative,
    is_zero,
    plain,
)
from migrate.analysis.ir.instructions import (
    Instruction,
    Invoke,
    Leave,
    Lowered,
    Select,
    Store,
    is_counted,
)
from migrate.analysis.model import Acquire, Place
from migrate.analysis.paths.acquire_results import (
    Results,
    blurred,
    changes,
    is_none,
    of_error,
)
from migrate.analysis.paths.callee_releases import HARMLESS, CalleeReleases, Does, Find
from migrate.analysis.paths.correlated import Correlated
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
from migrate.analysis.paths.held_values import HeldValues
from migrate.analysis.paths.release_counts import ReleaseCounts
from migrate.analysis.paths.release_loops import Loops, goes_round
from migrate.analysis.paths.solver import Trail, solve
from migrate.analysis.paths.variables import Holder, path_of
from migrate.analysis.paths.working_copies import is_working_copy

FoundAgain = Callable[[], bool]

_KEEPS_ON_SUCCESS = re.compile(r"(?:__)?sg_alloc_(?:append_)?table_from_pages(?:_segment)?")
"""They put pages into a table, or fail and return an error; lib/scatterlist.c."""


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
        analysis = _Held(lowered, results, holder, callees, loops, found_again)
        if analysis.starts and not analysis.is_shared():
            yield from _found(analysis)


def _found(analysis: _Held) -> Iterator[Wrong]:
    found: dict[tuple[type, Place, bool], Wrong] = {}
    left: set[Place] = set()
    safe: set[Place] = set()
    for instruction, state, trail in solve(analysis, analysis.lowered, State()).before():
        if isinstance(instruction, (Leave, Invoke)) and not _surely_held(state):
            safe.add(instruction.place)
        for wrong in analysis.wrong(instruction, state, trail):
            place, some = wrong.place, False
            if isinstance(wrong, Held):
                left.add(place)
                place, some = wrong.acquire.place, wrong.some
            found.setdefault((type(wrong), place, some), wrong)
    alone = len(left) == 1 and not left & safe and not analysis.drops.is_partial
    for wrong in sorted(found.values(), key=lambda w: (not isinstance(w, Held), w.place)):
        yield replace(wrong, alone=alone) if isinstance(wrong, Held) else wrong


def _of_rounds(state: State | None) -> State | None:
    """If the acquire failed in a later round of a loop, the pages of previous rounds are still
    held."""
    if state is None or state.hold is not Hold.FAILED or not state.earlier:
        return state
    return replace(state, hold=Hold.ALL, earlier=False, wanted=False, counter=())


def _surely_held(state: State) -> bool:
    return state.hold in HELD and not state.unsure


class _Held:
    """The client of the solver for the pages of one holder."""

    def __init__(
        self,
        lowered: Lowered,
        results: Results,
        holder: Holder,
        callees: CalleeReleases,
        loops: Loops,
        found_again: FoundAgain,
    ) -> None:
        self.lowered, self.results, self.holder = lowered, results, holder
        self.pages = HeldValues(lowered, results, holder)
        self.callees, self.found_again = callees, found_again
        self.drops = ReleaseCounts(results, self.pages, loops)
        self.conditions = Correlated(lowered, holder.names, results.acquires)
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

    # Findings

    def wrong(self, instruction: Instruction, state: State, trail: Trail) -> Iterator[Wrong]:
        """The findings at `instruction` in `state`."""
        if state.acquire is None or state.unsure:
            return
        match instruction:
            case Leave(place=place, text=text) if self._is_left(instruction, state):
                some = state.hold is Hold.SOME
                yield Held(place, text, state.acquire, some, False, self.pages.of_object, trail)
            case Leave(place=place, text=text) if state.hold is Hold.FAILED and self.member:
                yield Stale(place, text, state.acquire, self.member, trail)
            case Invoke(place=place, text=text):
                call, acquire = instruction, state.acquire
                if self._is_freed(call, state):
                    some = state.hold is Hold.SOME
                    yield Held(place, text, acquire, some, True, self.pages.of_object, trail)
                elif self._is_again(call, state):
                    assert state.released is not None
                    before, was = state.released, state.released_text
                    yield Twice(place, text, acquire, before, was, trail)
                elif self.drops.is_excess(call, state):
                    yield Excess(place, text, acquire, trail)
                elif self.drops.is_beyond(call, state):
                    yield Excess(place, text, acquire, trail, beyond=True)
                elif state.hold is Hold.FAILED and self.pages.releases_whole(call):
                    yield Unheld(place, text, acquire, trail)

    def _is_left(self, leave: Leave, state: State) -> bool:
        """Whether the function returns and its pages are not reachable any more."""
        if state.hold not in HELD or (leave.value is not None and self.pages.mentions(leave.value)):
            return False
        if self.holder.own:
            return True
        known = state.counted if state.hold is Hold.SOME else not state.counter
        return not known and self.results.is_error(leave.value, state)

    def _is_freed(self, call: Invoke, state: State) -> bool:
        """Whether the array is freed with pages in it."""
        if state.hold not in HELD or self.holder.single or self.holder.own:
            return False
        known = knowledge().lookup(call.name)
        return known is not None and any(
            known.effect(n) is Effect.DISCARD and self.pages.is_array(a)
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
            return self.pages.releases_whole(call)
        return self.pages.releases_all(call) and plain(call.arguments[1]) == count

    # The transfer

    def transfer(self, instruction: Instruction, state: State) -> State:
        match instruction:
            case Invoke():
                return self._called(instruction, state)
            case Store(target, value):
                return self._assigned(instruction, target, value, state)
            case Select(value) if state.hold is not Hold.NONE:
                return blurred(state) if self._about(value, state) else state
        return state

    def _called(self, call: Invoke, state: State) -> State:
        acquire = self.pages.acquire(call)
        if acquire is not None:
            fresh = state.hold in (Hold.NONE, Hold.GONE, Hold.FAILED)
            if not fresh and not self._is_next(call, state):
                return State(Hold.UNCLEAR, acquire)
            counter, others = self.pages.counter(call), self.holder.depends
            asked = State(Hold.ASKED, acquire, counter=counter, fresh=others)
            return asked if fresh else replace(asked, earlier=True)
        function = knowledge().lookup(call.name)
        if function is None:
            return self._called_own(call, state)
        for position, given in enumerate(call.arguments):
            if not self.pages.mentions(given):
                continue
            effect = function.effect(position)
            if effect in RELEASE_EFFECTS:
                state = self._released(call, state)
                continue
            if function.stores and _KEEPS_ON_SUCCESS.fullmatch(call.name):
                offered = state.hold if state.hold in HELD else None
                return replace(self._unknown(state), offered=offered, answer="")
            if effect not in HARMLESS or function.stores:
                return self._unknown(state)
            if function.bytes.copies(position) and self.pages.is_pointer(given):
                return self._unknown(state)
        return state

    def _is_next(self, call: Invoke, state: State) -> bool:
        """Whether the acquire fills the next elements of an array of the function, which has the
        pages of the previous round of a loop."""
        place = plain(self.pages.filled(call)[0])
        inner = plain(place.object) if isinstance(place, AddressOf) else place
        index = inner.index if isinstance(inner, Element) else None
        moved = isinstance(index, Variable) and is_counted(self.lowered, index.name)
        whole = state.hold is Hold.ALL and state.acquire == self.pages.acquire(call)
        return whole and moved and self.holder.own and not state.unsure

    def _called_own(self, call: Invoke, state: State) -> State:
        """The state after a call of a function that is not in the table."""
        given = [a for a in call.arguments if self.pages.mentions(a) or self.holder.is_owner(a)]
        if not given or (all(map(self.pages.is_data, given)) and not self.found_again()):
            return state
        does = self.callees.of(call, self.holder)
        if does is Does.RELEASE:
            return self._released(call, state)
        return state if does is Does.LOOK else self._unknown(state)

    def _unknown(self, state: State) -> State:
        """The state once other code may reach the pages, or those that will be acquired."""
        return replace(state, hold=Hold.UNCLEAR, result="", counter=())

    def _released(self, call: Invoke, state: State) -> State:
        if state.hold in HELD and any(is_none(a, state) for a in call.arguments[1:]):
            return state
        if self.drops.leaves_out(call, state):
            return state
        if state.hold in (Hold.ASKED, Hold.SOME, Hold.ALL):
            whole = self.pages.releases_all(call)
            count = plain(call.arguments[1]) if whole and state.hold is Hold.ALL else None
            sure = count is not None or self._releases_it(call)
            where, text = call.place if sure else None, call.text
            gone = replace(state, hold=Hold.GONE, released=where, released_text=text)
            return replace(gone, released_count=count)
        return state

    def _releases_it(self, call: Invoke) -> bool:
        """Whether `call` certainly releases the one page."""
        if self.pages.releases_whole(call):
            return True
        return self.holder.single and self.callees.always(call, self.holder.names)

    def _assigned(self, store: Store, target: Expression, value: Expression, state: State) -> State:
        name = target.name if isinstance(target, Variable) else ""
        if state.offered is not None and name:
            state = self._answered(name, value, state)
        if name in self.holder.depends:
            computed = store.operator != "=" or self._about(value, state)
            left = state.fresh - {name} if computed else state.fresh | {name}
            state = replace(state, fresh=left)
        if name and changes(name, state.released_count):
            state = replace(state, released=None, released_count=None)
        if name and changes(name, self.results.asked(state)):
            state = replace(state, wanted=False)
        if name in self.counts and state.hold in HELD and (is_zero(value) or name == state.zero):
            zero = name if is_zero(value) and store.operator == "=" else ""
            state = replace(state, zero=zero)
        if state.counter and path_of(target) == state.counter and not is_zero(value):
            if store.operator == "++" and self.holder.own and state.hold is Hold.ALL:
                return replace(state, counter=())
            return self._unknown(state)
        if store.counts:
            return self._overwritten(name, value, state) if name == state.result else state
        if self.pages.is_whole(target) and not self.pages.mentions(value):
            if state.hold in (Hold.GONE, Hold.FAILED):
                return State()
            return blurred(state) if state.hold is not Hold.NONE else state
        call = self.lowered.call_of(value)
        if call is not None and self.pages.acquire(call) is not None:
            return replace(state, result=name) if name else blurred(state)
        if name and name in (state.result, state.error):
            return self._overwritten(name, value, state)
        if not self.pages.is_own(target):
            if self.pages.mentions(value) and not self.pages.is_whole(target):
                return self._unknown(state)
            if self._about(value, state) or self.pages.is_beside(target):
                return replace(state, counted=True)
        return state

    def _overwritten(self, name: str, value: Expression, state: State) -> State:
        """The state after the variable with the acquire's result was overwritten."""
        lost = state.hold is Hold.ASKED or (state.hold is Hold.SOME and not is_negative(value))
        if lost and name == state.result:
            return blurred(state)
        if name != state.result:
            return replace(state, error=name if is_negative(value) else "")
        return replace(state, result="", error=name if is_negative(value) else "")

    def _answered(self, name: str, value: Expression, state: State) -> State:
        """`ret = sg_alloc_table_from_pages(...)`, or another value for such a variable."""
        if self._is_offer(value):
            return replace(state, answer=name)
        return replace(state, offered=None, answer="") if name == state.answer else state

    def _is_offer(self, value: Expression) -> bool:
        call = self.lowered.call_of(value)
        return call is not None and _KEEPS_ON_SUCCESS.fullmatch(call.name) is not None

    def _turned_down(self, condition: Expression, state: State) -> State | None:
        """The state if such a call failed: the same as before it."""
        inner = plain(condition)
        if isinstance(inner, Binary) and inner.operator in ("<", "!=") and is_zero(inner.right):
            inner = plain(inner.left)
        is_answer = isinstance(inner, Variable) and inner.name == state.answer
        if state.offered is None or not (is_answer or self._is_offer(inner)):
            return None
        return replace(state, hold=state.offered, offered=None, answer="", error=state.answer)

    # Conditions

    def assume(self, condition: Expression, state: State) -> tuple[State | None, State | None]:
        failed = self._turned_down(condition, state)
        if failed is not None:
            return failed, replace(state, offered=None, answer="")
        if state.hold in (Hold.NONE, Hold.UNCLEAR):
            return state, state
        if state.hold is Hold.FAILED:
            return self._after_failure(condition, state)
        if state.hold is Hold.GONE:
            return (self._passed(condition, state),) * 2
        if id(condition) in self.loops.plain:
            return state, state
        compared = self.results.compared(condition, state) or of_error(condition, state)
        if compared is not None:
            return _of_rounds(compared[0]), _of_rounds(compared[1])
        if self._about(condition, state):
            return blurred(state), blurred(state)
        if self.pages.mentions(condition):
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
        if self._about(condition, state):
            return State(), State()
        return (self._passed(condition, state),) * 2

    def _passed(self, value: Expression, state: State) -> State:
        """`state` after a condition that does not depend on the pages."""
        start = self.starts.get(state.acquire.place) if state.acquire is not None else None
        if state.unsure or start is None:
            return state
        asked = (
            c for c in self.lowered.conditions if c.value is value and id(c) not in self.loops.heads
        )
        unsure = any(self.conditions.depends(condition, start) for condition in asked)
        return replace(state, unsure=unsure)

    def _tested(self, condition: Expression, state: State) -> tuple[State | None, State | None]:
        """`if (page)`: what is held is not NULL. Conditions on the contents of a page say
        nothing."""
        if state.hold is Hold.ALL and self.pages.is_content(condition):
            asked = sum(c.value == condition for c in self.lowered.conditions)
            return (replace(state, unsure=state.unsure or asked > 1),) * 2
        if isinstance(condition, Variable) and state.hold is Hold.ALL:
            return state, None
        return blurred(state), blurred(state)

    def meet(self, state: State, others: Collection[State]) -> State:
        """Join states: a release under a condition counts as one that is executed when needed."""
        key = (state.acquire, state.error, state.zero, state.counter)
        holds = {o.hold for o in others if (o.acquire, o.error, o.zero, o.counter) == key}
        if state.hold in (Hold.ASKED, Hold.SOME, Hold.ALL) and holds & {Hold.GONE, Hold.UNCLEAR}:
            return blurred(state)
        if state.hold is Hold.GONE and holds - {Hold.GONE}:
            return blurred(state)
        return state

    def _about(self, value: Expression, state: State) -> bool:
        """Whether `value` is the acquire's result, or computed from it."""
        own = {state.result} - {""}
        names = (self.holder.depends - state.fresh) | own
        return self.lowered.mentions(value, names)
