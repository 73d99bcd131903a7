# SPDX-License-Identifier: GPL-2.0-only
"""Statements of C, located by their tokens."""

from __future__ import annotations

import re

from tree_sitter import Node

from migrate.analysis.place import Place
from migrate.rewrite.steps.sites import NoSite, Site
from migrate.rewrite.steps.steps import Request
from migrate.rewrite.text.check import TokenEdit
from migrate.rewrite.text.draft import Draft
from migrate.rewrite.text.tokens import gap_before

_BLOCKS = ("compound_statement", "case_statement")


def statement_at(draft: Draft, number: int) -> Node | None:
    """The statement that begins with token `number`, if it was parsed completely."""
    start = draft.tokens[number].start
    node: Node | None = draft.node_at(number)
    while node is not None and not node.type.endswith("_statement"):
        node = node.parent
    if node is None or node.start_byte != start or node.has_error:
        return None
    return node


def is_in_block(statement: Node) -> bool:
    """Whether other statements may stand beside it without additional braces."""
    return statement.parent is not None and statement.parent.type in _BLOCKS


def is_lone_branch(statement: Node) -> bool:
    """Whether it is the whole body of an `if` without `else`."""
    above = statement.parent
    return (
        above is not None
        and above.type == "if_statement"
        and above.child_by_field_name("alternative") is None
    )


def indent_of(draft: Draft, number: int) -> bytes | None:
    """The white space before token `number`, if the token begins a line; else None."""
    gap = gap_before(draft.text, draft.tokens, number)
    newline = gap.rfind(b"\n")
    return gap[newline + 1 :] if newline >= 0 and b"\\" not in gap else None


def positive(place: Place, count: str) -> Request:
    """The request that puts `if (count > 0)` before the call at `place`, if that begins its line;
    `count` is a variable or a member."""

    def find(draft: Draft) -> Site | NoSite:
        number = draft.number_at(place)
        indent = indent_of(draft, number) if number is not None else None
        if number is None or indent is None:
            return NoSite(f"{place}: the call does not begin its line")
        return _tested(draft, number, count, indent)

    return Request("if-positive", (), find)


def _tested(draft: Draft, number: int, count: str, indent: bytes) -> Site:
    """`if (count > 0)` before token `number`, which begins a line with `indent`."""
    before = gap_before(draft.text, draft.tokens, number)
    first = before if not before.strip() else b"\n" + indent
    parts = tuple(re.findall(rb"\w+|->|\.", count.encode()))
    between = (b"",) * len(parts)
    gaps = (first, b" ", *between, b" ", b" ", b"", b"\n" + indent + b"\t")
    new = (b"if", b"(", *parts, b">", b"0", b")")
    token = draft.tokens[number]
    return Site(f"L{token.line}C{token.column}", (TokenEdit(number, 0, new, gaps),))
