# SPDX-License-Identifier: GPL-2.0-only
"""Aliases in the forward walk: after a store through a pointer, the array or the container that it
points into holds the pages as well."""

from __future__ import annotations

from migrate.analysis.edges import Edge, EdgeKind
from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.ir.model import AccessPath, FunctionFacts
from migrate.analysis.model import Place
from migrate.analysis.program.callers import Site
from migrate.analysis.program.location import CallResult, Global, Local, Member
from migrate.analysis.program.trace import AGAIN, PAGE, SCATTER, State
from migrate.analysis.valueflow.pointees import Pointees
from migrate.analysis.valueflow.value_edge import Point, ValueEdge
from migrate.analysis.valueflow.walk import Walk


def follow_alias(walk: Walk, state: State, edge: ValueEdge) -> None:
    """Follow an ALIAS edge: a store through a pointer is a store into what the pointer was made
    from."""
    place, text = edge.cause.place, edge.cause.text
    if state.form in (PAGE, AGAIN):
        _array(walk, state, edge.target, place, text)
    elif isinstance(state.cell, Local):
        kind = edge.origin.facts.types.get(state.cell.name)
        if kind is not None and kind.depth > 0:
            _container(walk, edge.target, place, text)


def behind_result(walk: Walk, state: State, facts: FunctionFacts, place: Place, text: str) -> None:
    """Follow a store at `place` through the pointer that a call returned, the location of `state`:
    the storage that it points into holds the pages as well."""
    assert isinstance(state.cell, CallResult)
    pointees = Pointees(walk, PAGE if state.form == AGAIN else state.form)
    for end in list(pointees.of_call(Site(facts, state.cell.call))):
        if state.form in (PAGE, AGAIN):
            _array(walk, state, end, place, text)
        else:
            _container(walk, end, place, text)
    if pointees.lost:
        walk.trace.gap(Gap(GapKind.BEHIND_A_RESULT, place), state.form)


def _array(walk: Walk, state: State, other: Point, place: Place, text: str) -> None:
    """`pages = object->pages`: an array that is filled through one name is filled in all."""
    cell = other.location
    if isinstance(cell, CallResult):
        behind_result(walk, State(cell, state.form), other.facts, place, text)
        return
    if not isinstance(other.value, AccessPath) or other.via or cell == state.cell:
        return
    kind = walk.program.types.at(other.value, other.facts)
    if kind is None or kind.depth < 1:
        return
    if kind.tag not in ("page", "folio", "void"):
        if not isinstance(state.cell, Member):  # no other code sees a local
            walk.trace.gap(Gap(GapKind.IN_OTHER_MEMORY, place, str(cell)))
        return
    walk.trace.edge(Edge(EdgeKind.ALIASED, place, text, str(state.cell), str(cell)))
    held = State(cell, state.form, isinstance(cell, Local) and cell.name in other.facts.parameters)
    if isinstance(cell, Member | Global) and held not in walk.trace.states:
        walk.stored_at(other, place, text)
    walk.trace.origin(cell, other.facts.function.path)
    walk.enter(held, other.facts, place)


def _container(walk: Walk, other: Point, place: Place, text: str) -> None:
    """Follow a pointer to a scatterlist or a bvec to the storage that it points into, `other`."""
    cell = other.location
    if isinstance(cell, CallResult):
        if State(cell, SCATTER) not in walk.trace.states:  # else the walk came from there
            behind_result(walk, State(cell, SCATTER), other.facts, place, text)
        return
    if isinstance(cell, Member | Global):
        walk.stored_at(other, place, text)
    given = isinstance(cell, Local) and cell.name in other.facts.parameters
    walk.trace.edge(Edge(EdgeKind.POINTS, place, text, str(cell)))
    walk.enter(State(cell, SCATTER, given), other.facts, place)
