# SPDX-License-Identifier: GPL-2.0-only
"""Whether a local variable is set by nothing but the stores that a function shows."""

from __future__ import annotations

from migrate.analysis.ir.expressions import Expression, Variable
from migrate.analysis.ir.instructions import Invoke, Lowered, Store, is_addressed
from migrate.analysis.ir.model import FunctionFacts
from migrate.analysis.program.functions import Functions, is_macro
from migrate.analysis.program.known_callee import known_callee


def is_set_unseen(functions: Functions, lowered: Lowered, variable: Variable) -> bool:
    """Whether anything but a store by its name may set a variable of a function: code that has its
    address, or a macro that gets it as an argument."""
    addressed = is_addressed(lowered, variable.name)
    return addressed or is_set_by_macro(functions, lowered, variable)


def is_set_by_macro(functions: Functions, lowered: Lowered, target: Expression) -> bool:
    """Whether a macro may store to `target`, which it gets as an argument, or in its head."""
    heads = {word for loop in lowered.macros.loops for word in loop.names}
    if isinstance(target, Variable) and target.written in heads:
        return True
    given = {i.name for i in lowered.order if isinstance(i, Invoke) and target in i.arguments}
    path = lowered.function.path
    return any(_stores(functions, name, path, frozenset()) for name in given if name)


def _stores(functions: Functions, name: str, path: str, within: frozenset[str]) -> bool:
    """Whether a macro with that name may store to its arguments; a name without a definition is a
    function, unless it looks like a macro. `within` are the macros that call it."""
    known = known_callee(functions, name, path)
    if known is not None:
        return known.stores
    meant = functions.definitions(name, path)
    if not meant:
        return "for_each" in name or name.isupper()
    macros = [functions.facts(f) for f in meant if is_macro(f)]
    return name not in within and any(
        _is_stored(functions, facts, path, within | {name}) for facts in macros
    )


def _is_stored(
    functions: Functions, facts: FunctionFacts, path: str, within: frozenset[str]
) -> bool:
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
        or any(_stores(functions, callee, path, within) for callee in callees)
    )
