# SPDX-License-Identifier: GPL-2.0-only
"""Forward from a function to its callers: to the results of their calls, and to what the function
stores through their arguments."""

from __future__ import annotations

from functools import partial

from migrate.analysis.edges import Edge, EdgeKind
from migrate.analysis.gaps import GapKind
from migrate.analysis.ir.model import AccessPath, FunctionFacts, Return
from migrate.analysis.model import UseKind
from migrate.analysis.program.callers import Site
from migrate.analysis.program.functions import is_macro
from migrate.analysis.program.location import Global, Local, Member
from migrate.analysis.program.trace import PAGE, PHYSICAL, SCATTER, State
from migrate.analysis.valueflow.value_edge import ValueEdge
from migrate.analysis.valueflow.visible import seen_by
from migrate.analysis.valueflow.walk import Walk


def given_back(walk: Walk, state: State, form: str, returned: Return, facts: FunctionFacts) -> None:
    """Follow a value that a function returns to the results of the calls of it."""
    if is_macro(facts.function):
        for value in list(walk.expansions.give(facts.function.id, form)):
            walk.start(value)
        return
    walk.trace.handed_out[facts.function.id] = None
    give = partial(_to_result, walk, state, form, facts)
    sites = _callers(walk, facts, form, GapKind.RETURNED_TO_UNKNOWN)
    for site in (*sites, *walk.ways.came_by(facts.function.id, give, sites)):
        give(site)
    if form == PHYSICAL:
        walk.trace.use(UseKind.PHYSICAL, returned.place, facts, returned.text)


def _to_result(walk: Walk, state: State, form: str, facts: FunctionFacts, site: Site) -> None:
    """Follow a returned value to the result of a call."""
    if not walk.compiled(site.facts.guards | site.call.guards):
        return
    walk.trace.edge(_call_edge(EdgeKind.RETURNED, site, facts.function.name))
    if form == PAGE and walk.graph.is_acquire(site.call) is not None:
        walk.trace.acquires[site.call.place] = None
    for edge in walk.graph.returns(site, facts.function):
        if edge.origin.location == state.cell and (gets := edge.out_of(state.form)):
            walk.start(State(edge.target.location, gets, copied=True))


def filled(walk: Walk, state: State, parameter: Local) -> None:
    """Follow what a function stores through a parameter to the arguments of its callers."""
    for facts in seen_by(walk, state):
        position = facts.parameters.index(parameter.name)
        for site in _callers(walk, facts, state.form, GapKind.FILLED_FOR_UNKNOWN):
            for edge in walk.graph.fills(site, position, facts.function):
                _into_caller(walk, state, site, edge)


def _callers(walk: Walk, facts: FunctionFacts, form: str, missing: GapKind) -> tuple[Site, ...]:
    """The calls of a function; a gap is recorded if none is known, or not all are."""
    far, callers = walk.goes_far(form), walk.program.callers
    walk.trace.wide |= far and callers.is_public(facts.function)
    sites, closed = callers.of(facts.function, far)
    if not closed and missing is GapKind.RETURNED_TO_UNKNOWN and _lends(walk, facts, form):
        return sites
    if not closed or not sites:
        walk.trace.gap(callers.gap(facts.function, far, missing), form)
    return sites


def _lends(walk: Walk, facts: FunctionFacts, form: str) -> bool:
    """Whether a function returns pages to the kernel, which only lends them to devices."""
    if form not in (PAGE, SCATTER) or not walk.program.pointer_calls.lends(facts.function):
        return False
    returned = facts.returns[-1]
    walk.trace.use(UseKind.DMA, returned.place, facts, returned.text)
    return True


def _into_caller(walk: Walk, state: State, site: Site, edge: ValueEdge) -> None:
    form, target = edge.out_of(state.form), edge.target
    if not form or not walk.compiled(edge.guards):
        return
    if isinstance(target.location, Member | Global):
        walk.trace.origin(target.location, site.facts.function.path)
        if isinstance(target.value, AccessPath) and walk.outlives(target.value, site.facts):
            walk.trace.use(UseKind.STORED, site.call.place, site.facts, site.call.text)
    walk.trace.edge(_call_edge(EdgeKind.FILLED, site, site.call.name))
    if walk.graph.is_acquire(site.call) is not None:
        walk.trace.acquires[site.call.place] = None
    inside = State(target.location, form, target.is_parameter)
    walk.enter(inside, site.facts, site.call.place)


def _call_edge(kind: EdgeKind, site: Site, function: str) -> Edge:
    return Edge(kind, site.call.place, site.call.text, function=function)
