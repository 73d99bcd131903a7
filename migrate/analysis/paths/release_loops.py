# SPDX-License-Identifier: GPL-2.0-only
"""Functions of a file that release as many pages, one by one, as an unsigned parameter says."""

from __future__ import annotations

from tree_sitter import Node

from migrate.analysis.frontend.knowledge import RELEASE_EFFECTS, knowledge
from migrate.analysis.frontend.syntax import Source, name_of, nodes
from migrate.analysis.paths.walk import strip

_UNSIGNED = frozenset(
    {
        "unsigned",
        "unsigned int",
        "unsigned long",
        "unsigned long long",
        "u32",
        "u64",
        "uint32_t",
        "uint64_t",
        "size_t",
    }
)


def counted_releases(source: Source, name: str) -> int | None:
    """The parameter of function `name` that says how often a loop in it releases a page.

    None when there is none, when it is signed, so that the loop ends at once for an error code,
    or when the function does anything else with it: that may be a test.
    """
    functions = source.by_name.get(name, ())
    if len(functions) != 1:
        return None
    body = functions[0].body
    for position, parameter in enumerate(functions[0].parameters):
        kind, declarator = (parameter.child_by_field_name(f) for f in ("type", "declarator"))
        if kind is None or declarator is None or declarator.type != "identifier":
            continue
        if source.code(kind) in _UNSIGNED and _only_counts(body, name_of(declarator)):
            return position
    return None


def _only_counts(body: Node, parameter: str) -> bool:
    """Whether `parameter` is nothing but the end of a loop that releases."""
    found = list(nodes(body))
    uses = [n for n in found if n.type == "identifier" and name_of(n) == parameter]
    loops = [n for n in found if n.type == "for_statement" and _end(n) in uses]
    return len(uses) == len(loops) == 1 and any(_releases(n) for n in nodes(loops[0]))


def _end(loop: Node) -> Node | None:
    """What the variable of `loop` stays below."""
    condition = loop.child_by_field_name("condition")
    condition = strip(condition) if condition is not None else None
    operator = condition.child_by_field_name("operator") if condition is not None else None
    if condition is None or operator is None or operator.type not in ("<", "!="):
        return None
    right = condition.child_by_field_name("right")
    return strip(right) if right is not None else None


def _releases(node: Node) -> bool:
    callee = node.child_by_field_name("function") if node.type == "call_expression" else None
    known = knowledge().lookup(name_of(callee)) if callee is not None else None
    return known is not None and bool(RELEASE_EFFECTS & set(known.effects))
