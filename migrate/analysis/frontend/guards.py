# SPDX-License-Identifier: GPL-2.0-only
"""Preprocessor conditions around code: what can never be compiled together."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from migrate.analysis.frontend.conditions import Version, holds, is_of_version

Guards = frozenset[tuple[str, bool]]
"""Conditions, each with whether it has to hold."""

_SIMPLE = re.compile(r"^(!?)\s*(?:defined\b)?\s*\(?\s*(\w+)\s*\)?$")
_CALLED = re.compile(r"^(!?)\s*(\w+\s*\(\s*\w+\s*\))$")
_CONDITIONAL = ("preproc_if", "preproc_ifdef", "preproc_elif", "preproc_elifdef")


def branches(node: Node) -> Iterator[tuple[Node, Guards]]:
    """The statements below a preprocessor conditional, each with what it adds to the guards."""
    condition = _condition(node)
    skipped = (node.child_by_field_name("name"), node.child_by_field_name("condition"))
    for child in node.named_children:
        if child in skipped:
            continue
        yield child, _guard(condition, child != node.child_by_field_name("alternative"))


def guards_around(node: Node) -> Guards:
    """All conditions around `node`, up to the top of the file."""
    found: Guards = frozenset()
    child, parent = node, node.parent
    while parent is not None:
        if parent.type in _CONDITIONAL:
            wanted = child != parent.child_by_field_name("alternative")
            found |= _guard(_condition(parent), wanted)
        child, parent = parent, parent.parent
    return found


def exclusive(one: Guards, two: Guards) -> bool:
    """Whether no configuration compiles both."""
    return any((name, not there) in two for name, there in one)


def never(guards: Guards, version: Version) -> bool:
    """Whether no configuration of a kernel of `version` compiles it."""
    return any(holds(condition, version) is (not wanted) for condition, wanted in guards)


def of_other_versions(guards: Guards, version: Version) -> bool:
    """Whether only other versions of the kernel compile it."""
    asking = {(condition, wanted) for condition, wanted in guards if is_of_version(condition)}
    return never(frozenset(asking), version)


def without(guards: Guards, names: frozenset[str]) -> Guards:
    """The conditions that do not depend on any of `names`, which a file defines as it goes."""
    return frozenset(g for g in guards if names.isdisjoint(re.findall(r"\w+", g[0])))


def _guard(condition: tuple[str, bool] | None, wanted: bool) -> Guards:
    if condition is None:
        return frozenset()
    name, positive = condition
    return frozenset({(name, positive == wanted)})


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
