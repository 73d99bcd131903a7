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
class Line:
    """A line that belongs to a bug: `word` stands on it, in `function`."""

    path: str
    line: int
    function: str
    word: str


@dataclass(frozen=True)
class Fix:
    """What mends findings of an audit, in a commit of its own: `summary` is the subject without
    its prefix, `body` the paragraphs of the message, `rules` the .cocci files that made the edit.

    `lines` are those that make the bug together: who brought the last of them brought the bug.
    """

    rule: str
    summary: str
    body: str
    files: tuple[FileChange, ...]
    rules: tuple[str, ...]
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True)
class GroupChange:
    """A group that was rewritten whole. `rules` names the .cocci files that made the edits.

    Groups are rewritten one after the other, so `before` of a file is what the groups before
    this one left of it. Bugs of the group are mended by `fixes`, which come before `files`; without
    files nothing is converted.
    """

    group: str
    subsystem: str
    files: tuple[FileChange, ...]
    rules: tuple[str, ...]
    notes: tuple[str, ...]
    fixes: tuple[Fix, ...] = ()

    @property
    def all_files(self) -> tuple[FileChange, ...]:
        """What fixes and conversion change, one after the other."""
        return (*(file for fix in self.fixes for file in fix.files), *self.files)


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
