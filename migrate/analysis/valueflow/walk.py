# SPDX-License-Identifier: GPL-2.0-only
"""The interface of the forward walk that its steps use, so that they need not import it."""

from __future__ import annotations

from typing import Protocol

from migrate.analysis.frontend.guards import Guards
from migrate.analysis.frontend.syntax import Function
from migrate.analysis.ir.model import AccessPath, FunctionFacts
from migrate.analysis.model import Place
from migrate.analysis.program.callers import Site
from migrate.analysis.program.program import Program
from migrate.analysis.program.trace import State, Trace
from migrate.analysis.valueflow.expansions import Expansions
from migrate.analysis.valueflow.graph import ValueFlowGraph
from migrate.analysis.valueflow.matched_calls import MatchedCalls
from migrate.analysis.valueflow.value_edge import Point


class Walk(Protocol):
    """Follows states until nothing is new; see :mod:`migrate.analysis.valueflow.forward`."""

    @property
    def graph(self) -> ValueFlowGraph: ...

    @property
    def program(self) -> Program: ...

    @property
    def trace(self) -> Trace: ...

    @property
    def expansions(self) -> Expansions: ...

    @property
    def ways(self) -> MatchedCalls: ...

    @property
    def numbers(self) -> bool: ...

    def start(self, state: State) -> None:
        """Follow `state`, unless that was done already."""

    def enter(self, state: State, facts: FunctionFacts, place: Place) -> None:
        """Follow `state`, which results from an instruction at `place`."""

    def entered(self, function: Function, site: Site) -> None:
        """Record that a call leads into a function."""

    def compiled(self, guards: Guards, place: Place | None = None) -> bool:
        """Whether some configuration has both this code and the acquires."""

    def goes_far(self, form: str) -> bool:
        """Whether to search the whole tree: not if the trace is already known to be incomplete, and
        for numbers only if the precision asks for it."""

    def stored_at(self, point: Point, place: Place, text: str) -> None:
        """Record that pages are stored in a member or a global."""

    def outlives(self, target: AccessPath, facts: FunctionFacts) -> bool:
        """Whether a member belongs to an object that outlives the call of the function."""
