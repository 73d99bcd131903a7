# SPDX-License-Identifier: GPL-2.0-only
"""Makes the final group, with all of its gaps, from the closure of an acquire."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from migrate.analysis.acquires.unread import unread_mentions
from migrate.analysis.gaps import FOREIGN_SOURCES, UNKNOWN_SOURCES, Gap, GapKind, distinct
from migrate.analysis.heap.borrow_escapes import taken_back
from migrate.analysis.heap.unmodelled_uses import doubts
from migrate.analysis.model import Acquire, Evidence, PinGroup, Trait, TraitKind, Use, UseKind
from migrate.analysis.pairing.back.sources import Sources
from migrate.analysis.pairing.closure import Closure
from migrate.analysis.pairing.number_keys import with_keys
from migrate.analysis.pairing.unreached import unfilled_releases, unfollowed_releases
from migrate.analysis.program.callers import Site
from migrate.analysis.program.location import Global, Member
from migrate.analysis.program.program import Program
from migrate.analysis.program.trace import PAGE, Trace
from migrate.analysis.traits.by_address import worked_on_by_address
from migrate.analysis.traits.follow import follow_sites
from migrate.analysis.traits.path_traits import path_traits
from migrate.analysis.traits.traits import group_traits
from migrate.analysis.valueflow.borrowers import asks_for_copy, released_through

NEVER_STATED = frozenset(
    {GapKind.NO_RELEASE, GapKind.MACRO_RELEASES}
    | {GapKind.ACQUIRE_OUTSIDE_FUNCTION, GapKind.ACQUIRE_ARGUMENTS_UNCLEAR}
    | {GapKind.ACQUIRE_OTHER_PROTOTYPE, GapKind.ACQUIRE_NEVER_COMPILED}
    | {GapKind.PAGES_ARGUMENT_UNKNOWN, GapKind.PAGES_ARGUMENT_NO_VARIABLE}
    | FOREIGN_SOURCES
    | UNKNOWN_SOURCES
)
"""Gaps that remain when a contract states which releases belong to an acquire: those about the
calls themselves, and those of the backward walk, for which contracts name single releases."""


def finished(
    closure: Closure,
    sources: Sources,
    is_of_others: Callable[[Site], bool],
    *,
    brief: bool = False,
) -> PinGroup:
    """The group of `closure`; `sources` are those of its releases; `is_of_others` says whether a
    release is known to drop only pages of other acquires. A `brief` group has only as many gaps as
    it takes to know that there are any."""
    program, trace = closure.program, closure.trace
    uses = dict(with_keys(program, trace, dict(trace.uses)))
    gaps = dict(trace.gaps)
    if trace.found_again or not trace.releases:
        gaps |= trace.soft_gaps
    if trace.found_again:
        for place, (function, text) in trace.numbered.items():
            kept = Use(place, function, UseKind.STORED, text)
            uses.setdefault((place, UseKind.STORED), kept)
    for gap, call in sources.foreign.items():
        use = Use(call.place, "", UseKind.OTHER_SOURCE, call.text)
        uses.setdefault((use.place, use.kind), use)
        gaps.setdefault(replace(gap, place=call.place))
    for gap, place in sources.unknown.items():
        gaps.setdefault(replace(gap, place=place))
    for gap in _missing(closure, is_of_others) if not (brief and _is_open(gaps)) else ():
        gaps.setdefault(gap)
        if brief and _is_open((gap,)):
            break
    if not gaps:
        gaps |= dict.fromkeys(unfilled_releases(program, trace))
    acquires = tuple(sorted(closure.acquires.values()))
    releases = tuple(sorted(s.release for s in trace.releases.values()))
    functions = [a.function for a in acquires], [r.function for r in releases]
    if program.contracts.are_paired(*functions):
        gaps = {gap: None for gap in gaps if gap.kind in NEVER_STATED}
        uses = {key: use for key, use in uses.items() if not _is_of_others(closure, use)}
    ordered = tuple(sorted(uses.values(), key=lambda u: (u.place, u.kind.name)))
    sites = tuple((a, closure.known.site(a)) for a in acquires)
    traits = (
        *group_traits(program, sites, releases, ordered, _storage(trace)),
        *path_traits(program, acquires),
        *_lost_numbers(trace, acquires[0]),
        *_worked_on(program, sites, trace, ordered),
        *_of_other_versions(program, trace),
    )
    follows, no_follow = follow_sites(program, sites, releases)
    return PinGroup(
        acquires[0].function,
        acquires,
        releases,
        ordered,
        tuple(trace.edges),
        distinct(gaps),
        traits,
        _structs(trace),
        follows,
        no_follow,
    )


def _is_open(gaps: Iterable[Gap]) -> bool:
    """Whether something is unknown. That no release was found is not enough: it may be that there
    is none."""
    return any(gap.kind is not GapKind.NO_RELEASE for gap in gaps)


def _is_of_others(closure: Closure, use: Use) -> bool:
    """Whether a reference is dropped or taken on pages other than those of a contract that pairs
    functions: releases and frees in other functions are not theirs, and references taken in other
    folders are dropped there."""
    trace, acquires = closure.trace, closure.acquires.values()
    named = {a.function for a in acquires} | {r.release.function for r in trace.releases.values()}
    if use.function in named:
        return False
    if use.kind is UseKind.EXTRA_REFERENCE:
        folder_of = closure.program.corpus.scope_folder
        near = {folder_of(p.path) for p in (*closure.acquires, *trace.releases)}
        return folder_of(use.place.path) not in near
    return use.kind in (UseKind.CONSUMED, UseKind.FREED)


def _missing(closure: Closure, is_of_others: Callable[[Site], bool]) -> Iterable[Gap]:
    """Gaps for what neither of the two walks has seen."""
    program, trace = closure.program, closure.trace
    if not trace.releases:
        yield Gap(GapKind.NO_RELEASE)
    yield from doubts(program, trace, closure.precision.numbers)
    yield from unread_mentions(program, trace)
    for site in unfollowed_releases(program, trace):
        if not is_of_others(site):
            yield Gap(GapKind.RELEASE_FINDS_PAGE_AGAIN, site.call.place)
    for place in released_through(program, trace):
        yield Gap(GapKind.LENT_RELEASED, place)
    yield from taken_back(program, trace)


def _lost_numbers(trace: Trace, first: Acquire) -> Iterable[Trait]:
    kind = TraitKind.NUMBERS_LOST
    return [Trait(kind, Evidence(first.place, kind.value, first.text))] * trace.numbers_lost


def _of_other_versions(program: Program, trace: Trace) -> Iterable[Trait]:
    kind = TraitKind.OTHER_VERSIONS
    for place in sorted(trace.other_versions):
        source = program.source(place.path)
        line = source.text.splitlines()[place.line - 1] if source is not None else b""
        yield Trait(kind, Evidence(place, kind.value, line.decode("utf-8", "replace").strip()))


def _worked_on(
    program: Program,
    acquires: tuple[tuple[Acquire, Site | None], ...],
    trace: Trace,
    uses: tuple[Use, ...],
) -> Iterable[Trait]:
    """The work on the data of pages with which nothing else is done."""
    releases = [found.site for found in trace.releases.values()]
    found = worked_on_by_address(program, acquires, releases) if not uses else None
    return () if found is None else (found,)


def _storage(trace: Trace) -> dict[Member | Global, str]:
    """The members and globals that hold the pages in any form, each with a file that sees it;
    without requests for a copy, which nobody has to undo."""
    kept = (s.cell for s in trace.states if isinstance(s.cell, Member | Global))
    cells = (cell for cell in kept if not asks_for_copy(cell))
    return {cell: trace.origins[cell] for cell in cells if cell in trace.origins}


def _structs(trace: Trace) -> tuple[str, ...]:
    """The tags of the structs whose members hold the pages."""
    kept = {s.cell.tag for s in trace.states if isinstance(s.cell, Member) and s.form == PAGE}
    return tuple(sorted(kept))
