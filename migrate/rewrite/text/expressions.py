# SPDX-License-Identifier: GPL-2.0-only
"""Predicates on pieces of C: the same tokens, a variable in it, no side effects."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from migrate.analysis.frontend.nodes import name_of

_PURE = frozenset(
    {
        *("identifier", "field_identifier", "number_literal", "true", "false", "null"),
        *("field_expression", "subscript_expression", "parenthesized_expression"),
        *("binary_expression", "unary_expression", "pointer_expression", "conditional_expression"),
    }
)
"""Nodes of an expression that has no side effects, however often it is evaluated."""


def below(top: Node) -> Iterator[Node]:
    """`top` and every node below it."""
    queue = [top]
    while queue:
        node = queue.pop()
        yield node
        queue.extend(node.children)


def same(one: Node, other: Node) -> bool:
    """Whether two pieces of source have the same tokens."""
    return leaves(one) == leaves(other)


def mentions(top: Node, name: str) -> bool:
    """Whether the variable `name` is anywhere in `top`."""
    return any(n.type == "identifier" and name_of(n) == name for n in below(top))


def is_pure(top: Node) -> bool:
    """Whether evaluating `top` has no side effects."""
    return all(node.type in _PURE for node in below(top) if node.is_named)


def only_argument(call: Node) -> Node | None:
    """The argument of a call that has just one."""
    listed = call.child_by_field_name("arguments")
    inner = listed.named_children if listed is not None else []
    return inner[0] if len(inner) == 1 else None


def is_variable(node: Node | None, name: str) -> bool:
    """Whether `node` is just the variable `name`."""
    return node is not None and node.type == "identifier" and name_of(node) == name


def is_zero(node: Node) -> bool:
    """Whether `node` is the literal 0."""
    return node.type == "number_literal" and node.text == b"0"


def leaves(top: Node) -> list[bytes]:
    """The tokens of `top`."""
    if not top.children:
        return [top.text or b""]
    return [text for child in top.children for text in leaves(child)]


def comparison(node: Node) -> tuple[Node, str, Node] | None:
    """Both sides of a binary expression, and its operator."""
    left, operator, right = (node.child_by_field_name(f) for f in ("left", "operator", "right"))
    if node.type != "binary_expression" or left is None or operator is None or right is None:
        return None
    return left, operator.type, right
