# SPDX-License-Identifier: GPL-2.0-only
"""Pages that a function of another folder puts into the scatterlist that is passed to it. Only its
own stores along the list are examined, not other storage of the list, nor functions that the list
is passed on to."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.analysis.frontend.syntax import Function
from migrate.analysis.ir.model import AccessPath, FunctionFacts, Value
from migrate.analysis.program.callers import Site
from migrate.analysis.program.location import Local
from migrate.analysis.valueflow.graph import ValueFlowGraph, parameter
from migrate.analysis.valueflow.value_edge import Kind, ValueEdge


def put_into(graph: ValueFlowGraph, function: Function, position: int) -> Iterator[ValueEdge]:
    """The edges by which `function` puts pages into the list that is its argument number
    `position`."""
    facts = graph.program.facts(function)
    lists = _along(graph, facts, parameter(facts, position))
    for name in sorted(lists):
        cell = Local(function.id, name)
        for index, at, _ in graph.of(facts).uses(cell).arguments:
            for edge in graph.of(facts).got(index, at, cell):
                if edge.kind is Kind.TRANSFER:
                    yield edge


def _along(graph: ValueFlowGraph, facts: FunctionFacts, first: str) -> set[str]:
    """The variables that point into the list of the parameter `first`."""
    found, fresh = {first}, [first] if first else []
    while fresh:
        name = fresh.pop()
        for other in {*_copies(facts, name), *_walks(graph, facts, name)} - found:
            found.add(other)
            fresh.append(other)
    return found - {""}


def _copies(facts: FunctionFacts, name: str) -> Iterator[str]:
    for flow in facts.flows:
        if not flow.through and any(_is(value, name) for value in flow.sources):
            yield from _names((flow.target,), facts)


def _walks(graph: ValueFlowGraph, facts: FunctionFacts, name: str) -> Iterator[str]:
    """The variables that a call moves along the list: `for_each_sg(list, sg, ...)`, `sg =
    sg_next(sg)`."""
    for index, call in enumerate(facts.calls):
        known = graph.known(Site(facts, index))
        given = any(_is(v, name) for values in call.arguments for v in values)
        if known is None or not given:
            continue
        if any(flow.walks for flow in known.flows):
            for values in call.arguments:
                yield from _names(values, facts)
        elif known.flows:
            made = (
                f.target for f in facts.flows if graph.result(Site(facts, index)).value in f.sources
            )
            yield from _names(tuple(made), facts)


def _names(values: tuple[Value, ...], facts: FunctionFacts) -> Iterator[str]:
    """Those of `values` that are variables of the function and point to a scatterlist."""
    for value in values:
        if isinstance(value, AccessPath) and not value.members:
            kind = facts.types.get(value.base)
            if kind is not None and (kind.tag, kind.depth) == ("scatterlist", 1):
                yield value.base


def _is(value: Value, name: str) -> bool:
    return isinstance(value, AccessPath) and value.base == name and not value.members
