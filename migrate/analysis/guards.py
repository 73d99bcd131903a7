# SPDX-License-Identifier: GPL-2.0-only
"""Preprocessor conditions around code: what can never be compiled together."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

Guards = frozenset[tuple[str, bool]]
"""Conditions, each with whether it has to hold."""

_SIMPLE = re.compile(r"^(!?)\s*(?:defined)?\s*\(?\s*(\w+)\s*\)?$")
_CALLED = re.compile(r"^(!?)\s*(\w+\s*\(\s*\w+\s*\))$")
_CONDITIONAL = ("preproc_if", "preproc_ifdef", "preproc_elif", "preproc_elifdef")


def branches(node: Node) -> Iterator[tuple[Node, Guards]]:
    """The statements below a preprocessor conditional, each with what it adds to the guards."""
    condition = _condition(node)
    skipped = (node.child_by_field_name("name"), node.child_by_field_name("condition"))
    for child in node.named_children:
        if child in skipped:
            continue
        holds = child != node.child_by_field_name("alternative")
        yield child, _guard(condition, holds)


def guards_around(node: Node) -> Guards:
    """All conditions around `node`, up to the top of the file."""
    found: Guards = frozenset()
    child, parent = node, node.parent
    while parent is not None:
        if parent.type in _CONDITIONAL:
            holds = child != parent.child_by_field_name("alternative")
            found |= _guard(_condition(parent), holds)
        child, parent = parent, parent.parent
    return found


def exclusive(one: Guards, two: Guards) -> bool:
    """Whether no configuration compiles both."""
    return any((name, not holds) in two for name, holds in one)


def _guard(condition: tuple[str, bool] | None, holds: bool) -> Guards:
    if condition is None:
        return frozenset()
    name, positive = condition
    return frozenset({(name, positive == holds)})


def _condition(node: Node) -> tuple[str, bool] | None:
    if node.type in ("preproc_ifdef", "preproc_elifdef"):
        name = node.child_by_field_name("name")
        negative = node.children[0].type in ("#ifndef", "#elifndef")
        return ((name.text or b"").decode("utf-8", "replace"), not negative) if name else None
    condition = node.child_by_field_name("condition")
    if condition is None:
        return None
    text = " ".join((condition.text or b"").decode("utf-8", "replace").split())
    simple = _SIMPLE.match(text) or _CALLED.match(text)
    return (simple.group(2), not simple.group(1)) if simple else (text, True)
