# SPDX-License-Identifier: GPL-2.0-only
"""Backward into the functions that a call may mean: to what they return, and to what they store
through an argument."""

from __future__ import annotations

from migrate.analysis.frontend.kernel_api import RESULT
from migrate.analysis.frontend.syntax import Function
from migrate.analysis.ir.model import AccessPath
from migrate.analysis.pairing.back.walk import BackWalk
from migrate.analysis.pairing.back.wanted import Wanted
from migrate.analysis.pairing.far_lists import put_into
from migrate.analysis.program.callers import Site
from migrate.analysis.program.functions import is_macro
from migrate.analysis.program.location import CallResult, Local
from migrate.analysis.program.trace import PAGE, SCATTER
from migrate.analysis.valueflow.stated_callee import stated_callee
from migrate.analysis.valueflow.value_edge import Kind, ValueEdge, holds_array

_ARRAY_DEPTH = 2
"""A `struct page **` is an array or the address of a pointer: a callee may fill it."""


def result(walk: BackWalk, site: Site, wanted: Wanted) -> None:
    """Follow the result of a call to what the called function returns."""
    call, facts, form = site.call, site.facts, wanted.form
    if walk.graph.is_acquire(call) is not None:
        walk.sources.acquires[call.place] = site
        return
    known = walk.graph.known(site)
    if known is not None:
        walk.sources.result_of_known(call, known, form)
        made = CallResult(facts.function.id, site.index)
        for edge in walk.graph.of(facts).got(site.index, RESULT, made):
            walk.back(edge, form, wanted.way)
        return
    returned = False
    for function in walk.program.pointer_calls.meant_by(site):
        if walk.compiled(walk.program.facts(function).guards):
            for edge in walk.graph.returns(site, function):
                returned = True
                walk.back(edge, form, walk.ways.into(wanted.way, site))
    if not returned:
        walk.sources.result_of_unknown(call, form, wanted.alone)


def may_fill(walk: BackWalk, site: Site, position: int, wanted: Wanted) -> bool:
    """Follow what a call stores into its argument number `position`; returns whether it stores
    anything."""
    call, facts, cell, form = site.call, site.facts, wanted.cell, wanted.form
    acquired = walk.graph.is_acquire(call)
    if acquired is not None:
        if acquired == position:
            walk.sources.acquires[call.place] = site
        return acquired == position
    known = stated_callee(walk.program, site, position) or walk.graph.known(site)
    if known is not None:
        edges = walk.graph.of(facts).got(site.index, position, cell)
        for edge in edges if known.flows else ():
            walk.back(edge, form, wanted.way, cell if edge.kind is Kind.WALK else None)
        return walk.sources.filled_by_known(call, position, known, form, cell)
    far = walk.goes_far(form)
    definitions = walk.program.pointer_calls.meant_by(site, far)
    walk.wide |= far and not call.name
    if far and call.name and form == PAGE:
        definitions = (*definitions, *_linked(walk, site, definitions))
    lists = far and call.name and form == SCATTER
    if lists and _put_by_others(walk, site, definitions, position):
        return True
    if not definitions:
        return walk.sources.filled_by_unknown(call, position, form, cell)
    return True in {_filled_by(walk, site, f, position, wanted) for f in definitions}


def _put_by_others(walk: BackWalk, site: Site, near: tuple[Function, ...], position: int) -> bool:
    """Follow what a function of another folder puts into a scatterlist; returns whether it puts
    anything there."""
    functions = _linked(walk, site, near)
    edges = [e for f in functions for e in put_into(walk.graph, f, position)]
    for edge in edges:
        walk.back(edge, SCATTER, ())
    return bool(edges)


def _linked(walk: BackWalk, site: Site, near: tuple[Function, ...]) -> tuple[Function, ...]:
    """The functions of other folders that the linker may choose for a call, as in the forward walk:
    they may store other pages where those of the group are."""
    linker = walk.program.linker
    if near and not linker.is_stub(near):
        return ()
    walk.wide = True
    return linker.meant(site.call.name, site.facts.function.path)


def _filled_by(
    walk: BackWalk, site: Site, function: Function, position: int, wanted: Wanted
) -> bool:
    """Follow what a called function stores through a parameter; returns whether it stores
    anything."""
    callee, filled = walk.program.facts(function), False
    way = walk.ways.into(wanted.way, site)
    for edge in walk.graph.fills(site, position, function):
        inner = edge.origin.location
        assert isinstance(inner, Local)
        kind = callee.types.get(inner.name)
        deep = kind is not None and kind.depth >= _ARRAY_DEPTH
        if edge.target.location != wanted.cell:
            continue
        deep = deep or _has_no_type(walk, site, position, edge)
        for form in edge.into(wanted.form):
            if deep or form == SCATTER or is_macro(function):
                filled |= walk.is_filled(Wanted(inner, form, way=way), callee)
    return filled


def _has_no_type(walk: BackWalk, site: Site, position: int, edge: ValueEdge) -> bool:
    """Whether an array is passed to a parameter that may point to anything."""
    types, inner, outer = walk.program.types, edge.origin, edge.target
    if not isinstance(inner.value, AccessPath) or not isinstance(outer.value, AccessPath):
        return False
    if not types.is_untyped(inner.value, inner.facts):
        return False
    return holds_array(outer.value, outer.facts, types, site.call.addressed[position])
