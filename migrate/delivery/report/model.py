# SPDX-License-Identifier: GPL-2.0-only
"""The contents of report.json: every acquire exactly once, with its result.

It contains no times and no paths of the machine, so the same run gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from migrate.analysis.gaps import GapKind
from migrate.analysis.model import Action, Confidence, Decider

SCHEMA = 2
"""To be increased when a field changes its meaning or is removed."""

State = Literal["converted", "kept", "manual"]
"""The result for a group: manual includes groups that should have been converted but failed."""


@dataclass(frozen=True)
class Part:
    """One colour of a bar."""

    label: str
    count: int


@dataclass(frozen=True)
class Step:
    """One bar of the funnel; `parts`, if any, add up to `count`."""

    label: str
    count: int
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Row:
    """One acquire; `area` is its directory on the map, `built` is "" if nothing was built, and
    `proof` the observation of its group at run time, "" if there is none.

    `line` counts from 1, `column` from 0 in bytes, here and everywhere below.
    """

    path: str
    line: int
    column: int
    area: str
    function: str
    call: str
    group: str
    verdict: Action
    case: str
    subsystem: str
    maintainers: tuple[str, ...]
    state: State
    built: str
    reason: str
    proof: str = ""


@dataclass(frozen=True)
class Spot:
    """A line of the tree that matters to a group: `kind` is the called function, or the kind of
    use."""

    path: str
    line: int
    column: int
    function: str
    kind: str
    text: str


@dataclass(frozen=True)
class Mark:
    """The role of a place in a line of code for the group."""

    kind: Literal["acquire", "use", "release", "evidence"]
    column: int
    text: str


@dataclass(frozen=True)
class CodeLine:
    number: int
    text: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Code:
    """Lines of one file around the places of a group; the line numbers show what is left out."""

    path: str
    lines: tuple[CodeLine, ...]


@dataclass(frozen=True)
class Diff:
    """`text` is a unified diff without file names."""

    path: str
    text: str


@dataclass(frozen=True)
class Build:
    """One object on one architecture, as in `migrate.delivery.model.ObjectBuild`."""

    path: str
    arch: str
    status: str
    output: str
    reason: str


@dataclass(frozen=True)
class Stated:
    """A contract: a fact that a person stated, and the reason."""

    text: str
    why: str


@dataclass(frozen=True)
class RunPair:
    """`count` pins were taken at `acquire` and released at `release`, both as "path:line"."""

    acquire: str
    release: str
    count: int


@dataclass(frozen=True)
class Run:
    """Observations of a group while the branch was running, as in `migrate.delivery.proof.model`:
    `missed` are its lines that were not executed, `controls` the results of deliberately wrong
    releases, and `lines` one line per function on how many of its lines were executed."""

    outcome: str
    reason: str
    pairs: tuple[RunPair, ...]
    missed: tuple[str, ...]
    controls: tuple[str, ...]
    lines: tuple[str, ...] = ()


ActKind = Literal["acquire", "use", "release", "evidence"]
"""The role of a line for a group; `evidence` is a use on which the verdict is based."""


@dataclass(frozen=True)
class Act:
    """What a function does with the pages in one line: `text` is the call, or the kind of use."""

    kind: ActKind
    path: str
    line: int
    text: str


@dataclass(frozen=True)
class Box:
    """One function in the picture of a value flow."""

    function: str
    path: str
    acts: tuple[Act, ...]


@dataclass(frozen=True)
class Arrow:
    """The pages get from box `source` to box `target` (numbers from 0), `through` each storage in
    between or by means of a call; `path` and `line` are the place of the first step."""

    source: int
    target: int
    through: tuple[str, ...]
    path: str
    line: int


@dataclass(frozen=True)
class Flow:
    """How the pages of a group get from acquires to releases; `left_out` is the number of functions
    for which the picture has no room."""

    boxes: tuple[Box, ...] = ()
    arrows: tuple[Arrow, ...] = ()
    left_out: int = 0


@dataclass(frozen=True)
class Group:
    """One pin group with its verdict and everything that belongs to it. Decisions of the author
    have no confidence, which says how sure the tool is. `gap_kinds` has the kind of each of `gaps`,
    in their order; docs/gaps.md explains them. `contracts` are facts stated by a person on which
    the group is based. `explain` is the command that explains it in a terminal, run in the
    checkout."""

    name: str
    verdict: Action
    case: str
    rule: str
    reason: str
    confidence: Confidence | None
    decided_by: Decider
    state: State
    built: str
    subsystem: str
    commit: str
    series: str
    acquires: tuple[Spot, ...]
    uses: tuple[Spot, ...]
    releases: tuple[Spot, ...]
    evidence: tuple[Spot, ...]
    warnings: tuple[str, ...]
    gaps: tuple[str, ...]
    gap_kinds: tuple[GapKind, ...]
    notes: tuple[str, ...]
    rules: tuple[str, ...]
    code: tuple[Code, ...]
    diffs: tuple[Diff, ...]
    builds: tuple[Build, ...]
    contracts: tuple[Stated, ...] = ()
    run: Run | None = None
    flow: Flow = Flow()
    explain: str = ""


@dataclass(frozen=True)
class CommitEntry:
    id: str
    subject: str
    subsystem: str
    groups: tuple[str, ...]
    paths: tuple[str, ...]
    builds: tuple[Build, ...]


@dataclass(frozen=True)
class SeriesEntry:
    """One series. `notes` are what to know before sending it: why it is held, what changed since
    the last version, the output of checkpatch.pl, or that the last version is unchanged."""

    slug: str
    title: str
    directory: str
    subsystems: tuple[str, ...]
    commits: tuple[str, ...]
    to: tuple[str, ...]
    cc: tuple[str, ...]
    version: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Person:
    """The work that is waiting for one maintainer: acquires in files that MAINTAINERS assigns to
    them, by state, and the directories of the series that go to them. Without a `name`: files
    without a maintainer."""

    name: str
    converted: int
    kept: int
    manual: int
    series: tuple[str, ...]


@dataclass(frozen=True)
class Area:
    """One directory of the kernel and how many of its acquires are in each state."""

    directory: str
    converted: int
    kept: int
    manual: int


@dataclass(frozen=True)
class Report:
    """`rows` are sorted by place, `groups` by name, `people` by the amount of their work.
    `toolchain` lists what was needed besides the default compilers, and `machine` what the branch
    ran on, "" if it was not booted. `left` is one line on the calls of GUP outside of mm/ that
    stay, and the reasons. With `open_world`, modules outside of the tree may call exported
    functions; else all callers are in the tree."""

    schema: int
    tool: str
    kernel_version: str
    base: str
    profile: str
    branch: str
    funnel: tuple[Step, ...]
    areas: tuple[Area, ...]
    rows: tuple[Row, ...]
    groups: tuple[Group, ...]
    unparsed: tuple[str, ...]
    commits: tuple[CommitEntry, ...]
    series: tuple[SeriesEntry, ...]
    toolchain: tuple[str, ...] = ()
    machine: str = ""
    open_world: bool = False
    people: tuple[Person, ...] = ()
    left: str = ""
