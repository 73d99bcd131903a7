# SPDX-License-Identifier: GPL-2.0-only
"""Arrays in which a function notes pages to look at them, and which it frees again.

A copy of a pointer to a page may be released instead of the page's own holder. An array that only
this function has, and of which it uses no element but to ask something about the page, is no second
holder.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrate.analysis.frontend.kernel_api import Effect
from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.ir.expressions import Element, Expression, Variable, is_null, plain, variables
from migrate.analysis.ir.instructions import (
    Evaluate,
    Instruction,
    Invoke,
    Lowered,
    Store,
    operands,
)

_LOOKS = frozenset({Effect.READ, Effect.TOUCH, Effect.STRUCT, Effect.PHYSICAL})
"""What may be done with a page of the array; its address must not lead back to the page."""


def is_working_copy(lowered: Lowered, target: Expression) -> bool:
    """Whether `target` is an element of an array that only the function has, and of whose pages it
    keeps and releases none."""
    inner = plain(target)
    array = plain(inner.array) if isinstance(inner, Element) else None
    local = lowered.locals.get(array.name) if isinstance(array, Variable) else None
    if local is None or local.parameter or local.lasting or local.cleaned:
        return False
    return all(_is_harmless(lowered, i, local.name) for i in _naming(lowered, local.name))


def _naming(lowered: Lowered, name: str) -> Iterator[Instruction]:
    return (i for i in lowered.order if any(_names(operand, name) for operand in operands(i)))


def _names(value: Expression, name: str) -> bool:
    return any(variable.name == name for variable in variables(value))


def _is_harmless(lowered: Lowered, instruction: Instruction, name: str) -> bool:
    match instruction:
        case Store(target, value):
            return _is_element(target, name) or (
                plain(target) == Variable(name) and _is_new(lowered, value)
            )
        case Invoke():
            return all(
                _is_looked_at(instruction, position, name)
                for position, argument in enumerate(instruction.arguments)
                if _names(argument, name)
            ) and not _names(instruction.callee, name)
        case Evaluate():
            return True
    return False


def _is_element(value: Expression, name: str) -> bool:
    """Whether it is `array[i]`."""
    inner = plain(value)
    if not isinstance(inner, Element) or plain(inner.array) != Variable(name):
        return False
    return inner.index is None or not _names(inner.index, name)


def _is_new(lowered: Lowered, value: Expression) -> bool:
    """Whether it is new memory, or NULL."""
    call = lowered.call_of(value)
    known = knowledge().lookup(call.name) if call is not None else None
    return is_null(value) or (known is not None and known.allocates)


def _is_looked_at(call: Invoke, position: int, name: str) -> bool:
    """Whether a call frees the array itself, or asks for something about a page in it."""
    known = knowledge().lookup(call.name)
    if known is None or known.stores or call.unclear:
        return False
    effect, argument = known.effect(position), call.arguments[position]
    if plain(argument) == Variable(name):
        return effect is Effect.DISCARD
    return _is_element(argument, name) and effect in _LOOKS and not known.bytes.copies(position)
