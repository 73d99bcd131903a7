# SPDX-License-Identifier: GPL-2.0-only
"""Where members are named outside of functions, which are lowered: in initialisers."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from migrate.analysis.frontend.syntax import Source
from migrate.analysis.frontend.types import base_type
from migrate.analysis.frontend.words import whole_word


def named_outside(source: Source, member: str) -> Iterator[frozenset[str]]:
    """For each mention of a member outside of functions the struct tags of the declarations that
    it initialises a part of, "" for a type without one; none when it is something else than a
    designator. The declaration of the member itself is no mention."""
    for match in whole_word(member).finditer(source.text):
        node = source.root.descendant_for_byte_range(match.start(), match.end())
        if node is None or node.type != "field_identifier":
            continue
        if source.function_at(match.start()) is None and not _declares(node):
            yield _initialised(node, source.path)


def _declares(node: Node) -> bool:
    holder = node.parent
    while holder is not None and holder.type.endswith("declarator"):
        holder = holder.parent
    return holder is not None and holder.type == "field_declaration"


def _initialised(node: Node, path: str) -> frozenset[str]:
    holder, tags = node.parent, set[str]()
    if holder is None or holder.type != "field_designator":
        return frozenset()
    while holder is not None:
        written = holder if holder.type == "declaration" else None
        if holder.type == "compound_literal_expression":
            written = holder.child_by_field_name("type")
        kind = base_type(written, path) if written is not None else None
        if written is not None:
            tags.add(kind.tag if kind is not None and kind.tag.isidentifier() else "")
        holder = holder.parent
    return frozenset(tags)
