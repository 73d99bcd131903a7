# SPDX-License-Identifier: GPL-2.0-only
"""What has been seen of one function so far: its variables in their blocks, and its facts."""

from __future__ import annotations

from dataclasses import dataclass, field

from tree_sitter import Node

from migrate.analysis.frontend.guards import Guards
from migrate.analysis.frontend.syntax import Source
from migrate.analysis.frontend.types import TypeRef
from migrate.analysis.ir.model import CAST, Access, AccessPath, Call, Flow, Return, Value
from migrate.analysis.ir.suballocation import is_carved
from migrate.analysis.paths.constants import LITERALS, is_null
from migrate.analysis.paths.walk import strip

_POINTING = {"subscript_expression": 1, "pointer_expression": 1, "update_expression": 0}
"""How often each points through its operand."""


@dataclass
class Recorder:
    """The facts of one function in source order; `guards` are those of the code at hand, `scopes`
    the unique names of the variables by the names they are written with, innermost block last."""

    source: Source
    guards: Guards
    types: dict[str, TypeRef] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)
    accesses: list[Access] = field(default_factory=list)
    scopes: list[dict[str, str]] = field(default_factory=lambda: [{}])

    def declare(self, name: str, kind: TypeRef) -> str:
        """Add a variable to the innermost block; its unique name."""
        # Two blocks may each have a `page` of their own; they are two variables.
        unique, n = name, 2
        while unique in self.types:
            unique, n = f"{name}#{n}", n + 1
        self.types[unique] = kind
        self.scopes[-1][name] = unique
        return unique

    def lookup(self, name: str) -> str:
        """The unique name of what `name` means here; a global keeps its own."""
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        return name

    def is_local(self, name: str) -> bool:
        """Whether `name` is a variable or parameter of the function here."""
        return any(name in scope for scope in self.scopes)

    def note_flow(
        self, target: AccessPath, values: tuple[Value, ...], through: bool, value: Node, at: Node
    ) -> None:
        null = not values and is_null(value)
        place, text = self.source.place(at), self.source.line(at)
        carved = not through and not target.members and is_carved(value, self.types, self.lookup)
        self.flows.append(Flow(target, values, through, null, place, text, self.guards, carved))

    def note_access(self, loc: AccessPath, member: str, node: Node, write: bool = False) -> None:
        place, text = self.source.place(node), self.source.line(node)
        self.accesses.append(Access(loc, member, write, level(node), place, text))


def level(node: Node) -> int:
    """How often an expression points through the variable or member in it; see :class:`Access`."""
    node = strip(node)
    if node.type in ("identifier", "field_expression") or node.type in LITERALS:
        return 0
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if node.type == "assignment_expression" and left is not None:
        return level(left)
    if node.type == "binary_expression" and left is not None and right is not None:
        return max(level(left), level(right))
    argument = node.child_by_field_name("argument")
    if node.type not in _POINTING or argument is None:
        return CAST
    return level(argument) + _POINTING[node.type] - 2 * (node.children[0].type == "&")
