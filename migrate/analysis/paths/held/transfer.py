# SPDX-License-Identifier: GPL-2.0-only
"""How calls and assignments change the state of the pages of one holder."""

from __future__ import annotations

from dataclasses import replace

from migrate.analysis.frontend.kernel_api import RELEASE_EFFECTS
from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.ir.expressions import (
    AddressOf,
    Element,
    Expression,
    Variable,
    is_negative,
    is_zero,
    plain,
)
from migrate.analysis.ir.instructions import Instruction, Invoke, Select, Store, is_counted
from migrate.analysis.paths.acquire_results import blurred, changes, is_none
from migrate.analysis.paths.callee_releases import HARMLESS, Does
from migrate.analysis.paths.held.offers import answered, is_offering
from migrate.analysis.paths.held.subject import Subject
from migrate.analysis.paths.held_state import HELD, Hold, State
from migrate.analysis.paths.variables import path_of


class Transfer:
    """The transfer function for the pages of `of`."""

    def __init__(self, of: Subject) -> None:
        self.of = of

    def after(self, instruction: Instruction, state: State) -> State:
        """The state after `instruction`."""
        match instruction:
            case Invoke():
                return self._called(instruction, state)
            case Store(target, value):
                return self._assigned(instruction, target, value, state)
            case Select(value) if state.hold is not Hold.NONE:
                return blurred(state) if self.of.is_about(value, state) else state
        return state

    def _called(self, call: Invoke, state: State) -> State:
        acquire = self.of.pages.acquire(call)
        if acquire is not None:
            fresh = state.hold in (Hold.NONE, Hold.GONE, Hold.FAILED)
            if not fresh and not self._is_next(call, state):
                return State(Hold.UNCLEAR, acquire)
            counter, others = self.of.pages.counter(call), self.of.holder.depends
            asked = State(Hold.ASKED, acquire, counter=counter, fresh=others)
            return asked if fresh else replace(asked, earlier=True)
        function = knowledge().lookup(call.name)
        if function is None:
            return self._called_own(call, state)
        for position, given in enumerate(call.arguments):
            if not self.of.pages.mentions(given):
                continue
            effect = function.effect(position)
            if effect in RELEASE_EFFECTS:
                state = self._released(call, state)
                continue
            if function.stores and is_offering(call):
                offered = state.hold if state.hold in HELD else None
                return replace(self._unknown(state), offered=offered, answer="")
            if effect not in HARMLESS or function.stores:
                return self._unknown(state)
            if function.bytes.copies(position) and self.of.pages.is_pointer(given):
                return self._unknown(state)
        return state

    def _is_next(self, call: Invoke, state: State) -> bool:
        """Whether the acquire fills the next elements of an array of the function, which has the
        pages of the previous round of a loop."""
        place = plain(self.of.pages.filled(call)[0])
        inner = plain(place.object) if isinstance(place, AddressOf) else place
        index = inner.index if isinstance(inner, Element) else None
        moved = isinstance(index, Variable) and is_counted(self.of.lowered, index.name)
        whole = state.hold is Hold.ALL and state.acquire == self.of.pages.acquire(call)
        return whole and moved and self.of.holder.own and not state.unsure

    def _called_own(self, call: Invoke, state: State) -> State:
        """The state after a call of a function that is not in the table."""
        given = [
            a for a in call.arguments if self.of.pages.mentions(a) or self.of.holder.is_owner(a)
        ]
        if not given or (all(map(self.of.pages.is_data, given)) and not self.of.found_again()):
            return state
        does = self.of.callees.of(call, self.of.holder)
        if does is Does.RELEASE:
            return self._released(call, state)
        return state if does is Does.LOOK else self._unknown(state)

    def _unknown(self, state: State) -> State:
        """The state once other code may reach the pages, or those that will be acquired."""
        return replace(state, hold=Hold.UNCLEAR, result="", counter=())

    def _released(self, call: Invoke, state: State) -> State:
        if state.hold in HELD and any(is_none(a, state) for a in call.arguments[1:]):
            return state
        if self.of.drops.leaves_out(call, state):
            return state
        if state.hold in (Hold.ASKED, Hold.SOME, Hold.ALL):
            whole = self.of.pages.releases_all(call)
            count = plain(call.arguments[1]) if whole and state.hold is Hold.ALL else None
            sure = count is not None or self._releases_it(call)
            where, text = call.place if sure else None, call.text
            gone = replace(state, hold=Hold.GONE, released=where, released_text=text)
            return replace(gone, released_count=count)
        return state

    def _releases_it(self, call: Invoke) -> bool:
        """Whether `call` certainly releases the one page."""
        if self.of.pages.releases_whole(call):
            return True
        return self.of.holder.single and self.of.callees.always(call, self.of.holder.names)

    def _assigned(self, store: Store, target: Expression, value: Expression, state: State) -> State:
        name = target.name if isinstance(target, Variable) else ""
        if state.offered is not None and name:
            state = answered(self.of.lowered, name, value, state)
        if name in self.of.holder.depends:
            computed = store.operator != "=" or self.of.is_about(value, state)
            left = state.fresh - {name} if computed else state.fresh | {name}
            state = replace(state, fresh=left)
        if name and changes(name, state.released_count):
            state = replace(state, released=None, released_count=None)
        if name and changes(name, self.of.results.asked(state)):
            state = replace(state, wanted=False)
        if name in self.of.counts and state.hold in HELD and (is_zero(value) or name == state.zero):
            zero = name if is_zero(value) and store.operator == "=" else ""
            state = replace(state, zero=zero)
        if state.counter and path_of(target) == state.counter and not is_zero(value):
            if store.operator == "++" and self.of.holder.own and state.hold is Hold.ALL:
                return replace(state, counter=())
            return self._unknown(state)
        if store.counts:
            return self._overwritten(name, value, state) if name == state.result else state
        if self.of.pages.is_whole(target) and not self.of.pages.mentions(value):
            if state.hold in (Hold.GONE, Hold.FAILED):
                return State()
            return blurred(state) if state.hold is not Hold.NONE else state
        call = self.of.lowered.call_of(value)
        if call is not None and self.of.pages.acquire(call) is not None:
            return replace(state, result=name) if name else blurred(state)
        if name and name in (state.result, state.error):
            return self._overwritten(name, value, state)
        if not self.of.pages.is_own(target):
            if self.of.pages.mentions(value) and not self.of.pages.is_whole(target):
                return self._unknown(state)
            if self.of.is_about(value, state) or self.of.pages.is_beside(target):
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
