# SPDX-License-Identifier: GPL-2.0-only
"""Checks with spatch the releases of groups in files without an acquire."""

from __future__ import annotations

from dataclasses import replace

from migrate.analysis.acquires.file_finds import Slices
from migrate.analysis.acquires.finder import releases_in
from migrate.analysis.acquires.scan import unseen
from migrate.analysis.acquires.spatch_finder import SpatchFinder
from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.gaps import Gap
from migrate.analysis.model import Pairing, PinGroup, Place, Scan
from migrate.analysis.program.program import Program
from migrate.base.progress import Progress, silent
from migrate.kernel.kept_finds import FactCache
from migrate.kernel.signatures import DIRECT_NAMES


def compare_releases(
    program: Program,
    scan: Scan,
    pairing: Pairing,
    *,
    cache: FactCache,
    jobs: int,
    progress: Progress = silent,
) -> Pairing:
    """`pairing` with a gap for each release that only tree-sitter sees, in files that `scan` did
    not compare because they have no acquire."""
    compared = {a.place.path for a in scan.acquires if a.name in DIRECT_NAMES}
    found = {r.place.path for group in pairing.groups for r in group.releases}
    slices = Slices(program)
    units = [
        slices.unit(source, "")
        for path in sorted(found - compared)
        if (source := program.source(path)) is not None
    ]
    if not units:
        return pairing
    with SpatchFinder(knowledge().releases, cache, jobs, progress) as spatch:
        spatch.ask(units, slices.text)
        answers = spatch.answers()
    skipped: dict[Place, Gap] = {}
    for unit in units:
        source, answer = program.source(unit.path), answers.get(unit.path, "")
        for place, _ in releases_in(source) if source is not None else ():
            if isinstance(answer, str):
                skipped[place] = unseen(place, "", answer).gap
            elif place not in answer:
                skipped[place] = unseen(place, "").gap
    return replace(pairing, groups=tuple(_noted(group, skipped) for group in pairing.groups))


def _noted(group: PinGroup, skipped: dict[Place, Gap]) -> PinGroup:
    first = [skipped[r.place] for r in group.releases if r.place in skipped]
    return replace(group, gaps=tuple(dict.fromkeys((*first, *group.gaps)))) if first else group
