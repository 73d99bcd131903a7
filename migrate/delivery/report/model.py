# SPDX-License-Identifier: GPL-2.0-only
"""The contents of report.json: every acquire exactly once, and what became of it.

No times and no paths of the machine are in it, so the same run gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from migrate.analysis.gaps import GapKind
from migrate.analysis.model import Action, Confidence, Decider

SCHEMA = 2
"""Goes up when a field changes its meaning or goes away."""

State = Literal["converted", "kept", "manual"]
"""What became of a group: manual is also what was to be converted and could not be."""


@dataclass(frozen=True)
class Part:
    """One colour of a bar."""

    label: str
    count: int


@dataclass(frozen=True)
class Step:
    """One bar of the funnel; `parts` add up to `count` where there are any."""

    label: str
    count: int
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Row:
    """One acquire; `area` is its place on the map, `built` is "" where nothing was built, and
    `proof` what was seen of its group at run time, "" where nobody looked.

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
    """A line of the tree that matters to a group: `kind` is the call, or what is done there."""

    path: str
    line: int
    column: int
    function: str
    kind: str
    text: str


@dataclass(frozen=True)
class Mark:
    """What a place in a line of code is to the group."""

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
    """Lines of one file around the places of a group; gaps in the numbers are left out lines."""

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
    """A contract: a fact that a person stated, and why."""

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
    """What was seen of a group while the branch ran, as in `migrate.delivery.proof.model`:
    `missed` are its lines that did not run, `controls` what became of releases that were spoiled
    on purpose, and `lines` how many of the lines of its functions ran, a line each."""

    outcome: str
    reason: str
    pairs: tuple[RunPair, ...]
    missed: tuple[str, ...]
    controls: tuple[str, ...]
    lines: tuple[str, ...] = ()


ActKind = Literal["acquire", "use", "release", "evidence"]
"""What a line is to a group; `evidence` is a use that the verdict rests on."""


@dataclass(frozen=True)
class Act:
    """What a function does with the pages in one line: `text` is the call, or what is done."""

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
    """The pages get from box `source` to box `target`, both numbers from 0, `through` each storage
    in between or in the way of a call; `path` and `line` are where the first of it stands."""

    source: int
    target: int
    through: tuple[str, ...]
    path: str
    line: int


@dataclass(frozen=True)
class Flow:
    """How the pages of a group get from acquires to releases; `left_out` counts the functions
    that the picture has no room for."""

    boxes: tuple[Box, ...] = ()
    arrows: tuple[Arrow, ...] = ()
    left_out: int = 0


@dataclass(frozen=True)
class Group:
    """One pin group with its verdict and all that belongs to it. What the author decided has no
    confidence: that is how sure the tool is. `gap_kinds` has the kind of each of `gaps`, in their
    order; docs/gaps.md says what they mean. `contracts` are the facts that it rests on and that a
    person stated. `explain` is the command that says in a terminal why, run in the checkout."""

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
    """One series. `notes` are what to know before it is sent: why it is held, what changed since
    the version before, what checkpatch.pl says, or that the last version stands as it is."""

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
    """What waits for one maintainer: acquires in files that MAINTAINERS gives to them, by state,
    and the directories of the series that go to them. Without a `name`, files of nobody."""

    name: str
    converted: int
    kept: int
    manual: int
    series: tuple[str, ...]


@dataclass(frozen=True)
class Area:
    """One directory of the kernel and how many of its acquires ended in which state."""

    directory: str
    converted: int
    kept: int
    manual: int


@dataclass(frozen=True)
class Report:
    """`rows` are sorted by place, `groups` by name, `people` by what waits for them. `toolchain`
    says what else than the usual compilers it took to build, and `machine` what the branch
    ran on, "" where nobody booted it. `left` is one line on the calls of GUP outside of mm/ that
    stay, and what stops them. With `open_world` modules outside the tree may call what it exports;
    else its callers are those in the tree."""

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
