# SPDX-License-Identifier: GPL-2.0-only
"""One function walked along its statements and jumps, with a question that is asked on the way.

A question has states. All states in which a statement can be reached are kept beside each other,
each with the conditions that led there: its trail. Loops and jumps backward are walked until
nothing new comes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from typing import Generic, Protocol, TypeVar

from tree_sitter import Node

from migrate.analysis.frontend.syntax import call_arguments, name_of, nodes, strip

S = TypeVar("S", bound=Hashable)
Trail = tuple[tuple[Node, bool], ...]
"""Conditions, each with what it was, in the order in which they were passed."""

_WRAPPERS = frozenset({"likely", "unlikely", "WARN_ON", "WARN_ON_ONCE"})
_CONDITIONAL = frozenset(
    {"preproc_if", "preproc_ifdef", "preproc_elif", "preproc_elifdef", "preproc_else"}
)
_ROUNDS = 4
"""A jump backward is followed that often; no question needs more to see all of its states."""


class Question(Protocol[S]):
    """What is asked; see :func:`walk`."""

    def visit(self, node: Node, state: S, trail: Trail) -> S:
        """The state behind the expression `node`, the parts of which were visited before; a
        switch statement is visited behind its condition."""

    def decide(self, node: Node, state: S) -> tuple[S | None, S | None]:
        """The states when the visited condition `node` is true and when it is false."""

    def meet(self, state: S, others: Collection[S]) -> S:
        """What becomes of `state` where another way with `others` comes together with its own."""

    def leave(self, node: Node, state: S, trail: Trail) -> None:
        """The function is left by the return statement `node`, or at the end of its body."""


def walk(question: Question[S], body: Node, start: S) -> bool:
    """Ask `question` all through the function with the compound statement `body`; whether every
    state that can be reached was seen."""
    walker = _Walker(question)
    settled = False
    for _ in range(_ROUNDS):
        before = {name: set(states) for name, states in walker.labels.items()}
        walker.states, walker.settled = {start: ()}, True
        walker.statement(body)
        settled = before == {name: set(states) for name, states in walker.labels.items()}
        if settled:
            break
    for state, trail in walker.states.items():
        question.leave(body, state, trail)
    return settled and walker.settled


class _Walker(Generic[S]):
    def __init__(self, question: Question[S]) -> None:
        self.question = question
        self.states: dict[S, Trail] = {}
        self.labels: dict[str, dict[S, Trail]] = {}
        self.breaks: list[dict[S, Trail]] = []
        self.continues: list[dict[S, Trail]] = []
        self.settled = True
        """Whether each loop was walked until nothing new came."""

    # Statements

    def statement(self, node: Node) -> None:
        handler = _STATEMENTS.get(node.type)
        if handler is not None:
            handler(self, node)
        elif node.type.endswith("_statement") or node.type == "compound_statement":
            for child in node.named_children:
                self.statement(child)
        elif node.type in _CONDITIONAL:
            self._conditional_code(node)
        elif not node.type.startswith("preproc_"):
            self.expression(node)

    def _conditional_code(self, node: Node) -> None:
        """`#if`, one branch of it or the other: no configuration compiles both."""
        before, other = self.states, node.child_by_field_name("alternative")
        named = (node.child_by_field_name("name"), node.child_by_field_name("condition"), other)
        for child in node.named_children:
            if child not in named:
                self.statement(child)
        after, self.states = self.states, before
        if other is not None:
            self.statement(other)
        elif node.type == "preproc_else":
            self.states = after
        self.states = self._met(after, self.states)

    def _if(self, node: Node) -> None:
        condition = node.child_by_field_name("condition")
        yes, no = self._condition(condition) if condition is not None else (self.states,) * 2
        self.states = yes
        self._optional(node.child_by_field_name("consequence"))
        after, self.states = self.states, no
        other = node.child_by_field_name("alternative")
        for child in other.named_children if other is not None else ():
            self.statement(child)
        self.states = self._met(after, self.states)

    def _loop(self, node: Node) -> None:
        condition = node.child_by_field_name("condition")
        self._optional(node.child_by_field_name("initializer"))
        self.breaks.append({})
        first = node.type == "do_statement"
        entered, left = self.states, dict[S, Trail]()
        for _ in range(_ROUNDS):
            self.states = dict(entered)
            self.continues.append({})
            if not first:
                self.states, left = self._while(condition)
            self._optional(node.child_by_field_name("body"))
            self.states = _union(self.states, self.continues.pop())
            self._optional(node.child_by_field_name("update"))
            if first:
                self.states, left = self._while(condition)
            known = set(entered)
            entered = _union(entered, self.states)
            if set(entered) == known:
                break
        else:
            self.settled = False
        # That nothing at all was done in a loop is not held against the code.
        done = () if first else self.states.keys()
        through = {self.question.meet(s, done): trail for s, trail in left.items()}
        self.states = _union(through, self.breaks.pop())

    def _while(self, condition: Node | None) -> tuple[dict[S, Trail], dict[S, Trail]]:
        return self._condition(condition) if condition is not None else (self.states, {})

    def _switch(self, node: Node) -> None:
        self.breaks.append({})
        condition, body = node.child_by_field_name("condition"), node.child_by_field_name("body")
        if condition is not None:
            self.expression(condition)
            self._visit(node)
        before = self.states
        for child in body.named_children if body is not None else ():
            self.states = _union(before, self.states)
            for part in child.named_children if child.type == "case_statement" else (child,):
                self.statement(part)
        cases = body.named_children if body is not None else ()
        if not any(case.children[0].type == "default" for case in cases if case.children):
            self.states = _union(before, self.states)
        self.states = self._met(self.states, self.breaks.pop())

    def _label(self, node: Node) -> None:
        named = node.child_by_field_name("label")
        if named is not None:
            self.states = _union(self.states, self.labels.get(name_of(named), {}))
        for child in node.named_children:
            if child != named:
                self.statement(child)

    def _goto(self, node: Node) -> None:
        named = node.child_by_field_name("label")
        if named is not None:
            name = name_of(named)
            self.labels[name] = _union(self.labels.get(name, {}), self.states)
        self.states = {}

    def _break(self, _node: Node) -> None:
        if self.breaks:
            self.breaks[-1] = _union(self.breaks[-1], self.states)
        self.states = {}

    def _continue(self, _node: Node) -> None:
        if self.continues:
            self.continues[-1] = _union(self.continues[-1], self.states)
        self.states = {}

    def _return(self, node: Node) -> None:
        for child in node.named_children:
            self.expression(child)
        for state, trail in self.states.items():
            self.question.leave(node, state, trail)
        self.states = {}

    def _optional(self, node: Node | None) -> None:
        if node is not None:
            self.statement(node)

    # Expressions

    def expression(self, node: Node) -> None:
        """`node` with all its parts, innermost first; what only one way evaluates, on that one."""
        if node.type == "compound_statement":
            self.statement(node)
            return
        if not self._either(node):
            for child in node.named_children:
                self.expression(child)
        self._visit(node)

    def _either(self, node: Node) -> bool:
        """`a ? b : c`, and `a && b` as a value."""
        operator = node.child_by_field_name("operator")
        if node.type == "conditional_expression":
            condition = node.child_by_field_name("condition")
            second = node.child_by_field_name("consequence")
            third = node.child_by_field_name("alternative")
        elif operator is not None and operator.type in ("&&", "||"):
            condition = node.child_by_field_name("left")
            second, third = node.child_by_field_name("right"), None
            if operator.type == "||":
                second, third = third, second
        else:
            return False
        if condition is None:
            return False
        self.states, no = self._condition(condition)
        if second is not None:
            self.expression(second)
        after, self.states = self.states, no
        if third is not None:
            self.expression(third)
        self.states = self._met(after, self.states)
        return True

    def _visit(self, node: Node) -> None:
        visited: dict[S, Trail] = {}
        for state, trail in self.states.items():
            visited.setdefault(self.question.visit(node, state, trail), trail)
        self.states = visited

    def _condition(self, node: Node) -> tuple[dict[S, Trail], dict[S, Trail]]:
        """The states when `node` is true and when it is false."""
        node = strip(node)
        inner = _wrapped(node)
        if inner is not None:
            return self._condition(inner)
        if node.type == "unary_expression" and node.children[0].type == "!":
            yes, no = self._condition(node.child_by_field_name("argument") or node.children[-1])
            return no, yes
        operator = node.child_by_field_name("operator")
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if operator is not None and operator.type in ("&&", "||") and left and right:
            yes, no = self._condition(left)
            self.states = yes if operator.type == "&&" else no
            yes_too, no_too = self._condition(right)
            if operator.type == "&&":
                return yes_too, _union(no, no_too)
            return _union(yes, yes_too), no_too
        self.expression(node)
        if node.type in ("number_literal", "true", "false"):
            never = (node.text or b"").strip(b"0") == b"" or node.type == "false"
            return ({}, self.states) if never else (self.states, {})
        return self._decided(node)

    def _decided(self, node: Node) -> tuple[dict[S, Trail], dict[S, Trail]]:
        yes: dict[S, Trail] = {}
        no: dict[S, Trail] = {}
        for state, trail in self.states.items():
            for truth, there, found in zip(
                (True, False), self.question.decide(node, state), (yes, no), strict=True
            ):
                if there is not None:
                    found.setdefault(there, (*trail, (node, truth)))
        return yes, no

    def _met(self, one: dict[S, Trail], two: dict[S, Trail]) -> dict[S, Trail]:
        """Two ways that come together again."""
        if not one or not two:
            return one or two
        first = {self.question.meet(s, two.keys()): trail for s, trail in one.items()}
        second = {self.question.meet(s, one.keys()): trail for s, trail in two.items()}
        return _union(first, second)


def _union(one: dict[S, Trail], two: dict[S, Trail]) -> dict[S, Trail]:
    """The states of both; of one that both have, what is common to the trails."""
    result = dict(one)
    for state, trail in two.items():
        other = result.get(state)
        result[state] = trail if other is None else _common(other, trail)
    return result


def _common(one: Trail, two: Trail) -> Trail:
    length = 0
    for a, b in zip(one, two, strict=False):
        if a != b:
            break
        length += 1
    return one[:length]


_STATEMENTS: dict[str, Callable[[_Walker[S], Node], None]] = {
    "if_statement": _Walker._if,
    "while_statement": _Walker._loop,
    "for_statement": _Walker._loop,
    "do_statement": _Walker._loop,
    "switch_statement": _Walker._switch,
    "labeled_statement": _Walker._label,
    "goto_statement": _Walker._goto,
    "break_statement": _Walker._break,
    "continue_statement": _Walker._continue,
    "return_statement": _Walker._return,
}


def _wrapped(node: Node) -> Node | None:
    """X in likely(X) and the like."""
    callee = node.child_by_field_name("function") if node.type == "call_expression" else None
    if callee is None or name_of(callee) not in _WRAPPERS:
        return None
    arguments = call_arguments(node)
    return arguments[0] if len(arguments) == 1 else None


def value_of(node: Node) -> Node | None:
    """What an assignment or an initialiser stores."""
    if node.type == "assignment_expression":
        return node.child_by_field_name("right")
    return node.child_by_field_name("value") if node.type == "init_declarator" else None


def target_of(node: Node) -> Node | None:
    """Where an assignment or an initialiser stores to."""
    if node.type == "assignment_expression":
        return node.child_by_field_name("left")
    if node.type != "init_declarator":
        return None
    current = node.child_by_field_name("declarator")
    while current is not None and current.type != "identifier":
        current = current.child_by_field_name("declarator")
    return current


def is_addressed(body: Node, name: str) -> bool:
    """Whether the address of the variable `name` is taken in a function."""
    return any(
        node.type == "pointer_expression"
        and node.children[0].type == "&"
        and _operand(node) == name
        for node in nodes(body)
    )


def is_counted(body: Node, name: str) -> bool:
    """Whether the variable `name` is counted up or down by ++ or --."""
    return any(node.type == "update_expression" and _operand(node) == name for node in nodes(body))


def _operand(node: Node) -> str:
    argument = node.child_by_field_name("argument")
    return name_of(strip(argument)) if argument is not None else ""


def root_of(node: Node) -> str:
    """The variable that an access path starts with, "" for anything else."""
    current: Node | None = node
    while current is not None and current.type != "identifier":
        if current.type == "parenthesized_expression" and current.named_children:
            current = current.named_children[0]
        elif current.type == "binary_expression":
            current = current.child_by_field_name("left")
        else:
            current = current.child_by_field_name("argument")
    return name_of(current) if current is not None else ""


LITERALS = frozenset({"number_literal", "string_literal", "char_literal", "concatenated_string"})


def is_null(node: Node) -> bool:
    """Whether `node` is NULL or another constant, through casts and parentheses."""
    node = strip(node)
    while node.type == "cast_expression":
        inner = node.child_by_field_name("value")
        if inner is None:
            return False
        node = strip(inner)
    if is_negative_constant(node):
        return True
    return node.type in LITERALS or node.type in ("null", "true", "false") or node.text == b"NULL"


def is_negative_constant(node: Node) -> bool:
    """Whether `node` is an error code as `-ENOMEM`, or another negative number."""
    if node.type != "unary_expression" or node.children[0].type != "-":
        return False
    argument = node.child_by_field_name("argument")
    if argument is None:
        return False
    argument = strip(argument)
    return argument.type == "number_literal" or (
        argument.type == "identifier" and name_of(argument).isupper()
    )
