# SPDX-License-Identifier: GPL-2.0-only
"""Whether an acquire always asks for FOLL_LONGTERM."""

from __future__ import annotations

from migrate.analysis.ir.expressions import Binary, Cast, Evaluated, Expression, Variable
from migrate.analysis.ir.instructions import Lowered, Store, is_addressed
from migrate.analysis.model import Acquire
from migrate.analysis.program.callers import Site

_FLAG = Variable("FOLL_LONGTERM")
_FLAGS = ("gup_flags", "foll_flags", "flags")


def is_always_long_term(acquire: Acquire, site: Site | None) -> bool:
    """Whether FOLL_LONGTERM is in the flags on every path to the call: in the argument itself, or
    in all values of a local variable."""
    if acquire.name == "get_user_pages_longterm":
        return True
    position = next((n for n, role in enumerate(acquire.roles) if role in _FLAGS), None)
    if site is None or position is None:
        return False
    lowered = site.facts.lowered
    arguments = lowered.calls[site.index].arguments
    if position >= len(arguments) or lowered.incomplete or lowered.macros.misread:
        return False
    given = arguments[position]
    if isinstance(given, Variable) and given.name in lowered.locals:
        return _is_always_set(lowered, given)
    return _has_flag(given)


def _is_always_set(lowered: Lowered, flags: Variable) -> bool:
    """Whether every value of a local variable has the flag: it is assigned with it, and only
    changed by |=."""
    stores = [i for i in lowered.order if isinstance(i, Store) and i.target == flags]
    set_anew = [store for store in stores if store.operator == "="]
    return (
        bool(set_anew)
        and not lowered.locals[flags.name].parameter
        and not is_addressed(lowered, flags.name)
        and all(_has_flag(store.value) for store in set_anew)
        and all(store.operator == "|=" for store in stores if store.operator != "=")
    )


def _has_flag(value: Expression) -> bool:
    match value:
        case Evaluated(operand) | Cast(operand=operand):
            return _has_flag(operand)
        case Binary("|", left, right):
            return _has_flag(left) or _has_flag(right)
    return value == _FLAG
