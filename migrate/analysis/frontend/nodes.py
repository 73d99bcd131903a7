# SPDX-License-Identifier: GPL-2.0-only
"""What the nodes of a syntax tree are and name."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from tree_sitter import Node

CONTAINERS = frozenset(
    {
        "translation_unit",
        "preproc_if",
        "preproc_ifdef",
        "preproc_else",
        "preproc_elif",
        "preproc_elifdef",
        "linkage_specification",
        "declaration_list",
        "ERROR",
    }
)


def name_of(node: Node) -> str:
    """The bytes of an identifier node as text."""
    return (node.text or b"").decode("utf-8", "replace")


def strip(node: Node) -> Node:
    """`node` without the parentheses around it."""
    while node.type == "parenthesized_expression" and node.named_children:
        node = node.named_children[0]
    return node


def top_level(node: Node) -> Iterator[Node]:
    """The file-scope nodes below `node`, including those in #if blocks and recovered errors."""
    queue = list(reversed(node.children))
    while queue:
        child = queue.pop()
        if child.type in CONTAINERS:
            queue.extend(reversed(child.children))
        else:
            yield child


def find_first(node: Node, kind: str) -> Node | None:
    """The first node of type `kind` at or below `node`, outermost first."""
    queue = deque([node])
    while queue:
        current = queue.popleft()
        if current.type == kind:
            return current
        queue.extend(current.children)
    return None


def nodes(node: Node, without: str = "") -> Iterator[Node]:
    """`node` and all named nodes below it, but not below nodes of type `without`."""
    queue = [node]
    while queue:
        current = queue.pop()
        if without and current.type == without:
            continue
        yield current
        queue.extend(current.named_children)


def is_unclear(listed: Node) -> bool:
    """Whether the parser had to guess the positions of the arguments `listed`: it skipped code,
    inserted some, or found a preprocessor directive between them."""
    return any(
        child.type == "ERROR" or child.is_missing or child.type.startswith("preproc_")
        for child in listed.children
    )


def declarator_name(node: Node) -> str | None:
    """The identifier that a declarator declares."""
    current: Node | None = node
    while current is not None:
        if current.type in ("identifier", "field_identifier", "type_identifier"):
            return name_of(current)
        following = current.child_by_field_name("declarator")
        hidden = _before_attribute(current, following)
        if hidden is not None:
            return hidden
        if following is None:
            named = [c for c in current.named_children if c.type != "attribute_specifier"]
            following = named[0] if named and current.type.startswith("parenthesized") else None
        current = following
    return None


def _before_attribute(holder: Node, declared: Node | None) -> str | None:
    """In `*p __unknown = x` and `*p __free(f) = x` the parser takes the attribute for the name, and
    p for an error."""
    if declared is None or declared.type not in ("identifier", "function_declarator"):
        return None
    for child in holder.children:
        if child.type == "ERROR" and child.end_byte <= declared.start_byte:
            named = child.named_children
            return name_of(named[0]) if len(named) == 1 and named[0].type == "identifier" else None
    return None
