# SPDX-License-Identifier: GPL-2.0-only
"""Whether a function drops the references that it takes on every path, so that nobody else has
them.

A function that takes a reference and drops it on each path shares it with nobody: other code that
gets the page needs references of its own. Only this function matters, however far the page goes.

A typestate analysis (Strom, Yemini, 1986) of one variable for pages. Code that is not understood is
a result of its own, one line without a full stop.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from enum import Enum

from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.ir.expressions import (
    Binary,
    CallResult,
    Expression,
    Load,
    Unary,
    Variable,
    is_zero,
    plain,
    variable_name,
)
from migrate.analysis.ir.instructions import Instruction, Invoke, Leave, Lowered, Store
from migrate.analysis.ir.macro_blocks import only_types_unread
from migrate.analysis.paths.acquire_results import MIRRORED
from migrate.analysis.paths.release_loops import natural_loops
from migrate.analysis.paths.solver import Plain, solve
from migrate.analysis.paths.variables import path_of
from migrate.analysis.place import Place

_PASSED_ON = frozenset({"likely", "unlikely", "WARN_ON", "WARN_ON_ONCE"})
"""Macros that return the truth of their argument."""


@dataclass(frozen=True)
class Taking:
    """The calls that fill the variable `pages`, by number, and what is known about them.

    With `out`, `pages` is a parameter through which the caller gets them. `flag` is a variable, or
    with `out` a pointer to one, that says whether references are held; with `foreign`, the pages
    are filled in without references if it is 0. `asks` is a function that says whether there is
    anything to drop, "" if there is none.
    """

    calls: frozenset[int]
    pages: str
    releases: frozenset[int]
    out: bool = False
    flag: str = ""
    foreign: bool = False
    asks: str = ""


class Hold(Enum):
    """The state of the references."""

    NONE = "none is held"
    ASKED = "the result was not looked at yet"
    MAYBE = "they are held, or the pages are those of others"
    HELD = "they are held"
    FOREIGN = "the pages are those of others"


@dataclass(frozen=True)
class State:
    """The state at one place; `flag` is "0", "1", or "" for its earlier value, and `wrong` says
    what is not understood."""

    hold: Hold = Hold.NONE
    result: str = ""
    flag: str = ""
    wrong: str = ""


@dataclass(frozen=True)
class End:
    """A way out of the function."""

    place: Place
    state: State
    value: Expression | None


def is_understood(lowered: Lowered) -> bool:
    """Whether all statements of the function are understood; arguments of calls need not be."""
    if lowered.incomplete:
        return False
    return not lowered.unsure or only_types_unread(lowered.function.body)


def ends(lowered: Lowered, taking: Taking) -> tuple[End, ...] | str:
    """The exits, with the references held there, or what is not understood."""
    if not is_understood(lowered):
        return f"{lowered.function.name}() is not understood"
    solution = solve(_Balance(lowered, taking), lowered, State())
    if not solution.settled:
        return f"{lowered.function.name}() has too many ways"
    found = []
    for instruction, state, _ in solution.before():
        if state.wrong:
            return state.wrong
        if isinstance(instruction, Leave):
            found.append(End(instruction.place, state, instruction.value))
    return tuple(found)


def stays_behind(lowered: Lowered, taking: Taking) -> str:
    """Why not every path drops the references, "" if every one does."""
    found = ends(lowered, taking)
    if isinstance(found, str):
        return found
    for end in found:
        if end.state.hold is not Hold.NONE:
            return f"{lowered.function.name}() is left at {end.place} without having dropped them"
    return ""


class _Balance(Plain[State]):
    """Follows the references of one variable."""

    def __init__(self, lowered: Lowered, taking: Taking) -> None:
        self.lowered, self.taking = lowered, taking
        self._done = {id(c) for c in _loop_conditions(lowered, taking.releases)}

    # Instructions

    def transfer(self, instruction: Instruction, state: State) -> State:
        if state.wrong:
            return state
        match instruction:
            case Invoke():
                return self._called(instruction, state)
            case Store():
                return self._stored(instruction, state)
        return state

    def _called(self, call: Invoke, state: State) -> State:
        if call.number in self.taking.calls:
            if state.hold is not Hold.NONE:
                return _wrong(state, f"{call.name}() is called again at {call.place} before that")
            return State(Hold.ASKED, flag=state.flag)
        if call.number in self.taking.releases:
            if state.hold in (Hold.MAYBE, Hold.FOREIGN):
                return _wrong(state, f"pages from elsewhere may be dropped at {call.place}")
            return replace(state, hold=Hold.NONE, result="")
        return state

    def _stored(self, store: Store, state: State) -> State:
        target, name = store.target, variable_name(store.target)
        taken = self.lowered.call_of(store.value)
        if taken is not None and taken.number in self.taking.calls:
            if not name:
                return _wrong(state, f"the result of {taken.name}() goes into no variable")
            return replace(state, result=name)
        if name and name == state.result:
            if state.hold is Hold.ASKED:
                return _wrong(state, f"the result is overwritten at {store.place}")
            return replace(state, result="")
        if self._is_flag(target):
            return replace(state, flag="0" if is_zero(store.value) else "1")
        if path_of(target)[:1] == (self.taking.pages,):
            return self._filled(store, state)
        return state

    def _filled(self, store: Store, state: State) -> State:
        """A value is stored to the variable for pages."""
        if store.counts:
            return _wrong(state, f"{self.taking.pages} is moved at {store.place}")
        memory = is_zero(store.value) or self._allocates(store.value)
        if state.hold is Hold.NONE and memory:
            return state
        if state.hold in (Hold.NONE, Hold.FOREIGN) and self.taking.out:
            return replace(state, hold=Hold.FOREIGN)
        if variable_name(store.target):
            return _wrong(state, f"others may know the array that is taken at {store.place}")
        return _wrong(state, f"pages from elsewhere are put beside them at {store.place}")

    def _allocates(self, value: Expression) -> bool:
        call = self.lowered.call_of(value)
        known = knowledge().lookup(call.name) if call is not None else None
        return known is not None and known.allocates

    def _is_flag(self, target: Expression) -> bool:
        inner = plain(target)
        if self.taking.out:
            return (
                isinstance(inner, Load) and variable_name(inner.pointer) == self.taking.flag != ""
            )
        return variable_name(inner) == self.taking.flag != ""

    # Conditions

    def assume(self, condition: Expression, state: State) -> tuple[State | None, State | None]:
        if state.wrong:
            return state, state
        if id(condition) in self._done:
            dropped = state
            if state.hold in (Hold.ASKED, Hold.HELD):
                dropped = replace(state, hold=Hold.NONE, result="")
            return state, dropped
        return self._assumed(plain(condition), state)

    def _assumed(self, value: Expression, state: State) -> tuple[State | None, State | None]:
        match value:
            case Unary("!", inner):
                yes, no = self._assumed(plain(inner), state)
                return no, yes
            case CallResult():
                call = self.lowered.calls[value.call]
                if call.name in _PASSED_ON and call.arguments:
                    return self._assumed(plain(call.arguments[0]), state)
                if self.taking.asks and call.name == self.taking.asks:
                    return state, self._dropped(state)
            case Binary(operator, left, right) if operator in MIRRORED:
                a, b = plain(left), plain(right)
                if is_zero(a):
                    operator, a, b = MIRRORED[operator], b, a
                if is_zero(b):
                    return self._compared(operator, a, state)
            case Variable():
                return self._compared("!=", value, state)
        return state, state

    def _compared(
        self, operator: str, left: Expression, state: State
    ) -> tuple[State | None, State | None]:
        """The states if `left operator 0` is true, and if it is false."""
        name = variable_name(left)
        if self._is_result(left, state):
            return self._of_result(operator, state)
        if operator not in ("==", "!="):
            return state, state
        yes: State | None = state
        no: State | None = state
        if name and name == self.taking.pages and not self.taking.out:
            no = None if state.hold is Hold.HELD else self._dropped(state)
        elif name and name == self.taking.flag and not self.taking.out:
            if state.hold is Hold.MAYBE:
                yes, no = replace(state, hold=Hold.HELD), self._dropped(state)
            elif state.hold is Hold.HELD:
                no = None
        return (yes, no) if operator == "!=" else (no, yes)

    def _is_result(self, value: Expression, state: State) -> bool:
        if state.hold not in (Hold.ASKED, Hold.HELD, Hold.MAYBE):
            return False
        call = self.lowered.call_of(value)
        direct = state.hold is Hold.ASKED and call is not None and call.number in self.taking.calls
        return direct or (bool(state.result) and variable_name(value) == state.result)

    def _of_result(self, operator: str, state: State) -> tuple[State | None, State | None]:
        if state.hold is Hold.ASKED:
            none: State | None = replace(state, hold=Hold.NONE, result="")
            some = replace(state, hold=Hold.MAYBE if self.taking.foreign else Hold.HELD)
        else:
            none, some = None, state
        match operator:
            case "<" | "<=":
                return none, some
            case ">" | ">=":
                return some, none
            case "==":
                return none, state
            case _:
                return state, none

    def _dropped(self, state: State) -> State:
        if state.hold in (Hold.NONE, Hold.FOREIGN):
            return state
        return replace(state, hold=Hold.NONE, result="")


def _loop_conditions(lowered: Lowered, releases: Collection[int]) -> Iterator[Expression]:
    """The condition of the innermost loop around each release before each iteration, if that is the
    only exit of the loop."""
    blocks = {
        number
        for number, block in enumerate(lowered.blocks)
        for i in block.instructions
        if isinstance(i, Invoke) and i.number in releases
    }
    for block in blocks:
        around = [body for body in natural_loops(lowered) if block in body]
        body = min(around, key=len, default=frozenset())
        out = [e for e in lowered.edges if e.source in body and e.target not in body]
        if len(out) == 1 and out[0].condition is not None and not out[0].truth:
            yield out[0].condition.value


def _wrong(state: State, why: str) -> State:
    return replace(state, wrong=why)
