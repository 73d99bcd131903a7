# SPDX-License-Identifier: GPL-2.0-only
"""The audit of groups that became lookups: the same releases for the same pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from migrate.analysis.model import Acquire, Classification, PinGroup, Place, Release
from migrate.analysis.verdicts.wording import words
from migrate.kernel.signatures import DIRECT_NAMES
from migrate.kernel.tree import Tree
from migrate.rewrite.result.view import View, counted

FOLLOW = "follow_page"


def audit_followed(
    tree: Tree,
    edited: Tree,
    classification: Classification,
    groups: Sequence[PinGroup],
    gone: frozenset[Place],
    lookups: frozenset[str] = frozenset(),
) -> Iterator[tuple[PinGroup, str]]:
    """Each of `groups`, with its problem in `edited`, "" if there is none.

    follow_page() and the `lookups` of the profile take a plain reference, so releases do not
    change. Acquires at `gone` became something that is not an acquire.
    """
    if not groups:
        return
    paths = sorted({path for group in groups for path in group.paths})
    taking = DIRECT_NAMES | {FOLLOW} | lookups
    before, after = (View(t, paths, classification, taking) for t in (tree, edited))
    now = {path: counted(before, after, path, gone) for path in paths}
    for group in groups:
        yield group, _wrong(group, after, now, lookups)


def _wrong(
    group: PinGroup,
    after: View,
    now: Mapping[str, Mapping[Place, Acquire]],
    lookups: frozenset[str],
) -> str:
    became = [now[a.place.path].get(a.place) for a in group.acquires]
    acquires = tuple(a for a in became if a is not None)
    if len(acquires) < len(group.acquires):
        return "another number of acquires"
    for acquire in acquires:
        if acquire.name in lookups:
            continue
        if acquire.name != FOLLOW:
            return f"that {acquire.name}() in {acquire.function}() is still there"
        if "FOLL_GET" not in (acquire.argument("foll_flags", "flags") or ""):
            return f"that {FOLLOW}() in {acquire.function}() takes no reference"
    groups = after.traced(acquires)
    old, new = _dropped(group.releases), _dropped([r for g in groups for r in g.releases])
    for where, name in (old - new) + (new - old):
        return f"another number of {name}() in {where}()"
    gaps = [gap for g in groups for gap in g.gaps]
    return f"what it cannot follow: {words(gaps[0])}" if gaps and group.complete else ""


def _dropped(releases: Sequence[Release]) -> Counter[tuple[str, str]]:
    return Counter((r.function, r.name) for r in {(r.place, r.name): r for r in releases}.values())
