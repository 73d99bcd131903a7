# SPDX-License-Identifier: GPL-2.0-only
"""The interface of the backward walk that its steps use, so that they need not import it."""

from __future__ import annotations

from typing import Protocol

from migrate.analysis.frontend.guards import Guards
from migrate.analysis.ir.model import FunctionFacts
from migrate.analysis.pairing.back.sources import Sources
from migrate.analysis.pairing.back.wanted import Wanted, Way, Ways
from migrate.analysis.program.location import AbstractLocation
from migrate.analysis.program.program import Program
from migrate.analysis.valueflow.graph import ValueFlowGraph
from migrate.analysis.valueflow.value_edge import ValueEdge


class BackWalk(Protocol):
    """Follows locations to their sources; see :mod:`migrate.analysis.pairing.backward`."""

    wide: bool

    @property
    def graph(self) -> ValueFlowGraph: ...

    @property
    def program(self) -> Program: ...

    @property
    def sources(self) -> Sources: ...

    @property
    def ways(self) -> Ways: ...

    def want(self, wanted: Wanted, facts: FunctionFacts) -> None:
        """Follow a location of a function, unless that was done already."""

    def back(
        self, edge: ValueEdge, form: str, way: Way, into: AbstractLocation | None = None
    ) -> None:
        """Follow an edge to its origin, in a function that the walk came into by `way`; with
        `into`, record that this location has no other value than the origin."""

    def is_filled(self, behind: Wanted, facts: FunctionFacts) -> bool:
        """Follow the stores of a function through its parameter; returns whether there are any."""

    def compiled(self, guards: Guards) -> bool:
        """Whether some configuration has both this code and the acquires."""

    def goes_far(self, form: str) -> bool:
        """Whether to search the whole tree."""
