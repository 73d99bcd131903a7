# SPDX-License-Identifier: GPL-2.0-only
"""The value-flow graph, for forward and backward walks: which location gets its value from which.

Its nodes are locations with the form in which they hold a page; its edges are those of
:mod:`migrate.analysis.valueflow.value_edge`. It is sparse: edges connect definitions of a location
with its uses, whatever is between them (Sui, Ye, Xue, "Static Memory Leak Detection Using
Full-Sparse Value-Flow Analysis", ISSTA 2012). It is built on demand: the edges at a location of a
function are made once, from the mentions in the function, and kept for all groups; those between
two functions once for each call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from migrate.analysis.frontend.kernel_api import RESULT, KernelFunction, Link
from migrate.analysis.frontend.macros import VARIADIC
from migrate.analysis.frontend.syntax import Function
from migrate.analysis.ir.model import AccessPath, Call, Flow, FunctionFacts, Result, Value
from migrate.analysis.place import FunctionId
from migrate.analysis.program.callers import Site
from migrate.analysis.program.def_use import DefUse
from migrate.analysis.program.known_callee import known_callee
from migrate.analysis.program.location import AbstractLocation, CallResult, Local
from migrate.analysis.program.program import Program
from migrate.analysis.valueflow.borrowers import is_borrowed
from migrate.analysis.valueflow.transfer import Move, moves
from migrate.analysis.valueflow.value_edge import Behind, Kind, Point, Same, ValueEdge
from migrate.kernel.signatures import DIRECT_NAMES

_KINDS = {Link.ALONG: Kind.WALK, Link.BACK: Kind.ALIAS}

_Call = tuple[FunctionId, int, FunctionId]
"""A call, and one of the functions that it may call."""


class ValueFlowGraph:
    """The graph of one tree. `is_acquire` recognises the sources; functions in `taking` are sources
    themselves and are not entered."""

    def __init__(
        self,
        program: Program,
        is_acquire: Callable[[Call], int | None],
        taking: frozenset[str] = DIRECT_NAMES,
    ) -> None:
        self.program, self.taking = program, taking
        self.is_acquire = is_acquire
        """The argument that an acquire fills; None for any other call."""
        self._functions: dict[FunctionId, FunctionGraph] = {}
        self._passes: dict[tuple[_Call, int], tuple[ValueEdge, ...]] = {}
        self._fills: dict[tuple[_Call, int], tuple[ValueEdge, ...]] = {}
        self._returns: dict[_Call, tuple[ValueEdge, ...]] = {}
        program.made.add(self)

    def forget(self) -> None:
        """Drop all edges."""
        for known in (self._functions, self._passes, self._fills, self._returns):
            known.clear()

    def of(self, facts: FunctionFacts) -> FunctionGraph:
        """The edges inside of one function."""
        key = facts.function.id
        if key not in self._functions:
            self._functions[key] = FunctionGraph(self, facts)
        return self._functions[key]

    def known(self, site: Site) -> KernelFunction | None:
        """The entry in the table for the called function."""
        return known_callee(self.program, site.call.name, site.facts.function.path)

    def passes(self, site: Site, position: int, function: Function) -> tuple[ValueEdge, ...]:
        """From an argument to the parameter of `function`, which may be the callee."""
        key = (_key(site, function), position)
        if key not in self._passes:
            self._passes[key] = tuple(self._bound(Kind.PASS, site, position, function))
        return self._passes[key]

    def fills(self, site: Site, position: int, function: Function) -> tuple[ValueEdge, ...]:
        """In the other direction: what `function` stores through the parameter."""
        key = (_key(site, function), position)
        if key not in self._fills:
            self._fills[key] = tuple(self._bound(Kind.FILL, site, position, function))
        return self._fills[key]

    def returns(self, site: Site, function: Function) -> tuple[ValueEdge, ...]:
        """From the value that `function` returns to the result of a call."""
        key = _key(site, function)
        if key not in self._returns:
            callee, result = self.program.facts(function), self.result(site)
            self._returns[key] = tuple(
                ValueEdge(Kind.RETURN, point, result, Same(), site.call)
                for returned in callee.returns
                for point in self.points(returned.values, callee)
            )
        return self._returns[key]

    def _bound(
        self, kind: Kind, site: Site, position: int, function: Function
    ) -> Iterator[ValueEdge]:
        callee = self.program.facts(function)
        name = parameter(callee, position)
        if not name:
            return
        local = Local(function.id, name), ""
        inner = Point(local, AccessPath(name), callee, self.program.types)
        for outer in self.points(site.call.values(position), site.facts):
            ends = (outer, inner) if kind is Kind.PASS else (inner, outer)
            yield ValueEdge(kind, *ends, Same(), site.call)

    def points(self, values: Iterable[Value], facts: FunctionFacts) -> Iterator[Point]:
        """The operands of an expression in the function of `facts`."""
        operands = tuple(dict.fromkeys(values))
        types = self.program.types
        pointing = types.pointers(operands, facts)
        for value in operands:
            named = self.program.cells.of(value, facts)
            yield Point(named, value, facts, types, value in pointing)

    def result(self, site: Site) -> Point:
        """The result of a call."""
        location = CallResult(site.facts.function.id, site.index)
        value = Result(site.index)
        return Point((location, ""), value, site.facts, self.program.types)


class FunctionGraph:
    """The edges inside of one function, which are its summary: each is made once, from the
    statement or call that causes it, and found from both of its ends."""

    def __init__(self, graph: ValueFlowGraph, facts: FunctionFacts) -> None:
        self._graph = graph
        self._program = graph.program
        self.facts = facts
        self._out: dict[AbstractLocation, tuple[ValueEdge, ...]] = {}
        self._into: dict[AbstractLocation, tuple[ValueEdge, ...]] = {}
        self._flows: dict[int, tuple[ValueEdge, ...]] = {}
        """By the identity of a flow."""
        self._calls: dict[int, tuple[tuple[Move, ValueEdge], ...]] = {}

    def uses(self, location: AbstractLocation) -> DefUse:
        """The mentions of `location` in the function: the ends of edges to and from other functions
        are here, and uses without an edge."""
        return self._program.cells.mentions(self.facts, location)

    def out(self, location: AbstractLocation) -> tuple[ValueEdge, ...]:
        """The copies and aliases that start at `location`."""
        if location not in self._out:
            found = self._around(location)
            self._out[location] = tuple(e for e in found if e.origin.location == location)
        return self._out[location]

    def into(self, location: AbstractLocation) -> tuple[ValueEdge, ...]:
        """The copies and aliases that end at `location`."""
        if location not in self._into:
            found = self._around(location)
            self._into[location] = tuple(e for e in found if e.target.location == location)
        return self._into[location]

    def constants(self, location: AbstractLocation) -> Iterator[tuple[Flow, str]]:
        """The flows into `location` without an edge, because no named value is stored."""
        return ((flow, via) for flow, via in self.uses(location).targets if not flow.sources)

    def given(self, call: int, position: int, location: AbstractLocation) -> Iterator[ValueEdge]:
        """The results of a kernel function for `location` in an argument."""
        for move, edge in self._transfers(call):
            at = move.origin == position and edge.origin.location == location
            if at and edge.kind is not Kind.ALIAS:
                yield edge

    def got(self, call: int, position: int, location: AbstractLocation) -> Iterator[ValueEdge]:
        """The arguments from which such a function computes it; `position` is that of an argument,
        or RESULT."""
        for move, edge in self._transfers(call):
            at = move.target == position and edge.target.location == location
            if at and edge.kind is not Kind.ALIAS:
                yield edge

    def _around(self, location: AbstractLocation) -> Iterator[ValueEdge]:
        """The copies and aliases at `location`, each once."""
        found = self.uses(location)
        flows = (*found.sources, *found.targets)
        for flow in {id(flow): flow for flow, _ in flows}.values():
            yield from self._of_flow(flow)
        for index in dict.fromkeys(index for index, _, _ in found.arguments):
            for _, edge in self._transfers(index):
                if edge.kind is Kind.ALIAS:
                    yield edge

    def by(self, flow: Flow) -> Iterator[ValueEdge]:
        """The copies of one assignment."""
        return (edge for edge in self._of_flow(flow) if edge.kind is Kind.COPY)

    def _of_flow(self, flow: Flow) -> tuple[ValueEdge, ...]:
        if id(flow) not in self._flows:
            self._flows[id(flow)] = tuple(self._copies(flow))
        return self._flows[id(flow)]

    def _copies(self, flow: Flow) -> Iterator[ValueEdge]:
        if flow.carved or not flow.sources:
            return
        (target,) = self._graph.points((flow.target,), self.facts)
        sources = tuple(self._graph.points(flow.sources, self.facts))
        for source in sources:
            yield ValueEdge(Kind.COPY, source, target, Same(), flow)
        if is_borrowed(target.location) or target.via:
            return  # nothing is stored through members of a struct that borrows pages
        for source in sources:
            behind = Behind(flow, source.value, self.facts, self._program.types)
            yield ValueEdge(Kind.ALIAS, target, source, behind, flow)

    def _transfers(self, index: int) -> tuple[tuple[Move, ValueEdge], ...]:
        if index not in self._calls:
            self._calls[index] = tuple(self._moved(Site(self.facts, index)))
        return self._calls[index]

    def _moved(self, site: Site) -> Iterator[tuple[Move, ValueEdge]]:
        call, known = site.call, self._graph.known(site)
        if known is None:
            return
        for move in moves(known, len(call.arguments)):
            kind = _KINDS.get(move.flow.link, Kind.TRANSFER)
            targets = self._at(site, move.target)
            for origin in self._at(site, move.origin):
                for target in targets:
                    yield move, ValueEdge(kind, origin, target, move, call)

    def _at(self, site: Site, position: int) -> tuple[Point, ...]:
        if position == RESULT:
            return (self._graph.result(site),)
        return tuple(self._graph.points(site.call.values(position), self.facts))


def parameter(facts: FunctionFacts, position: int) -> str:
    """The name of parameter number `position`; arguments of a variadic macro are its last."""
    names = facts.parameters
    if position >= len(names):
        return VARIADIC if VARIADIC in names else ""
    return names[position]


def _key(site: Site, function: Function) -> _Call:
    return site.facts.function.id, site.index, function.id
