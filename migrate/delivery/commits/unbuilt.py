# SPDX-License-Identifier: GPL-2.0-only
"""Commits that no compiler has built on any architecture, and the consequences."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from migrate.delivery.model import Branch, BuildReport, BuildStatus, Commit, ObjectBuild

NOT_BUILT = "not built"
"""The beginning of a line that says why a series is held."""

_SEEN = (BuildStatus.BUILT, BuildStatus.WARNED)
_COMPILED = {".c", ".h", ".S"}
_NEVER_COMPILED = re.compile(r"(Documentation|LICENSES|tools)/")
_LOG = re.compile(r" \(log: [^)]*\)")
_NOTHING = "no object is made from what it changes"


@dataclass(frozen=True)
class Unbuilt:
    """A commit that was not built, with each distinct reason of its objects."""

    commit: Commit
    reasons: tuple[str, ...]

    @property
    def line(self) -> str:
        """The commit and the reason, for a list."""
        return f"{self.commit.subject}: {'; '.join(self.reasons)}"


def unbuilt(branch: Branch, report: BuildReport | None) -> tuple[Unbuilt, ...]:
    """The commits of `branch` with code of which no object was built, in order.

    An object that already fails at the parent was not built either. If `report` is None, no build
    was requested, and the result is empty.
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
    """How many commits were not built, with the reasons and their frequency; "" if all were."""
    missing = unbuilt(branch, report)
    if not missing:
        return ""
    counts = Counter(reason for item in missing for reason in item.reasons)
    why = ", ".join(f"{n} {reason}" for reason, n in counts.most_common())
    verb = "was" if len(missing) == 1 else "were"
    return f"{len(missing)} of {len(branch.commits)} commits {verb} not built: {why}"


def delivered(commits: Sequence[Commit], missing: Sequence[Unbuilt]) -> list[Commit]:
    """`commits` without those in `missing`, and without those that need one of them: if a patch of
    the API is missing, these are all."""
    gone = {item.commit.id for item in missing}
    if any(commit.is_api and commit.id in gone for commit in commits):
        return []
    return [commit for commit in commits if commit.id not in gone]


def why_held(commits: Sequence[Commit], missing: Sequence[Unbuilt]) -> tuple[str, ...]:
    """Why a series of `commits` should not be sent: it has a commit that was not built, or depends
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
