# SPDX-License-Identifier: GPL-2.0-only
"""One piece of memory for several arrays, one after the other.

`pages = (struct page **)(numbers + count)` is memory for page pointers after `count` numbers: the
arrays do not overlap. This is assumed only if their types cannot be confused, and if `count` is
passed to some function as the length of the array.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from migrate.analysis.frontend.types import TypeRef
from migrate.analysis.ir.expressions import Binary, Cast, Expression, Variable
from migrate.analysis.ir.instructions import Lowered, is_addressed, is_counted
from migrate.analysis.ir.model import AccessPath, Call, Flow

_NUMBERS = frozenset({"u32", "s32", "__u32", "__s32", "int", "unsigned int", "u16", "__le32"})
"""Too short for a pointer, too long for bytes of another type."""


def is_carved(value: Expression, types: Mapping[str, TypeRef]) -> bool:
    """Whether `value` is the address after an array of another type; `types` are those of the
    variables of the function."""
    behind = value.type if isinstance(value, Cast) else None
    sum_ = value.operand if isinstance(value, Cast) else None
    if behind is None or not isinstance(sum_, Binary) or sum_.operator != "+":
        return False
    array, count = sum_.left, sum_.right
    if not isinstance(array, Variable) or not isinstance(count, Variable):
        return False
    base, number = types.get(array.name), types.get(count.name)
    if base is None or number is None or number.depth:
        return False
    return _differ(behind, base)


def confirmed(
    flows: tuple[Flow, ...], calls: tuple[Call, ...], types: Mapping[str, TypeRef], lowered: Lowered
) -> tuple[Flow, ...]:
    """`flows`, with `carved` only where the code shows the length of the first array: its type is
    too short for pointers, or a call gets it together with the count, which never changes."""
    if not any(flow.carved for flow in flows):
        return flows
    return tuple(
        replace(flow, carved=flow.carved and _is_confirmed(flow, flows, calls, types, lowered))
        for flow in flows
    )


def _is_confirmed(
    flow: Flow,
    flows: tuple[Flow, ...],
    calls: tuple[Call, ...],
    types: Mapping[str, TypeRef],
    lowered: Lowered,
) -> bool:
    if len(flow.sources) != 2 or not all(isinstance(v, AccessPath) for v in flow.sources):
        return False
    array, count = (v.base for v in flow.sources if isinstance(v, AccessPath))
    if types[array].depth == 1 and not types[array].tagged:
        return True
    stores = [f for f in flows if f.target.base == count and not f.target.members]
    if len(stores) > 1 or is_counted(lowered, count) or is_addressed(lowered, count):
        return False
    return any(
        any(AccessPath(array) in values for values in call.arguments) and count in call.sources
        for call in calls
    )


def _differ(one: TypeRef, two: TypeRef) -> bool:
    """Whether both are pointers to unrelated types."""
    return (one.tag, one.depth) != (two.tag, two.depth) and all(
        (kind.depth == 1 and (kind.tagged or kind.tag in _NUMBERS))
        or (kind.depth == 2 and kind.tagged and kind.tag == "page")
        for kind in (one, two)
    )
