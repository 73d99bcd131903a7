# SPDX-License-Identifier: GPL-2.0-only
"""Expressions that are constants by the way they are written."""

from __future__ import annotations

from tree_sitter import Node

from migrate.analysis.frontend.syntax import name_of
from migrate.analysis.paths.walk import strip

LITERALS = frozenset({"number_literal", "string_literal", "char_literal", "concatenated_string"})


def is_null(node: Node) -> bool:
    """Whether `node` is NULL or another constant, through casts and parentheses."""
    node = strip(node)
    while node.type == "cast_expression":
        inner = node.child_by_field_name("value")
        if inner is None:
            return False
        node = strip(inner)
    if is_negative_constant(node):
        return True
    return node.type in LITERALS or node.type in ("null", "true", "false") or node.text == b"NULL"


def is_negative_constant(node: Node) -> bool:
    """Whether `node` is an error code as `-ENOMEM`, or another negative number."""
    if node.type != "unary_expression" or node.children[0].type != "-":
        return False
    argument = node.child_by_field_name("argument")
    if argument is None:
        return False
    argument = strip(argument)
    return argument.type == "number_literal" or (
        argument.type == "identifier" and name_of(argument).isupper()
    )
