# SPDX-License-Identifier: GPL-2.0-only
"""The closure of an acquire: forward from each acquire and backward from each release, until
nothing is new. This is the worklist of the group; each direction has its own."""

from __future__ import annotations

from collections.abc import Mapping

from migrate.analysis.edges import Edge, EdgeKind
from migrate.analysis.frontend.guards import Guards, never
from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.ir.model import AccessPath, Call
from migrate.analysis.model import Acquire, Place, Use, UseKind
from migrate.analysis.pairing.backward import Backward
from migrate.analysis.pairing.precision import Precision
from migrate.analysis.program.callers import Site, sites_at
from migrate.analysis.program.location import CallResult, Global, Local, Member
from migrate.analysis.program.program import Program
from migrate.analysis.program.trace import PAGE, State, Trace
from migrate.analysis.traits.traits import pages_null
from migrate.analysis.valueflow.forward import Forward
from migrate.analysis.valueflow.graph import ValueFlowGraph
from migrate.kernel.signatures import DIRECT_NAMES

_RESULT = -1
"""The position of an acquire that returns the page instead of filling an argument."""


class Acquires:
    """All acquires of a tree by place, with their calls."""

    def __init__(
        self,
        program: Program,
        acquires: tuple[Acquire, ...],
        taking: frozenset[str] = DIRECT_NAMES,
    ) -> None:
        self.program = program
        self.by_place: Mapping[Place, Acquire] = {a.place: a for a in acquires}
        self.graph = ValueFlowGraph(program, self.position, taking)
        """The value-flow graph with these acquires as its sources."""

    def position(self, call: Call) -> int | None:
        """The position of the argument that `call` fills if it is an acquire, else None."""
        acquire = self.by_place.get(call.place)
        return pages_position(acquire) if acquire is not None else None

    def site(self, acquire: Acquire) -> Site | None:
        return next(sites_at(self.program, acquire.place, acquire.function), None)

    def guards(self, acquire: Acquire) -> Guards:
        """The preprocessor conditions around an acquire."""
        site = self.site(acquire)
        return site.facts.guards | site.call.guards if site is not None else frozenset()


class Closure:
    """The acquires and releases that belong to `first`."""

    def __init__(self, known: Acquires, first: Acquire, precision: Precision) -> None:
        self.known, self.precision, self.program = known, precision, known.program
        self.acquires = {first.place: first}
        owned = precision.owned.stores
        self.forward = Forward(
            known.graph, precision.guards, precision.numbers, precision.kinds, owned
        )
        self.backward = Backward(known.graph, precision)
        self._followed: set[Place] = set()
        self._traced: set[Place] = set()

    @property
    def trace(self) -> Trace:
        return self.forward.trace

    def close(self) -> bool:
        """Follow everything. Returns whether all acquires have the preprocessor conditions of the
        first; if not, these must not be used to exclude code, because releases of the others may be
        in it."""
        while self._open():
            for place in [p for p in self.acquires if p not in self._followed]:
                self._followed.add(place)
                self._start(self.acquires[place])
            trace = self.forward.follow()
            for place, release in list(trace.releases.items()):
                if place not in self._traced:
                    self._traced.add(place)
                    self.backward.follow(release)
            for place in (*trace.acquires, *self.backward.sources.acquires):
                found = self.known.by_place.get(place)
                if found is not None and not pages_null(found):
                    self.acquires.setdefault(place, found)
            guards = self.precision.guards
            if any(guards - self.known.guards(a) for a in self.acquires.values()):
                return False
        for place in self.precision.owned.taken:
            self.trace.uses.pop((place, UseKind.EXTRA_REFERENCE), None)
        return True

    def _open(self) -> bool:
        return any(p not in self._followed for p in self.acquires) or any(
            p not in self._traced for p in self.trace.releases
        )

    def _start(self, acquire: Acquire) -> None:
        """Start the forward walk at the storage that an acquire fills."""
        forward, site = self.forward, self.known.site(acquire)
        if site is None:
            forward.trace.gap(Gap(GapKind.ACQUIRE_OUTSIDE_FUNCTION, acquire.place))
            return
        facts = site.facts
        misfit = _misfit(acquire)
        if misfit is not None:
            forward.trace.gap(Gap(misfit, acquire.place, function=acquire.name))
            return
        guards = site.facts.guards | site.call.guards
        stated = self.program.contracts.rules_out(guards)
        if stated or never(guards, self.program.tree.version):
            forward.trace.gap(Gap(GapKind.ACQUIRE_NEVER_COMPILED, acquire.place))
        forward.trace.homes.setdefault(acquire.place.path)
        position = pages_position(acquire)
        if position == _RESULT:
            forward.start(State(CallResult(facts.function.id, site.index), PAGE))
            return
        if position is None or position >= len(site.call.arguments):
            forward.trace.gap(Gap(GapKind.PAGES_ARGUMENT_UNKNOWN, acquire.place))
            return
        values = self.program.types.pointers(site.call.values(position), facts)
        if not values:
            forward.trace.gap(Gap(GapKind.PAGES_ARGUMENT_NO_VARIABLE, acquire.place))
        for value in values:
            cell, _ = self.program.cells.of(value, facts)
            if isinstance(cell, Local) and _is_count(facts.types[cell.name].depth, values):
                continue
            forward.trace.origin(cell, acquire.place.path)
            if isinstance(cell, Member | Global):
                forward.trace.edge(Edge(EdgeKind.ACQUIRED, acquire.place, acquire.text, str(cell)))
                outlives = isinstance(value, AccessPath) and forward.outlives(value, facts)
                if isinstance(cell, Global) or outlives:
                    forward.trace.uses.setdefault(
                        (acquire.place, UseKind.STORED),
                        Use(acquire.place, acquire.function, UseKind.STORED, acquire.text),
                    )
            filled = isinstance(cell, Local) and cell.name in facts.parameters
            forward.enter(State(cell, PAGE, filled), facts, acquire.place)


def pages_position(acquire: Acquire) -> int | None:
    """The position of the argument that receives the pages, -1 for the return value, None if not
    known."""
    for position, role in enumerate(acquire.roles):
        if role in ("pages", "page", "pagep"):
            return position
    return _RESULT if acquire.roles else None


def _misfit(acquire: Acquire) -> GapKind | None:
    """The gap if it is not known which argument of a call is which, else None."""
    if not acquire.roles or acquire.fits:
        return None
    if not acquire.arguments:
        return GapKind.ACQUIRE_ARGUMENTS_UNCLEAR
    return GapKind.ACQUIRE_OTHER_PROTOTYPE


def _is_count(depth: int, values: tuple[object, ...]) -> bool:
    """Whether an operand is a number: in `pages + i`, i does not store pages."""
    return depth == 0 and len(values) > 1
