# SPDX-License-Identifier: GPL-2.0-only
"""Maps lines of a scratch build to those of the user's tree, and to groups."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from migrate.analysis.model import PinGroup
from migrate.base.stores.git import git_output
from migrate.delivery.proof.machine.console import Site
from migrate.delivery.proof.model import NOBODY, Line

_FILE = re.compile(r"^\+\+\+ b/(.*?)\t?$")
_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


@dataclass(frozen=True)
class Hunk:
    """`old_count` lines from `old` on became `new_count` lines from `new` on."""

    old: int
    old_count: int
    new: int
    new_count: int

    def has_new(self, line: int) -> bool:
        return self.new <= line < self.new + self.new_count

    def has_old(self, line: int) -> bool:
        return self.old <= line < self.old + self.old_count


def hunks_between(repository: Path, base: str, commit: str) -> dict[str, tuple[Hunk, ...]]:
    """The changes of `commit` against `base`, by path, without context."""
    plain = ("--no-renames", "--no-color", "--no-ext-diff", "--src-prefix=a/", "--dst-prefix=b/")
    shown = git_output(["diff-tree", "-p", "-U0", *plain, base, commit], cwd=repository)
    found: dict[str, list[Hunk]] = {}
    path = ""
    for line in shown.decode("utf-8", "surrogateescape").splitlines():
        if named := _FILE.match(line):
            path = named[1]
        elif path and (at := _HUNK.match(line)):
            counts = [1 if c is None else int(c) for c in (at[2], at[4])]
            found.setdefault(path, []).append(Hunk(int(at[1]), counts[0], int(at[3]), counts[1]))
    return {name: tuple(hunks) for name, hunks in found.items()}


def new_line(hunks: Sequence[Hunk], line: int) -> int:
    """The new number of `line`, which is in no hunk."""
    # For an insertion git gives the line before it.
    return line + sum(
        h.new_count - h.old_count for h in hunks if h.old + max(1, h.old_count) <= line
    )


def old_lines(hunks: Sequence[Hunk], line: int) -> range:
    """The lines that became `line`: one, or all lines of a hunk whose length has changed."""
    shift = 0
    for hunk in hunks:
        if hunk.has_new(line):
            if hunk.old_count == hunk.new_count:
                at = hunk.old + line - hunk.new
                return range(at, at + 1)
            return range(hunk.old, hunk.old + max(1, hunk.old_count))
        if hunk.new + hunk.new_count <= line:
            # For an insertion or a deletion git gives the line before it.
            shift += hunk.old_count - hunk.new_count
    return range(line + shift, line + shift + 1)


@dataclass(frozen=True)
class Known:
    """A site of the scratch build in the user's tree, and the groups that contain it."""

    at: Line
    groups: frozenset[str]


class Places:
    """The places of the acquires and releases of `groups`, for sites of one scratch build.

    `hunks` are those between the user's tree and the build; `folder` is the work tree, which is
    part of the file names in older kernels.
    """

    def __init__(
        self, groups: Iterable[PinGroup], hunks: Mapping[str, tuple[Hunk, ...]], folder: Path
    ) -> None:
        self._hunks = hunks
        self._folder = f"{folder.resolve()}/"
        self._acquires: dict[Line, set[str]] = {}
        self._releases: dict[Line, set[str]] = {}
        for group in groups:
            for acquire in group.acquires:
                at = Line(acquire.place.path, acquire.place.line)
                self._acquires.setdefault(at, set()).add(group.name)
            for release in group.releases:
                at = Line(release.place.path, release.place.line)
                self._releases.setdefault(at, set()).add(group.name)

    def acquire(self, site: Site) -> Known:
        return self._known(site, self._acquires)

    def release(self, site: Site) -> Known:
        return self._known(site, self._releases)

    def line_of(self, site: Site) -> Line:
        """The line of the user's tree, the first of several."""
        return self.lines_of(site)[0]

    def lines_of(self, site: Site) -> list[Line]:
        """All lines of the user's tree that became that of `site`."""
        path = self.path_of(site)
        return [Line(path, n) for n in old_lines(self._hunks.get(path, ()), site.line)]

    def path_of(self, site: Site) -> str:
        """The path in the tree."""
        path = site.path.removeprefix(self._folder)
        while path.startswith(("./", "../")):
            path = path.partition("/")[2]
        return path

    def _known(self, site: Site, sites: Mapping[Line, set[str]]) -> Known:
        if site.path == "-":
            return Known(NOBODY, frozenset())
        lines = self.lines_of(site)
        for line in lines:
            if groups := sites.get(line):
                return Known(line, frozenset(groups))
        return Known(lines[0], frozenset())
