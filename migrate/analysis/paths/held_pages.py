# SPDX-License-Identifier: GPL-2.0-only
"""Pages that only a local variable knows: ways on which they stay behind, or are released twice.

One function and one variable at a time. As soon as the pages are stored, handed to code that is
not known, or depend on a condition that is not understood, nothing is said any more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import islice

from tree_sitter import Node

from migrate.analysis.frontend.knowledge import RELEASE_EFFECTS, KernelFunction, knowledge
from migrate.analysis.frontend.limits import MOST_VARIABLES
from migrate.analysis.frontend.syntax import Function, Source, name_of, nodes
from migrate.analysis.model import Acquire, Place
from migrate.analysis.paths.correlated import Correlated
from migrate.analysis.paths.variables import (
    Variable,
    local_variables,
    mentions,
    own_names,
    root_of,
    stored_to,
    target_of,
    value_of,
)
from migrate.analysis.paths.walk import Trail, call_arguments, strip, walk

_HARMLESS = frozenset({"", "map", "unmap", "read", "write", "touch", "dma", "dirty", "struct"})
_FREES_ARRAY = frozenset({"kfree", "kvfree", "vfree", "kfree_sensitive", "devm_kfree"})
_COPIES = frozenset({"memcpy", "memmove", "__memcpy", "memcpy_toio", "kmemdup"})
_TESTS = frozenset({"IS_ERR", "IS_ERR_OR_NULL", "PTR_ERR", "ARRAY_SIZE", "BUG_ON", "WARN_ON"})
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


def held_pages(
    source: Source, function: Function, acquires: Mapping[Place, Acquire]
) -> Iterator[Held | Twice]:
    """What is wrong in `function` with pages that only its own variables know."""

    def is_acquire(node: Node) -> bool:
        callee = node.child_by_field_name("function") if node.type == "call_expression" else None
        return callee is not None and source.place(callee) in acquires

    variables = list(islice(local_variables(source, function, is_acquire), MOST_VARIABLES + 1))
    if len(variables) > MOST_VARIABLES:
        return
    own = own_names(source, function)
    for variable in variables:
        conditions = Correlated(function.body, variable.names)
        question = _Question(source, acquires, variable, own, conditions)
        if not question.is_acquired(function.body) or question.is_shared(function.body):
            continue
        walk(question, function.body, _State())
        yield from question.held.values()
        yield from question.twice.values()


@dataclass
class _Question:
    source: Source
    acquires: Mapping[Place, Acquire]
    variable: Variable
    own: frozenset[str]
    conditions: Correlated
    starts: dict[Place, int] = field(default_factory=dict)
    """The acquires of the variable, with the byte at which each starts."""
    held: dict[tuple[Place, bool], Held] = field(default_factory=dict)
    twice: dict[Place, Twice] = field(default_factory=dict)

    # Before the walk

    def is_acquired(self, body: Node) -> bool:
        for node in nodes(body):
            acquire = self._acquire(node)
            if acquire is not None:
                self.starts[acquire.place] = node.start_byte
        return bool(self.starts)

    def is_shared(self, body: Node) -> bool:
        """Whether the variable, or what it points to, is known elsewhere or comes from there."""
        for node in nodes(body):
            value, target = value_of(node), target_of(node)
            if value is None or target is None:
                continue
            if self._mentions(value) and stored_to(target, self.own) != "local":
                return True
            if root_of(target) in self.variable.names and not _is_fresh(value, self.variable):
                return True
        return False

    # The walk

    def visit(self, node: Node, state: _State, trail: Trail) -> _State:
        if node.type == "call_expression":
            return self._called(node, state, trail)
        value, target = value_of(node), target_of(node)
        if value is not None and target is not None:
            return self._assigned(target, value, state)
        if node.type == "switch_statement":
            condition = node.child_by_field_name("condition")
            if condition is None or state.hold is Hold.NONE:
                return state
            about = self._about(condition, state)
            return self._blurred(state) if about else self._passed(condition, state)
        return state

    def _called(self, node: Node, state: _State, trail: Trail) -> _State:
        acquire = self._acquire(node)
        if acquire is not None:
            fresh = state.hold in (Hold.NONE, Hold.GONE)
            return _State(Hold.ASKED if fresh else Hold.UNCLEAR, acquire)
        callee = node.child_by_field_name("function")
        name = name_of(callee) if callee is not None and callee.type == "identifier" else ""
        if name in _FREES_ARRAY or name in _TESTS:
            return state
        function = knowledge().lookup(name)
        for position, argument in enumerate(call_arguments(node)):
            if not self._mentions(argument):
                continue
            effect = function.effect(position) if function is not None else None
            if effect in RELEASE_EFFECTS:
                state = self._released(node, argument, state, trail)
                continue
            copied = name in _COPIES and self._is_pointer(argument)
            if effect not in _HARMLESS or function is None or _keeps(function) or copied:
                return self._blurred(state)
        return state

    def _released(self, node: Node, argument: Node, state: _State, trail: Trail) -> _State:
        place = self.source.place(node)
        plain = self.variable.single and strip(argument).type == "identifier"
        if state.hold is Hold.GONE and state.released is not None and state.acquire is not None:
            if plain and state.released != place and not state.unsure:
                text = self.source.line(node)
                found = Twice(
                    place, text, state.acquire, state.released, state.released_text, trail
                )
                self.twice.setdefault(place, found)
            return state
        if state.hold in (Hold.ASKED, Hold.SOME, Hold.ALL):
            text = self.source.line(node)
            where = place if plain else None
            return replace(state, hold=Hold.GONE, released=where, released_text=text)
        return state

    def _assigned(self, target: Node, value: Node, state: _State) -> _State:
        name = root_of(target)
        whole = target.type == "identifier"
        if name in self.variable.names and whole and not self._mentions(value):
            if state.hold is Hold.GONE:
                return _State()
            return self._blurred(state) if state.hold is not Hold.NONE else state
        if self._acquire(strip(value)) is not None:
            return replace(state, result=name) if whole else self._blurred(state)
        if state.result and name == state.result:
            keeps = state.hold not in (Hold.ASKED, Hold.SOME)
            return replace(state, result="") if keeps else self._blurred(state)
        if self._mentions(value) and stored_to(target, self.own) != "local":
            return self._blurred(state)
        return state

    def decide(self, node: Node, state: _State) -> tuple[_State | None, _State | None]:
        if state.hold in (Hold.NONE, Hold.UNCLEAR):
            return state, state
        if state.hold is Hold.GONE:
            return (self._passed(node, state),) * 2
        compared = self._comparison(node, state)
        if compared is not None:
            operator, number = compared
            if operator in _OPPOSITE:
                no, yes = self._compared(_OPPOSITE[operator], number, state)
                return yes, no
            return self._compared(operator, number, state)
        if self._about(node, state):
            return self._blurred(state), self._blurred(state)
        if self._mentions(node):
            return self._tested(node, state)
        return (self._passed(node, state),) * 2

    def _passed(self, condition: Node, state: _State) -> _State:
        """`state` behind a condition that does not ask for the pages."""
        start = self.starts.get(state.acquire.place) if state.acquire is not None else None
        if state.unsure or start is None or not self.conditions.depends(condition, start):
            return state
        return replace(state, unsure=True)

    def _tested(self, node: Node, state: _State) -> tuple[_State | None, _State | None]:
        """`if (page)`: what is held is not NULL."""
        if node.type == "identifier" and state.hold is Hold.ALL:
            return state, None
        return self._blurred(state), self._blurred(state)

    def _comparison(self, node: Node, state: _State) -> tuple[str, str] | None:
        """The operator and the other side when the acquire's result is compared."""
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        operator = node.child_by_field_name("operator")
        if left is None or right is None or operator is None or operator.type not in _MIRRORED:
            return None
        if self._is_result(left, state):
            return operator.type, self.source.code(strip(right))
        if self._is_result(right, state):
            return _MIRRORED[operator.type], self.source.code(strip(left))
        return None

    def _is_result(self, node: Node, state: _State) -> bool:
        node = strip(node)
        if node.type == "assignment_expression":
            return self._acquire(strip(value_of(node) or node)) is not None
        if node.type == "identifier":
            return bool(state.result) and name_of(node) == state.result
        return self._acquire(node) is not None

    def _compared(
        self, operator: str, number: str, state: _State
    ) -> tuple[_State | None, _State | None]:
        """What `result OP number` says, for <, <= and !=."""
        wanted = state.acquire.argument("nr_pages") if state.acquire is not None else None
        none, all_ = _State(), replace(state, hold=Hold.ALL)
        some, unclear = replace(state, hold=Hold.SOME), self._blurred(state)
        if (operator, number) in (("<", "0"), ("<=", "0"), ("<", "1")):
            return none, state if state.hold is Hold.SOME else all_
        if (operator, number) == ("!=", "0"):
            return unclear, none
        if operator in ("<", "!=") and number == wanted:
            return (none if wanted == "1" else some), all_
        if operator == "!=" and number.startswith("-"):
            return state, none
        return unclear, (all_ if operator in ("<", "!=") else unclear)

    def meet(self, state: _State, others: Collection[_State]) -> _State:
        """A release under a condition is taken for one that always fits."""
        holds = {other.hold for other in others if other.acquire == state.acquire}
        if state.hold in (Hold.ASKED, Hold.SOME, Hold.ALL) and holds & {Hold.GONE, Hold.UNCLEAR}:
            return self._blurred(state)
        if state.hold is Hold.GONE and holds - {Hold.GONE}:
            return self._blurred(state)
        return state

    def leave(self, node: Node, state: _State, trail: Trail) -> None:
        if state.hold not in (Hold.SOME, Hold.ALL) or state.acquire is None or state.unsure:
            return
        if node.type == "return_statement" and self._mentions(node):
            return
        at = node if node.type == "return_statement" else node.children[-1]
        place, some = self.source.place(at), state.hold is Hold.SOME
        found = Held(place, self.source.line(at), state.acquire, some, trail)
        self.held.setdefault((state.acquire.place, some), found)

    # Small questions

    def _acquire(self, node: Node) -> Acquire | None:
        """The acquire that `node` is, when it fills the variable."""
        callee = node.child_by_field_name("function") if node.type == "call_expression" else None
        acquire = self.acquires.get(self.source.place(callee)) if callee is not None else None
        if acquire is None:
            return None
        filled = acquire.argument("pages", "page", "pagep") or ""
        given = filled.replace("&", " ").replace("[", " ").replace("+", " ").split()
        return acquire if given and given[0] in self.variable.names else None

    def _about(self, node: Node, state: _State) -> bool:
        """Whether `node` has the acquire's result, or something computed from it."""
        words = {name_of(n) for n in nodes(node) if n.type == "identifier"}
        return bool(words & self.variable.depends) or bool(state.result and state.result in words)

    def _mentions(self, node: Node) -> bool:
        return mentions(node, self.variable.names)

    def _is_pointer(self, argument: Node) -> bool:
        """Whether what is copied from there are pointers to pages, and not their data."""
        argument = strip(argument)
        if argument.type == "cast_expression":
            argument = strip(argument.child_by_field_name("value") or argument)
        if argument.type == "pointer_expression" and argument.children[0].type == "&":
            argument = strip(argument.child_by_field_name("argument") or argument)
        while argument.type in ("subscript_expression", "binary_expression"):
            argument = strip(argument.named_children[0])
        return argument.type == "identifier" and name_of(argument) in self.variable.names

    def _blurred(self, state: _State) -> _State:
        return state if state.hold is Hold.NONE else replace(state, hold=Hold.UNCLEAR, result="")


def _keeps(function: KernelFunction) -> bool:
    """Whether the function stores what it is given."""
    return function.into is not None or function.through is not None


def _is_fresh(value: Node, variable: Variable) -> bool:
    """Whether `value` is no page from elsewhere: NULL, new memory, or the variable's own."""
    value = strip(value)
    if value.type in ("null", "number_literal") or mentions(value, variable.names):
        return True
    if value.type == "cast_expression":
        inner = value.child_by_field_name("value")
        return inner is not None and _is_fresh(inner, variable)
    if value.type == "call_expression":
        callee = value.child_by_field_name("function")
        return callee is not None and "alloc" in name_of(callee) and not variable.single
    return False
