# SPDX-License-Identifier: GPL-2.0-only
"""What the result of a call points into: the storage that is filled by a store through it.

The callee returns a member, one of its arguments, new memory, or the result of another call. It is
asked for this call alone, so that an argument is that of this call.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from migrate.analysis.frontend.kernel_api import RESULT, KernelFunction, Origin
from migrate.analysis.frontend.syntax import Function
from migrate.analysis.ir.model import AccessPath, FunctionFacts, Value
from migrate.analysis.program.callers import Site
from migrate.analysis.program.functions import file_of, is_macro
from migrate.analysis.program.location import AbstractLocation, CallResult, Local
from migrate.analysis.valueflow.value_edge import Kind, Point
from migrate.analysis.valueflow.walk import Walk

_OF_NOBODY = frozenset({Origin.MEMORY, Origin.NEW, Origin.OTHER, Origin.ERROR})
"""What the result of a kernel function may be without being storage of the caller's."""


@dataclass
class Pointees:
    """Searches for the storage that holds pages in `form`."""

    walk: Walk
    form: str
    lost: bool = False
    """Whether the result may point to something that was not found."""
    _seen: set[tuple[AbstractLocation, AbstractLocation | None]] = field(default_factory=set)

    def of_call(self, site: Site, outer: AbstractLocation | None = None) -> Iterator[Point]:
        """The storage behind the result of a call; `outer` is the call that led here."""
        result = CallResult(site.facts.function.id, site.index)
        if (result, outer) in self._seen:
            return
        self._seen.add((result, outer))
        known = self.walk.graph.known(site)
        if known is not None:
            yield from self._of_known(site, result, known)
            return
        functions = self._meant(site)
        self.lost |= not functions
        for function in functions:
            if is_macro(function):
                yield from self._of_macro(site, result, function)
            else:
                yield from self._of_function(site, result, function)

    def _meant(self, site: Site) -> tuple[Function, ...]:
        """The functions that a call may mean, in the folder or, as the linker would, elsewhere."""
        program, path = self.walk.program, file_of(site.facts.function.path)
        found = program.pointer_calls.meant_by(site) or program.definitions(site.call.name, path)
        if found and not program.linker.is_stub(found):
            return found
        if not site.call.name or not self.walk.goes_far(self.form):
            return ()
        self.walk.trace.wide = True
        return program.linker.meant(site.call.name, path)

    def _of_known(self, site: Site, result: CallResult, known: KernelFunction) -> Iterator[Point]:
        edges = self.walk.graph.of(site.facts).got(site.index, RESULT, result)
        origins = [e.origin for e in edges if self.form in e.into(self.form)]
        self.lost |= not origins and known.origin not in _OF_NOBODY
        for origin in origins:
            yield from self._here(origin)

    def _here(self, point: Point) -> Iterator[Point]:
        """What a pointer in the calling function points into: that it names, or behind a call."""
        if isinstance(point.location, CallResult):
            yield from self.of_call(Site(point.facts, point.location.call))
        else:
            yield point

    def _of_function(self, site: Site, result: CallResult, function: Function) -> Iterator[Point]:
        facts = self.walk.program.facts(function)
        self.lost |= not facts.returns
        for edge in self.walk.graph.returns(site, function):
            if edge.origin.points:
                for end in self._inside(edge.origin, result):
                    yield from self._outside(end, site, facts)

    def _of_macro(self, site: Site, result: CallResult, macro: Function) -> Iterator[Point]:
        """What the value of a macro points into: its parameters have the types of the arguments."""
        facts = self.walk.program.facts(macro)
        self.lost |= not facts.returns
        for value in (value for returned in facts.returns for value in returned.values):
            if isinstance(value, AccessPath):
                yield from self._substituted(value, site, facts)
                continue
            for end in self.of_call(Site(facts, value.call), result):
                if end.facts is facts:
                    yield from self._substituted(end.value, site, facts)
                else:
                    yield end

    def _substituted(self, value: Value, site: Site, facts: FunctionFacts) -> Iterator[Point]:
        """What a value inside of a macro is where the macro is used."""
        if not isinstance(value, AccessPath) or value.base not in facts.parameters:
            self.lost = True
            return
        for given in site.call.values(facts.parameters.index(value.base)):
            meant: Value = given
            if isinstance(given, AccessPath):
                members = (*given.members, *value.members)
                meant = replace(value, base=given.base, members=members)
            self.lost |= meant is given and bool(value.members)
            for point in self.walk.graph.points((meant,), site.facts):
                yield from self._here(point)

    def _outside(self, end: Point, site: Site, facts: FunctionFacts) -> Iterator[Point]:
        """The same for the caller: an argument instead of a parameter."""
        location = end.location
        if not isinstance(location, Local) or location.function != facts.function.id:
            yield end
            return
        position = facts.parameters.index(location.name)
        given = self.walk.graph.points(site.call.values(position), site.facts)
        for point in given:
            if point.points:
                yield from self._here(point)

    def _inside(self, point: Point, outer: CallResult) -> Iterator[Point]:
        """What a pointer inside the callee points into: a parameter, or what is no local of it."""
        location = point.location
        if isinstance(location, CallResult):
            for end in self.of_call(Site(point.facts, location.call), outer):
                yield from self._inside(end, outer)
            return
        if not isinstance(location, Local):
            yield point
            return
        if (location, outer) in self._seen:
            return
        self._seen.add((location, outer))
        given = location.name in point.facts.parameters
        if given:
            yield point
        graph = self.walk.graph.of(point.facts)
        edges = [e for e in graph.into(location) if e.kind in (Kind.COPY, Kind.WALK)]
        origins = [e.origin for e in edges if self.form in e.into(self.form)]
        set_here = bool(origins) or any(flow.null for flow, _ in graph.constants(location))
        self.lost |= not given and not set_here
        self.lost |= self._is_lent(location, point.facts)
        for origin in origins:
            yield from self._inside(origin, outer)

    def _is_lent(self, location: Local, facts: FunctionFacts) -> bool:
        """Whether a call gets the address of a pointer, and may set it."""
        return any(
            facts.calls[index].addressed[position]
            and self.walk.graph.known(Site(facts, index)) is None
            for index, position, _ in self.walk.graph.of(facts).uses(location).arguments
        )
