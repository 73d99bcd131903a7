# SPDX-License-Identifier: GPL-2.0-only
"""The members that a struct certainly has, and whether they are where its definition has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from migrate.analysis.frontend.nodes import declarator_name, name_of, top_level
from migrate.analysis.frontend.syntax import Source

_MOVING = (b"align", b"randomize")
"""Words in attributes that change the positions of members."""

_AROUND = ("declaration", "field_declaration", "type_definition")


@dataclass(frozen=True)
class Row:
    """The members that a struct has in every configuration, without bit fields; `plain` says that
    only the types of members determine their positions."""

    certain: frozenset[str]
    plain: bool


def row_of(source: Source, tag: str) -> Row | None:
    """The members of struct `tag`, or of an untagged one with that typedef name, as defined in a
    file; None if the file does not define it."""
    for spec in _structs(source):
        body = spec.child_by_field_name("body")
        if body is None or tag not in _names(spec):
            continue
        declared = [
            declarator_name(declarator)
            for child, always in _members(body, True)
            for declarator in child.children_by_field_name("declarator")
            if always and not any(c.type == "bitfield_clause" for c in child.named_children)
        ]
        return Row(frozenset(name for name in declared if name is not None), _is_plain(spec))
    return None


def _names(spec: Node) -> list[str]:
    """The tag of a struct; if it has none, its typedef names."""
    named = spec.child_by_field_name("name")
    if named is not None:
        return [name_of(named)]
    around = spec.parent
    if around is None or around.type != "type_definition":
        return []
    found = map(declarator_name, around.children_by_field_name("declarator"))
    return [name for name in found if name is not None]


def _structs(source: Source) -> Iterator[Node]:
    for node in top_level(source.root):
        queue = [node]
        while queue:
            found = queue.pop()
            if found.type == "struct_specifier":
                yield found
            if found.type not in ("compound_statement", "function_definition"):
                queue.extend(reversed(found.named_children))


def _members(body: Node, always: bool) -> Iterator[tuple[Node, bool]]:
    """The member declarations, each with whether every configuration has it."""
    for child in body.named_children:
        if child.type == "field_declaration":
            yield child, always
        elif child.type.startswith("preproc_") or child.type == "ERROR":
            yield from _members(child, False)


def _is_plain(spec: Node) -> bool:
    """Whether no attribute in the struct or around it changes the positions of members."""
    around = [spec.text or b""]
    if spec.parent is not None and spec.parent.type in _AROUND:
        around.append(spec.parent.text or b"")
    elif spec.next_named_sibling is not None:
        around.append((spec.next_named_sibling.text or b"")[:80])
    return not any(word in text for word in _MOVING for text in around)
