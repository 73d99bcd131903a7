# SPDX-License-Identifier: GPL-2.0-only
"""Lowers C functions to basic blocks of instructions.

With lowering_branches.py and lowering_expressions.py, this is the only code that reads the syntax
of statements. A preprocessor conditional is one branch or the other: no configuration compiles
both.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tree_sitter import Node

from migrate.analysis.frontend.guards import branches, guards_around, without
from migrate.analysis.frontend.nodes import declarator_name, name_of, nodes
from migrate.analysis.frontend.syntax import Function, Source
from migrate.analysis.frontend.types import TypeRef, declared
from migrate.analysis.ir.expressions import CallResult, Expression, Variable
from migrate.analysis.ir.instructions import Declare, Lowered
from migrate.analysis.ir.lowering_branches import BRANCHES, Branches
from migrate.analysis.ir.lowering_expressions import is_expression
from migrate.analysis.ir.lowering_operands import is_list
from migrate.analysis.ir.macro_blocks import MacroLoop, is_named_loop, macro_blocks, words

_DIRECTIVES = frozenset(
    {"preproc_def", "preproc_function_def", "preproc_directive", "preproc_include", "preproc_call"}
)
_CONDITIONAL = frozenset(
    {"preproc_ifdef", "preproc_if", "preproc_elif", "preproc_elifdef", "preproc_else"}
)


Spans = dict[tuple[int, int], Expression]
"""Expressions by the bytes where they start and end in the source."""


def lower(source: Source, function: Function, spans: Spans | None = None) -> Lowered:
    """`function` as instructions; empty for a file that is not analysed.

    `spans` gets the lowered form of each expression.
    """
    guards = without(guards_around(function.node), source.macros)
    walker = _Statements(source, guards) if spans is None else _Spans(source, guards, spans=spans)
    names = tuple(walker.parameter(node) for node in function.parameters)
    incomplete = bool(source.unread)
    try:
        if not source.unread:
            walker.body(function.body)
    except RecursionError:
        incomplete = True
    walker.guards = guards
    found = macro_blocks(function.body, walker.nested, walker.unsure)
    garbled = walker.garbled or found.garbled
    walker.macros = replace(found, loops=tuple(walker.loops), garbled=garbled)
    walker.unsure |= found.misread or bool(found.blocks)
    return walker.lowered(function, names, incomplete)


@dataclass
class _Statements(Branches):
    """Declarations and statements, block by block."""

    nested: list[Node] = field(default_factory=list)

    def parameter(self, node: Node) -> str:
        for name, kind in declared(node, self.source.path):
            return self.declare(name, kind, parameter=True).name
        return ""

    def body(self, node: Node) -> None:
        self.statement(node)
        end = node.children[-1]
        self.leave(None, end, implicit=True)

    def statement(self, node: Node) -> None:
        handler = _STATEMENTS.get(node.type)
        if handler is not None:
            handler(self, node)
        elif node.type in _CONDITIONAL:
            self._conditional_code(node)
        elif is_expression(node.type):
            self.evaluate(self.expression(node), node)
        elif node.type not in _DIRECTIVES and node.type != "comment":
            self.each(node)

    def _nested(self, node: Node) -> None:
        """C has no nested functions: it is a block after a macro with one argument."""
        self.nested.append(node)
        first = self.between()
        with self.repeated(is_named_loop(node)):
            self.each(node)
        self.loops.append(MacroLoop(first, self.between(), words(node)))

    def _expression_statement(self, node: Node) -> None:
        self.statements.update(child.start_byte for child in node.named_children)
        self.each(node)

    def _hidden_call(self, node: Node) -> None:
        """`g(f(at, struct s, m));`, which parses as a type, or after a label as a declaration: the
        arguments of f() are not understood. A macro that gets a type alone parses like it."""
        named = (n for n in nodes(node) if n.type in ("identifier", "type_identifier"))
        name, *written = sorted(named, key=lambda n: n.start_byte)
        if not written or not _has_call(node):  # `g(void *);`, `g(struct s *);`
            self.invoke(Variable(name_of(name)), (), [], name, unclear=True)
            return
        callee, *given = written
        arguments = tuple(self.variable(name_of(n)) for n in given)
        result = self.invoke(Variable(name_of(callee)), arguments, given, callee, unclear=True)
        self.invoke(Variable(name_of(name)), (CallResult(result),), [node], name)

    def _compound(self, node: Node) -> None:
        with self.scope():
            self.each(node)

    def _declaration(self, node: Node) -> None:
        if _is_call(node):
            self._hidden_call(node)
            return
        kinds = dict(declared(node, self.source.path))
        # An attribute after a name may be outside of the node that the parser takes for the
        # declaration.
        text = self.source.text
        written = text[node.start_byte : text.find(b";", node.start_byte)]
        said = {
            "cleaned": b"__free(" in written or b"cleanup" in written,
            "lasting": any(_is_lasting(child) for child in node.children),
            "outermost": len(self.scopes) == 2,
        }
        for declarator in node.children_by_field_name("declarator"):
            name = declarator_name(declarator)
            if name is None or declarator.type == "function_declarator":
                continue
            value = declarator.child_by_field_name("value")
            # The initialiser is evaluated before the name hides an outer one.
            found = self.expression(value) if value is not None and not is_list(value) else None
            variable = self.declare(name, kinds.get(name, TypeRef("", 0)), **said)
            if found is not None:
                self.store(variable, found, "=", declarator, node, initial=True)
            elif value is not None:
                self.initializers(variable, value)
            else:
                self.add(Declare(variable, declarator.start_byte))

    def _conditional_code(self, node: Node) -> None:
        """`#if` with its branches: two paths that join after it."""
        before, end = self.block, self.new()
        other = node.child_by_field_name("alternative")
        if node.type == "preproc_else":
            self._guarded(node, [child for child in node.named_children if child != other])
            self.lead(end)
        else:
            ends = []
            for wanted in (False, True):
                self.enter(before)
                self.enter(self.after())
                self._guarded(node, [c for c in node.named_children if (c == other) is wanted])
                ends.append(self.lead(end))
            self.meet(end, {ends[0]}, {ends[1]})
        self.enter(end)

    def _guarded(self, node: Node, wanted: list[Node]) -> None:
        """Lower the statements `wanted` of a conditional, under its condition or the opposite."""
        outer = self.guards
        for child, guards in branches(node):
            if child in wanted:
                self.guards = outer | without(guards, self.source.macros)
                self.statement(child)
        self.guards = outer


@dataclass
class _Spans(_Statements):
    """The same, for callers that have questions about pieces of source."""

    spans: Spans = field(default_factory=dict)

    def expression(self, node: Node) -> Expression:
        found = super().expression(node)
        self.spans[node.start_byte, node.end_byte] = found
        return found


_STATEMENTS = {
    **BRANCHES,
    "compound_statement": _Statements._compound,
    "expression_statement": _Statements._expression_statement,
    "declaration": _Statements._declaration,
    "function_definition": _Statements._nested,
    "macro_type_specifier": _Statements._hidden_call,
}


def _is_call(declaration: Node) -> bool:
    """Whether it is a call with a type among its arguments: nobody declares a function with its
    declarator in parentheses."""
    kind = declaration.child_by_field_name("type")
    declarator = declaration.child_by_field_name("declarator")
    if kind is None or kind.type != "type_identifier" or declarator is None:
        return False
    inner = declarator.named_children[:1] if declarator.type == "parenthesized_declarator" else []
    return [n.type for n in inner] == ["function_declarator"]


def _has_call(node: Node) -> bool:
    """Whether what stands in the parentheses reads like a function that returns a named type."""
    kind = node.child_by_field_name("type")
    if node.type != "macro_type_specifier" or kind is None:
        return True
    of, declarator = (kind.child_by_field_name(field) for field in ("type", "declarator"))
    return (
        of is not None
        and of.type == "type_identifier"
        and declarator is not None
        and declarator.type == "abstract_function_declarator"
        and declarator.child_by_field_name("declarator") is None
    )


def _is_lasting(specifier: Node) -> bool:
    """Whether it makes a variable keep its value between calls: static, or extern."""
    return specifier.type == "storage_class_specifier" and specifier.text not in (
        b"register",
        b"auto",
    )
