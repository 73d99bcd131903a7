# SPDX-License-Identifier: GPL-2.0-only
"""Expressions without side effects, as the operands of instructions.

The form is that of CIL (Necula, McPeak, Rahul, Weimer: CIL: Intermediate Language and Tools for
Analysis and Transformation of C Programs, CC 2002): a side effect of an expression, such as a call
or an assignment, becomes an instruction of its own before it, and only its value is left.
Address-of, load and member are distinguished, and parentheses are dropped. Two expressions are
equal if they are written alike, wherever they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from migrate.analysis.frontend.types import TypeRef


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable or a function. A local has a name that is unique in the function; see
    :attr:`written`."""

    name: str
    local: bool = field(default=False, compare=False)

    @property
    def written(self) -> str:
        """The name in the source."""
        return self.name.partition("#")[0]


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal, NULL, true or false."""

    text: str


@dataclass(frozen=True, slots=True)
class Member:
    """`object.name` or `object->name`; `at` is the byte where it starts, here and below."""

    object: Expression
    name: str
    arrow: bool
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Load:
    """`*pointer`."""

    pointer: Expression
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Element:
    """`array[index]`; without an index it is any element, as in an initialiser list."""

    array: Expression
    index: Expression | None
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class AddressOf:
    """`&object`."""

    object: Expression


@dataclass(frozen=True, slots=True)
class Cast:
    """`(type)operand`; `tag` is that of the struct that the type names, "" if it names none."""

    tag: str
    operand: Expression
    type: TypeRef | None = None
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Unary:
    """`-x`, `~x`, `!x`, `+x`."""

    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    """Arithmetic, comparisons, and `&&` and `||` as values."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Choice:
    """`condition ? first : second`; the condition is one of the branch before."""

    first: Expression
    second: Expression


@dataclass(frozen=True, slots=True)
class CallResult:
    """The result of call number `call` in the function."""

    call: int


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The value that `operand` had when it was evaluated earlier: the value of an assignment, or a
    part of a condition."""

    operand: Expression


@dataclass(frozen=True, slots=True)
class Temporary:
    """The unnamed object of struct `tag` that a compound literal creates."""

    tag: str
    elements: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class Opaque:
    """An expression that does not evaluate its operands, such as sizeof, or that is not
    understood."""

    text: str


Expression = (
    Variable
    | Constant
    | Member
    | Load
    | Element
    | AddressOf
    | Cast
    | Unary
    | Binary
    | Choice
    | CallResult
    | Evaluated
    | Temporary
    | Opaque
)


def parts(expression: Expression) -> tuple[Expression, ...]:
    """The operands of `expression`, from left to right."""
    match expression:
        case Member(inner) | Load(inner) | AddressOf(inner) | Evaluated(inner):
            return (inner,)
        case Element(array, index):
            return (array,) if index is None else (array, index)
        case Cast(operand=inner) | Unary(operand=inner):
            return (inner,)
        case Binary(_, left, right) | Choice(left, right):
            return (left, right)
        case Temporary(elements=elements):
            return elements
        case _:
            return ()


def subexpressions(expression: Expression) -> Iterator[Expression]:
    """`expression` and all of its subexpressions."""
    queue = [expression]
    while queue:
        current = queue.pop()
        yield current
        queue.extend(reversed(parts(current)))


def plain(expression: Expression) -> Expression:
    """`expression` without casts and without :class:`Evaluated`."""
    while isinstance(expression, (Cast, Evaluated)):
        expression = expression.operand
    return expression


def variable_name(expression: Expression) -> str:
    """The name of the variable that `expression` is, through casts; "" for anything else."""
    inner = plain(expression)
    return inner.name if isinstance(inner, Variable) else ""


def variables(expression: Expression) -> Iterator[Variable]:
    """The variables in `expression`."""
    return (e for e in subexpressions(expression) if isinstance(e, Variable))


def has_address(expression: Expression) -> bool:
    """Whether it takes the address of anything, as in `&x`."""
    return any(isinstance(e, AddressOf) for e in subexpressions(expression))


def is_zero(expression: Expression) -> bool:
    """Whether it is NULL, false or 0, in whatever form."""
    inner = plain(expression)
    if not isinstance(inner, Constant):
        return False
    return inner.text in ("NULL", "false") or not inner.text.strip("0").strip("xXuUlL")


def is_null(expression: Expression) -> bool:
    """Whether it is NULL or another constant that is not an address, such as an error code."""
    inner = plain(expression)
    return isinstance(inner, Constant) or is_negative(inner)


def is_negative(expression: Expression) -> bool:
    """Whether it is an error code such as -ENOMEM, or another negative number."""
    inner = plain(expression)
    if not isinstance(inner, Unary) or inner.operator != "-":
        return False
    operand = inner.operand
    return isinstance(operand, Constant) or (
        isinstance(operand, Variable) and operand.name.isupper()
    )


def root(expression: Expression) -> Variable | None:
    """The variable that an access path starts with; None for anything else."""
    current = plain(expression)
    while True:
        match current:
            case Variable():
                return current
            case Member(inner) | Load(inner) | AddressOf(inner) | Element(inner):
                current = plain(inner)
            case Binary(_, left, _):
                current = plain(left)
            case _:
                return None
