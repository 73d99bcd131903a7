# SPDX-License-Identifier: GPL-2.0-only
"""Functions of C to basic blocks of instructions.

The only place in which the syntax of statements is read. What is conditional for the
preprocessor is one branch or the other: no configuration compiles both.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tree_sitter import Node

from migrate.analysis.frontend.guards import branches, guards_around, without
from migrate.analysis.frontend.syntax import Function, Source, declarator_name, name_of, strip
from migrate.analysis.frontend.types import TypeRef, declared
from migrate.analysis.ir.expressions import Expression
from migrate.analysis.ir.instructions import (
    Declare,
    Label,
    Leave,
    Lowered,
    Meet,
    Select,
)
from migrate.analysis.ir.lowering_expressions import Expressions, is_expression, is_list
from migrate.analysis.ir.macro_blocks import MacroLoop, is_head, macro_blocks, words

_DIRECTIVES = frozenset(
    {"preproc_def", "preproc_function_def", "preproc_directive", "preproc_include", "preproc_call"}
)
_CONDITIONAL = frozenset(
    {"preproc_ifdef", "preproc_if", "preproc_elif", "preproc_elifdef", "preproc_else"}
)


Spans = dict[tuple[int, int], Expression]
"""Expressions by the bytes where they start and end in the source."""


def lower(source: Source, function: Function, spans: Spans | None = None) -> Lowered:
    """`function` as instructions; none of a file that is not analysed.

    `spans` is filled with what each expression became.
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
    walker.unsure |= function.body.has_error or bool(walker.nested)
    return walker.lowered(function, names, incomplete)


@dataclass
class _Switch:
    """A switch statement around the code at hand."""

    head: int
    default: bool = False


@dataclass
class _Statements(Expressions):
    """Declarations and statements, block by block."""

    labels: dict[str, int] = field(default_factory=dict)
    breaks: list[int] = field(default_factory=list)
    continues: list[int] = field(default_factory=list)
    switches: list[_Switch] = field(default_factory=list)
    nested: list[Node] = field(default_factory=list)

    def parameter(self, node: Node) -> str:
        for name, kind in declared(node, self.source.path):
            return self.declare(name, kind, parameter=True).name
        return ""

    def body(self, node: Node) -> None:
        self.statement(node)
        end = node.children[-1]
        self._leave(None, end, implicit=True)

    def statement(self, node: Node) -> None:
        handler = _STATEMENTS.get(node.type)
        if handler is not None:
            handler(self, node)
        elif node.type in _CONDITIONAL:
            self._conditional_code(node)
        elif is_expression(node.type):
            self.evaluate(self.expression(node), node)
        elif node.type not in _DIRECTIVES and node.type != "comment":
            self._each(node)

    def _each(self, node: Node) -> None:
        self._sequence(node.named_children)

    def _sequence(self, statements: list[Node]) -> None:
        heads: list[int] = []
        for node in statements:
            if is_head(node):
                heads.append(self._between())
                self.statement(node)
                continue
            self.statement(node)
            if heads and node.type != "comment":
                last = self._between()
                self.loops += [MacroLoop(first, last) for first in heads]
                heads = []

    def _nested(self, node: Node) -> None:
        """C has no functions in functions: it is a block behind a macro with one argument."""
        self.nested.append(node)
        first = self._between()
        self._each(node)
        self.loops.append(MacroLoop(first, self._between(), words(node)))

    def _expression_statement(self, node: Node) -> None:
        self.statements.update(child.start_byte for child in node.named_children)
        self._each(node)

    def _compound(self, node: Node) -> None:
        with self.scope():
            self._each(node)

    def _declaration(self, node: Node) -> None:
        kinds = dict(declared(node, self.source.path))
        # An attribute behind a name can be beyond what the parser takes for the declaration.
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
        """`#if` and what belongs to it: two ways that come together behind it."""
        outer, before, end = self.guards, self.block, self.new()
        other = node.child_by_field_name("alternative")
        if node.type != "preproc_else":
            self.enter(self._after())
        for child, guards in branches(node):
            if child != other:
                self.guards = outer | without(guards, self.source.macros)
                self.statement(child)
        one = {self.lead(end)}
        two = set[int]()
        if node.type != "preproc_else":
            self.enter(before)
            self.enter(self._after())
            for child, guards in branches(node):
                if child == other:
                    self.guards = outer | without(guards, self.source.macros)
                    self.statement(child)
            two = {self.lead(end)}
            self.meet(end, one, two)
        self.guards = outer
        self.enter(end)

    def _after(self) -> int:
        """A new block that follows the one at hand."""
        block = self.new()
        self.lead(block)
        return block

    def _between(self) -> int:
        """A new block with nothing in it, between what was so far and what follows."""
        block = self._after()
        self.enter(block)
        self.enter(self._after())
        return block

    def _if(self, node: Node) -> None:
        condition = node.child_by_field_name("condition")
        second, third = (node.child_by_field_name(n) for n in ("consequence", "alternative"))
        if condition is None:
            self._each(node)
            return
        with self.scope():
            yes, no, end = self.new(), self.new(), self.new()
            self.ask(condition, node, yes, no)
            ends = []
            for block, part in ((yes, second), (no, third)):
                self.enter(block)
                if part is not None and not (part == second and _is_never(node)):
                    self.statement(part)
                ends.append(self.lead(end))
            self.meet(end, {ends[0]}, {ends[1]})
            self.enter(end)

    def _loop(self, node: Node) -> None:
        """`while`, `for` and `do`. That nothing at all was done in a loop is not held against the
        code: what leaves it by its condition is met with what came to the end of a round."""
        first = node.type == "do_statement"
        with self.scope():
            self._optional(node.child_by_field_name("initializer"))
            head = self._after()
            body, update, left, end = self.new(), self.new(), self.new(), self.new()
            self.enter(head)
            if first:
                self.lead(body)
            else:
                self._ask_loop(node, body, left)
            self.breaks.append(end)
            self.continues.append(update)
            self.enter(body)
            self._optional(node.child_by_field_name("body"))
            self.lead(update)
            self.breaks.pop()
            self.continues.pop()
            self.enter(update)
            self._optional(node.child_by_field_name("update"))
            if first:
                self._ask_loop(node, head, left)
                again = set[int]()
            else:
                again = {self.lead(head)}
            self.enter(left)
            through = self.lead(end)
            self.meets.setdefault(end, []).append(Meet(frozenset({through}), frozenset(again)))
            self.enter(end)

    def _ask_loop(self, loop: Node, yes: int, no: int) -> None:
        condition = loop.child_by_field_name("condition")
        if condition is None:
            self.lead(yes)
        elif is_expression(condition.type):
            self.ask(condition, loop, yes, no)
        else:  # a declaration in the head
            self.statement(condition)
            self.lead(yes)
            self.lead(no)

    def _switch(self, node: Node) -> None:
        condition, body = node.child_by_field_name("condition"), node.child_by_field_name("body")
        with self.scope():
            if condition is not None:
                value = self.expression(strip(condition))
                self.evaluate(value, condition)
                self.add(Select(value, node.start_byte))
            switch, out, end = _Switch(self.block), self.new(), self.new()
            self.switches.append(switch)
            self.breaks.append(out)
            self.enter(self.new())
            self._optional(body)
            self.switches.pop()
            self.breaks.pop()
            through = {self.lead(end)}
            if not switch.default:
                self.enter(switch.head)
                through.add(self.lead(end))
            self.enter(out)
            self.meet(end, through, {self.lead(end)})
            self.enter(end)

    def _case(self, node: Node) -> None:
        block = self._after()
        if self.switches:
            switch = self.switches[-1]
            self.enter(switch.head)
            self.lead(block)
            switch.default |= bool(node.children) and node.children[0].type == "default"
        self.enter(block)
        value = node.child_by_field_name("value")
        self._sequence([child for child in node.named_children if child != value])

    def _label(self, node: Node) -> None:
        named = node.child_by_field_name("label")
        if named is not None:
            block = self._labelled(name_of(named))
            self.lead(block)
            self.enter(block)
            self.add(Label(name_of(named), node.start_byte))
        self._sequence([child for child in node.named_children if child != named])

    def _labelled(self, name: str) -> int:
        if name not in self.labels:
            self.labels[name] = self.new()
        return self.labels[name]

    def _goto(self, node: Node) -> None:
        self.jumps.append(node.start_byte)
        named = node.child_by_field_name("label")
        if named is None:
            # To a place that is worked out when it runs.
            self.unsure = self.garbled = True
        else:
            self.lead(self._labelled(name_of(named)))
        self.enter(self.new())

    def _break(self, node: Node) -> None:
        self.jumps.append(node.start_byte)
        if self.breaks:
            self.lead(self.breaks[-1])
        self.enter(self.new())

    def _continue(self, node: Node) -> None:
        self.jumps.append(node.start_byte)
        if self.continues:
            self.lead(self.continues[-1])
        self.enter(self.new())

    def _return(self, node: Node) -> None:
        value: Expression | None = None
        for child in node.named_children:
            if child.type != "comment":
                value = self.expression(child)
        self._leave(value, node)
        self.enter(self.new())

    def _leave(self, value: Expression | None, node: Node, implicit: bool = False) -> None:
        place, text = self.source.place(node), self.source.line(node)
        self.add(Leave(value, implicit, place, text, node.start_byte, self.guards))

    def _optional(self, node: Node | None) -> None:
        if node is not None:
            self.statement(node)


@dataclass
class _Spans(_Statements):
    """The same, for who has pieces of source to ask about."""

    spans: Spans = field(default_factory=dict)

    def expression(self, node: Node) -> Expression:
        found = super().expression(node)
        self.spans[node.start_byte, node.end_byte] = found
        return found


_STATEMENTS = {
    "compound_statement": _Statements._compound,
    "expression_statement": _Statements._expression_statement,
    "declaration": _Statements._declaration,
    "function_definition": _Statements._nested,
    "if_statement": _Statements._if,
    "while_statement": _Statements._loop,
    "for_statement": _Statements._loop,
    "do_statement": _Statements._loop,
    "switch_statement": _Statements._switch,
    "case_statement": _Statements._case,
    "labeled_statement": _Statements._label,
    "goto_statement": _Statements._goto,
    "break_statement": _Statements._break,
    "continue_statement": _Statements._continue,
    "return_statement": _Statements._return,
}


def _is_lasting(specifier: Node) -> bool:
    """Whether it makes a variable keep its value: static, or extern."""
    return specifier.type == "storage_class_specifier" and specifier.text not in (
        b"register",
        b"auto",
    )


def _is_never(node: Node) -> bool:
    """Whether it is `if (0)`."""
    condition = node.child_by_field_name("condition")
    return condition is not None and strip(condition).text in (b"0", b"false")
