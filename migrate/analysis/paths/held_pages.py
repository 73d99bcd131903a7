# SPDX-License-Identifier: GPL-2.0-only
"""Pages that only a local variable knows: ways on which they stay behind, or are released twice.

A typestate analysis (Strom, Yemini, 1986), of one function and one variable at a time. As soon as
the pages are stored, handed to code that is not known, or depend on a condition that is not
understood, nothing is said any more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from itertools import islice

from migrate.analysis.frontend.kernel_api import RELEASE_EFFECTS, Effect
from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.frontend.limits import MOST_VARIABLES
from migrate.analysis.ir.expressions import (
    AddressOf,
    Binary,
    Cast,
    Constant,
    Element,
    Evaluated,
    Expression,
    Unary,
    Variable,
    is_zero,
    parts,
    plain,
    root,
)
from migrate.analysis.ir.instructions import Instruction, Invoke, Leave, Lowered, Select, Store
from migrate.analysis.model import Acquire, Place
from migrate.analysis.paths.correlated import Correlated
from migrate.analysis.paths.solver import Trail, solve
from migrate.analysis.paths.variables import PageVariable, own_names, page_variables

_HARMLESS = frozenset(
    {Effect.NOTHING, Effect.MAP, Effect.UNMAP, Effect.READ, Effect.WRITE, Effect.TOUCH, Effect.DMA}
    | {Effect.DIRTY, Effect.STRUCT, Effect.DISCARD}
)
_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}
_OPPOSITE = {">": "<=", ">=": "<", "==": "!="}


class Hold(Enum):
    """What is known of the pages."""

    NONE = "none are held"
    ASKED = "the result of the acquire was not looked at yet"
    SOME = "fewer than asked for may be held"
    ALL = "they are held"
    GONE = "they were released"
    UNCLEAR = "nothing"


@dataclass(frozen=True)
class _State:
    hold: Hold = Hold.NONE
    acquire: Acquire | None = None
    result: str = ""
    """The variable that has what the acquire returned, while nothing else was stored there."""
    released: Place | None = None
    released_text: str = ""
    unsure: bool = False
    """Whether a condition was passed that depends on the way to it: this way may be none."""


@dataclass(frozen=True)
class Held:
    """At `place` the function is left with pages of `acquire`; `some` says that these are what a
    call that got fewer than it was asked for leaves behind."""

    place: Place
    text: str
    acquire: Acquire
    some: bool
    trail: Trail


@dataclass(frozen=True)
class Twice:
    """At `place` a page is released that was released at `before`."""

    place: Place
    text: str
    acquire: Acquire
    before: Place
    before_text: str
    trail: Trail


def held_pages(lowered: Lowered, acquires: Mapping[Place, Acquire]) -> Iterator[Held | Twice]:
    """What is wrong in a function with pages that only its own variables know."""

    def is_acquire(call: Invoke) -> bool:
        return call.place in acquires

    variables = list(islice(page_variables(lowered, is_acquire), MOST_VARIABLES + 1))
    if len(variables) > MOST_VARIABLES:
        return
    own = own_names(lowered)
    for variable in variables:
        analysis = _Held(lowered, acquires, variable, own)
        if analysis.starts and not analysis.is_shared():
            yield from _found(analysis)


def _found(analysis: _Held) -> Iterator[Held | Twice]:
    held: dict[tuple[Place, bool], Held] = {}
    twice: dict[Place, Twice] = {}
    for instruction, state, trail in solve(analysis, analysis.lowered, _State()).before():
        if isinstance(instruction, Leave) and analysis.is_left(instruction, state):
            assert state.acquire is not None
            some = state.hold is Hold.SOME
            left = Held(instruction.place, instruction.text, state.acquire, some, trail)
            held.setdefault((state.acquire.place, some), left)
        elif isinstance(instruction, Invoke) and analysis.is_again(instruction, state):
            assert state.acquire is not None and state.released is not None
            before, text = state.released, state.released_text
            again = Twice(instruction.place, instruction.text, state.acquire, before, text, trail)
            twice.setdefault(instruction.place, again)
    yield from held.values()
    yield from twice.values()


class _Held:
    """What is known of the pages of one variable."""

    def __init__(
        self,
        lowered: Lowered,
        acquires: Mapping[Place, Acquire],
        variable: PageVariable,
        own: frozenset[str],
    ) -> None:
        self.lowered, self.acquires, self.variable, self.own = lowered, acquires, variable, own
        self.conditions = Correlated(lowered, variable.names)
        calls = [(call, self._acquire(call)) for call in lowered.calls.values()]
        self.starts = {found.place: call.start for call, found in calls if found is not None}
        """The acquires of the variable, with the byte at which each starts."""

    def is_shared(self) -> bool:
        """Whether the variable, or what it points to, is known elsewhere or comes from there."""
        for instruction in self.lowered.order:
            if not isinstance(instruction, Store) or instruction.counts:
                continue
            target, value = instruction.target, instruction.value
            if self._mentions(value) and not self._is_own(target):
                return True
            base = root(target)
            mine = base is not None and base.name in self.variable.names
            if mine and not self._is_fresh(value):
                return True
        return False

    def _is_own(self, target: Expression) -> bool:
        return isinstance(target, Variable) and target.name in self.own

    def _is_fresh(self, value: Expression) -> bool:
        """Whether `value` is no page from elsewhere: NULL, new memory, or the variable's own."""
        if isinstance(value, Constant) or self._mentions(value):
            return True
        if isinstance(value, (Cast, Evaluated)):
            return self._is_fresh(value.operand)
        call = self.lowered.call_of(value)
        known = knowledge().lookup(call.name) if call is not None else None
        return known is not None and known.allocates and not self.variable.single

    # The transfer

    def transfer(self, instruction: Instruction, state: _State) -> _State:
        match instruction:
            case Invoke():
                return self._called(instruction, state)
            case Store(target, value) if not instruction.counts:
                return self._assigned(target, value, state)
            case Select(value) if state.hold is not Hold.NONE:
                return self._blurred(state) if self._about(value, state) else state
        return state

    def _called(self, call: Invoke, state: _State) -> _State:
        acquire = self._acquire(call)
        if acquire is not None:
            fresh = state.hold in (Hold.NONE, Hold.GONE)
            return _State(Hold.ASKED if fresh else Hold.UNCLEAR, acquire)
        function = knowledge().lookup(call.name)
        for position, argument in enumerate(call.arguments):
            if not self._is_given(argument):
                continue
            effect = function.effect(position) if function is not None else None
            if effect in RELEASE_EFFECTS:
                state = self._released(call, argument, state)
                continue
            if function is None or effect not in _HARMLESS or function.stores:
                return self._blurred(state)
            if function.bytes.copies(position) and self._is_pointer(argument):
                return self._blurred(state)
        return state

    def _released(self, call: Invoke, argument: Expression, state: _State) -> _State:
        if state.hold in (Hold.ASKED, Hold.SOME, Hold.ALL):
            where = call.place if self._is_whole(argument) else None
            return replace(state, hold=Hold.GONE, released=where, released_text=call.text)
        return state

    def is_again(self, call: Invoke, state: _State) -> bool:
        """Whether `call` releases a page that was released before."""
        if state.hold is not Hold.GONE or state.released is None or state.unsure:
            return False
        function = knowledge().lookup(call.name)
        return state.released != call.place and any(
            function is not None
            and function.effect(position) in RELEASE_EFFECTS
            and self._is_whole(argument)
            for position, argument in enumerate(call.arguments)
        )

    def _is_whole(self, argument: Expression) -> bool:
        """Whether it is the variable itself, which is one pointer to one page."""
        return (
            self.variable.single
            and isinstance(argument, Variable)
            and argument.name in self.variable.names
        )

    def _assigned(self, target: Expression, value: Expression, state: _State) -> _State:
        base = root(target)
        name, whole = base.name if base is not None else "", isinstance(target, Variable)
        if name in self.variable.names and whole and not self._mentions(value):
            if state.hold is Hold.GONE:
                return _State()
            return self._blurred(state) if state.hold is not Hold.NONE else state
        if self._acquired(value) is not None:
            return replace(state, result=name) if whole else self._blurred(state)
        if state.result and name == state.result:
            keeps = state.hold not in (Hold.ASKED, Hold.SOME)
            return replace(state, result="") if keeps else self._blurred(state)
        if self._mentions(value) and not self._is_own(target):
            return self._blurred(state)
        return state

    # Conditions

    def assume(self, condition: Expression, state: _State) -> tuple[_State | None, _State | None]:
        if state.hold in (Hold.NONE, Hold.UNCLEAR):
            return state, state
        if state.hold is Hold.GONE:
            return (self._passed(condition, state),) * 2
        compared = self._comparison(condition, state)
        if compared is not None:
            operator, number = compared
            if operator in _OPPOSITE:
                no, yes = self._compared(_OPPOSITE[operator], number, state)
                return yes, no
            return self._compared(operator, number, state)
        if self._about(condition, state):
            return self._blurred(state), self._blurred(state)
        if self._mentions(condition):
            return self._tested(condition, state)
        return (self._passed(condition, state),) * 2

    def _passed(self, value: Expression, state: _State) -> _State:
        """`state` behind a condition that does not ask for the pages."""
        start = self.starts.get(state.acquire.place) if state.acquire is not None else None
        if state.unsure or start is None:
            return state
        asked = (c for c in self.lowered.conditions if c.value is value)
        unsure = any(self.conditions.depends(condition, start) for condition in asked)
        return replace(state, unsure=unsure)

    def _tested(self, condition: Expression, state: _State) -> tuple[_State | None, _State | None]:
        """`if (page)`: what is held is not NULL."""
        if isinstance(condition, Variable) and state.hold is Hold.ALL:
            return state, None
        return self._blurred(state), self._blurred(state)

    def _comparison(self, condition: Expression, state: _State) -> tuple[str, Expression] | None:
        """The operator and the other side when the acquire's result is compared."""
        if not isinstance(condition, Binary) or condition.operator not in _MIRRORED:
            return None
        if self._is_result(condition.left, state):
            return condition.operator, plain(condition.right)
        if self._is_result(condition.right, state):
            return _MIRRORED[condition.operator], plain(condition.left)
        return None

    def _is_result(self, value: Expression, state: _State) -> bool:
        inner = plain(value)
        if isinstance(inner, Variable):
            return bool(state.result) and inner.name == state.result
        return self._acquired(inner) is not None

    def _compared(
        self, operator: str, number: Expression, state: _State
    ) -> tuple[_State | None, _State | None]:
        """What `result OP number` says, for <, <= and !=."""
        wanted = self._wanted(state)
        none, all_ = _State(), replace(state, hold=Hold.ALL)
        some, unclear = replace(state, hold=Hold.SOME), self._blurred(state)
        one = number == Constant("1")
        if (operator in ("<", "<=") and is_zero(number)) or (operator == "<" and one):
            return none, state if state.hold is Hold.SOME else all_
        if operator == "!=" and is_zero(number):
            return unclear, none
        if operator in ("<", "!=") and number == wanted:
            return (none if one else some), all_
        if operator == "!=" and isinstance(number, Unary) and number.operator == "-":
            return state, none
        return unclear, (all_ if operator in ("<", "!=") else unclear)

    def _wanted(self, state: _State) -> Expression | None:
        """How many pages the acquire asks for."""
        for call in self.lowered.calls.values() if state.acquire is not None else ():
            if state.acquire is not None and call.place == state.acquire.place:
                found = _argument(state.acquire, call, "nr_pages")
                return plain(found) if found is not None else None
        return None

    def meet(self, state: _State, others: Collection[_State]) -> _State:
        """A release under a condition is taken for one that always fits."""
        holds = {other.hold for other in others if other.acquire == state.acquire}
        if state.hold in (Hold.ASKED, Hold.SOME, Hold.ALL) and holds & {Hold.GONE, Hold.UNCLEAR}:
            return self._blurred(state)
        if state.hold is Hold.GONE and holds - {Hold.GONE}:
            return self._blurred(state)
        return state

    def is_left(self, leave: Leave, state: _State) -> bool:
        """Whether the function is left with pages that it does not return."""
        if state.hold not in (Hold.SOME, Hold.ALL) or state.acquire is None or state.unsure:
            return False
        return leave.value is None or not self._mentions(leave.value)

    # Small questions

    def _acquire(self, call: Invoke) -> Acquire | None:
        """The acquire that `call` is, when it fills the variable."""
        acquire = self.acquires.get(call.place)
        if acquire is None:
            return None
        filled = _argument(acquire, call, "pages", "page", "pagep")
        base = root(filled) if filled is not None else None
        return acquire if base is not None and base.name in self.variable.names else None

    def _acquired(self, value: Expression) -> Acquire | None:
        call = self.lowered.call_of(value)
        return self._acquire(call) if call is not None else None

    def _about(self, value: Expression, state: _State) -> bool:
        """Whether `value` has the acquire's result, or something computed from it."""
        names = self.variable.depends | ({state.result} if state.result else frozenset())
        return self.lowered.mentions(value, names)

    def _mentions(self, value: Expression) -> bool:
        return self.lowered.mentions(value, self.variable.names)

    def _is_given(self, argument: Expression) -> bool:
        """Whether the pages, or something made of them, are in `argument`."""
        return self._mentions(argument)

    def _is_pointer(self, argument: Expression) -> bool:
        """Whether what is copied from there are pointers to pages, and not their data."""
        current = plain(argument)
        if isinstance(current, AddressOf):
            current = plain(current.object)
        while isinstance(current, (Element, Binary)):
            current = plain(parts(current)[0])
        return isinstance(current, Variable) and current.name in self.variable.names

    def _blurred(self, state: _State) -> _State:
        return state if state.hold is Hold.NONE else replace(state, hold=Hold.UNCLEAR, result="")


def _argument(acquire: Acquire, call: Invoke, *roles: str) -> Expression | None:
    """The argument of the acquire that has one of `roles`."""
    for position, role in enumerate(acquire.roles):
        if role in roles and position < len(call.arguments):
            return call.arguments[position]
    return None
