# SPDX-License-Identifier: GPL-2.0-only
"""Results of the delivery stages: commits, builds, series."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from migrate.delivery.history import History
from migrate.kernel.people.mailmap import Mailbox


@dataclass(frozen=True)
class Commit:
    """One commit of the tool's branch. `groups` is empty for a commit that introduces the API, and
    for one that comes `last`, after all conversions; a `fix` for a group converts nothing."""

    id: str
    parent: str
    subsystem: str
    subject: str
    groups: tuple[str, ...]
    paths: tuple[str, ...]
    last: bool = False
    fix: bool = False

    @property
    def is_api(self) -> bool:
        return not self.groups and not self.last


@dataclass(frozen=True)
class Branch:
    """The tool's branch: `base` is the user's commit, `commits` the oldest first."""

    profile: str
    ref: str
    base: str
    commits: tuple[Commit, ...]

    @property
    def tip(self) -> str:
        return self.commits[-1].id if self.commits else self.base


class BuildStatus(StrEnum):
    """The result of building an object."""

    BUILT = "built"
    WARNED = "built, with warnings that the parent did not have"
    FAILED = "failed"
    FAILED_BEFORE = "failed at the parent already"
    NOT_BUILDABLE = "not buildable here"


@dataclass(frozen=True)
class ObjectBuild:
    """One object of one commit on one architecture.

    `output` has the messages of the compiler that were not there at the parent; `reason` says why
    an object is NOT_BUILDABLE or FAILED_BEFORE; `seconds` is 0 for a stored result. `how` lists
    what was needed besides the default compiler, one item per line. `compiler` is its name and
    version, `configuration` the goal that made the .config, both "" if nothing was compiled.
    """

    commit: str
    path: str
    arch: str
    status: BuildStatus
    output: str
    reason: str
    seconds: float
    how: tuple[str, ...] = ()
    compiler: str = ""
    configuration: str = ""

    @property
    def where(self) -> str:
        """The architecture with the compiler and the configuration, as far as they are known."""
        facts = ", ".join(fact for fact in (self.compiler, self.configuration) if fact)
        return f"{self.arch} ({facts})" if facts else self.arch


@dataclass(frozen=True)
class BuildReport:
    """The builds of a branch, by commit and object. `final` is False if the same tree and compilers
    may give another result later: a configuration or a program of the build failed."""

    tip: str
    objects: tuple[ObjectBuild, ...]
    final: bool = True

    @property
    def how(self) -> tuple[str, ...]:
        """What was needed besides the default compilers, each line once."""
        return tuple(dict.fromkeys(line for item in self.objects for line in item.how))


@dataclass(frozen=True)
class Series:
    """One folder of mails. `to` and `cc` are the addresses of the cover letter, `to_boxes` and
    `cc_boxes` the same with names.

    `changes` are those since the last version, `style` the output of checkpatch.pl, `hold` the
    reasons why it must not be sent, one per line; `cover` is the text of the cover letter, `start`
    and `tip` the range of its commits in the tool's own repository.
    """

    slug: str
    directory: str
    title: str
    subsystems: tuple[str, ...]
    commits: tuple[str, ...]
    to: tuple[str, ...]
    cc: tuple[str, ...]
    version: int = 1
    changes: tuple[str, ...] = ()
    style: tuple[str, ...] = ()
    hold: tuple[str, ...] = ()
    cover: str = ""
    start: str = ""
    tip: str = ""
    to_boxes: tuple[Mailbox, ...] = ()
    cc_boxes: tuple[Mailbox, ...] = ()


@dataclass(frozen=True)
class Delivery:
    """All series of a run, the API series first if there is one. `unchanged` are those whose last
    version is still valid, so that nothing was written; the next run starts from `history`."""

    branch: str
    series: tuple[Series, ...]
    unchanged: tuple[Series, ...] = ()
    history: History = field(default_factory=History)
