# SPDX-License-Identifier: GPL-2.0-only
"""The expressions of Kconfig's `depends on` and `if`, as trees."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Symbol:
    """A symbol that has to be set."""

    name: str


@dataclass(frozen=True)
class Not:
    part: Expression


@dataclass(frozen=True)
class And:
    parts: tuple[Expression, ...]


@dataclass(frozen=True)
class Or:
    parts: tuple[Expression, ...]


@dataclass(frozen=True)
class Other:
    """A comparison, a macro or a constant: it does not say which symbols have to be set."""

    text: str


Expression = Symbol | Not | And | Or | Other

_TOKEN = re.compile(r'\$\([^()]*(?:\([^()]*\)[^()]*)*\)|"[^"]*"|&&|\|\||!=|<=|>=|[=<>!()]|[\w.-]+')
_DEEPEST = 100
"""Nobody nests brackets deeper than this; each level costs some stack frames."""

_COMPARISONS = ("=", "!=", "<", ">", "<=", ">=")


def parse_expression(text: str) -> Expression:
    """Parse `text`; parts that are not understood become :class:`Other`."""
    tokens = _TOKEN.findall(text)
    if tokens.count("(") + tokens.count("!") > _DEEPEST:
        return Other(text)
    try:
        tree, rest = _any_of(tokens)
    except IndexError:
        return Other(text)
    return Other(text) if rest else tree


def _any_of(tokens: list[str]) -> tuple[Expression, list[str]]:
    parts, rest = _list_of(tokens, "||")
    return (parts[0] if len(parts) == 1 else Or(tuple(parts))), rest


def _list_of(tokens: list[str], operator: str) -> tuple[list[Expression], list[str]]:
    below = _all_of if operator == "||" else _one
    part, rest = below(tokens)
    parts = [part]
    while rest and rest[0] == operator:
        part, rest = below(rest[1:])
        parts.append(part)
    return parts, rest


def _all_of(tokens: list[str]) -> tuple[Expression, list[str]]:
    parts, rest = _list_of(tokens, "&&")
    return (parts[0] if len(parts) == 1 else And(tuple(parts))), rest


def _one(tokens: list[str]) -> tuple[Expression, list[str]]:
    first, rest = tokens[0], tokens[1:]
    if first == "!":
        part, rest = _one(rest)
        return Not(part), rest
    if first == "(":
        part, rest = _any_of(rest)
        return part, rest[1:]
    if rest and rest[0] in _COMPARISONS:
        return _compared(first, rest[0], rest[1]), rest[2:]
    is_symbol = re.fullmatch(r"\w+", first) and first not in ("y", "m", "n")
    return (Symbol(first) if is_symbol else Other(first)), rest


def _compared(left: str, operator: str, right: str) -> Expression:
    """`A=y` and `A!=n` are `A`, `A=n` is `!A`; other comparisons do not constrain a symbol."""
    if (operator, right) in (("=", "y"), ("=", "m"), ("!=", "n")):
        return Symbol(left)
    if (operator, right) in (("=", "n"), ("!=", "y")):
        return Not(Symbol(left))
    return Other(f"{left}{operator}{right}")


def positive_symbols(tree: Expression) -> set[str]:
    """The symbols that `tree` requires to be set, in any of its alternatives."""
    match tree:
        case Symbol(name):
            return {name}
        case And(parts) | Or(parts):
            return {name for part in parts for name in positive_symbols(part)}
        case _:
            return set()
