# SPDX-License-Identifier: GPL-2.0-only
"""A function during lowering: its blocks and edges so far, and its variables by block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tree_sitter import Node

from migrate.analysis.frontend.guards import Guards
from migrate.analysis.frontend.syntax import Function, Source
from migrate.analysis.frontend.types import TypeRef
from migrate.analysis.ir.expressions import (
    Constant,
    Element,
    Evaluated,
    Expression,
    Load,
    Member,
    Opaque,
    Variable,
    parts,
)
from migrate.analysis.ir.instructions import (
    Block,
    Condition,
    Edge,
    Evaluate,
    Instruction,
    Invoke,
    Local,
    Lowered,
    Meet,
    Store,
)
from migrate.analysis.ir.macro_blocks import MacroBlocks, MacroLoop

NOTHING = Opaque("")
"""No value."""


@dataclass(frozen=True)
class Asked:
    """The bytes where the condition that is being lowered ends, and where its statement ends; for
    an `if` the bytes of the condition without parentheses."""

    condition: int = 0
    statement: int = 0
    of_if: tuple[int, int] = (0, 0)


@dataclass
class Builder:
    """`block` is the number of the current block, to which instructions are added; `guards` are
    those of the current code, `scopes` the unique names of the variables by their names in the
    source, innermost block last."""

    source: Source
    guards: Guards
    locals: dict[str, Local] = field(default_factory=dict)
    scopes: list[dict[str, str]] = field(default_factory=lambda: [{}])
    blocks: list[list[Instruction]] = field(default_factory=lambda: [[]])
    meets: dict[int, list[Meet]] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    order: list[Instruction] = field(default_factory=list)
    calls: int = 0
    block: int = 0
    unsure: bool = False
    macros: MacroBlocks = field(default_factory=MacroBlocks)
    asked: Asked = Asked()
    jumps: list[int] = field(default_factory=list)
    statements: set[int] = field(default_factory=set)
    loops: list[MacroLoop] = field(default_factory=list)
    garbled: bool = False

    # Blocks

    def new(self) -> int:
        """The number of a new block without incoming edges."""
        self.blocks.append([])
        return len(self.blocks) - 1

    def enter(self, block: int) -> None:
        """Make `block` the current block."""
        self.block = block

    def add(self, instruction: Instruction) -> None:
        self.blocks[self.block].append(instruction)
        self.order.append(instruction)

    def lead(self, target: int, condition: Condition | None = None, truth: bool = True) -> int:
        """Add an edge from the current block to `target`; returns its number."""
        self.edges.append(Edge(self.block, target, condition, truth))
        return len(self.edges) - 1

    def meet(self, block: int, one: set[int], two: set[int]) -> None:
        """The paths `one` and `two`, numbers of edges, join in `block`."""
        first, second = frozenset(one), frozenset(two)
        self.meets.setdefault(block, []).extend((Meet(first, second), Meet(second, first)))

    def lowered(self, function: Function, names: tuple[str, ...], incomplete: bool) -> Lowered:
        return Lowered(
            function,
            names,
            self.locals,
            tuple(
                Block(tuple(instructions), tuple(self.meets.get(number, ())))
                for number, instructions in enumerate(self.blocks)
            ),
            tuple(self.edges),
            tuple(self.order),
            self.guards,
            incomplete,
            self.unsure,
            tuple(self.jumps),
            self.macros,
            frozenset(self.statements),
        )

    # Variables

    @contextmanager
    def scope(self) -> Iterator[None]:
        """A block of the source, with its own variables."""
        self.scopes.append({})
        yield
        self.scopes.pop()

    def declare(self, name: str, kind: TypeRef, **said: bool) -> Variable:
        """Add a variable to the innermost block."""
        # Two blocks may each have a `page`; they are different variables.
        unique, n = name, 2
        while unique in self.locals:
            unique, n = f"{name}#{n}", n + 1
        self.locals[unique] = Local(unique, kind, **said)
        self.scopes[-1][name] = unique
        return Variable(unique, True)

    def variable(self, name: str) -> Variable:
        """The variable that `name` refers to here; a global keeps its name."""
        for scope in reversed(self.scopes):
            if name in scope:
                return Variable(scope[name], True)
        return Variable(name)

    # Instructions

    def store(
        self,
        target: Expression,
        value: Expression,
        operator: str,
        node: Node,
        at: Node,
        **said: bool,
    ) -> None:
        """`node` stores; the place is that of `at`."""
        self.add(
            Store(
                target,
                value,
                operator,
                said.get("initial", False),
                self.source.place(at),
                self.source.line(at),
                node.start_byte,
                self.guards,
            )
        )

    def invoke(
        self,
        callee: Expression,
        arguments: tuple[Expression, ...],
        given: list[Node],
        at: Node,
        unclear: bool = False,
    ) -> int:
        """Add a call; returns its number."""
        self.calls += 1
        self.add(
            Invoke(
                self.calls - 1,
                callee,
                arguments,
                tuple(self.source.code(n) for n in given),
                unclear,
                self.source.place(at),
                self.source.line(at),
                at.start_byte,
                self.guards,
            )
        )
        return self.calls - 1

    def evaluate(self, value: Expression, node: Node) -> None:
        """Evaluate `value`, and note where that reads memory."""
        if _reads(value):
            self.add(Evaluate(value, node.start_byte, self.guards))

    def condition(self, value: Expression, node: Node) -> Condition:
        place, text = self.source.place(node), self.source.line(node)
        asked, start = self.asked, node.start_byte
        alone = (start, node.end_byte) == asked.of_if
        return Condition(value, place, text, start, asked.condition, asked.statement, alone)


def _reads(expression: Expression) -> bool:
    """Whether evaluating it reads memory."""
    if isinstance(expression, Evaluated):
        return False
    return isinstance(expression, (Member, Load, Element)) or any(map(_reads, parts(expression)))


def once(expression: Expression) -> Expression:
    """The value of `expression`, which has been evaluated already."""
    if isinstance(expression, (Variable, Constant, Opaque, Evaluated)):
        return expression
    return Evaluated(expression)
