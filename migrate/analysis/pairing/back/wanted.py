# SPDX-License-Identifier: GPL-2.0-only
"""What the backward walk follows: a location, and the calls by which the walk came into its
function.

A value that a function returns to one call depends on the arguments of that call alone. So calls
and returns have to match along a path of the walk (Reps, "Program Analysis via Graph Reachability",
Information and Software Technology 1998); the calls are kept as a string of limited length (Sharir
and Pnueli, "Two Approaches to Interprocedural Data Flow Analysis", 1981).
"""

from __future__ import annotations

from dataclasses import dataclass

from migrate.analysis.heap.may_alias import Owners
from migrate.analysis.ir.model import FunctionFacts
from migrate.analysis.place import FunctionId
from migrate.analysis.program.callers import Site
from migrate.analysis.program.location import AbstractLocation, CallResult, Kinds, Local

MOST_CALLS = 3
"""Calls that a way has; of a longer one only the innermost are kept."""

Way = tuple[tuple[FunctionId, int], ...]
"""The calls by which the walk came into a function, the innermost last. Whence the function of the
first one was called is not known, so for an empty way all callers count."""


@dataclass(frozen=True)
class Wanted:
    """A node of the graph that is to be followed back: a location and a form, in certain
    objects."""

    cell: AbstractLocation
    form: str
    owners: Owners | None = None
    alias: bool = False
    """Whether it is another pointer to an array that is being followed: only stores through it
    matter, not what else it may point to."""
    kinds: Kinds = None
    alone: bool = False
    """Whether the value is all that the next one was made of, and not a part of a sum."""
    way: Way = ()


class Ways:
    """The calls that ways consist of."""

    def __init__(self) -> None:
        self._sites: dict[tuple[FunctionId, int], Site] = {}

    def into(self, way: Way, site: Site) -> Way:
        """The way into a function that `site`, in a function with this `way`, calls."""
        call = site.facts.function.id, site.index
        self._sites[call] = site
        return (*way, call)[-MOST_CALLS:]

    def back(self, way: Way) -> tuple[Site, Way] | None:
        """The call by which the walk came, and the way of its function; None if it is not known."""
        return (self._sites[way[-1]], way[:-1]) if way else None


def depends_on_call(cell: AbstractLocation, facts: FunctionFacts) -> bool:
    """Whether the value of a location belongs to one execution of the function: not if other
    functions see the location, or if it keeps its value between calls."""
    if isinstance(cell, Local):
        local = facts.lowered.locals.get(cell.name)
        return local is None or not local.lasting
    return isinstance(cell, CallResult)
