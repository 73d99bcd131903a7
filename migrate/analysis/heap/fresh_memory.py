# SPDX-License-Identifier: GPL-2.0-only
"""Whether memory was allocated just before, so that nobody has put anything into it yet."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from tree_sitter import Node

from migrate.analysis.frontend.syntax import name_of, nodes
from migrate.analysis.ir.model import Call, FunctionFacts
from migrate.analysis.paths.variables import is_addressed, target_of, value_of
from migrate.analysis.paths.walk import Trail, strip, walk
from migrate.analysis.program.functions import is_macro
from migrate.analysis.program.known_callee import known_callee
from migrate.analysis.program.program import Program


def is_fresh(program: Program, facts: FunctionFacts, call: Call, variable: str) -> bool:
    """Whether, on every way to `call`, the local `variable` points to memory that was allocated
    in this function and was given to no other function since."""
    body = facts.function.body
    if "#" in variable or f"{variable}#2" in facts.types or variable in facts.parameters:
        return False
    if body.has_error or is_macro(facts.function) or is_addressed(body, variable):
        return False
    question = _Question(program, facts.function.path, variable, _aliases(body, variable))
    if not walk(question, body, False):
        return False
    return question.seen.get(call.start, set()) == {True}


def _aliases(body: Node, variable: str) -> frozenset[str]:
    """The variable, and those that something made of it is stored to."""
    found = {variable}
    while True:
        more = set()
        for node in nodes(body):
            target, value = target_of(node), value_of(node)
            if target is None or value is None or target.type != "identifier":
                continue
            if any(n.type == "identifier" and name_of(n) in found for n in nodes(value)):
                more.add(name_of(target))
        if more <= found:
            return frozenset(found)
        found |= more


@dataclass
class _Question:
    """The state is whether the memory is fresh."""

    program: Program
    path: str
    variable: str
    aliases: frozenset[str]
    seen: dict[int, set[bool]] = field(default_factory=dict)

    def visit(self, node: Node, state: bool, _trail: Trail) -> bool:
        if node.type == "call_expression":
            self.seen.setdefault(node.start_byte, set()).add(state)
            arguments = node.child_by_field_name("arguments")
            given = arguments is not None and _mentions(arguments, self.aliases)
            return state and not (given and not self._is_bytes(node))
        target, value = target_of(node), value_of(node)
        if target is None or value is None:
            return state
        if target.type == "identifier":
            own = name_of(target) == self.variable
            return self._allocates(value) if own else state
        return state and not _is_handed_out(strip(value), self.aliases, target)

    def _is_bytes(self, node: Node) -> bool:
        """Whether the call only copies bytes, or frees."""
        callee = node.child_by_field_name("function")
        known = known_callee(self.program, name_of(callee), self.path) if callee else None
        return known is not None and known.result in ("", "number", "same")

    def _allocates(self, value: Node) -> bool:
        value = strip(value)
        callee = value.child_by_field_name("function") if value.type == "call_expression" else None
        known = known_callee(self.program, name_of(callee), self.path) if callee else None
        return known is not None and known.result == "memory"

    def decide(self, _node: Node, state: bool) -> tuple[bool | None, bool | None]:
        return state, state

    def meet(self, state: bool, _others: Collection[bool]) -> bool:
        return state

    def leave(self, _node: Node, _state: bool, _trail: Trail) -> None:
        return None


def _mentions(arguments: Node, names: frozenset[str]) -> bool:
    """Whether an argument is one of the variables, or made of one; members of it are not."""
    return any(_is_handed_out(a, names, a) for a in arguments.named_children)


def _is_handed_out(value: Node, names: frozenset[str], target: Node) -> bool:
    """Whether the address that one of the variables holds goes to `target`, which is not part of
    the memory itself."""
    if target != value and _root(target) in names:
        return False
    queue = [value]
    while queue:
        node = queue.pop()
        if node.type == "identifier" and name_of(node) in names:
            return True
        addressed = node.type == "pointer_expression" and node.children[0].type == "&"
        if node.type == "field_expression" and not addressed:
            continue
        if addressed and any(n.type == "identifier" and name_of(n) in names for n in nodes(node)):
            return True
        queue.extend(node.named_children)
    return False


def _root(node: Node) -> str:
    """The variable that members and indices are taken of; "" for arithmetic, which may lead to
    other memory."""
    current: Node | None = node
    while current is not None and current.type != "identifier":
        current = current.child_by_field_name("argument")
    return name_of(current) if current is not None else ""
