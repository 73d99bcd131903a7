# SPDX-License-Identifier: GPL-2.0-only
"""What one function does with its values: flows, calls, returns, accesses.

Nothing here knows what a page is. The order of statements is kept only as the order of the lists.
"""

from __future__ import annotations

from tree_sitter import Node

from migrate.analysis.frontend.guards import branches, guards_around, without
from migrate.analysis.frontend.syntax import Function, Source, declarator_name
from migrate.analysis.frontend.types import TypeRef, declared
from migrate.analysis.ir.expressions import Expressions, is_expression, is_list
from migrate.analysis.ir.model import AccessPath, FunctionFacts, Return, Value
from migrate.analysis.ir.suballocation import confirmed
from migrate.analysis.paths.walk import strip

_DIRECTIVES = frozenset(
    {"preproc_def", "preproc_function_def", "preproc_directive", "preproc_include"}
)


def extract(source: Source, function: Function) -> FunctionFacts:
    """The facts of `function`, in source order; none of a file that is not analysed."""
    guards = without(guards_around(function.node), source.macros)
    walker = _Statements(source, guards)
    names = tuple(walker.parameter(node) for node in function.parameters)
    incomplete = bool(source.unread)
    try:
        if not source.unread:
            walker.statement(function.body)
    except RecursionError:
        incomplete = True
    return FunctionFacts(
        function,
        names,
        walker.types,
        confirmed(tuple(walker.flows), tuple(walker.calls), walker.types, function.body),
        tuple(walker.calls),
        tuple(walker.returns),
        tuple(walker.accesses),
        guards,
        incomplete,
    )


class _Statements(Expressions):
    """Declarations and statements, block by block."""

    def parameter(self, node: Node) -> str:
        for name, kind in declared(node, self.source.path):
            return self.declare(name, kind)
        return ""

    def _declaration(self, node: Node) -> None:
        kinds = dict(declared(node, self.source.path))
        for declarator in node.children_by_field_name("declarator"):
            name = declarator_name(declarator)
            if name is None or declarator.type == "function_declarator":
                continue
            value = declarator.child_by_field_name("value")
            # The initialiser is evaluated before the name hides an outer one.
            values = self.value(value) if value is not None and not is_list(value) else ()
            unique = self.declare(name, kinds.get(name, TypeRef("", 0)))
            if value is None:
                continue
            if is_list(value):
                self.initializers(AccessPath(unique), value)
            else:
                self.note_flow(AccessPath(unique), values, False, value, node)

    def statement(self, node: Node) -> None:
        kind = node.type
        if kind == "comment":
            return
        if kind == "compound_statement":
            self.scopes.append({})
            for child in node.named_children:
                self.statement(child)
            self.scopes.pop()
        elif kind == "declaration":
            self._declaration(node)
        elif kind == "return_statement":
            self._return(node)
        elif kind in ("if_statement", "while_statement", "for_statement", "switch_statement"):
            self._branching(node)
        elif kind in ("preproc_ifdef", "preproc_if", "preproc_elif", "preproc_else"):
            self._conditional_code(node)
        elif kind in _DIRECTIVES:
            return
        elif is_expression(kind):
            self.value(node)
        else:
            for child in node.named_children:
                self.statement(child)

    def _conditional_code(self, node: Node) -> None:
        outer = self.guards
        for child, guards in branches(node):
            self.guards = outer | without(guards, self.source.macros)
            self.statement(child)
        self.guards = outer

    def _branching(self, node: Node) -> None:
        never = node.child_by_field_name("consequence") if _is_never(node) else None
        self.scopes.append({})
        for child in node.named_children:
            if child != never:
                self.statement(child)
        self.scopes.pop()

    def _return(self, node: Node) -> None:
        values: tuple[Value, ...] = ()
        for child in node.named_children:
            if child.type != "comment":
                values = self.value(child)
        if values:
            place, text = self.source.place(node), self.source.line(node)
            self.returns.append(Return(values, place, text, self.guards))


def _is_never(node: Node) -> bool:
    """Whether it is `if (0)`."""
    condition = node.child_by_field_name("condition") if node.type == "if_statement" else None
    return condition is not None and strip(condition).text in (b"0", b"false")
