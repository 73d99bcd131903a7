# SPDX-License-Identifier: GPL-2.0-only
"""Arrays that may be NULL and reach a bulk release with a count that is not 0.

A loop that is folded into a bulk release loses what was tested in it. One pair of an array and a
count of one function at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum

from tree_sitter import Node

from migrate.analysis.frontend.syntax import Function, Source, name_of, nodes
from migrate.analysis.model import Place
from migrate.analysis.paths.variables import mentions, target_of, value_of
from migrate.analysis.paths.walk import Trail, call_arguments, strip, walk


class Is(Enum):
    """What is known of a value."""

    NULL = "0 or NULL"
    OTHER = "something else"
    OPEN = "either"


@dataclass(frozen=True)
class _State:
    array: Is = Is.OPEN
    count: Is = Is.OPEN


@dataclass(frozen=True)
class NullPages:
    """The call of `release` at `place` gets NULL for `array` and not 0 for `count`."""

    place: Place
    text: str
    release: str
    array: str
    count: str
    trail: Trail


def null_pages(
    source: Source, function: Function, count_position: Callable[[str], int | None]
) -> Iterator[NullPages]:
    """The bulk releases in `function` that may be given NULL.

    `count_position` says which argument of a function counts the pages of its first.
    """
    for array, count in sorted(_pairs(function.body, count_position)):
        question = _Question(source, array, count, count_position)
        walk(question, function.body, _State())
        yield from question.found.values()


def _pairs(body: Node, count_position: Callable[[str], int | None]) -> set[tuple[str, str]]:
    """The plain variables that bulk releases are called with."""
    found = set()
    for node in nodes(body):
        given = _given(node, count_position)
        if given is not None:
            found.add(given)
    return found


def _given(node: Node, count_position: Callable[[str], int | None]) -> tuple[str, str] | None:
    callee = node.child_by_field_name("function") if node.type == "call_expression" else None
    position = count_position(name_of(callee)) if callee is not None else None
    arguments = [strip(a) for a in call_arguments(node)]
    if position is None or not 0 < position < len(arguments):
        return None
    array, count = arguments[0], arguments[position]
    plain = array.type == count.type == "identifier"
    return (name_of(array), name_of(count)) if plain else None


@dataclass
class _Question:
    source: Source
    array: str
    count: str
    count_position: Callable[[str], int | None]
    found: dict[Place, NullPages] = field(default_factory=dict)

    def visit(self, node: Node, state: _State, trail: Trail) -> _State:
        target, value = target_of(node), value_of(node)
        if target is not None and value is not None and target.type == "identifier":
            if name_of(target) == self.array:
                return replace(state, array=_of(node, value))
            if name_of(target) == self.count:
                return replace(state, count=_of(node, value))
        if node.type in ("update_expression", "pointer_expression"):
            # Whoever has the address may store into it.
            if mentions(node, {self.array}) and node.children[0].type != "*":
                state = replace(state, array=Is.OPEN)
            if mentions(node, {self.count}):
                state = replace(state, count=Is.OPEN)
        self._release(node, state, trail)
        return state

    def _release(self, node: Node, state: _State, trail: Trail) -> None:
        if _given(node, self.count_position) != (self.array, self.count):
            return
        if state.array is Is.NULL and state.count is Is.OTHER:
            callee = node.child_by_field_name("function")
            assert callee is not None
            place, text = self.source.place(callee), self.source.line(callee)
            self.found[place] = NullPages(
                place, text, name_of(callee), self.array, self.count, trail
            )

    def decide(self, node: Node, state: _State) -> tuple[_State | None, _State | None]:
        tested = _tested(node)
        if tested is not None and tested[0] in (self.array, self.count):
            name, other_when_true = tested
            key = "array" if name == self.array else "count"
            known = state.array if name == self.array else state.count
            other = replace(state, **{key: Is.OTHER}) if known is not Is.NULL else None
            null = replace(state, **{key: Is.NULL}) if known is not Is.OTHER else None
            if name == self.count and known is Is.OTHER:
                null = replace(state, count=Is.OPEN)
            return (other, null) if other_when_true else (null, other)
        if mentions(node, {self.array}):
            state = replace(state, array=Is.OPEN)
        if mentions(node, {self.count}):
            state = replace(state, count=Is.OPEN)
        return state, state

    def meet(self, state: _State, _others: Collection[_State]) -> _State:
        return state

    def leave(self, _node: Node, _state: _State, _trail: Trail) -> None:
        return None


def _of(node: Node, value: Node) -> Is:
    """What an assignment leaves in its target."""
    operator = node.child_by_field_name("operator")
    if operator is not None and operator.type != "=":
        return Is.OPEN
    value = strip(value)
    if value.type == "null" or (value.text or b"").strip(b"0") == b"":
        return Is.NULL
    if value.type == "call_expression":
        # What a call returns may be NULL or 0; a macro is arithmetic.
        return Is.OTHER if name_of(value.named_children[0]).isupper() else Is.OPEN
    return Is.OTHER if value.type in ("binary_expression", "number_literal") else Is.OPEN


def _tested(node: Node) -> tuple[str, bool] | None:
    """(name, true means "other") for `name`, `name != 0`, `name == NULL`, `name > 0`."""
    if node.type == "identifier":
        return name_of(node), True
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    operator = node.child_by_field_name("operator")
    if left is None or right is None or operator is None or strip(left).type != "identifier":
        return None
    zero = strip(right).type == "null" or right.text == b"0"
    if not zero or operator.type not in ("!=", "==", ">", "<="):
        return None
    return name_of(strip(left)), operator.type in ("!=", ">")
