# SPDX-License-Identifier: GPL-2.0-only
"""Lowers statements that branch, loop and jump to blocks and edges."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tree_sitter import Node

from migrate.analysis.frontend.guards import asked_of_the_build, opposite, without
from migrate.analysis.frontend.nodes import name_of, strip
from migrate.analysis.ir.expressions import Expression
from migrate.analysis.ir.instructions import Label, Leave, Meet, Select
from migrate.analysis.ir.lowering_expressions import Expressions, is_expression
from migrate.analysis.ir.macro_blocks import MacroLoop, is_head, is_named_loop


@dataclass
class _Switch:
    """A switch statement around the current code."""

    head: int
    default: bool = False


@dataclass
class Branches(Expressions):
    """Lowers the statements that determine which statement is next."""

    labels: dict[str, int] = field(default_factory=dict)
    breaks: list[tuple[int, ...]] = field(default_factory=list)
    continues: list[tuple[int, ...]] = field(default_factory=list)
    switches: list[_Switch] = field(default_factory=list)

    def each(self, node: Node) -> None:
        self.sequence(node.named_children)

    def sequence(self, statements: list[Node]) -> None:
        heads: list[int] = []
        sure = False
        for node in statements:
            if is_head(node):
                heads.append(self.between())
                self.statement(node)
                sure = is_named_loop(node)
            elif heads and node.type != "comment":
                with self.repeated(sure):
                    self.statement(node)
                last = self.between()
                self.loops += [MacroLoop(first, last) for first in heads]
                heads = []
            else:
                self.statement(node)

    @contextmanager
    def repeated(self, sure: bool) -> Iterator[None]:
        """Code that a macro may turn into a loop: its jumps lead to the end of the loop. If that is
        not `sure`, they may also belong to the loop around it."""
        end = self.new()
        for stack in (self.breaks, self.continues):
            outer = stack[-1] if stack and not sure else ()
            stack.append((end, *outer))
        yield
        self.breaks.pop()
        self.continues.pop()
        self.lead(end)
        self.enter(end)

    def after(self) -> int:
        """A new block that follows the current one."""
        block = self.new()
        self.lead(block)
        return block

    def between(self) -> int:
        """A new empty block between the code so far and the code that follows."""
        block = self.after()
        self.enter(block)
        self.enter(self.after())
        return block

    def _if(self, node: Node) -> None:
        condition = node.child_by_field_name("condition")
        second, third = (node.child_by_field_name(n) for n in ("consequence", "alternative"))
        if condition is None:
            self.each(node)
            return
        with self.scope():
            yes, no, end = self.new(), self.new(), self.new()
            self.ask(condition, node, yes, no)
            ends, outer = [], self.guards
            asked = without(asked_of_the_build(condition) or frozenset(), self.source.macros)
            for block, part, guards in ((yes, second, asked), (no, third, opposite(asked))):
                self.enter(block)
                self.guards = outer | guards
                if part is not None and not (part == second and _is_never(node)):
                    self.statement(part)
                self.guards = outer
                ends.append(self.lead(end))
            self.meet(end, {ends[0]}, {ends[1]})
            self.enter(end)

    def _loop(self, node: Node) -> None:
        """`while`, `for` and `do`. A loop may be executed zero times, but that path alone must not
        cause findings: the exit by the condition is joined with the end of an iteration."""
        first = node.type == "do_statement"
        with self.scope():
            self._optional(node.child_by_field_name("initializer"))
            head = self.after()
            body, update, left, end = self.new(), self.new(), self.new(), self.new()
            self.enter(head)
            if first:
                self.lead(body)
            else:
                self._ask_loop(node, body, left)
            self.breaks.append((end,))
            self.continues.append((update,))
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
            self.breaks.append((out,))
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
        block = self.after()
        if self.switches:
            switch = self.switches[-1]
            self.enter(switch.head)
            self.lead(block)
            switch.default |= bool(node.children) and node.children[0].type == "default"
        self.enter(block)
        value = node.child_by_field_name("value")
        self.sequence([child for child in node.named_children if child != value])

    def _label(self, node: Node) -> None:
        named = node.child_by_field_name("label")
        if named is not None:
            block = self._labelled(name_of(named))
            self.lead(block)
            self.enter(block)
            self.add(Label(name_of(named), node.start_byte))
        self.sequence([child for child in node.named_children if child != named])

    def _labelled(self, name: str) -> int:
        if name not in self.labels:
            self.labels[name] = self.new()
        return self.labels[name]

    def _goto(self, node: Node) -> None:
        self.jumps.append(node.start_byte)
        named = node.child_by_field_name("label")
        if named is None:
            # A computed goto.
            self.unsure = self.garbled = True
        else:
            self.lead(self._labelled(name_of(named)))
        self.enter(self.new())

    def _break(self, node: Node) -> None:
        self.jumps.append(node.start_byte)
        for target in self.breaks[-1] if self.breaks else ():
            self.lead(target)
        self.enter(self.new())

    def _continue(self, node: Node) -> None:
        self.jumps.append(node.start_byte)
        for target in self.continues[-1] if self.continues else ():
            self.lead(target)
        self.enter(self.new())

    def _return(self, node: Node) -> None:
        value: Expression | None = None
        for child in node.named_children:
            if child.type != "comment":
                value = self.expression(child)
        self.leave(value, node)
        self.enter(self.new())

    def leave(self, value: Expression | None, node: Node, implicit: bool = False) -> None:
        place, text = self.source.place(node), self.source.line(node)
        self.add(Leave(value, implicit, place, text, node.start_byte, self.guards))

    def _optional(self, node: Node | None) -> None:
        if node is not None:
            self.statement(node)


BRANCHES = {
    "if_statement": Branches._if,
    "while_statement": Branches._loop,
    "for_statement": Branches._loop,
    "do_statement": Branches._loop,
    "switch_statement": Branches._switch,
    "case_statement": Branches._case,
    "labeled_statement": Branches._label,
    "goto_statement": Branches._goto,
    "break_statement": Branches._break,
    "continue_statement": Branches._continue,
    "return_statement": Branches._return,
}


def _is_never(node: Node) -> bool:
    """Whether it is `if (0)`."""
    condition = node.child_by_field_name("condition")
    return condition is not None and strip(condition).text in (b"0", b"false")
