# SPDX-License-Identifier: GPL-2.0-only
"""An array of pages that one function allocates and fills in more ways than one.

What is stored on one way is not there on another; and where an object gets the array and a flag,
what the flag says is true of all that is in the array.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import Enum

from tree_sitter import Node

from migrate.analysis.flags.flag_states import constant, packed
from migrate.analysis.flags.walk import (
    Trail,
    is_addressed,
    is_counted,
    root_of,
    target_of,
    value_of,
    walk,
)
from migrate.analysis.frontend.syntax import Source, name_of, nodes, strip
from migrate.analysis.heap.fresh_memory import allocates
from migrate.analysis.ir.model import FunctionFacts
from migrate.analysis.model import Place
from migrate.analysis.program.functions import is_macro
from migrate.analysis.program.program import Program


class Flag(Enum):
    """What is known of a flag of an object."""

    OLD = "what it was before"
    SET = "set"
    CLEAR = "not set"


@dataclass(frozen=True)
class Members:
    """Two members of the object in a variable, as they are written: the array and the flag."""

    owner: str
    array: str
    flag: str


@dataclass(frozen=True)
class _State:
    """Which stores into the array were passed, and what the object has by then."""

    stored: frozenset[int] = frozenset()
    flag: Flag = Flag.OLD
    has_array: bool = False


class ReachingStores:
    """The stores into the elements of the local `array` of one function, and the ways past them."""

    def __init__(
        self, program: Program, facts: FunctionFacts, array: str, members: Members | None = None
    ) -> None:
        self._source = program.source(facts.function.path)
        self._stores: dict[int, Place] = {}
        self._seen: dict[int, set[_State]] = {}
        self._ends: set[_State] = set()
        self.understood = False
        """Whether the array is memory of each call of the function, and every way was walked."""
        variables = {array} | ({members.owner} if members is not None else set())
        if self._source is None or is_macro(facts.function):
            return
        words = {array, *_words(members)} if members is not None else {array}
        if not _can_be_walked(facts.function.body, words):
            return
        if not all(_is_set_once(facts, name) for name in variables):
            return
        if not is_own_memory(program, facts, array):
            return
        question = _Question(self._source, array, members, self)
        self.understood = walk(question, facts.function.body, _State())

    def note(self, node: Node, state: _State) -> None:
        """A call is reached in `state`."""
        self._seen.setdefault(node.start_byte, set()).add(state)

    def end(self, state: _State) -> None:
        """The function is left in `state`."""
        self._ends.add(state)

    def store(self, node: Node, source: Source) -> None:
        """An element is stored to."""
        self._stores[node.start_byte] = source.place(node)

    def not_before(self, call: int) -> frozenset[Place]:
        """The stores that are never passed on the way to the call that starts at byte `call`."""
        passed = {at for state in self._seen.get(call, set()) for at in state.stored}
        return frozenset(place for at, place in self._stores.items() if at not in passed)

    def not_with(self, flag: Flag) -> frozenset[Place]:
        """The stores after which nobody ever sees the array in the object with that flag."""
        states = self._ends.union(*self._seen.values())
        if any(not s.has_array and s.flag is not Flag.OLD for s in states):
            return frozenset()
        seen = {
            at
            for state in states
            if state.has_array and state.flag in (flag, Flag.OLD)
            for at in state.stored
        }
        return frozenset(place for at, place in self._stores.items() if at not in seen)


@dataclass
class _Question:
    source: Source
    array: str
    members: Members | None
    ways: ReachingStores

    def visit(self, node: Node, state: _State, _trail: Trail) -> _State:
        if node.type == "call_expression":
            self.ways.note(node, state)
            return state
        target, value = target_of(node), value_of(node)
        if node.type != "assignment_expression" or target is None or value is None:
            return state
        target = strip(target)
        if target.type in ("subscript_expression", "pointer_expression"):
            if root_of(target) == self.array:
                self.ways.store(node, self.source)
                return _State(state.stored | {node.start_byte}, state.flag, state.has_array)
            return state
        if self.members is None:
            return state
        text = packed(self.source, target)
        if text in (self.members.array, self.members.flag) and not _is_statement(node):
            return _State(state.stored, Flag.OLD, True)
        if text == self.members.array:
            mine = strip(value).type == "identifier" and name_of(strip(value)) == self.array
            return _State(state.stored, state.flag, mine)
        if text == self.members.flag:
            said = constant(value)
            flag = Flag.OLD if said is None else Flag.SET if said else Flag.CLEAR
            return _State(state.stored, flag, state.has_array)
        return state

    def decide(self, _node: Node, state: _State) -> tuple[_State | None, _State | None]:
        return state, state

    def meet(self, state: _State, _others: Collection[_State]) -> _State:
        return state

    def leave(self, _node: Node, state: _State, _trail: Trail) -> None:
        self.ways.end(state)


def _is_statement(node: Node) -> bool:
    return node.parent is not None and node.parent.type == "expression_statement"


def _words(members: Members) -> tuple[str, str]:
    """The names of the two members alone."""
    cut = len(members.owner)
    array, flag = (text[cut:].lstrip("->.") for text in (members.array, members.flag))
    return array, flag


_JUMPS = frozenset(
    {"break_statement", "continue_statement", "return_statement", "goto_statement"}
    | {"labeled_statement"}
)


def _can_be_walked(body: Node, words: set[str]) -> bool:
    """Whether every way through a function is seen: a block behind a macro, which may be a loop,
    has no jumps and stores to nothing in question."""
    for node in nodes(body):
        if node.type == "ERROR" or node.type.startswith("preproc_"):
            return False
        if not any(child.is_missing for child in node.children):
            continue
        block = node.next_named_sibling
        if node.type != "expression_statement" or block is None:
            return False
        if block.type != "compound_statement" or not _is_harmless(block, words):
            return False
    return True


def _is_harmless(block: Node, words: set[str]) -> bool:
    for node in nodes(block):
        if node.type in _JUMPS:
            return False
        target = target_of(node)
        if target is not None and any(
            n.type in ("identifier", "field_identifier") and name_of(n) in words
            for n in nodes(target)
        ):
            return False
    return True


def _is_set_once(facts: FunctionFacts, name: str) -> bool:
    """Whether a local variable gets its value in one place, and its address is not taken."""
    if f"{name}#2" in facts.types or name in facts.parameters or name not in facts.types:
        return False
    body = facts.function.body
    stores = list(_stores_to(facts, name))
    return len(stores) <= 1 and not is_addressed(body, name) and not is_counted(body, name)


def _stores_to(facts: FunctionFacts, name: str) -> Iterator[Node]:
    for node in nodes(facts.function.body):
        target, value = target_of(node), value_of(node)
        if target is None or value is None or strip(target).type != "identifier":
            continue
        if name_of(strip(target)) == name:
            yield value


def is_own_memory(program: Program, facts: FunctionFacts, name: str) -> bool:
    """Whether what a local pointer points to, or a local array, is memory that each call of the
    function gets anew."""
    kind = facts.types.get(name)
    if kind is None or not _is_set_once(facts, name) or _is_static(facts, name):
        return False
    stores = list(_stores_to(facts, name))
    if not stores:
        return kind.array
    return _is_new(program, facts, strip(stores[0]))


def _is_new(program: Program, facts: FunctionFacts, value: Node) -> bool:
    while value.type in ("cast_expression", "parenthesized_expression", "binary_expression"):
        if value.type == "parenthesized_expression":
            value = strip(value)
            continue
        inner = value.child_by_field_name("value" if value.type == "cast_expression" else "left")
        if inner is None:
            return False
        value = inner
    if value.type == "identifier":
        return is_own_memory(program, facts, name_of(value))
    if value.type == "field_expression":
        return _is_part(program, facts, value)
    if value.type != "call_expression":
        return False
    callee = value.child_by_field_name("function")
    return callee is not None and allocates(program, name_of(callee), facts.function.path)


def _is_part(program: Program, facts: FunctionFacts, value: Node) -> bool:
    """Whether an array is a member of what a variable points to, which is memory of the call."""
    owner, member = value.child_by_field_name("argument"), value.child_by_field_name("field")
    if owner is None or member is None or owner.type != "identifier":
        return False
    kind = facts.types.get(name_of(owner))
    path = facts.function.path
    body = program.types.struct(kind.tag, path) if kind is not None and kind.depth == 1 else None
    found = body.members.get(name_of(member)) if body is not None else None
    return found is not None and found.array and is_own_memory(program, facts, name_of(owner))


def _is_static(facts: FunctionFacts, name: str) -> bool:
    return any(
        n.type == "declaration"
        and any(c.type == "storage_class_specifier" for c in n.children)
        and any(i.type == "identifier" and name_of(i) == name for i in nodes(n))
        for n in nodes(facts.function.body)
    )
