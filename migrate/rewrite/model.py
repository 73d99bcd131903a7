# SPDX-License-Identifier: GPL-2.0-only
"""What the rewrite stage hands on: changes of whole groups, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FileChange:
    """One file before and after a group's edits; `before` is None for a file that is new."""

    path: str
    before: bytes | None
    after: bytes


@dataclass(frozen=True)
class GroupChange:
    """A group that was rewritten whole. `rules` names the .cocci files that made the edits.

    Groups are rewritten one after the other, so `before` of a file is what the groups before
    this one left of it.
    """

    group: str
    subsystem: str
    files: tuple[FileChange, ...]
    rules: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class GroupFailure:
    """A group that was rolled back whole; `reason` becomes the reason of its `manual` verdict."""

    group: str
    reason: str


@dataclass(frozen=True)
class ApiChange:
    """Patches that convert nothing, as those that introduce the API: one :class:`FileChange`
    tuple a commit.

    Empty when the tree has all of it already. `cover` is what the cover letter says of it.
    """

    subjects: tuple[str, ...]
    bodies: tuple[str, ...]
    commits: tuple[tuple[FileChange, ...], ...]
    cover: str = ""


@dataclass(frozen=True)
class Rewrite:
    """The result of `rewrite`, in the order in which commits are made: by subsystem, then path.

    `last` are the patches that follow all of `changes`.
    """

    commit: str
    profile: str
    api: ApiChange
    changes: tuple[GroupChange, ...]
    failures: tuple[GroupFailure, ...]
    last: ApiChange = ApiChange((), (), ())
