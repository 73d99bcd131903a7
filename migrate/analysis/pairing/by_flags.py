# SPDX-License-Identifier: GPL-2.0-only
"""Groups whose releases and frees are distinguished from those of other pages by flags."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from migrate.analysis.flags.flags import Flags
from migrate.analysis.model import Place, Release, UseKind
from migrate.analysis.pairing.back.sources import Sources
from migrate.analysis.pairing.backward import Backward
from migrate.analysis.program.callers import sites_at
from migrate.analysis.program.program import Program
from migrate.analysis.program.trace import ReleaseSite, Trace


@dataclass(frozen=True)
class Sorted:
    """The backward walk from the calls that drop pages of the group, and the calls that only drop
    other pages."""

    backward: Backward
    others: frozenset[Place]


def by_flags(
    program: Program,
    trace: Trace,
    flags: Flags,
    start: Callable[[frozenset[Place]], Backward],
) -> Sorted | None:
    """Sort the releases and frees of `trace` into those of the group and those of other pages; None
    if the source of a release remains unknown. `start` makes the backward walk that uses flags and
    ignores the given stores."""
    frees = tuple(_frees(program, trace))
    others = frozenset(
        site.release.place
        for site in (*trace.releases.values(), *frees)
        if flags.sources(site.site, site.argument) is not None
        and _is_of_others(start(frozenset()), site)
    )
    if any(u.kind is UseKind.FREED and u.place not in others for u in trace.uses.values()):
        return None
    backward = start(frozenset())
    for place, site in trace.releases.items():
        if place not in others:
            own = start(flags.excluded(site.site, site.argument))
            own.follow(site)
            backward.add(own)
    found = backward.sources
    clean = bool(found.acquires) and not (found.foreign or found.unknown)
    return Sorted(backward, others) if clean else None


def _is_of_others(backward: Backward, site: ReleaseSite) -> bool:
    sources: Sources = backward.follow(site)
    return bool(sources.foreign) and not (sources.acquires or sources.unknown)


def _frees(program: Program, trace: Trace) -> Iterator[ReleaseSite]:
    """The calls that free a page, in the form of releases."""
    for use in trace.uses.values():
        if use.kind is UseKind.FREED:
            for site in sites_at(program, use.place, use.function):
                name, text = site.call.name, site.call.text
                release = Release(use.place, use.function, name, False, "", text)
                yield ReleaseSite(release, site, 0)
