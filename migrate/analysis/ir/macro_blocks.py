# SPDX-License-Identifier: GPL-2.0-only
"""Blocks behind a macro, as `list_for_each_entry(...) { }`.

To a parser that knows no macros a semicolon is missing there, or it is a function in a function.
What is in the block is lowered as if it were done once; it may be done in a loop, or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tree_sitter import Node


@dataclass(frozen=True, slots=True)
class MacroBlocks:
    """The bytes of each block, and whether anything else of the function is not understood."""

    blocks: tuple[range, ...] = ()
    misread: bool = False


def macro_blocks(body: Node, nested: Sequence[Node], misread: bool) -> MacroBlocks:
    """The blocks behind macros in a function with the compound statement `body`, with those that
    the parser took for functions."""
    blocks = list(nested)
    queue = [body] if body.has_error else []
    while queue:
        node = queue.pop()
        queue.extend(child for child in node.children if child.has_error)
        if node.type == "ERROR" or any(child.is_missing for child in node.children):
            block = node.next_named_sibling
            if block is not None and block.type == "compound_statement" and _is_call(node):
                blocks.append(block)
            else:
                misread = True
    return MacroBlocks(tuple(range(b.start_byte, b.end_byte) for b in blocks), misread)


def _is_call(node: Node) -> bool:
    """Whether a statement that is not understood is a call, but for its semicolon."""
    if node.type not in ("expression_statement", "ERROR"):
        return False
    return [child.type for child in node.named_children] == ["call_expression"]
