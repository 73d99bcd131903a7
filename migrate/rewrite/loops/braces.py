# SPDX-License-Identifier: GPL-2.0-only
"""Braces that are not needed any more once a loop is folded into a statement."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from migrate.analysis.model import Place
from migrate.rewrite.steps.sites import Site
from migrate.rewrite.text.check import TokenEdit
from migrate.rewrite.text.draft import Draft
from migrate.rewrite.text.tokens import gap_before


def lone_brace(draft: Draft, statement: Node) -> Place | None:
    """The opening brace of a block of a branch or a loop that contains only `statement` and
    declarations; None if there is no such block."""
    block = statement.parent
    if block is None or block.type != "compound_statement":
        return None
    others = [c for c in block.named_children if c != statement and c.type != "declaration"]
    owner = block.parent
    if others or owner is None or not list(_owned(block)):
        return None
    return draft.place_of(draft.tokens_of(block)[0])


def drop_braces(draft: Draft, brace: Place) -> Site | None:
    """Remove the braces of the block, and of all other branches of the same `if`, if the kernel's
    style has none: no branch is more than one statement on one line."""
    first = draft.number_at(brace)
    block = draft.node_at(first).parent if first is not None else None
    if block is None or block.type != "compound_statement":
        return None
    bodies = list(_owned(block))
    if block not in bodies or not all(_is_one_line(body) for body in bodies):
        return None
    sites = [_without(draft, b) for b in bodies if b.type == "compound_statement"]
    edits = tuple(edit for site in sites for edit in site.edits)
    return Site("_".join(site.at for site in sites), edits)


def _is_one_line(body: Node) -> bool:
    """Whether `body` is a statement of one line, with braces or without."""
    inside = body.named_children if body.type == "compound_statement" else [body]
    if len(inside) != 1 or inside[0].type == "declaration" or inside[0].named_children[1:]:
        return False
    return inside[0].start_point[0] == inside[0].end_point[0]


def _without(draft: Draft, block: Node) -> Site:
    """Take one pair of braces away."""
    first, end = draft.tokens_of(block)
    last = end - 1
    text, tokens = draft.text, draft.tokens
    goes_on = end < len(tokens) and tokens[end].text == b"else"
    behind = gap_before(text, tokens, last if goes_on else end)
    token = tokens[first]
    return Site(
        f"L{token.line}C{token.column}",
        (
            TokenEdit(first, 1, (), (gap_before(text, tokens, first + 1),)),
            TokenEdit(last, 1, (), (behind,)),
        ),
    )


def _owned(block: Node) -> Iterator[Node]:
    """The bodies of the statement to which `block` belongs: all branches of an `if`."""
    owner = block.parent
    if owner is None:
        return
    if owner.type in ("for_statement", "while_statement"):
        yield block
    while owner is not None and owner.type in ("if_statement", "else_clause"):
        top = owner
        owner = owner.parent
        if owner is None or owner.type not in ("if_statement", "else_clause"):
            yield from _branches(top)
        elif owner.type == "if_statement" and top.type != "else_clause":
            yield from _branches(top)
            return


def _branches(statement: Node) -> Iterator[Node]:
    then, other = (statement.child_by_field_name(f) for f in ("consequence", "alternative"))
    if then is not None:
        yield then
    for child in other.named_children if other is not None else ():
        if child.type == "if_statement":
            yield from _branches(child)
        elif child.type != "comment":
            yield child
