# SPDX-License-Identifier: GPL-2.0-only
"""Terms for a page and its flag in one function: a variable, or a member of an object.

Two terms are equal if they are written alike. They refer to the same storage as long as nothing is
stored to the variables and members in them.
"""

from __future__ import annotations

from collections.abc import Iterable

from migrate.analysis.ir.expressions import (
    AddressOf,
    Constant,
    Element,
    Expression,
    Member,
    Variable,
    subexpressions,
    variables,
)
from migrate.analysis.ir.instructions import Declare, Label, Lowered, Select, all_expressions
from migrate.analysis.paths.variables import own_names

Term = Variable | Member
_PARTS = (Variable, Constant, Member, Element)


def term(expression: Expression) -> Term | None:
    """`expression` as a term; None if it contains more than variables, members and indices."""
    if not isinstance(expression, Term):
        return None
    return expression if all(isinstance(e, _PARTS) for e in subexpressions(expression)) else None


def owner(named: Term) -> Expression | None:
    """The object that a member belongs to; None for a variable."""
    return named.object if isinstance(named, Member) else None


def are_own(lowered: Lowered, named: Term) -> bool:
    """Whether each variable in a term is a local of the function: a macro may refer to another
    object each time, and any function may store to a global variable. None of them may be in the
    head of a macro that the parser took for a function, because that may store to it."""
    heads = {name for loop in lowered.macros.loops for name in loop.names}
    names = {v.name for v in variables(named)}
    return names <= own_names(lowered) and not heads & {v.written for v in variables(named)}


def is_taken(lowered: Lowered, terms: Iterable[Term]) -> bool:
    """Whether the function takes the address of a variable in the terms, or of a member with the
    name of one of them."""
    names = {v for t in terms for v in variables(t)}
    members = {t.name for t in terms if isinstance(t, Member)}
    taken = (e.object for e in all_expressions(lowered) if isinstance(e, AddressOf))
    return any(t in names or (isinstance(t, Member) and t.name in members) for t in taken)


def every_way(lowered: Lowered) -> Lowered | None:
    """The function with all paths through it, including those around the loops of macros; None if a
    path may be hidden, or if preprocessor conditionals remove code: then a pair that matches in one
    configuration may not in another."""
    macros = lowered.macros
    guarded = (i for i in lowered.order if not isinstance(i, Select | Declare | Label))
    if lowered.incomplete or macros.misread or macros.garbled:
        return None
    if any(not i.guards <= lowered.guards for i in guarded):
        return None
    # With a macro around it, it is unknown which loop a break leaves.
    lost = any(at in block for at in lowered.jumps for block in macros.blocks)
    return None if lost else lowered.looping
