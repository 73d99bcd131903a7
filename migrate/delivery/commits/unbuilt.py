# SPDX-License-Identifier: GPL-2.0-only
"""Commits that no compiler has built on any architecture, and how far they go."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from migrate.delivery.model import Branch, BuildReport, BuildStatus, Commit, ObjectBuild

NOT_BUILT = "not built"
"""How a line begins that says why a series is held."""

_SEEN = (BuildStatus.BUILT, BuildStatus.WARNED)
_COMPILED = {".c", ".h", ".S"}
_NEVER_COMPILED = re.compile(r"(Documentation|LICENSES|tools)/")
_LOG = re.compile(r" \(log: [^)]*\)")
_NOTHING = "no object is made from what it changes"


@dataclass(frozen=True)
class Unbuilt:
    """A commit that was not built, with each reason for one of its objects once."""

    commit: Commit
    reasons: tuple[str, ...]

    @property
    def line(self) -> str:
        """The commit and why, for a list."""
        return f"{self.commit.subject}: {'; '.join(self.reasons)}"


def unbuilt(branch: Branch, report: BuildReport | None) -> tuple[Unbuilt, ...]:
    """Those commits of `branch` with code of which no object was built anywhere, in order.

    An object that fails at the parent already was not built either. A `report` of None knows of
    no build at all, because nobody asked for one: then nothing is said.
    """
    if report is None:
        return ()
    found: dict[str, list[ObjectBuild]] = {}
    for item in report.objects:
        found.setdefault(item.commit, []).append(item)
    return tuple(
        Unbuilt(commit, _reasons(found.get(commit.id, [])))
        for commit in branch.commits
        if _has_code(commit) and not any(o.status in _SEEN for o in found.get(commit.id, []))
    )


def summary(branch: Branch, report: BuildReport | None) -> str:
    """How many commits were not built, with the reasons and how often there is each; "" when all
    were."""
    missing = unbuilt(branch, report)
    if not missing:
        return ""
    counts = Counter(reason for item in missing for reason in item.reasons)
    why = ", ".join(f"{n} {reason}" for reason, n in counts.most_common())
    verb = "was" if len(missing) == 1 else "were"
    return f"{len(missing)} of {len(branch.commits)} commits {verb} not built: {why}"


def delivered(commits: Sequence[Commit], missing: Sequence[Unbuilt]) -> list[Commit]:
    """`commits` without those of `missing`, and without what needs one of them: when a patch of
    the API is missing, that is everything."""
    gone = {item.commit.id for item in missing}
    if any(commit.is_api and commit.id in gone for commit in commits):
        return []
    return [commit for commit in commits if commit.id not in gone]


def why_held(commits: Sequence[Commit], missing: Sequence[Unbuilt]) -> tuple[str, ...]:
    """Why a series of `commits` should not go out: it has a commit that was not built, or stands
    on a patch of the API that was not."""
    ids = {commit.id for commit in commits}
    mine = [item for item in missing if item.commit.id in ids]
    below = [item for item in missing if item.commit.is_api and item.commit.id not in ids]
    return (
        *(f"{NOT_BUILT}: {item.line}" for item in mine),
        *(f"{NOT_BUILT}, which this needs: {item.line}" for item in below),
    )


def _has_code(commit: Commit) -> bool:
    return any(
        PurePosixPath(path).suffix in _COMPILED and not _NEVER_COMPILED.match(path)
        for path in commit.paths
    )


def _reasons(objects: Sequence[ObjectBuild]) -> tuple[str, ...]:
    reasons = [
        str(o.status) if o.status is not BuildStatus.NOT_BUILDABLE else _LOG.sub("", o.reason)
        for o in objects
    ]
    return tuple(dict.fromkeys(reasons)) or (_NOTHING,)
