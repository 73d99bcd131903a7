# SPDX-License-Identifier: GPL-2.0-only
"""Error codes that reach a bulk release as its count.

One function at a time is walked along its statements with one question about one variable: may
it still hold the negative value that an acquire returned? Whatever is not understood answers no.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from tree_sitter import Node

from migrate.analysis.frontend.syntax import Function, Source, declarator_name, name_of, nodes
from migrate.analysis.model import Acquire, Place
from migrate.analysis.paths.walk import Trail, call_arguments, strip, walk

_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}
_SIGNED = frozenset({"int", "long", "long int", "long long", "ssize_t", "signed int", "s32", "s64"})


@dataclass(frozen=True)
class NegativeCount:
    """The call of `release` at `place` whose count `variable` may be what `acquire` returned;
    `trail` has the conditions on the way there."""

    place: Place
    text: str
    release: str
    variable: str
    acquire: Acquire
    trail: Trail


def negative_counts(
    source: Source,
    function: Function,
    acquires: Mapping[Place, Acquire],
    unsigned_count: Callable[[str], int | None],
) -> Iterator[NegativeCount]:
    """The bulk releases in `function` that may be given a negative count.

    `unsigned_count` says which argument of a function is an unsigned count of pages.
    """
    for variable in sorted(_signed_locals(source, function)):
        question = _Question(source, acquires, unsigned_count, variable)
        question.aliases = _aliases(source, function.body, variable)
        walk(question, function.body, _NO_ERROR)
        yield from question.found.values()


@dataclass(frozen=True)
class _State:
    """The acquire whose error the variable may hold, None for no error; that is not the same as
    no state, which means that a way is never taken."""

    acquire: Acquire | None


_NO_ERROR = _State(None)


@dataclass
class _Question:
    """Whether the variable may hold the error of an acquire."""

    source: Source
    acquires: Mapping[Place, Acquire]
    unsigned_count: Callable[[str], int | None]
    variable: str
    aliases: frozenset[str] = frozenset()
    found: dict[Place, NegativeCount] = field(default_factory=dict)

    def visit(self, node: Node, state: _State, trail: Trail) -> _State:
        kind = node.type
        if kind in ("assignment_expression", "init_declarator"):
            return self._assigned(node, state)
        # Whoever has the address may store into it.
        if kind in ("update_expression", "pointer_expression"):
            return _NO_ERROR if self._is_variable(_argument(node)) else state
        if kind == "switch_statement":
            condition = node.child_by_field_name("condition")
            return _NO_ERROR if condition is not None and self._mentions(condition) else state
        if kind == "call_expression" and state.acquire is not None:
            self._called(node, state.acquire, trail)
        return state

    def meet(self, state: _State, _others: object) -> _State:
        return state

    def leave(self, _node: Node, _state: _State, _trail: Trail) -> None:
        return None

    def _assigned(self, node: Node, state: _State) -> _State:
        target = node.child_by_field_name("left") or node.child_by_field_name("declarator")
        if target is None or target.type != "identifier" or name_of(target) != self.variable:
            return state
        value = node.child_by_field_name("right") or node.child_by_field_name("value")
        operator = node.child_by_field_name("operator")
        plain = operator is None or operator.type == "="
        return _State(self._acquire(value) if value is not None and plain else None)

    def _acquire(self, value: Node) -> Acquire | None:
        value = strip(value)
        callee = value.child_by_field_name("function") if value.type == "call_expression" else None
        return self.acquires.get(self.source.place(callee)) if callee is not None else None

    def _called(self, node: Node, state: Acquire, trail: Trail) -> None:
        callee = node.child_by_field_name("function")
        if callee is None:
            return
        position = self.unsigned_count(name_of(callee))
        arguments = call_arguments(node)
        if position is None or position >= len(arguments):
            return
        if self._is_variable(arguments[position]):
            place, text = self.source.place(callee), self.source.line(callee)
            release = name_of(callee)
            self.found[place] = NegativeCount(place, text, release, self.variable, state, trail)

    # Conditions

    def decide(self, node: Node, state: _State) -> tuple[_State, _State]:
        """Whatever the variable is compared with counts as not negative."""
        if self._is_variable(_target(node)) or _is_error_of(node, self.variable):
            return state, _NO_ERROR
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        operator = node.child_by_field_name("operator")
        kind = operator.type if operator is not None else ""
        if left is not None and right is not None and kind in _MIRRORED:
            if self._is_variable(_target(strip(right))):
                kind, left, right = _MIRRORED[kind], right, left
            if self._is_variable(_target(strip(left))):
                if self._mentions(right) or b"-" in (right.text or b"")[:1]:
                    return _NO_ERROR, _NO_ERROR
                return (state, _NO_ERROR) if kind in ("<", "<=", "!=") else (_NO_ERROR, state)
        return (_NO_ERROR, _NO_ERROR) if self._mentions(node) else (state, state)

    def _mentions(self, node: Node) -> bool:
        if node.type == "identifier":
            return name_of(node) == self.variable or name_of(node) in self.aliases
        return any(self._mentions(child) for child in node.named_children)

    def _is_variable(self, node: Node | None) -> bool:
        if node is None:
            return False
        node = strip(node)
        return node.type == "identifier" and name_of(node) == self.variable


def _is_error_of(node: Node, variable: str) -> bool:
    """IS_ERR_VALUE(variable)."""
    callee = node.child_by_field_name("function") if node.type == "call_expression" else None
    arguments = call_arguments(node)
    return (
        callee is not None
        and name_of(callee) == "IS_ERR_VALUE"
        and [name_of(a) for a in arguments] == [variable]
    )


def _target(node: Node) -> Node | None:
    """The variable whose value `node` has: itself, or what an assignment in it stores to."""
    if node.type == "assignment_expression":
        return node.child_by_field_name("left")
    return node


def _argument(node: Node) -> Node | None:
    return node.child_by_field_name("argument")


def _signed_locals(source: Source, function: Function) -> set[str]:
    """The plain local variables of a signed type; a name that is declared twice is left out."""
    found: list[str] = []
    for node in nodes(function.body):
        kind = node.child_by_field_name("type") if node.type == "declaration" else None
        if kind is None or source.code(kind) not in _SIGNED:
            continue
        for declarator in node.children_by_field_name("declarator"):
            inner = declarator.child_by_field_name("declarator") or declarator
            if inner.type == "identifier":
                found.append(name_of(inner))
    return {name for name in found if found.count(name) == 1}


def _aliases(source: Source, body: Node, variable: str) -> frozenset[str]:
    """Variables that are computed from `variable`: a test of one may be a test of the other."""
    found: set[str] = set()
    for node in nodes(body):
        if node.type not in ("assignment_expression", "init_declarator"):
            continue
        target = node.child_by_field_name("left") or node.child_by_field_name("declarator")
        value = node.child_by_field_name("right") or node.child_by_field_name("value")
        if target is None or value is None:
            continue
        name = declarator_name(target)
        words = source.code(value).replace("(", " ").replace(")", " ").replace(",", " ").split()
        if name and name != variable and variable in words:
            found.add(name)
    return frozenset(found)
