# SPDX-License-Identifier: GPL-2.0-only
"""Aliases in the forward walk: after a store through a pointer, the array or the container that it
points into holds the pages as well."""

from __future__ import annotations

from migrate.analysis.edges import Edge, EdgeKind
from migrate.analysis.frontend.kernel_api import RESULT, Origin
from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.ir.model import AccessPath, FunctionFacts, Result, Value
from migrate.analysis.program.callers import Site
from migrate.analysis.program.location import CallResult, Global, Local, Member
from migrate.analysis.program.trace import PAGE, SCATTER, State
from migrate.analysis.valueflow.value_edge import ValueEdge
from migrate.analysis.valueflow.walk import Walk

_WRAPPERS = 4
"""Functions that return what another one has allocated, so many."""


def follow_alias(walk: Walk, state: State, edge: ValueEdge) -> None:
    """Follow an ALIAS edge: a store through a pointer is a store into what the pointer was made
    from."""
    if state.form == PAGE:
        _array(walk, state, edge)
    elif isinstance(state.cell, Local):
        kind = edge.origin.facts.types.get(state.cell.name)
        if kind is not None and kind.depth > 0:
            _container(walk, edge, edge)


def _array(walk: Walk, state: State, edge: ValueEdge) -> None:
    """`pages = object->pages`: an array that is filled through one name is filled in all."""
    other, cause = edge.target, edge.cause
    cell = other.location
    if isinstance(cell, CallResult) and _is_array(state, edge):
        _behind_array(walk, cell, Site(other.facts, cell.call), edge)
        return
    if not isinstance(other.value, AccessPath) or other.via or cell == state.cell:
        return
    kind = walk.program.types.at(other.value, other.facts)
    if kind is None or kind.depth < 1:
        return
    if kind.tag not in ("page", "folio", "void"):
        if not isinstance(state.cell, Member):  # no other code sees a local
            walk.trace.gap(Gap(GapKind.IN_OTHER_MEMORY, cause.place, str(cell)))
        return
    walk.trace.edge(Edge(EdgeKind.ALIASED, cause.place, cause.text, str(state.cell), str(cell)))
    held = State(cell, PAGE, isinstance(cell, Local) and cell.name in other.facts.parameters)
    if isinstance(cell, Member | Global) and held not in walk.trace.states:
        walk.stored_at(other, cause.place, cause.text)
    walk.trace.origin(cell, other.facts.function.path)
    walk.enter(held, other.facts, cause.place)


def _is_array(state: State, edge: ValueEdge) -> bool:
    """Whether pages are stored behind a local variable, and not in it, and the edge is of what the
    variable is set to, and not of one of its elements."""
    if edge.flow.through:
        return False
    kind = edge.origin.facts.types.get(state.cell.name) if isinstance(state.cell, Local) else None
    return kind is not None and kind.tag in ("page", "folio") and kind.depth > 1


def _behind_array(walk: Walk, result: CallResult, site: Site, edge: ValueEdge) -> None:
    """Pages are stored behind what a call returned: memory that nobody else has, or an array that a
    function of the driver hands out, which holds them then."""
    if State(result, PAGE) in walk.trace.states or _is_new(walk, site, _WRAPPERS):
        return
    callees = walk.program.definitions(site.call.name, site.facts.function.path)
    for callee in callees:
        for returned in walk.graph.returns(site, callee):
            if isinstance(returned.origin.location, Member | Global) and returned.into(PAGE):
                walk.stored_at(returned.origin, edge.cause.place, edge.cause.text)
                walk.enter(
                    State(returned.origin.location, PAGE), returned.origin.facts, site.call.place
                )
            else:
                walk.trace.gap(Gap(GapKind.BEHIND_A_RESULT, edge.cause.place))
    if not callees:
        walk.trace.gap(Gap(GapKind.BEHIND_A_RESULT, edge.cause.place))


def _is_new(walk: Walk, site: Site, depth: int) -> bool:
    """Whether a call returns memory that nobody else has: it allocates, or is a function that
    returns what it has allocated, or an error."""
    known = walk.graph.known(site)
    if known is not None:
        return known.allocates or known.origin is Origin.ERROR
    name, path = site.call.name, site.facts.function.path
    near = walk.program.definitions(name, path) if name else ()
    callees = near or (walk.program.linker.meant(name, path) if name else ())
    return bool(callees and depth) and all(
        _returns_new(walk, walk.program.facts(callee), depth - 1) for callee in callees
    )


def _returns_new(walk: Walk, facts: FunctionFacts, depth: int) -> bool:
    values = [value for returned in facts.returns for value in returned.values]
    return bool(values) and all(_is_made(walk, facts, value, depth) for value in values)


def _is_made(walk: Walk, facts: FunctionFacts, value: Value, depth: int) -> bool:
    """Whether a value is memory that a function has allocated."""
    if isinstance(value, Result):
        return _is_new(walk, Site(facts, value.call), depth)
    if value.members or value.base in facts.parameters or value.base not in facts.types:
        return False
    stored = [flow for flow in facts.flows if flow.target == value and not flow.through]
    return bool(stored and depth) and all(
        _is_made(walk, facts, source, depth - 1) for flow in stored for source in flow.sources
    )


def _container(walk: Walk, edge: ValueEdge, first: ValueEdge) -> None:
    """Follow a pointer to a scatterlist or a bvec to the storage that it points into, the other end
    of `edge`."""
    other, cause = (edge.target if edge is first else edge.origin), first.cause
    cell = other.location
    if isinstance(cell, CallResult):
        _behind_result(walk, cell, Site(other.facts, cell.call), first)
        return
    if isinstance(cell, Member | Global):
        walk.stored_at(other, cause.place, cause.text)
    given = isinstance(cell, Local) and cell.name in other.facts.parameters
    walk.trace.edge(Edge(EdgeKind.POINTS, cause.place, cause.text, str(cell)))
    walk.enter(State(cell, SCATTER, given), other.facts, cause.place)


def _behind_result(walk: Walk, result: CallResult, site: Site, first: ValueEdge) -> None:
    if State(result, SCATTER) in walk.trace.states:
        return  # the walk came from there
    known = walk.graph.known(site)
    if known is not None and known.hands_on:
        for edge in walk.graph.of(site.facts).got(site.index, RESULT, result):
            if any(edge.into(SCATTER)):
                _container(walk, edge, first)
    elif known is None or not known.allocates:
        walk.trace.gap(Gap(GapKind.BEHIND_A_RESULT, first.cause.place))
