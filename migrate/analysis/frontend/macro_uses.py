# SPDX-License-Identifier: GPL-2.0-only
"""What the macros of a file do with a member that they name."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from migrate.analysis.frontend.macros import macro_bodies
from migrate.analysis.frontend.mentions import Mention
from migrate.analysis.frontend.nodes import is_unclear, name_of, nodes
from migrate.analysis.frontend.syntax import parse
from migrate.kernel.words import whole_word

_NUMBERS = frozenset({"dma_address", "dma_length", "length", "offset"})
"""Members of struct scatterlist that are no page."""

_INSIDE = frozenset({"parenthesized_expression", "subscript_expression", "pointer_expression"})

Given = tuple[str, int]
"""The name of a function or macro, and the number of an argument of it."""


def given_in_macro(mention: Mention) -> tuple[Given, ...] | None:
    """Which calls get the member that a function-like macro names in `mention`; reading a number of
    a scatterlist is no use. None if a definition of the macro does anything else with it."""
    above, source, member = mention.node.parent, mention.source, mention.word
    named = above.child_by_field_name("name") if above is not None else None
    bodies = [parse("", text) for text, _ in macro_bodies(source, name_of(named))] if named else []
    if not bodies or any(body.unread or body.root.has_error for body in bodies):
        return None
    used = [node for body in bodies for node in _members(body.root, member)]
    word = whole_word(member)
    if len(used) != sum(1 for body in bodies for _ in word.finditer(body.text)):
        return None
    found = [_given(node) for node in used]
    return None if None in found else tuple(g for g in found if g and g[0])


def _members(root: Node, word: str) -> Iterator[Node]:
    """The expressions `x->word` and `x.word`."""
    for node in nodes(root):
        field = node.child_by_field_name("field") if node.type == "field_expression" else None
        if field is not None and name_of(field) == word:
            yield node


def _given(member: Node) -> Given | None:
    """The call that gets what is taken from a member, "" for a number that is read from it; None
    for anything else."""
    inner, outer = member, member.parent
    while outer is not None and outer.type in _INSIDE:
        if outer.type == "subscript_expression" and inner != outer.child_by_field_name("argument"):
            return None
        inner, outer = outer, outer.parent
    if outer is None:
        return None
    if outer.type == "field_expression":
        field = outer.child_by_field_name("field")
        read = field is not None and name_of(field) in _NUMBERS and not _is_stored(outer)
        return ("", 0) if read else None
    call = outer.parent if outer.type == "argument_list" and not is_unclear(outer) else None
    callee = call.child_by_field_name("function") if call is not None else None
    if callee is None or callee.type != "identifier":
        return None
    return name_of(callee), [c for c in outer.named_children if c.type != "comment"].index(inner)


def _is_stored(expression: Node) -> bool:
    """Whether an address is taken or something assigned."""
    above = expression.parent
    while above is not None and above.type == "parenthesized_expression":
        above = above.parent
    if above is None:
        return True
    return above.type in ("pointer_expression", "assignment_expression", "update_expression")
