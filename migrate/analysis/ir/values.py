# SPDX-License-Identifier: GPL-2.0-only
"""The storage that an expression refers to, and what evaluating it reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from migrate.analysis.ir.expressions import (
    AddressOf,
    Binary,
    CallResult,
    Cast,
    Choice,
    Constant,
    Element,
    Evaluated,
    Expression,
    Load,
    Member,
    Temporary,
    Unary,
    Variable,
    is_negative,
    parts,
)
from migrate.analysis.ir.model import CALLED, CAST, TYPED, AccessPath, Result, Value

_COMPARISONS = frozenset({"==", "!=", "<", ">", "<=", ">=", "&&", "||"})
_SMALL = re.compile(r"(?:\d{1,3}|0[xX]0*[0-9a-fA-F]{1,3})[uUlL]*")
"""Less than the size of a page."""


@dataclass(frozen=True, slots=True)
class Read:
    """A read through a pointer or of a member; see :class:`migrate.analysis.ir.model.Access`."""

    path: AccessPath
    member: str
    level: int
    at: int


def values(expression: Expression) -> tuple[Value, ...]:
    """The possible values of `expression`: storage, and results of calls."""
    match expression:
        case Variable(name):
            return (AccessPath(name),)
        case Member(inner, name):
            owners = (owner_of(value, inner) for value in values(inner))
            return tuple(AccessPath(o.base, (*o.members, name), chosen=o.chosen) for o in owners)
        case Load(inner) | Element(inner):
            return tuple(_loaded(value, True) for value in values(inner))
        case AddressOf(inner):
            return tuple(_loaded(value, False) for value in values(inner))
        case Cast(operand=inner) | Evaluated(inner):
            return values(inner)
        case Unary(operator, inner):
            return () if operator == "!" or is_negative(expression) else values(inner)
        case Binary(operator, left, right):
            offset = operator == "&" and (_masks_offset(left) or _masks_offset(right))
            nothing = offset or operator in _COMPARISONS
            return () if nothing else values(left) + values(right)
        case Choice(first, second):
            return _chosen(values(first)) + _chosen(values(second))
        case CallResult(call):
            return (Result(call),)
        case Temporary(elements=elements):
            return tuple(value for element in elements for value in values(element))
        case _:
            return ()


def _chosen(found: tuple[Value, ...]) -> tuple[Value, ...]:
    """The operands of one side of `x ? y : z`, marked as chosen; except for a name in a sum, which
    may be an index and has a type if it is not."""
    return tuple(
        value
        if len(found) > 1 and isinstance(value, AccessPath) and not value.members
        else replace(value, chosen=True)
        for value in found
    )


def _loaded(value: Value, loaded: bool) -> Value:
    return replace(value, loaded=loaded) if isinstance(value, AccessPath) else value


def owner_of(value: Value, expression: Expression) -> AccessPath:
    """`value` of `expression` as an object with members: the type of a cast, or the result of a
    call."""
    inner = expression
    while isinstance(inner, (Load, AddressOf, Evaluated)):
        match inner:
            case Load(around) | AddressOf(around) | Evaluated(around):
                inner = around
    if isinstance(inner, Cast):
        return AccessPath(TYPED + inner.tag)
    return as_path(value)


def as_path(value: Value) -> AccessPath:
    """`value` as an access path."""
    if isinstance(value, AccessPath):
        return value
    return AccessPath(f"{CALLED}{value.call}", chosen=value.chosen)


def target_paths(target: Expression) -> tuple[AccessPath, ...]:
    """The storage that a store to `target` changes."""
    if isinstance(target, Temporary):
        return (AccessPath(TYPED + target.tag),)
    match target:
        case Member(inner, name) if isinstance(inner, (Temporary, Member)):
            owners = target_paths(inner)
            return tuple(AccessPath(o.base, (*o.members, name)) for o in owners)
        case Element(inner, None):
            return target_paths(inner)
    return tuple(as_path(value) for value in values(target))


def reads(expression: Expression) -> Iterator[Read]:
    """Every read through a pointer and of a member in `expression`, innermost first."""
    if isinstance(expression, Evaluated):
        return
    for part in parts(expression):
        yield from reads(part)
    match expression:
        case Member(inner, name, _, at):
            for value in values(inner):
                yield Read(owner_of(value, inner), name, level(expression), at)
        case Load(inner, at) | Element(inner, _, at):
            for value in values(inner):
                yield Read(as_path(value), "", level(expression), at)


def level(expression: Expression) -> int:
    """How often it dereferences the variable or member in it; see
    :class:`migrate.analysis.ir.model.Access`."""
    match expression:
        case Variable() | Constant() | Member():
            return 0
        case Load(inner) | Element(inner):
            return level(inner) + 1
        case AddressOf(inner):
            return level(inner) - 1
        case Evaluated(inner):
            return level(inner)
        case Binary(_, left, right):
            return max(level(left), level(right))
        case _:
            return CAST


def _masks_offset(mask: Expression) -> bool:
    """Whether `x & mask` is an offset within a page, which no longer identifies an address."""
    match mask:
        case Constant(text):
            return _SMALL.fullmatch(text) is not None
        case Unary("~", Variable("PAGE_MASK")):
            return True
        case Binary("-", Variable("PAGE_SIZE"), Constant("1")):
            return True
    return False
