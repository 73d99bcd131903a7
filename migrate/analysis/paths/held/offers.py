# SPDX-License-Identifier: GPL-2.0-only
"""Calls that put pages into a table, or fail and return an error: lib/scatterlist.c."""

from __future__ import annotations

import re
from dataclasses import replace

from migrate.analysis.ir.expressions import Binary, Expression, Variable, is_zero, plain
from migrate.analysis.ir.instructions import Invoke, Lowered
from migrate.analysis.paths.held_state import State

_KEEPS_ON_SUCCESS = re.compile(r"(?:__)?sg_alloc_(?:append_)?table_from_pages(?:_segment)?")


def is_offering(call: Invoke) -> bool:
    """Whether `call` is such a call."""
    return _KEEPS_ON_SUCCESS.fullmatch(call.name) is not None


def answered(lowered: Lowered, name: str, value: Expression, state: State) -> State:
    """`ret = sg_alloc_table_from_pages(...)`, or another value for such a variable."""
    if _is_offer(lowered, value):
        return replace(state, answer=name)
    return replace(state, offered=None, answer="") if name == state.answer else state


def turned_down(lowered: Lowered, condition: Expression, state: State) -> State | None:
    """The state if such a call failed: the same as before it."""
    inner = plain(condition)
    if isinstance(inner, Binary) and inner.operator in ("<", "!=") and is_zero(inner.right):
        inner = plain(inner.left)
    is_answer = isinstance(inner, Variable) and inner.name == state.answer
    if state.offered is None or not (is_answer or _is_offer(lowered, inner)):
        return None
    return replace(state, hold=state.offered, offered=None, answer="", error=state.answer)


def _is_offer(lowered: Lowered, value: Expression) -> bool:
    call = lowered.call_of(value)
    return call is not None and is_offering(call)
