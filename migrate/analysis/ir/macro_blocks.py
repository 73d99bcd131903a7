# SPDX-License-Identifier: GPL-2.0-only
"""Blocks after a macro, such as `list_for_each_entry(...) { }`.

A parser that does not expand macros sees a missing semicolon there, or a nested function. The block
is lowered as if it were executed once; it may be executed in a loop, or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tree_sitter import Node

from migrate.analysis.frontend.nodes import name_of, nodes

_TAGGED = (b"struct", b"union", b"enum")
_WORD = re.compile(rb"[A-Za-z_]\w*")
_POINTERS: tuple[list[bytes], ...] = ([], [b"*"], [b"**"])
_LOOP = re.compile(rb"for_?each|\bfor_|_for_|while")


@dataclass(frozen=True, slots=True)
class MacroLoop:
    """A macro may turn the code between `first` and `last`, two blocks without instructions, into a
    loop.

    `names` are the words in its head if the parser took it for the head of a function; otherwise
    the head is a call.
    """

    first: int
    last: int
    names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class MacroBlocks:
    """The bytes of each block, and whether anything else of the function is not understood.

    `loops` has the code that may be executed repeatedly, including single statements after a macro;
    without it the function is `garbled`.
    """

    blocks: tuple[range, ...] = ()
    misread: bool = False
    loops: tuple[MacroLoop, ...] = ()
    garbled: bool = False


def macro_blocks(body: Node, nested: Sequence[Node], misread: bool) -> MacroBlocks:
    """The blocks after macros in a function with the compound statement `body`, including those
    that the parser took for functions."""
    blocks = list(nested)
    queue = [body] if body.has_error else []
    while queue:
        node = queue.pop()
        queue.extend(child for child in node.children if child.has_error)
        if is_type_argument(node):
            continue
        if node.type == "ERROR" or any(child.is_missing for child in node.children):
            block = node.next_named_sibling
            if block is not None and block.type == "compound_statement" and _is_call(node):
                blocks.append(block)
            else:
                misread = True
    found = tuple(range(b.start_byte, b.end_byte) for b in blocks)
    return MacroBlocks(found, misread, garbled=misread and _is_garbled(body))


def only_types_unread(body: Node) -> bool:
    """Whether the only code of a function that the parser does not understand is in arguments of
    calls, such as the types in `min_t(unsigned int, a, b)` and container_of()."""
    queue = [body]
    while queue:
        node = queue.pop()
        if node.type.startswith("preproc_") or (node.type == "goto_statement" and not _goal(node)):
            return False
        if node.type == "argument_list" and not _has_statement(node):
            continue
        if node.type == "ERROR" or node.is_missing:
            return False
        queue.extend(node.children)
    return True


def _goal(jump: Node) -> bool:
    return jump.child_by_field_name("label") is not None


def _has_statement(listed: Node) -> bool:
    """Whether there is more than expressions between the parentheses."""
    return any(n.type.endswith("_statement") or n.type.startswith("pre") for n in nodes(listed))


def is_type_argument(node: Node) -> bool:
    """Whether the parser does not understand just the type in `container_of(p, struct x, m)`: it
    skips one of the two words, and no comma."""
    before, behind = node.prev_sibling, node.next_sibling
    if node.type != "ERROR" or node.parent is None or node.parent.type != "argument_list":
        return False
    text = (node.text or b"").split()
    if before is not None and before.text in _TAGGED:
        return len(text) <= 2 and _WORD.fullmatch(text[0]) is not None and text[1:] in _POINTERS
    alone = len(text) == 1 and text[0] in _TAGGED
    return alone and behind is not None and behind.type == "identifier"


def _is_call(node: Node) -> bool:
    """Whether a statement that is not understood is a call without its semicolon."""
    if node.type not in ("expression_statement", "ERROR"):
        return False
    return [child.type for child in node.named_children] == ["call_expression"]


def is_head(statement: Node) -> bool:
    """Whether the semicolon at the end of `statement` is missing, so that the next statement may be
    the body of a loop."""
    if not statement.has_error:
        return False
    current = statement
    while current.children:
        current = current.children[-1]
    return current.is_missing and current.type == ";"


def is_named_loop(head: Node) -> bool:
    """Whether the macro in `head`, of a statement or of what the parser took for a function, is
    named like a loop."""
    written = (head.text or b"").partition(b"(")[0]
    return _LOOP.search(written) is not None


def _is_garbled(body: Node) -> bool:
    """Whether the parser failed in `body` on anything but a missing semicolon."""
    queue = [body]
    while queue:
        node = queue.pop()
        if is_type_argument(node):
            continue
        if node.type == "ERROR" or (node.is_missing and not _ends_statement(node)):
            return True
        queue.extend(node.children)
    return False


def _ends_statement(node: Node) -> bool:
    return node.type == ";" and node.parent is not None and node.parent.type.endswith("_statement")


def words(head: Node) -> frozenset[str]:
    """The words in a head that the parser took for that of a function; `head` is the whole node."""
    body = head.child_by_field_name("body")
    return frozenset(
        name_of(node)
        for child in head.named_children
        if child != body
        for node in nodes(child)
        if node.type in ("identifier", "type_identifier")
    )
