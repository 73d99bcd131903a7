# SPDX-License-Identifier: GPL-2.0-only
"""Error codes that reach a bulk release as its count.

One function at a time is walked along its statements with one question about one variable: may
it still hold the negative value that an acquire returned? Whatever is not understood answers no.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from tree_sitter import Node

from migrate.analysis.model import Acquire, Place
from migrate.analysis.syntax import Function, Source, declarator_name, name_of

_WRAPPERS = frozenset({"likely", "unlikely", "WARN_ON", "WARN_ON_ONCE", "IS_ERR_VALUE"})
_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}
_SIGNED = frozenset({"int", "long", "long int", "long long", "ssize_t", "signed int", "s32", "s64"})
_ROUNDS = 4
"""Backward jumps can make a label worse that often; the answer has two values only."""


@dataclass(frozen=True)
class NegativeCount:
    """The call of `release` at `place` whose count `variable` may be what `acquire` returned."""

    place: Place
    text: str
    release: str
    variable: str
    acquire: Acquire


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
        walk = _Walk(source, acquires, unsigned_count, variable)
        walk.aliases = _aliases(source, function.body, variable)
        for _ in range(_ROUNDS):
            walk.found.clear()
            walk.state = _State()
            walk.statement(function.body)
        yield from walk.found.values()


@dataclass(frozen=True)
class _State:
    """`acquire` is whose error the variable may hold, None for no error."""

    acquire: Acquire | None = None
    reachable: bool = True


_NOWHERE = _State(reachable=False)


def _join(one: _State, two: _State) -> _State:
    if not one.reachable or not two.reachable:
        return two if not one.reachable else one
    return _State(one.acquire or two.acquire)


@dataclass
class _Walk:
    source: Source
    acquires: Mapping[Place, Acquire]
    unsigned_count: Callable[[str], int | None]
    variable: str
    aliases: frozenset[str] = frozenset()
    state: _State = field(default_factory=_State)
    labels: dict[str, _State] = field(default_factory=dict)
    leaving: list[_State] = field(default_factory=list)
    found: dict[Place, NegativeCount] = field(default_factory=dict)

    # Statements

    def statement(self, node: Node) -> None:
        handler = _STATEMENTS.get(node.type)
        if handler is not None:
            handler(self, node)
        elif node.type.endswith("_statement") or node.type == "compound_statement":
            for child in node.named_children:
                self.statement(child)
        elif node.type.startswith("preproc_"):
            before = self.state
            for child in node.named_children:
                self.statement(child)
            self.state = _join(before, self.state)
        else:
            self.expression(node)

    def _if(self, node: Node) -> None:
        condition = node.child_by_field_name("condition")
        yes, no = self.condition(condition) if condition is not None else (self.state, self.state)
        self.state = yes
        self._optional(node.child_by_field_name("consequence"))
        after, self.state = self.state, no
        other = node.child_by_field_name("alternative")
        for child in other.named_children if other is not None else ():
            self.statement(child)
        self.state = _join(after, self.state)

    def _loop(self, node: Node) -> None:
        start = node.child_by_field_name("initializer")
        condition = node.child_by_field_name("condition")
        body, update = node.child_by_field_name("body"), node.child_by_field_name("update")
        self._optional(start)
        self.leaving.append(_NOWHERE)
        if node.type == "do_statement":
            self._optional(body)
        yes, no = self.condition(condition) if condition is not None else (self.state, _NOWHERE)
        if node.type != "do_statement":
            self.state = yes
            self._optional(body)
            self._optional(update)
            if condition is not None:
                no = _join(no, self.condition(condition)[1])
        self.state = _join(no, self.leaving.pop())

    def _switch(self, node: Node) -> None:
        self.leaving.append(_NOWHERE)
        condition, body = node.child_by_field_name("condition"), node.child_by_field_name("body")
        if condition is not None:
            self.expression(condition)
            if self._mentions(condition):
                self.state = _State(None, self.state.reachable)
        before = self.state
        for child in body.named_children if body is not None else ():
            self.state = _join(before, self.state)
            for part in child.named_children if child.type == "case_statement" else (child,):
                self.statement(part)
        self.state = _join(_join(before, self.state), self.leaving.pop())

    def _label(self, node: Node) -> None:
        named = node.child_by_field_name("label")
        if named is not None:
            self.state = _join(self.state, self.labels.get(name_of(named), _NOWHERE))
        for child in node.named_children:
            if child != named:
                self.statement(child)

    def _goto(self, node: Node) -> None:
        named = node.child_by_field_name("label")
        if named is not None:
            name = name_of(named)
            self.labels[name] = _join(self.labels.get(name, _NOWHERE), self.state)
        self.state = _NOWHERE

    def _break(self, _node: Node) -> None:
        if self.leaving:
            self.leaving[-1] = _join(self.leaving[-1], self.state)
        self.state = _NOWHERE

    def _stop(self, node: Node) -> None:
        for child in node.named_children:
            self.expression(child)
        self.state = _NOWHERE

    def _optional(self, node: Node | None) -> None:
        if node is not None:
            self.statement(node)

    # Expressions

    def expression(self, node: Node) -> None:
        """Everything that `node` does to the variable, innermost first."""
        for child in node.named_children:
            self.expression(child)
        if node.type in ("assignment_expression", "init_declarator"):
            self._assignment(node)
        elif node.type == "update_expression" and self._is_variable(_argument(node)):
            self._holds(None)
        elif node.type == "pointer_expression" and self._is_variable(_argument(node)):
            self._holds(None)  # whoever has the address may store into it
        elif node.type == "call_expression":
            self._call(node)

    def _assignment(self, node: Node) -> None:
        target = node.child_by_field_name("left") or node.child_by_field_name("declarator")
        if target is None or declarator_name(target) != self.variable:
            return
        if target.type != "identifier":
            return
        value = node.child_by_field_name("right") or node.child_by_field_name("value")
        operator = node.child_by_field_name("operator")
        plain = operator is None or operator.type == "="
        self._holds(self._acquire(value) if value is not None and plain else None)

    def _holds(self, acquire: Acquire | None) -> None:
        if self.state.reachable:
            self.state = _State(acquire)

    def _acquire(self, value: Node) -> Acquire | None:
        value = _strip(value)
        callee = value.child_by_field_name("function") if value.type == "call_expression" else None
        return self.acquires.get(self.source.place(callee)) if callee is not None else None

    def _call(self, node: Node) -> None:
        callee, listed = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if callee is None or listed is None or self.state.acquire is None:
            return
        position = self.unsigned_count(name_of(callee))
        arguments = [c for c in listed.named_children if c.type != "comment"]
        if position is None or position >= len(arguments):
            return
        if self._is_variable(arguments[position]):
            place = self.source.place(callee)
            self.found[place] = NegativeCount(
                place, self.source.line(callee), name_of(callee), self.variable, self.state.acquire
            )

    # Conditions

    def condition(self, node: Node) -> tuple[_State, _State]:
        """The states when `node` is true and when it is false."""
        node = _strip(node)
        kind = node.type
        if kind == "call_expression":
            callee = node.child_by_field_name("function")
            listed = node.child_by_field_name("arguments")
            if callee is not None and listed is not None and name_of(callee) in _WRAPPERS:
                inner = [c for c in listed.named_children if c.type != "comment"]
                if len(inner) == 1:
                    return self.condition(inner[0])
        if kind == "unary_expression" and node.children[0].type == "!":
            yes, no = self.condition(_argument(node) or node.children[-1])
            return no, yes
        if kind == "binary_expression":
            return self._binary(node)
        self.expression(node)
        if self._is_variable(_target(node)):
            return self.state, self._fine()
        return self._unclear(node)

    def _binary(self, node: Node) -> tuple[_State, _State]:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        operator = node.child_by_field_name("operator")
        if left is None or right is None or operator is None:
            return self._unclear(node)
        kind = operator.type
        if kind in ("&&", "||"):
            yes, no = self.condition(left)
            self.state = yes if kind == "&&" else no
            yes_too, no_too = self.condition(right)
            return (yes_too, _join(no, no_too)) if kind == "&&" else (_join(yes, yes_too), no_too)
        self.expression(left)
        self.expression(right)
        if kind in _MIRRORED and self._is_variable(_target(_strip(right))):
            kind, left, right = _MIRRORED[kind], right, left
        if kind not in _MIRRORED or not self._is_variable(_target(_strip(left))):
            return self._unclear(node)
        if self._mentions(right) or right.text == b"-1" or b"-E" in (right.text or b""):
            return self._fine(), self._fine()
        # Whatever it is compared with counts as not negative.
        if kind in ("<", "<=", "!="):
            return self.state, self._fine()
        return self._fine(), self.state

    def _unclear(self, node: Node) -> tuple[_State, _State]:
        if self._mentions(node):
            return self._fine(), self._fine()
        return self.state, self.state

    def _fine(self) -> _State:
        return _State(None, self.state.reachable)

    def _mentions(self, node: Node) -> bool:
        if node.type == "identifier":
            return name_of(node) == self.variable or name_of(node) in self.aliases
        return any(self._mentions(child) for child in node.named_children)

    def _is_variable(self, node: Node | None) -> bool:
        if node is None:
            return False
        node = _strip(node)
        return node.type == "identifier" and name_of(node) == self.variable


_STATEMENTS: dict[str, Callable[[_Walk, Node], None]] = {
    "if_statement": _Walk._if,
    "while_statement": _Walk._loop,
    "for_statement": _Walk._loop,
    "do_statement": _Walk._loop,
    "switch_statement": _Walk._switch,
    "labeled_statement": _Walk._label,
    "goto_statement": _Walk._goto,
    "break_statement": _Walk._break,
    "continue_statement": _Walk._stop,
    "return_statement": _Walk._stop,
}


def _strip(node: Node) -> Node:
    while node.type == "parenthesized_expression" and node.named_children:
        node = node.named_children[0]
    return node


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
    queue = [function.body]
    while queue:
        node = queue.pop()
        queue.extend(node.named_children)
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
    queue = [body]
    while queue:
        node = queue.pop()
        queue.extend(node.named_children)
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
