# SPDX-License-Identifier: GPL-2.0-only
"""Groups that are taken out because their commit does not build, and the reasons."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from migrate.analysis.model import Classification
from migrate.delivery.model import Branch, BuildReport, BuildStatus, Commit, ObjectBuild
from migrate.rewrite.model import ApiChange, GroupChange, GroupFailure, Rewrite

BAD = (BuildStatus.FAILED, BuildStatus.WARNED)
"""A maintainer would also reject a patch with a warning that the parent did not have."""

_REASON_LINES = 12


@dataclass(frozen=True)
class Rejection:
    """A group that did not build; `objects` are its results, with the compiler's new output."""

    group: str
    reason: str
    objects: tuple[ObjectBuild, ...]


@dataclass(frozen=True)
class Rejections:
    """All groups that were taken out so far, in that order."""

    items: tuple[Rejection, ...] = ()

    @property
    def groups(self) -> frozenset[str]:
        return frozenset(item.group for item in self.items)


def blame(branch: Branch, rewrite: Rewrite, report: BuildReport) -> tuple[Rejection, ...]:
    """The groups to be taken out: for each failed object those groups of the commit that edit its
    source.

    If no group edits it, because a header is the cause, all groups of the commit are taken out. If
    a commit that introduces the API fails, so are all groups, since nothing builds without it.
    """
    changes = {change.group: change for change in rewrite.changes}
    commits = {commit.id: commit for commit in branch.commits}
    found: dict[str, list[ObjectBuild]] = {}
    for item in report.objects:
        if item.status not in BAD or item.commit not in commits:
            continue
        for group in _guilty(commits[item.commit], item, changes):
            found.setdefault(group, []).append(item)
    return tuple(
        Rejection(group, _reason(objects, commits[objects[0].commit]), tuple(objects))
        for group, objects in sorted(found.items())
    )


def _guilty(commit: Commit, item: ObjectBuild, changes: dict[str, GroupChange]) -> list[str]:
    if commit.last:
        return []  # it converts nothing, and nothing depends on it
    if not commit.groups:
        # A warning is no reason to drop everything; it is in the report.
        return list(changes) if item.status is BuildStatus.FAILED else []
    candidates = [group for group in commit.groups if group in changes]
    return [group for group in candidates if _edits(changes[group], item.path)] or candidates


def without(classification: Classification, rejections: Rejections) -> Classification:
    """The classification with every rejected group as `manual`, with the compiler's reason."""
    reasons = {item.group: item.reason for item in rejections.items}
    return classification.left_manual(reasons, "build")


def decided(
    classification: Classification, rejections: Rejections, failures: Iterable[GroupFailure]
) -> Classification:
    """The final verdicts: groups whose build or rewrite failed are `manual`."""
    reasons = {failure.group: failure.reason for failure in failures}
    return without(classification, rejections).left_manual(reasons, "rewrite")


def without_idle_api(rewrite: Rewrite) -> Rewrite:
    """The rewrite without the patches that introduce the API, if no group is converted to it."""
    if rewrite.changes or not rewrite.api.commits:
        return rewrite
    return replace(rewrite, api=ApiChange((), (), ()))


def _edits(change: GroupChange, path: str) -> bool:
    """Whether `path`, an object or its source, is compiled from a file that the group edits."""
    stem = PurePosixPath(path).with_suffix("")
    return any(PurePosixPath(file.path).with_suffix("") == stem for file in change.all_files)


def _reason(objects: list[ObjectBuild], commit: Commit) -> str:
    first = objects[0]
    cause = "With the edits" if commit.groups else "With the new API alone"
    cause = "With the fix" if commit.fix else cause
    how = "does not build" if first.status is BuildStatus.FAILED else "builds with a new warning"
    more = f" (and {len(objects) - 1} more)" if len(objects) > 1 else ""
    said = "\n".join(first.output.strip().splitlines()[:_REASON_LINES]) or first.reason
    return f"{cause}, {first.path} {how} for {first.arch}{more}: {said}".rstrip(": ")
