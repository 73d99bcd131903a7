# SPDX-License-Identifier: GPL-2.0-only
"""Preprocessor conditions around code, and which of them exclude each other."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from migrate.analysis.frontend.nodes import strip
from migrate.analysis.frontend.text.conditions import Version, holds, is_of_version

Guards = frozenset[tuple[str, bool]]
"""Conditions, each with whether it has to hold."""

_SIMPLE = re.compile(r"^(!?)\s*(?:defined\b)?\s*\(?\s*(\w+)\s*\)?$")
_CALLED = re.compile(r"^(!?)\s*(\w+\s*\(\s*\w+\s*\))$")
_OPTION = re.compile(r"(?:(IS_ENABLED|IS_BUILTIN)\()?(CONFIG_\w+)\)?")
_OF_THE_BUILD = (b"IS_ENABLED", b"IS_BUILTIN", b"IS_MODULE", b"IS_REACHABLE", b"KERNEL_VERSION")
_CONDITIONAL = ("preproc_if", "preproc_ifdef", "preproc_elif", "preproc_elifdef")


def branches(node: Node) -> Iterator[tuple[Node, Guards]]:
    """The statements below a preprocessor conditional, each with the guards that it adds."""
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
    every = _with_implied(two)
    return any((name, not there) in every for name, there in _with_implied(one))


def _with_implied(guards: Guards) -> Guards:
    """The guards, and equivalent ones for options of the kernel (include/linux/kconfig.h): `#ifdef
    CONFIG_X` is IS_BUILTIN(CONFIG_X); IS_ENABLED() also covers modules."""
    found = set(guards)
    for name, there in guards:
        option = _OPTION.fullmatch(name)
        if option is None or (option[1] == "IS_ENABLED" and there):
            continue  # it may be built as a module
        found |= {(option[2], there), (f"IS_BUILTIN({option[2]})", there)}
        if there:
            found.add((f"IS_ENABLED({option[2]})", True))
    return frozenset(found)


def asked_of_the_build(condition: Node) -> Guards | None:
    """The guard that corresponds to a C condition that depends only on the configuration and the
    version of the kernel, such as `IS_ENABLED(CONFIG_X)`; None for other conditions."""
    inner = strip(condition)
    if not _is_of_the_build(inner):
        return None
    return _guard(_as_guard(inner.text or b""), True)


def opposite(guards: Guards) -> Guards:
    """What holds if one guard does not."""
    return frozenset((name, not there) for name, there in guards)


def _is_of_the_build(node: Node) -> bool:
    if node.type == "identifier":
        return node.text == b"LINUX_VERSION_CODE"
    if node.type == "call_expression":
        called, listed = (node.child_by_field_name(n) for n in ("function", "arguments"))
        return called is not None and listed is not None and called.text in _OF_THE_BUILD
    inside = node.named_children
    if node.type in ("parenthesized_expression", "unary_expression", "binary_expression"):
        return any(c.type != "number_literal" for c in inside) and all(
            c.type == "number_literal" or _is_of_the_build(c) for c in inside
        )
    return False


def never(guards: Guards, version: Version) -> bool:
    """Whether no configuration of a kernel of `version` compiles code under these guards."""
    return any(holds(condition, version) is (not wanted) for condition, wanted in guards)


def of_other_versions(guards: Guards, version: Version) -> bool:
    """Whether only other versions of the kernel compile it."""
    asking = {(condition, wanted) for condition, wanted in guards if is_of_version(condition)}
    return never(frozenset(asking), version)


def without(guards: Guards, names: frozenset[str]) -> Guards:
    """The conditions that do not depend on any of `names`, which the file itself defines."""
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
    return _as_guard(condition.text or b"")


def _as_guard(condition: bytes) -> tuple[str, bool]:
    joined = re.sub(rb"\\\r?\n", b" ", condition)  # the preprocessor does that first of all
    text = " ".join(joined.decode("utf-8", "replace").split())
    simple = _SIMPLE.match(text)
    if simple:
        return simple.group(2), not simple.group(1)
    called = _CALLED.match(text)
    return (called.group(2).replace(" ", ""), not called.group(1)) if called else (text, True)
