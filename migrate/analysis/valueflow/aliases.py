# SPDX-License-Identifier: GPL-2.0-only
"""Aliases in the forward walk: after a store through a pointer, the array or the container that it
points into holds the pages as well."""

from __future__ import annotations

from migrate.analysis.edges import Edge, EdgeKind
from migrate.analysis.frontend.kernel_api import RESULT
from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.ir.model import AccessPath
from migrate.analysis.program.callers import Site
from migrate.analysis.program.location import CallResult, Global, Local, Member
from migrate.analysis.program.trace import PAGE, SCATTER, State
from migrate.analysis.valueflow.value_edge import ValueEdge
from migrate.analysis.valueflow.walk import Walk


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
