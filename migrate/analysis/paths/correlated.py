# SPDX-License-Identifier: GPL-2.0-only
"""Conditions that depend on the way that led to them.

`if (err) { put_page(page); goto out; } ... out: if (!err) put_page(page);` releases once: the two
conditions are of one variable. So are `done = true;` on one way and `if (done)` behind.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import cached_property

from tree_sitter import Node

from migrate.analysis.frontend.syntax import name_of, nodes
from migrate.analysis.paths.constants import is_null
from migrate.analysis.paths.variables import mentions, target_of, value_of
from migrate.analysis.paths.walk import strip

_ASKING = frozenset(
    {"if_statement", "while_statement", "for_statement", "do_statement", "switch_statement"}
    | {"conditional_expression"}
)
_JUMPS = frozenset({"goto_statement", "break_statement", "continue_statement", "return_statement"})


class Correlated:
    """The conditions of one function, as far as they matter to the variables `names`."""

    def __init__(self, body: Node, names: Collection[str]) -> None:
        self._body, self._names = body, names

    def depends(self, condition: Node, since: int) -> bool:
        """Whether a variable in `condition` says which way was taken from byte `since` on."""
        return any(
            self._says(name, since, condition.start_byte)
            for name in set(_identifiers(condition)) - set(self._names)
        )

    def _says(self, name: str, since: int, until: int) -> bool:
        fresh = max((at for at in self._stores.get(name, ()) if since < at < until), default=since)
        return any(fresh < at < until for at in self._signs.get(name, ()))

    @cached_property
    def _stores(self) -> dict[str, list[int]]:
        """Where a variable gets a value that no condition before knows."""
        return _by_name((name, at) for name, at, constant in self._assigned() if not constant)

    @cached_property
    def _signs(self) -> dict[str, list[int]]:
        """Where a variable is asked on a way to what matters, or marks a way."""
        marks = ((name, at) for name, at, constant in self._assigned() if constant)
        return _by_name((*marks, *self._asked()))

    def _assigned(self) -> Iterator[tuple[str, int, bool]]:
        for node in nodes(self._body):
            target, value = target_of(node), value_of(node)
            if target is not None and value is not None and target.type == "identifier":
                constant = value.type == "identifier" and name_of(value).isupper()
                yield name_of(target), node.start_byte, constant or is_null(value)
            elif node.type == "update_expression":
                yield from ((name, node.start_byte, True) for name in _identifiers(node))

    def _asked(self) -> Iterator[tuple[str, int]]:
        for node in nodes(self._body):
            condition = node.child_by_field_name("condition")
            if node.type in _ASKING and condition is not None and self._matters(node):
                yield from ((name, condition.end_byte) for name in _identifiers(condition))
            elif node.type == "binary_expression" and self._is_condition(node):
                left = node.named_children[0]
                yield from ((name, left.end_byte) for name in _identifiers(left))

    def _matters(self, node: Node) -> bool:
        return mentions(node, self._names) or any(n.type in _JUMPS for n in nodes(node))

    def _is_condition(self, node: Node) -> bool:
        operator, right = node.child_by_field_name("operator"), node.child_by_field_name("right")
        if operator is None or right is None or operator.type not in ("&&", "||"):
            return False
        return mentions(strip(right), self._names)


def _identifiers(node: Node) -> Iterator[str]:
    return (name_of(n) for n in nodes(node) if n.type == "identifier")


def _by_name(found: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    result: dict[str, list[int]] = {}
    for name, at in found:
        result.setdefault(name, []).append(at)
    return result
