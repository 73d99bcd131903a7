# SPDX-License-Identifier: GPL-2.0-only
"""Matches calls and returns: what enters a function by a call returns to that call.

A function in a header for the whole kernel has too many callers to search for. The call by which a
walk entered it is known all the same: call and return edges match (Reps, Horwitz, Sagiv, Precise
Interprocedural Dataflow Analysis via Graph Reachability, POPL 1995).
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from migrate.analysis.place import FunctionId
from migrate.analysis.program.callers import Site

Give = Callable[[Site], None]
"""Follows a returned value to one of the calls."""

_Key = tuple[FunctionId, int]


class MatchedCalls:
    """The calls by which a walk entered functions, and what these have returned so far."""

    def __init__(self) -> None:
        self._by: dict[FunctionId, dict[_Key, Site]] = {}
        self._given: dict[FunctionId, list[Give]] = {}

    def enter(self, function: FunctionId, site: Site) -> list[Give]:
        """Record a call; if it is new, returns what the function has returned before."""
        calls = self._by.setdefault(function, {})
        if _key(site) in calls:
            return []
        calls[_key(site)] = site
        return self._given.get(function, [])

    def came_by(self, function: FunctionId, give: Give, known: Collection[Site]) -> list[Site]:
        """Record a value that the function returns; returns the calls by which the walk entered it,
        without the `known` ones."""
        self._given.setdefault(function, []).append(give)
        others = {_key(site) for site in known}
        return [s for key, s in self._by.get(function, {}).items() if key not in others]


def _key(site: Site) -> _Key:
    return site.facts.function.id, site.index
