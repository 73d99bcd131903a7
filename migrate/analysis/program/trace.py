# SPDX-License-Identifier: GPL-2.0-only
"""The result of the forward walk from some acquires: states, releases, uses, edges, gaps."""

from __future__ import annotations

from dataclasses import dataclass, field

from migrate.analysis.edges import Edge
from migrate.analysis.frontend.kernel_api import Form
from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.ir.model import FunctionFacts
from migrate.analysis.model import Place, Release, Use, UseKind
from migrate.analysis.place import FunctionId
from migrate.analysis.program.callers import Site
from migrate.analysis.program.location import AbstractLocation, Global, Kinds, Member

PAGE, ADDRESS, PHYSICAL, SCATTER = Form.PAGE, Form.ADDRESS, Form.PHYSICAL, Form.SCATTER
AGAIN = "page found again"
"""The form of a page that was found again by an address or a pfn of the acquired one."""


@dataclass(frozen=True)
class State:
    """A location and the form in which it holds the pages.

    `filled` says that the function stores through this parameter, so that the callers hold the
    pages, too. A member holds them in objects of `kinds`. `copied` says that a pointer to the pages
    was copied there and nothing was stored through it: what else it may point to has none of them.
    """

    cell: AbstractLocation
    form: str
    filled: bool = False
    kinds: Kinds = None
    copied: bool = False


@dataclass(frozen=True)
class ReleaseSite:
    """A release, with its call and the argument with the pages."""

    release: Release
    site: Site
    argument: int


@dataclass
class Trace:
    """The result of the forward walk from some acquires."""

    states: dict[State, None] = field(default_factory=dict)
    releases: dict[Place, ReleaseSite] = field(default_factory=dict)
    uses: dict[tuple[Place, UseKind], Use] = field(default_factory=dict)
    edges: dict[Edge, None] = field(default_factory=dict)
    gaps: dict[Gap, None] = field(default_factory=dict)
    soft_gaps: dict[Gap, None] = field(default_factory=dict)
    """Gaps that matter only if pages are found again from their addresses or pfns."""
    acquires: dict[Place, None] = field(default_factory=dict)
    handed_out: dict[FunctionId, None] = field(default_factory=dict)
    """The functions that return the pages."""
    found_again: bool = False
    wide: bool = False
    """Whether the whole tree was searched, so that any file may change what was found."""
    homes: dict[str, None] = field(default_factory=dict)
    """The files of the acquires."""
    other_versions: dict[Place, None] = field(default_factory=dict)
    """Calls that get the pages in other kernel versions only."""
    lent: dict[Member, str] = field(default_factory=dict)
    """Members to which the pages are lent, each with a file that does so; see
    :mod:`migrate.analysis.valueflow.borrowers`."""
    numbered: dict[Place, tuple[str, str]] = field(default_factory=dict)
    """Where addresses or pfns of the pages are stored in an object: the function and the source
    text."""
    number_stores: dict[Place, dict[Member | Global, None]] = field(default_factory=dict)
    """The places where addresses or pfns of the pages are stored into members or globals, with
    these."""
    numbers_lost: bool = False
    """Whether an address or a pfn of the pages goes where it cannot be followed."""
    origins: dict[AbstractLocation, str] = field(default_factory=dict)
    """The file from which each member or variable was first seen, to find its struct."""

    def origin(self, cell: AbstractLocation, path: str) -> None:
        """Record the file from which `cell` was first seen."""
        self.origins.setdefault(cell, path)

    def use(self, kind: UseKind, place: Place, facts: FunctionFacts, text: str) -> None:
        """Record a use in the function of `facts`, once for each place and kind."""
        use = Use(place, facts.function.name, kind, text)
        self.uses.setdefault((place, kind), use)

    def edge(self, edge: Edge) -> None:
        """Record a connection within the group."""
        self.edges.setdefault(edge)

    def gap(self, gap: Gap, form: str = PAGE) -> None:
        """Record a gap; for an address or a pfn it matters only if pages are found again from
        one."""
        self.numbers_lost |= form == PHYSICAL
        (self.gaps if form in (PAGE, SCATTER) else self.soft_gaps).setdefault(gap)

    def lost_nearby(self) -> bool:
        """Whether a search of the whole tree may find where addresses or pfns go."""
        return any(gap.kind in _NEARBY for gap in self.soft_gaps)

    def lost_in_public(self) -> bool:
        """Whether addresses or pfns are in a struct that any file of the tree may use."""
        return any(gap.kind is GapKind.PUBLIC_STRUCT for gap in self.soft_gaps)


_NEARBY = frozenset(
    {GapKind.PUBLIC_STRUCT, GapKind.RETURNED_TO_UNKNOWN, GapKind.FILLED_FOR_UNKNOWN}
)
"""Gaps that a search of the whole tree may close."""
