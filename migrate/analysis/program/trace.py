# SPDX-License-Identifier: GPL-2.0-only
"""What following some acquires forward has found: states, releases, uses, edges, gaps."""

from __future__ import annotations

from dataclasses import dataclass, field

from migrate.analysis.edges import Edge
from migrate.analysis.frontend.kernel_api import Form
from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.ir.model import FunctionFacts
from migrate.analysis.model import Place, Release, Use, UseKind
from migrate.analysis.place import FunctionId
from migrate.analysis.program.callers import Site
from migrate.analysis.program.kinds import Kinds
from migrate.analysis.program.location import AbstractLocation, Global, Member

PAGE, ADDRESS, PHYSICAL, SCATTER = Form.PAGE, Form.ADDRESS, Form.PHYSICAL, Form.SCATTER
AGAIN = "page found again"
"""A page that was looked up by an address or a page frame number of the acquired one."""


@dataclass(frozen=True)
class State:
    """A piece of storage and the form in which it holds the pages.

    `filled` says that a parameter was filled here, so that the callers hold the pages, too. A
    member holds them in objects of `kinds`.
    """

    cell: AbstractLocation
    form: str
    filled: bool = False
    kinds: Kinds = None


@dataclass(frozen=True)
class ReleaseSite:
    """A release, and the call and argument that it is made by."""

    release: Release
    site: Site
    argument: int


@dataclass
class Trace:
    """What following some acquires forward has found."""

    states: dict[State, None] = field(default_factory=dict)
    releases: dict[Place, ReleaseSite] = field(default_factory=dict)
    uses: dict[tuple[Place, UseKind], Use] = field(default_factory=dict)
    edges: dict[Edge, None] = field(default_factory=dict)
    gaps: dict[Gap, None] = field(default_factory=dict)
    soft_gaps: dict[Gap, None] = field(default_factory=dict)
    """What matters only once pages are found again from their addresses or pfns."""
    acquires: dict[Place, None] = field(default_factory=dict)
    handed_out: dict[FunctionId, None] = field(default_factory=dict)
    """The functions that return the pages."""
    found_again: bool = False
    wide: bool = False
    """Whether the whole tree was searched, so that any file may change what was found."""
    homes: dict[str, None] = field(default_factory=dict)
    """The files of the acquires."""
    other_versions: dict[Place, None] = field(default_factory=dict)
    """Calls that have to do with the pages in other versions of the kernel alone."""
    lent: dict[Member, str] = field(default_factory=dict)
    """Members that the pages are stored in while somebody else keeps them, and a file that does
    so; see :mod:`migrate.analysis.valueflow.borrowers`."""
    numbered: dict[Place, tuple[str, str]] = field(default_factory=dict)
    """Where an object gets the addresses or pfns of the pages: the function, and the text."""
    number_stores: dict[Place, dict[Member | Global, None]] = field(default_factory=dict)
    """Where addresses or pfns of the pages are stored into a member or a global, and which."""
    numbers_lost: bool = False
    """Whether an address or a pfn of the pages goes where it cannot be followed."""
    origins: dict[AbstractLocation, str] = field(default_factory=dict)
    """The file from which each member or variable was first seen, to find its struct."""

    def origin(self, cell: AbstractLocation, path: str) -> None:
        """Note the file from which `cell` was first seen."""
        self.origins.setdefault(cell, path)

    def use(self, kind: UseKind, place: Place, facts: FunctionFacts, text: str) -> None:
        """Note a use in the function of `facts`, once for each place and kind."""
        use = Use(place, facts.function.name, kind, text)
        self.uses.setdefault((place, kind), use)

    def edge(self, edge: Edge) -> None:
        """Note what ties two parts of the group together."""
        self.edges.setdefault(edge)

    def gap(self, gap: Gap, form: str = PAGE) -> None:
        """Note what could not be followed; for an address or a pfn that matters only when pages
        are found again from one."""
        self.numbers_lost |= form == PHYSICAL
        (self.gaps if form in (PAGE, SCATTER) else self.soft_gaps).setdefault(gap)

    def lost_nearby(self) -> bool:
        """Whether addresses or pfns are where a search of the whole tree may find them."""
        return any(gap.kind in _NEARBY for gap in self.soft_gaps)

    def lost_in_public(self) -> bool:
        """Whether addresses or pfns are in a struct that any file of the tree may use."""
        return any(gap.kind is GapKind.PUBLIC_STRUCT for gap in self.soft_gaps)


_NEARBY = frozenset(
    {GapKind.PUBLIC_STRUCT, GapKind.RETURNED_TO_UNKNOWN, GapKind.FILLED_FOR_UNKNOWN}
)
"""What may be no gap any more when the whole tree is searched."""
