# SPDX-License-Identifier: GPL-2.0-only
"""What contracts state about the sources of a release."""

from __future__ import annotations

from migrate.analysis.ir.model import Call
from migrate.analysis.model import Place, Release
from migrate.analysis.program.callers import Site
from migrate.analysis.program.location import AbstractLocation, Member
from migrate.analysis.valueflow.graph import ValueFlowGraph


class Stated:
    """The contracts of a tree, as they are about its acquires and one `release`."""

    def __init__(self, graph: ValueFlowGraph) -> None:
        self.graph, self.contracts = graph, graph.program.contracts
        self.release: Release | None = None

    def sources(self, release: Release) -> dict[Place, Site]:
        """The acquires that a contract states as the sources of a release, {} if there is none."""
        path, program = release.place.path, self.graph.program
        sites = (
            Site(facts, index)
            for name in self.contracts.sources(release.function, path)
            for facts in map(program.facts, program.definitions(name, path))
            for index, call in enumerate(facts.calls)
            if self.graph.is_acquire(call) is not None
        )
        return {site.call.place: site for site in sites}

    def are_apart(self, call: Call) -> bool:
        """Whether the result of a call is not what the release drops."""
        release = self.release
        return release is not None and self.contracts.are_apart(
            call.name, release.function, release.place.path
        )

    def is_closed(self, cell: AbstractLocation) -> bool:
        """Whether no other code fills the member."""
        return isinstance(cell, Member) and self.contracts.fills_nowhere_else(cell.dotted)
