# SPDX-License-Identifier: GPL-2.0-only
"""Where a function mentions a piece of storage, indexed once a function."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from migrate.analysis.cell import Cell
from migrate.analysis.fact_model import Access, Flow, FunctionFacts, Loc, Return, Value
from migrate.analysis.type_lookup import TypeLookup

if TYPE_CHECKING:
    from migrate.analysis.cells import Cells


@dataclass
class Mentions:
    """One function's mentions of one cell; `via` is the container member it is reached through,
    or :data:`LOADED` for what a plain pointer points to.

    `sources` are flows out of the cell, `targets` flows into it; an argument is the number of
    the call, the position, and via.
    """

    sources: list[tuple[Flow, str]] = field(default_factory=list)
    targets: list[tuple[Flow, str]] = field(default_factory=list)
    arguments: list[tuple[int, int, str]] = field(default_factory=list)
    returns: list[tuple[Return, str]] = field(default_factory=list)
    accesses: list[Access] = field(default_factory=list)


NONE = Mentions()
LOADED = "*"


def index(cells: Cells, types: TypeLookup, facts: FunctionFacts) -> dict[Cell, Mentions]:
    """The mentions of every cell in one function."""
    found: dict[Cell, Mentions] = {}

    def at(cell: Cell) -> Mentions:
        return found.setdefault(cell, Mentions())

    def storage(value: Value) -> tuple[Cell, str]:
        cell, via = cells.of(value, facts)
        if not via and isinstance(value, Loc) and value.loaded:
            kind = types.at(value, facts)
            via = LOADED if kind is not None and kind.depth <= 1 else ""
        return cell, via

    for flow in facts.flows:
        for value in dict.fromkeys(flow.sources):
            cell, via = storage(value)
            at(cell).sources.append((flow, via))
        cell, via = cells.of(flow.target, facts)
        at(cell).targets.append((flow, via))
    for number, call in enumerate(facts.calls):
        for position, values in enumerate(call.arguments):
            for value in dict.fromkeys(values):
                cell, via = storage(value)
                at(cell).arguments.append((number, position, via))
    for returned in facts.returns:
        for value in dict.fromkeys(returned.values):
            cell, via = storage(value)
            at(cell).returns.append((returned, via))
    for access in facts.accesses:
        cell, _ = cells.of(access.loc, facts)
        at(cell).accesses.append(access)
    return found
