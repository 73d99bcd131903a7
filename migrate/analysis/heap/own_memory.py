# SPDX-License-Identifier: GPL-2.0-only
"""Memory that each call of a function has to itself: a local array, or memory that the function
allocates.

Two calls never share it, so values that one stores there are not visible to the other.
"""

from __future__ import annotations

from migrate.analysis.heap.fresh_memory import allocates
from migrate.analysis.ir.expressions import Binary, Expression, Member, Variable, plain
from migrate.analysis.ir.instructions import Invoke, Store, is_addressed
from migrate.analysis.ir.model import FunctionFacts
from migrate.analysis.program.functions import is_macro
from migrate.analysis.program.known_callee import known_callee
from migrate.analysis.program.program import Program


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
    if local is None or local.parameter or local.lasting or is_addressed(lowered, name):
        return False
    heads = {word for loop in lowered.macros.loops for word in loop.names}
    given = {
        i.name for i in lowered.order if isinstance(i, Invoke) and Variable(name) in i.arguments
    }
    if name in heads or any(_stores(program, callee, facts.function.path) for callee in given):
        return False
    stores = stores_to(facts, name)
    return len(stores) <= 1 and all(store.operator == "=" for store in stores)


def _stores(program: Program, name: str, path: str, within: frozenset[str] = frozenset()) -> bool:
    """Whether a macro with that name may store to its arguments; a name without a definition is a
    function, unless it looks like a macro. `within` are the macros that call it."""
    known = known_callee(program, name, path)
    if known is not None:
        return known.stores
    macros = [program.facts(f) for f in program.definitions(name, path) if is_macro(f)]
    if not macros and not program.definitions(name, path):
        return "for_each" in name or name.isupper()
    return name not in within and any(
        _is_stored(program, facts, path, within | {name}) for facts in macros
    )


def _is_stored(program: Program, facts: FunctionFacts, path: str, within: frozenset[str]) -> bool:
    """Whether a macro stores to one of its parameters, or takes its address."""
    lowered, parameters = facts.lowered, {Variable(name) for name in facts.parameters}
    callees = {
        i.name
        for i in lowered.order
        if isinstance(i, Invoke) and i.name and parameters & {*i.arguments}
    }
    stored = any(isinstance(i, Store) and i.target in parameters for i in lowered.order)
    return (
        stored
        or any(is_addressed(lowered, parameter.name) for parameter in parameters)
        or any(_stores(program, callee, path, within) for callee in callees)
    )


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
