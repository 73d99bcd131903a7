# SPDX-License-Identifier: GPL-2.0-only
"""Backward from a function to its callers: to what they pass as a parameter, and to what they store
through its result."""

from __future__ import annotations

from dataclasses import replace

from migrate.analysis.gaps import GapKind
from migrate.analysis.ir.model import AccessPath, FunctionFacts
from migrate.analysis.pairing.back.walk import BackWalk
from migrate.analysis.pairing.back.wanted import Wanted
from migrate.analysis.program.callers import Site
from migrate.analysis.program.functions import start_of
from migrate.analysis.program.location import (
    AbstractLocation,
    CallResult,
    Global,
    Local,
    Member,
)
from migrate.analysis.program.trace import SCATTER
from migrate.analysis.program.type_lookup import CONTAINERS
from migrate.analysis.valueflow.graph import ValueFlowGraph
from migrate.analysis.valueflow.value_edge import Kind, holds_array


def passed(walk: BackWalk, wanted: Wanted, name: str, facts: FunctionFacts) -> None:
    """Follow a parameter to the argument of the call by which the walk came, or to those of all
    callers."""
    function, position = facts.function, facts.parameters.index(name)
    came = walk.ways.back(wanted.way)
    sites, way = ((came[0],), came[1]) if came is not None else (_callers(walk, wanted, facts), ())
    for site in sites:
        for edge in walk.graph.passes(site, position, function):
            if walk.compiled(site.facts.guards | edge.guards):
                walk.back(edge, wanted.form, way)


def _callers(walk: BackWalk, wanted: Wanted, facts: FunctionFacts) -> tuple[Site, ...]:
    """All callers of a function; a gap is recorded if they are not known."""
    function, callers = facts.function, walk.program.callers
    far = walk.goes_far(wanted.form)
    sites, closed = callers.of(function, far)
    walk.wide |= far and callers.is_public(function)
    if not closed or (not sites and not callers.none(function, far)):
        gap = callers.gap(function, far, GapKind.SOURCE_CALLERS_UNKNOWN)
        walk.sources.lost(replace(gap, place=None), gap.place or start_of(function))
    return sites


def stored_through_result(walk: BackWalk, wanted: Wanted, facts: FunctionFacts) -> None:
    """`*slot(object) = page`: follow stores through the result of a function that returns the
    array, the address of an element, or a pointer into a container. The memory outlives the call,
    so these are all callers, not only the one by which the walk came. Without such a call the
    forward walk, or that to the callers, checks whether all are known."""
    cell, form = wanted.cell, wanted.form
    for returned, _ in walk.graph.of(facts).uses(cell).returns:
        named = [
            v
            for v in returned.values
            if isinstance(v, AccessPath) and walk.program.cells.of(v, facts)[0] == cell
        ]
        types, addressed = walk.program.types, returned.addressed
        if form == SCATTER:
            shared = isinstance(cell, CallResult) or _is_in_container(walk.graph, cell, facts)
        else:
            shared = any(holds_array(v, facts, types, addressed) for v in named)
        if shared:
            near, _ = walk.program.callers.of(facts.function, walk.goes_far(form))
            for site in _callers(walk, wanted, facts) if wanted.way else near:
                result = CallResult(site.facts.function.id, site.index)
                walk.want(Wanted(result, form, alias=True), site.facts)


def _is_in_container(graph: ValueFlowGraph, cell: AbstractLocation, facts: FunctionFacts) -> bool:
    """Whether a pointer points into a container that has a name or that was passed, and not into
    memory that the function itself takes for one."""
    found, queue = {cell}, [cell]
    while queue:
        current = queue.pop()
        if isinstance(current, Member | Global):
            return True
        if isinstance(current, Local) and current.name in facts.parameters:
            kind = facts.types.get(current.name)
            if kind is not None and kind.tag in CONTAINERS:
                return True
        edges = [e for e in graph.of(facts).into(current) if e.kind is Kind.COPY]
        fresh = {e.origin.location for e in edges if e.origin.points} - found
        found |= fresh
        queue.extend(fresh)
    return False
