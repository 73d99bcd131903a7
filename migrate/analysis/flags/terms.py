# SPDX-License-Identifier: GPL-2.0-only
"""What a page and its flag are called in one function: a variable, or a member of an object.

Two such terms are equal when they are written alike. They mean the same storage as long as nothing
is stored to what they are made of.
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
    """`expression` as a term; None for one that is more than variables, members and indices."""
    if not isinstance(expression, Term):
        return None
    return expression if all(isinstance(e, _PARTS) for e in subexpressions(expression)) else None


def owner(named: Term) -> Expression | None:
    """The object that a member is of; None for a variable."""
    return named.object if isinstance(named, Member) else None


def are_own(lowered: Lowered, named: Term) -> bool:
    """Whether each variable in a term is one of this call of the function: a macro may mean
    another object each time, and anybody may store to a global variable. None is in the head of a
    macro that the parser took for a function: that may store to it."""
    heads = {name for loop in lowered.macros.loops for name in loop.names}
    names = {v.name for v in variables(named)}
    return names <= own_names(lowered) and not heads & {v.written for v in variables(named)}


def is_taken(lowered: Lowered, terms: Iterable[Term]) -> bool:
    """Whether the function takes the address of a variable in the terms, or of a member by the
    name of one of them."""
    names = {v for t in terms for v in variables(t)}
    members = {t.name for t in terms if isinstance(t, Member)}
    taken = (e.object for e in all_expressions(lowered) if isinstance(e, AddressOf))
    return any(t in names or (isinstance(t, Member) and t.name in members) for t in taken)


def every_way(lowered: Lowered) -> Lowered | None:
    """The function with all ways through it, those around the loops of macros too; None when one
    may not be seen, or the preprocessor leaves out some of it in some configurations: then what
    goes together in one does not in another."""
    macros = lowered.macros
    guarded = (i for i in lowered.order if not isinstance(i, Select | Declare | Label))
    if lowered.incomplete or macros.misread or macros.garbled:
        return None
    if any(not i.guards <= lowered.guards for i in guarded):
        return None
    # Nobody knows which loop a break leaves when there is a macro around it.
    lost = any(at in block for at in lowered.jumps for block in macros.blocks)
    return None if lost else lowered.looping
