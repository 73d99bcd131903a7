# SPDX-License-Identifier: GPL-2.0-only
"""Memory that each call of a function has to itself: a local array, or memory that the function
allocates.

Two calls never share it, so values that one stores there are not visible to the other.
"""

from __future__ import annotations

from migrate.analysis.heap.fresh_memory import allocates
from migrate.analysis.ir.expressions import Binary, Expression, Member, Variable, plain
from migrate.analysis.ir.instructions import Store
from migrate.analysis.ir.model import FunctionFacts
from migrate.analysis.program.program import Program
from migrate.analysis.program.visible_stores import is_set_unseen


def stores_to(facts: FunctionFacts, name: str) -> tuple[Store, ...]:
    """The stores to the variable `name` itself."""
    return tuple(
        i for i in facts.lowered.order if isinstance(i, Store) and i.target == Variable(name)
    )


def is_set_once(program: Program, facts: FunctionFacts, name: str) -> bool:
    """Whether a local variable is assigned in one place at most, and cannot be modified otherwise:
    through a pointer, or by a macro that gets it as an argument."""
    lowered = facts.lowered
    local = lowered.locals.get(name)
    if local is None or local.parameter or local.lasting:
        return False
    if is_set_unseen(program, lowered, Variable(name)):
        return False
    stores = stores_to(facts, name)
    return len(stores) <= 1 and all(store.operator == "=" for store in stores)


def is_own_memory(
    program: Program, facts: FunctionFacts, name: str, within: frozenset[str] = frozenset()
) -> bool:
    """Whether the target of a local pointer, or a local array, is memory of each call.

    `within` are the variables that are being examined, of which it is a part.
    """
    if name in within or not is_set_once(program, facts, name):
        return False
    stores = stores_to(facts, name)
    if not stores:
        return facts.types[name].array
    return _is_new(program, facts, stores[0].value, within | {name})


def _is_new(
    program: Program, facts: FunctionFacts, value: Expression, within: frozenset[str]
) -> bool:
    match plain(value):
        case Binary("+" | "-", left):
            return _is_new(program, facts, left, within)
        case Variable(name):
            return is_own_memory(program, facts, name, within)
        case Member(Variable(name), member):
            return _is_array(program, facts, name, member) and is_own_memory(
                program, facts, name, within
            )
    call = facts.lowered.call_of(value)
    return call is not None and allocates(program, call.name, facts.function.path)


def _is_array(program: Program, facts: FunctionFacts, name: str, member: str) -> bool:
    """Whether it is an array in the struct that a variable points to."""
    kind = facts.types.get(name)
    path = facts.function.path
    body = program.types.struct(kind.tag, path) if kind is not None and kind.depth == 1 else None
    found = body.members.get(member) if body is not None else None
    return found is not None and found.array
