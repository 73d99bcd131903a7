# SPDX-License-Identifier: GPL-2.0-only
"""Macros that name a member, but do nothing with the pages in it: they only ask for a number, as
`#define LEN(d, i) sg_dma_len(&(d)->sg[i])`."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from migrate.analysis.frontend.kernel_api import Effect
from migrate.analysis.frontend.macros import macro_bodies
from migrate.analysis.frontend.mentions import Mention
from migrate.analysis.frontend.syntax import is_unclear, name_of, nodes, parse
from migrate.analysis.program.known_callee import known_callee
from migrate.analysis.program.program import Program
from migrate.kernel.words import whole_word

_NUMBERS = frozenset({"dma_address", "dma_length", "length", "offset"})
"""Members of struct scatterlist that are no page."""

_INSIDE = frozenset({"parenthesized_expression", "subscript_expression", "pointer_expression"})


def does_nothing(program: Program, mention: Mention) -> bool:
    """Whether a macro that names the member `mention` does nothing with the pages in it."""
    name = _macro_of(mention)
    if not name or mention.source.path.startswith("include/"):
        return False
    return _only_asks(program, mention, name)


def _macro_of(mention: Mention) -> str:
    above = mention.node.parent
    named = above.child_by_field_name("name") if above is not None else None
    return name_of(named) if named is not None else ""


def _only_asks(program: Program, mention: Mention, name: str) -> bool:
    """Whether every definition of a macro in the file uses the member for numbers only."""
    bodies = [parse("", text) for text, _ in macro_bodies(mention.source, name)]
    if not bodies or any(body.unread or body.root.has_error for body in bodies):
        return False
    used = [node for body in bodies for node in _members(body.root, mention.word)]
    word = whole_word(mention.word)
    said = sum(1 for body in bodies for _ in word.finditer(body.text))
    path = mention.source.path
    return len(used) == said > 0 and all(_asks_number(program, node, path) for node in used)


def _members(root: Node, word: str) -> Iterator[Node]:
    """The expressions `x->word` and `x.word`."""
    for node in nodes(root):
        field = node.child_by_field_name("field") if node.type == "field_expression" else None
        if field is not None and name_of(field) == word:
            yield node


def _asks_number(program: Program, member: Node, path: str) -> bool:
    """Whether what is taken from a member is a number of a scatterlist, or is given to a function
    of the kernel's API that does nothing with pages."""
    inner, outer = member, member.parent
    while outer is not None and outer.type in _INSIDE:
        if outer.type == "subscript_expression" and inner != outer.child_by_field_name("argument"):
            return False
        inner, outer = outer, outer.parent
    if outer is None:
        return False
    if outer.type == "field_expression":
        field = outer.child_by_field_name("field")
        return field is not None and name_of(field) in _NUMBERS and not _is_stored(outer)
    call = outer.parent if outer.type == "argument_list" and not is_unclear(outer) else None
    callee = call.child_by_field_name("function") if call is not None else None
    if callee is None or callee.type != "identifier":
        return False
    known = known_callee(program, name_of(callee), path)
    position = [c for c in outer.named_children if c.type != "comment"].index(inner)
    return (
        known is not None
        and known.effect(position) is Effect.NOTHING
        and not known.flows
        and not known.has_value
        and not known.bytes.targets
    )


def _is_stored(expression: Node) -> bool:
    """Whether an address is taken or something assigned."""
    above = expression.parent
    while above is not None and above.type == "parenthesized_expression":
        above = above.parent
    if above is None:
        return True
    return above.type in ("pointer_expression", "assignment_expression", "update_expression")
