# SPDX-License-Identifier: GPL-2.0-only
"""A function as instructions in basic blocks, and the edges between them.

Each function is lowered once, see :mod:`migrate.analysis.ir.lowering`. All later analyses use
instructions and never syntax. `guards` are the preprocessor conditions around an instruction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from migrate.analysis.frontend.guards import Guards
from migrate.analysis.frontend.syntax import Function
from migrate.analysis.frontend.types import TypeRef
from migrate.analysis.ir.expressions import (
    AddressOf,
    CallResult,
    Expression,
    Variable,
    plain,
    subexpressions,
)
from migrate.analysis.ir.macro_blocks import MacroBlocks
from migrate.analysis.model import Place


@dataclass(frozen=True, slots=True)
class Store:
    """`target operator value`, as `=`, `+=`, `++`; for unary operators the value is 1.

    `initial` says that it is the value of a declaration or in an initialiser list.
    """

    target: Expression
    value: Expression
    operator: str
    initial: bool
    place: Place
    text: str
    start: int
    guards: Guards

    @property
    def counts(self) -> bool:
        """Whether it is `x++` or `x--`."""
        return self.operator in ("++", "--")


@dataclass(frozen=True, slots=True)
class Invoke:
    """Call `number` of the function; `sources` are the arguments as they are written.

    `unclear` says that the parser did not understand the arguments, so that their positions are
    unknown. Inline assembly is a call of "asm" with all of its operands.
    """

    number: int
    callee: Expression
    arguments: tuple[Expression, ...]
    sources: tuple[str, ...]
    unclear: bool
    place: Place
    text: str
    start: int
    guards: Guards

    @property
    def name(self) -> str:
        """The function that is called by its name; "" for a call through a pointer."""
        callee = self.callee
        return callee.name if isinstance(callee, Variable) and not callee.local else ""


@dataclass(frozen=True, slots=True)
class Evaluate:
    """A value is evaluated and used only by a branch, or not at all."""

    value: Expression
    start: int
    guards: Guards


@dataclass(frozen=True, slots=True)
class Select:
    """A switch statement on `value`."""

    value: Expression
    start: int


@dataclass(frozen=True, slots=True)
class Leave:
    """The function returns `value`; at the end of its body it returns none, and is `implicit`."""

    value: Expression | None
    implicit: bool
    place: Place
    text: str
    start: int
    guards: Guards


@dataclass(frozen=True, slots=True)
class Declare:
    """A variable without an initial value comes into scope, and holds nothing."""

    variable: Variable
    start: int


@dataclass(frozen=True, slots=True)
class Label:
    """A label: besides visible gotos, a goto in a macro may jump here."""

    name: str
    start: int


Instruction = Store | Invoke | Evaluate | Select | Leave | Declare | Label


@dataclass(frozen=True, slots=True)
class Condition:
    """The condition of a branch: `value` is true, or is not.

    It is part of the condition of a statement, which ends at byte `asked`; the statement itself
    ends at byte `end`. `alone` says that it is the whole condition of an `if`.
    """

    value: Expression
    place: Place
    text: str
    start: int
    asked: int
    end: int
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge from one block to another, by their numbers; it is taken if `condition` is
    `truth`."""

    source: int
    target: int
    condition: Condition | None = None
    truth: bool = True


@dataclass(frozen=True, slots=True)
class Meet:
    """Two paths of a structured statement join: `one` and `others` are numbers of edges.

    The states on `one` are joined with those on `others`; see
    :meth:`migrate.analysis.paths.solver.Analysis.meet`.
    """

    one: frozenset[int]
    others: frozenset[int]


@dataclass(frozen=True, slots=True)
class Block:
    """Instructions that are executed one after the other."""

    instructions: tuple[Instruction, ...]
    meets: tuple[Meet, ...] = ()


@dataclass(frozen=True, slots=True)
class Local:
    """A parameter or a variable of the function; `name` is unique in the function.

    `lasting` says that it keeps its value between calls, `cleaned` that a cleanup function is
    called on it at the end of its block, `outermost` that it is declared in the outermost block.
    """

    name: str
    type: TypeRef
    parameter: bool = False
    lasting: bool = False
    cleaned: bool = False
    outermost: bool = True


@dataclass(frozen=True)
class Lowered:
    """One function. Block 0 is the entry; `order` has all instructions in source order.

    `incomplete` says that an expression is nested too deeply to be lowered completely; `unsure`
    that the parser did not understand the function, or a preprocessor directive splits a statement,
    or it has a computed goto, or a block after a macro.
    """

    function: Function
    parameters: tuple[str, ...]
    locals: dict[str, Local]
    blocks: tuple[Block, ...]
    edges: tuple[Edge, ...]
    order: tuple[Instruction, ...]
    guards: Guards
    incomplete: bool = False
    unsure: bool = False
    jumps: tuple[int, ...] = ()
    """The bytes where goto, break and continue statements start."""
    macros: MacroBlocks = field(default_factory=MacroBlocks)
    """The blocks after macros; `misread` says that the function is unsure for another reason."""
    statements: frozenset[int] = frozenset()
    """The bytes where expressions start that are statements of their own."""

    @cached_property
    def successors(self) -> tuple[tuple[int, ...], ...]:
        """The numbers of the edges that leave each block."""
        leaving: list[list[int]] = [[] for _ in self.blocks]
        for number, edge in enumerate(self.edges):
            leaving[edge.source].append(number)
        return tuple(map(tuple, leaving))

    @cached_property
    def calls(self) -> dict[int, Invoke]:
        """The calls by their numbers."""
        return {i.number: i for i in self.order if isinstance(i, Invoke)}

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions of the branches, in source order."""
        found = (e.condition for e in self.edges if e.condition is not None and e.truth)
        return tuple(sorted(found, key=lambda c: c.start))

    @cached_property
    def looping(self) -> Lowered:
        """The function with a back edge and a bypass for each loop that may be hidden in a
        macro."""
        pairs = (((h.last, h.first), (h.first, h.last)) for h in self.macros.loops)
        return replace(self, edges=(*self.edges, *(Edge(*pair) for both in pairs for pair in both)))

    def call_of(self, value: Expression) -> Invoke | None:
        """The call whose result `value` is, through casts."""
        inner = plain(value)
        return self.calls[inner.call] if isinstance(inner, CallResult) else None

    def behind(self, value: Expression) -> Iterator[Expression]:
        """`value` with all of its subexpressions, including the arguments of calls."""
        for part in subexpressions(value):
            yield part
            if isinstance(part, CallResult):
                for argument in self.calls[part.call].arguments:
                    yield from self.behind(argument)

    def mentions(self, value: Expression, names: Collection[str]) -> bool:
        """Whether a variable in `names` is in `value`, or in an argument of a call in it."""
        return any(isinstance(e, Variable) and e.name in names for e in self.behind(value))


def operands(instruction: Instruction) -> tuple[Expression, ...]:
    """The operands of an instruction; the target of a store is last."""
    match instruction:
        case Store(target, value):
            return (value, target)
        case Invoke(_, callee, arguments):
            return (*arguments, callee)
        case Leave(value) if value is not None:
            return (value,)
        case Evaluate(value) | Select(value):
            return (value,)
    return ()


def all_expressions(lowered: Lowered) -> Iterator[Expression]:
    """Every expression of the function with its subexpressions, including those of branches."""
    for instruction in lowered.order:
        for operand in operands(instruction):
            yield from subexpressions(operand)
    for condition in lowered.conditions:
        yield from subexpressions(condition.value)


def is_addressed(lowered: Lowered, name: str) -> bool:
    """Whether the address of the variable `name` is taken in a function."""
    return any(
        isinstance(e, AddressOf) and e.object == Variable(name) for e in all_expressions(lowered)
    )


def is_counted(lowered: Lowered, name: str) -> bool:
    """Whether the variable `name` is changed by ++ or --."""
    return any(
        isinstance(i, Store) and i.counts and i.target == Variable(name) for i in lowered.order
    )
