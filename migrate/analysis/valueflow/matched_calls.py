# SPDX-License-Identifier: GPL-2.0-only
"""Calls and returns that belong together: what went into a function by a call comes back there.

The callers of a function in a header for the whole kernel are too many to look for. That through
which a walk came is known all the same: call and return edges match (Reps, Horwitz, Sagiv, Precise
Interprocedural Dataflow Analysis via Graph Reachability, POPL 1995).
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from migrate.analysis.place import FunctionId
from migrate.analysis.program.callers import Site

Give = Callable[[Site], None]
"""Gives what a function returns to one of its calls."""

_Key = tuple[FunctionId, int]


class MatchedCalls:
    """By which calls a walk went into which functions, and what those returned so far."""

    def __init__(self) -> None:
        self._by: dict[FunctionId, dict[_Key, Site]] = {}
        self._given: dict[FunctionId, list[Give]] = {}

    def enter(self, function: FunctionId, site: Site) -> list[Give]:
        """Note a call; what the function has returned before, when the call is new."""
        calls = self._by.setdefault(function, {})
        if _key(site) in calls:
            return []
        calls[_key(site)] = site
        return self._given.get(function, [])

    def came_by(self, function: FunctionId, give: Give, known: Collection[Site]) -> list[Site]:
        """Note something that the function returns; the calls that the walk came by, `known` ones
        left out."""
        self._given.setdefault(function, []).append(give)
        others = {_key(site) for site in known}
        return [s for key, s in self._by.get(function, {}).items() if key not in others]


def _key(site: Site) -> _Key:
    return site.facts.function.id, site.index
