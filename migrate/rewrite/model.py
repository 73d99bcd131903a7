# SPDX-License-Identifier: GPL-2.0-only
"""Results of the rewrite stage: changes of whole groups, or the reason why a group was not
changed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FileChange:
    """One file before and after a group's edits; `before` is None for a new file."""

    path: str
    before: bytes | None
    after: bytes


@dataclass(frozen=True)
class Line:
    """A line that belongs to a bug: `word` is in it, and it is in `function`."""

    path: str
    line: int
    function: str
    word: str


@dataclass(frozen=True)
class Fix:
    """Fixes findings of an audit, in a separate commit: `summary` is the subject without its
    prefix, `body` the paragraphs of the message, `rules` the .cocci files that made the edit.

    `lines` are those that together are the bug: the commit that added the last of them introduced
    it.
    """

    rule: str
    summary: str
    body: str
    files: tuple[FileChange, ...]
    rules: tuple[str, ...]
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True)
class GroupChange:
    """A group that was rewritten completely. `rules` names the .cocci files that made the edits.

    Groups are rewritten one after the other, so `before` of a file has the edits of earlier groups.
    Bugs of the group are fixed by `fixes`, which come before `files`; without `files` nothing is
    converted.
    """

    group: str
    subsystem: str
    files: tuple[FileChange, ...]
    rules: tuple[str, ...]
    notes: tuple[str, ...]
    fixes: tuple[Fix, ...] = ()

    @property
    def all_files(self) -> tuple[FileChange, ...]:
        """The files that fixes and conversion change, one after the other."""
        return (*(file for fix in self.fixes for file in fix.files), *self.files)


@dataclass(frozen=True)
class GroupFailure:
    """A group that was rolled back completely; `reason` becomes the reason of its `manual`
    verdict."""

    group: str
    reason: str


@dataclass(frozen=True)
class ApiChange:
    """Patches that convert nothing, such as those that introduce the API: one :class:`FileChange`
    tuple per commit.

    Empty if the tree has everything already. `cover` is a text for the cover letter.
    """

    subjects: tuple[str, ...]
    bodies: tuple[str, ...]
    commits: tuple[tuple[FileChange, ...], ...]
    cover: str = ""


@dataclass(frozen=True)
class Rewrite:
    """The result of `rewrite`, in the order of the commits: by subsystem, then path.

    `last` are the patches that follow all of `changes`.
    """

    commit: str
    profile: str
    api: ApiChange
    changes: tuple[GroupChange, ...]
    failures: tuple[GroupFailure, ...]
    last: ApiChange = ApiChange((), (), ())
