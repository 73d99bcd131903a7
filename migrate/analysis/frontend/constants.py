# SPDX-License-Identifier: GPL-2.0-only
"""Numbers that have a name: macros without arguments, and the members of an enum."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from migrate.analysis.frontend.syntax import Source, name_of

_NUMBER = re.compile(r"(0[xX][0-9a-fA-F]+|[1-9]\d*|0)[uUlL]*")
_BIT = re.compile(r"(?:_?BIT|_?BITUL|BIT_ULL)\((\d+)\)|1[uUlL]*<<(\d+)")


def values_of(source: Source, name: str) -> Iterator[int | None]:
    """What each definition of `name` in a file makes of it; None for one that is no plain number
    or bit."""
    queue = [source.root] if not source.unread else []
    while queue:
        node = queue.pop()
        if node.type == "preproc_def":
            named = node.child_by_field_name("name")
            if named is not None and name_of(named) == name:
                yield _number(node.child_by_field_name("value"))
        elif node.type == "preproc_function_def":
            named = node.child_by_field_name("name")
            if named is not None and name_of(named) == name:
                yield None
        elif node.type == "enumerator_list":
            yield from _in_enum(node, name)
        elif node.type != "compound_statement":
            queue.extend(node.named_children)


def _in_enum(body: Node, name: str) -> Iterator[int | None]:
    following: int | None = 0
    for child in body.named_children:
        if child.type == "comment":
            continue
        if child.type != "enumerator":
            following = None  # the preprocessor decides who is next
            continue
        given = child.child_by_field_name("value")
        value = following if given is None else _number(given)
        named = child.child_by_field_name("name")
        if named is not None and name_of(named) == name:
            yield value
        following = None if value is None else value + 1


def _number(node: Node | None) -> int | None:
    text = (
        "".join((node.text or b"").decode("utf-8", "replace").split()) if node is not None else ""
    )
    while text.startswith("(") and text.endswith(")"):
        text = text[1:-1]
    return number(text)


def number(text: str) -> int | None:
    """The value of a literal, or of one bit as it is written; None for anything else."""
    found = _NUMBER.fullmatch(text)
    if found:
        return int(found[1], 0)
    bit = _BIT.fullmatch(text)
    return 1 << int(bit[1] or bit[2]) if bit else None
