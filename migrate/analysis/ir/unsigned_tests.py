# SPDX-License-Identifier: GPL-2.0-only
"""Comparisons of a signed number that C makes as unsigned ones, in which a negative number is large
and so never less."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from migrate.analysis.ir.expressions import (
    Binary,
    Cast,
    Choice,
    Evaluated,
    Expression,
    Member,
    Variable,
)

TypeOf = Callable[[Expression], str]
"""The type of a variable or a member as written, without a pointer; "" for any other."""

_LONGEST = frozenset({"unsigned long long", "u64", "__u64", "uint64_t"})
_LONG = frozenset({*_LONGEST, "unsigned long", "size_t", "ulong", "pgoff_t"})
_ANY = frozenset({*_LONG, "unsigned", "unsigned int", "uint", "u32", "__u32", "uint32_t"})

_WIDE_ENOUGH = {
    **dict.fromkeys(("int", "signed int", "s32"), _ANY),
    **dict.fromkeys(("long", "long int", "ssize_t"), _LONG),
    **dict.fromkeys(("long long", "s64"), _LONGEST),
}
"""For a signed type the unsigned ones that are at least as wide on every machine."""

_ARITHMETIC = frozenset({"+", "-", "*", "/", "%", "&", "|", "^"})
_SHIFTS = frozenset({"<<", ">>"})


def is_made_unsigned(signed: str, other: Expression, type_of: TypeOf) -> bool:
    """Whether a number of the type `signed` is compared with `other` as an unsigned one."""
    wide = _WIDE_ENOUGH.get(_words(signed), frozenset())
    return any(_words(kind) in wide for kind in _types(other, type_of))


def _types(value: Expression, type_of: TypeOf) -> Iterator[str]:
    """Types such that the one of `value` is at least as wide as each, and unsigned if it is."""
    match value:
        case Evaluated(inner):
            yield from _types(inner, type_of)
        case Cast(_, _, kind):
            if kind is not None and not kind.depth:
                yield kind.tag
        case Variable() | Member():
            yield type_of(value)
        case Binary(operator, left, right):
            if operator in _ARITHMETIC | _SHIFTS:
                yield from _types(left, type_of)
            if operator in _ARITHMETIC:
                yield from _types(right, type_of)
        case Choice(first, second):
            yield from _types(first, type_of)
            yield from _types(second, type_of)


def _words(kind: str) -> str:
    return " ".join(kind.split())
