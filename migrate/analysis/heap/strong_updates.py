# SPDX-License-Identifier: GPL-2.0-only
"""The value that a member has where it is read, if one store before it is certainly the last.

`o->address = page_to_phys(page); ... kept = o->address;` reads the stored value, whatever the
caller had in the member, if the object is a variable of the caller that nobody else can access, and
no path bypasses the store.
"""

from __future__ import annotations

from migrate.analysis.ir.expressions import Expression, Member, subexpressions
from migrate.analysis.ir.instructions import Instruction, Store
from migrate.analysis.ir.model import AccessPath, Flow, FunctionFacts, Value
from migrate.analysis.model import Place
from migrate.analysis.paths.solver import Plain, solve
from migrate.analysis.program.program import Program


def last_store(program: Program, loc: AccessPath, read: Flow, facts: FunctionFacts) -> Flow | None:
    """The assignment whose value `loc` certainly has where the flow `read` reads it; None if there
    is none."""
    stores = [
        f for f in facts.flows if (f.target.base, f.target.members) == (loc.base, loc.members)
    ]
    real = [f for f in stores if not f.null]
    if not loc.members or loc.loaded or facts.incomplete or len(real) != 1:
        return None
    (store,) = real
    if store.through or not store.sources or not store.guards <= read.guards:
        return None
    own = _is_own(program, loc, facts) and not _is_known(program, loc, facts)
    return store if own and _comes_before(store.place, read.place, facts) else None


def _is_own(program: Program, loc: AccessPath, facts: FunctionFacts) -> bool:
    """Whether the object is a local variable, or a variable of the callers that they pass only to
    this function."""
    inside = [program.types.at(AccessPath(loc.base, loc.members[:n]), facts) for n in _inner(loc)]
    if any(kind is None or kind.depth > 0 for kind in inside):
        return False
    kind = facts.types.get(loc.base)
    if kind is None or kind.depth > 1:
        return False
    if kind.depth == 0:
        return loc.base not in facts.parameters
    return loc.base in facts.parameters and _only_ours(program, loc, facts)


def _inner(loc: AccessPath) -> range:
    return range(1, len(loc.members))


def _only_ours(program: Program, loc: AccessPath, facts: FunctionFacts) -> bool:
    function, position = facts.function, facts.parameters.index(loc.base)
    sites, closed = program.callers.of(function)
    if not (function.static and function.path.endswith(".c") and closed and sites):
        return False
    for site in sites:
        given = site.call.values(position)
        if len(given) != 1 or not isinstance(given[0], AccessPath) or given[0].members:
            return False
        name = given[0].base
        kind = site.facts.types.get(name)
        if kind is None or kind.depth > 0 or name in site.facts.parameters:
            return False
        handed = [
            v for v, _ in site.facts.handed_on() if isinstance(v, AccessPath) and v.base == name
        ]
        whole = [v for v in handed if v.members == loc.members[: len(v.members)]]
        if whole != [given[0]] or site.facts.incomplete:
            return False
    return True


def _is_known(program: Program, loc: AccessPath, facts: FunctionFacts) -> bool:
    """Whether the function passes on the object or the member's address, or changes the pointer."""
    for value, by_address in facts.handed_on():
        if not isinstance(value, AccessPath) or value.base != loc.base:
            continue
        size = len(value.members)
        if value.members == loc.members[:size] and (size < len(loc.members) or by_address):
            return True
    for flow in facts.flows:
        target = flow.target
        if target.base == loc.base and _shares(program, loc, target, facts):
            return True
        around = target.base == loc.base and target.members == loc.members[: len(target.members)]
        if around and len(target.members) < len(loc.members):
            return True
        if any((v == loc or _same(v, loc)) for v in flow.sources):
            kind = program.types.at(target, facts)
            if kind is None or kind.depth > 0:
                return True
    return any(
        isinstance(i, Store) and i.counts and _names(i.target, loc.members[-1])
        for i in facts.lowered.order
    )


def _names(target: Expression, member: str) -> bool:
    return any(isinstance(e, Member) and e.name == member for e in subexpressions(target))


def _shares(program: Program, loc: AccessPath, other: AccessPath, facts: FunctionFacts) -> bool:
    """Whether the paths diverge in a union, so that both are in the same memory."""
    size = next(
        (n for n, (a, b) in enumerate(zip(loc.members, other.members, strict=False)) if a != b),
        None,
    )
    if size is None:
        return False
    kind = program.types.at(AccessPath(loc.base, loc.members[:size]), facts)
    if kind is None:
        return True
    body = kind.inline or program.types.struct(kind.tag, facts.function.path)
    return body is None or {loc.members[size], other.members[size]} <= body.unions


def _same(value: Value, loc: AccessPath) -> bool:
    return isinstance(value, AccessPath) and (value.base, value.members) == (loc.base, loc.members)


class _Stored(Plain[bool]):
    """Whether the store at a place was executed."""

    def __init__(self, store: Place) -> None:
        self.store = store

    def transfer(self, instruction: Instruction, state: bool) -> bool:
        return state or (isinstance(instruction, Store) and instruction.place == self.store)


def _comes_before(store: Place, read: Place, facts: FunctionFacts) -> bool:
    """Whether the store dominates `read`: every path to `read` passes it."""
    solution = solve(_Stored(store), facts.lowered, False)
    passed = {
        state
        for instruction, state, _ in solution.before()
        if isinstance(instruction, Store) and instruction.place == read
    }
    return solution.settled and not facts.lowered.unsure and passed == {True}
