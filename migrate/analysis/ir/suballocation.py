# SPDX-License-Identifier: GPL-2.0-only
"""One piece of memory for several arrays, each behind the one before.

`pages = (struct page **)(numbers + count)` is memory for page pointers behind `count` numbers: what
is in one array is not in the other. It is taken for that only where the two are of different types
that nobody mistakes for each other, and where `count` is what some function is told of the array.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from tree_sitter import Node

from migrate.analysis.frontend.syntax import name_of
from migrate.analysis.frontend.types import TypeRef, base_type
from migrate.analysis.ir.model import AccessPath, Call, Flow
from migrate.analysis.paths.variables import is_addressed, is_counted
from migrate.analysis.paths.walk import strip

_NUMBERS = frozenset({"u32", "s32", "__u32", "__s32", "int", "unsigned int", "u16", "__le32"})
"""Too short for a pointer, too long for bytes of anything."""


def is_carved(value: Node, types: Mapping[str, TypeRef], lookup: Callable[[str], str]) -> bool:
    """Whether `value` is the address behind an array of another type; `types` are those of the
    variables of the function, by the names that `lookup` gives."""
    value = strip(value)
    written = value.child_by_field_name("type") if value.type == "cast_expression" else None
    inner = value.child_by_field_name("value")
    sum_ = strip(inner) if inner is not None else None
    if written is None or sum_ is None or sum_.type != "binary_expression":
        return False
    array, count = (sum_.child_by_field_name(side) for side in ("left", "right"))
    operator = sum_.child_by_field_name("operator")
    if array is None or count is None or operator is None or operator.type != "+":
        return False
    if array.type != "identifier" or count.type != "identifier":
        return False
    behind, base = _cast(written), types.get(lookup(name_of(array)))
    number = types.get(lookup(name_of(count)))
    if behind is None or base is None or number is None or number.depth:
        return False
    return _differ(behind, base)


def confirmed(
    flows: tuple[Flow, ...], calls: tuple[Call, ...], types: Mapping[str, TypeRef], body: Node
) -> tuple[Flow, ...]:
    """`flows` with only those called carved of which the code shows how long the array is: it is
    too short for pointers anyway, or a call gets it together with the count, which never changes.
    """
    if not any(flow.carved for flow in flows):
        return flows
    return tuple(
        replace(flow, carved=flow.carved and _is_confirmed(flow, flows, calls, types, body))
        for flow in flows
    )


def _is_confirmed(
    flow: Flow,
    flows: tuple[Flow, ...],
    calls: tuple[Call, ...],
    types: Mapping[str, TypeRef],
    body: Node,
) -> bool:
    if len(flow.sources) != 2 or not all(isinstance(v, AccessPath) for v in flow.sources):
        return False
    array, count = (v.base for v in flow.sources if isinstance(v, AccessPath))
    if types[array].depth == 1 and not types[array].tagged:
        return True
    stores = [f for f in flows if f.target.base == count and not f.target.members]
    if len(stores) > 1 or is_counted(body, count) or is_addressed(body, count):
        return False
    return any(
        any(AccessPath(array) in values for values in call.arguments) and count in call.sources
        for call in calls
    )


def _cast(written: Node) -> TypeRef | None:
    kind = base_type(written)
    declarator = written.child_by_field_name("declarator")
    if kind is None or declarator is None:
        return None
    depth = 0
    current: Node | None = declarator
    while current is not None and current.type == "abstract_pointer_declarator":
        depth, current = depth + 1, current.child_by_field_name("declarator")
    return TypeRef(kind.tag, depth, None, kind.tagged)


def _differ(one: TypeRef, two: TypeRef) -> bool:
    """Whether both are pointers to things of types that have nothing to do with each other."""
    return (one.tag, one.depth) != (two.tag, two.depth) and all(
        (kind.depth == 1 and (kind.tagged or kind.tag in _NUMBERS))
        or (kind.depth == 2 and kind.tagged and kind.tag == "page")
        for kind in (one, two)
    )
