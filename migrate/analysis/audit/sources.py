# SPDX-License-Identifier: GPL-2.0-only
"""A single release: the acquires from which its pages can come, and their kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from migrate.analysis.frontend.kernel_api import RELEASE_EFFECTS, Effect
from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.ir.model import Call
from migrate.analysis.model import Acquire, Place, Release
from migrate.analysis.pairing.back.sources import Sources
from migrate.analysis.pairing.backward import Backward
from migrate.analysis.pairing.closure import pages_position
from migrate.analysis.pairing.precision import Precision
from migrate.analysis.program.callers import Site, sites_at
from migrate.analysis.program.functions import is_macro
from migrate.analysis.program.program import Program
from migrate.analysis.program.trace import ReleaseSite
from migrate.analysis.traits.traits import is_implementation_file
from migrate.analysis.valueflow.graph import ValueFlowGraph
from migrate.kernel.signatures import DIRECT_NAMES, PIN_NAMES

_DROPS = RELEASE_EFFECTS | {Effect.FREE}


@dataclass(frozen=True)
class Origin:
    """The origin of the pages of one release.

    `certain` says that everything was followed, and that only `acquires` were found.
    """

    acquires: tuple[Acquire, ...]
    certain: bool

    def only(self, *, pinned: bool) -> bool:
        """Whether every source is known, and all of them pin, or none does."""
        return self.certain and all(is_pin(a) is pinned for a in self.acquires)

    @property
    def is_mixed(self) -> bool:
        """Whether every source is known, and only some of them pin."""
        return self.certain and len({is_pin(a) for a in self.acquires}) > 1


def is_pin(acquire: Acquire) -> bool:
    """Whether the call takes pins and not plain references."""
    return acquire.name in PIN_NAMES


def unpins(name: str) -> bool:
    """Whether the release function `name` is for pinned pages."""
    return name in knowledge().unpins


class Origins:
    """Traces releases of one tree back, each separately."""

    def __init__(self, program: Program, acquires: tuple[Acquire, ...]) -> None:
        self.program = program
        # A helper that calls GUP is entered, down to the call that determines the kind.
        self.direct: Mapping[Place, Acquire] = {
            a.place: a for a in acquires if a.name in DIRECT_NAMES
        }
        self._graph = ValueFlowGraph(program, self._position)

    def of_call(self, place: Place, function: str) -> Origin | None:
        """The origin of the pages that the call at `place` drops or frees; None if it is not
        understood."""
        for site in self._sites(place, function):
            call = site.call
            argument = _dropped_argument(call)
            if argument is None or argument >= len(call.arguments):
                return None
            release = Release(place, function, call.name, False, "", call.text)
            backward = Backward(self._graph, Precision())
            return self._origin(backward.follow(ReleaseSite(release, site, argument)))
        return None

    def _sites(self, place: Place, function: str) -> Iterator[Site]:
        """The call at `place`, in a function or in a macro that is analysed like one."""
        yield from sites_at(self.program, place, function)
        for macro in self.program.definitions(function, place.path):
            facts = self.program.facts(macro) if is_macro(macro) else None
            for index, call in enumerate(facts.calls if facts is not None else ()):
                if facts is not None and call.place == place:
                    yield Site(facts, index)

    def _origin(self, sources: Sources) -> Origin:
        found = tuple(sorted(self.direct[p] for p in sources.acquires))
        inside = any(is_implementation_file(a.place.path) for a in found)
        certain = bool(found) and not sources.foreign and not sources.unknown and not inside
        return Origin(found, certain)

    def _position(self, call: Call) -> int | None:
        acquire = self.direct.get(call.place)
        return pages_position(acquire) if acquire is not None else None


def _dropped_argument(call: Call) -> int | None:
    function = knowledge().lookup(call.name)
    effects = function.effects if function is not None else ()
    return next((n for n, e in enumerate(effects) if e in _DROPS), None)
