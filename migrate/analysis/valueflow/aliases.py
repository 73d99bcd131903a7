# SPDX-License-Identifier: GPL-2.0-only
"""Containers that are filled through a pointer into them: the object holds the pages as well."""

from __future__ import annotations

from migrate.analysis.edges import Edge, EdgeKind
from migrate.analysis.frontend.kernel_api import RESULT, Link
from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.ir.model import AccessPath, FunctionFacts, Value
from migrate.analysis.model import Place
from migrate.analysis.program.callers import Site
from migrate.analysis.program.known_callee import known_callee
from migrate.analysis.program.location import CallResult, Global, Local, Member
from migrate.analysis.program.trace import SCATTER, State
from migrate.analysis.valueflow import transfer
from migrate.analysis.valueflow.walk import Walk


def containers_behind(flow: Walk, state: State, facts: FunctionFacts) -> None:
    """Start what a local pointer to a scatterlist or a bvec that holds pages points into."""
    if state.form != SCATTER or not isinstance(state.cell, Local):
        return
    kind = facts.types.get(state.cell.name)
    if kind is None or kind.depth < 1:
        return
    found = flow.program.cells.mentions(facts, state.cell)
    for stored, via in found.targets:
        if via or stored.carved or not flow.compiled(stored.guards):
            continue
        for value in stored.sources:
            _start(flow, value, facts, stored.place, stored.text)
    for index, position, _ in found.arguments:
        call = facts.calls[index]
        known = known_callee(flow.program, call.name, facts.function.path)
        if known is None:
            continue
        for held in transfer.backward(known, position, SCATTER, len(call.arguments)):
            for value in call.values(held.position) if held.link is Link.ALONG else ():
                _start(flow, value, facts, call.place, call.text)


def _start(flow: Walk, value: Value, facts: FunctionFacts, place: Place, text: str) -> None:
    if not isinstance(value, AccessPath):
        _behind_result(flow, Site(facts, value.call), place, text)
        return
    cell, _ = flow.program.cells.of(value, facts)
    if isinstance(cell, Member | Global):
        flow.stored_in(cell, value, facts, place, text)
    given = isinstance(cell, Local) and cell.name in facts.parameters
    flow.trace.edge(Edge(EdgeKind.POINTS, place, text, str(cell)))
    flow.start(State(cell, SCATTER, given))


def _behind_result(flow: Walk, site: Site, place: Place, text: str) -> None:
    result = CallResult(site.facts.function.id, site.index)
    if State(result, SCATTER) in flow.trace.states:
        return  # it was followed to here
    known = known_callee(flow.program, site.call.name, site.facts.function.path)
    if known is not None and known.hands_on:
        for held in transfer.backward(known, RESULT, SCATTER, len(site.call.arguments)):
            for value in site.call.values(held.position):
                _start(flow, value, site.facts, place, text)
    elif known is None or not known.allocates:
        flow.trace.gap(Gap(GapKind.BEHIND_A_RESULT, place))
