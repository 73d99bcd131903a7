# SPDX-License-Identifier: GPL-2.0-only
"""The result of a proof: for each group what was observed at run time, and the results of the
controls."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from migrate.base.prose import listed


class Outcome(StrEnum):
    """What was observed of a group while the kernel was running, the worst first."""

    OUTSIDE = "outside the group"
    SPLAT = "the kernel complained"
    FOREIGN = "foreign release"
    HELD = "held"
    PROVED = "proved"
    NOT_REACHED = "not reached"


class ControlOutcome(StrEnum):
    """Whether a deliberately wrong release was noticed."""

    CAUGHT = "caught"
    MISSED = "missed"
    NOT_MADE = "not made"


class Spoiling(StrEnum):
    """What a control does to a release."""

    TURNED_BACK = "turned back"
    DROPPED = "dropped"


@dataclass(frozen=True, order=True)
class Line:
    """A line of the user's tree, before the conversion."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" if self.path else "nobody"


NOBODY = Line("", 0)
"""The acquire of a page that is released although nobody holds it."""


@dataclass(frozen=True, order=True)
class Pair:
    """`count` pins were taken at `acquire` and released at `release`; for `ambiguous` of them,
    other sites also held a pin on the same page."""

    acquire: Line
    release: Line
    count: int
    ambiguous: int = 0

    def __str__(self) -> str:
        same = self.acquire.path == self.release.path
        where = f":{self.release.line}" if same else str(self.release)
        times = "once" if self.count == 1 else f"{self.count} times"
        return f"{self.acquire} -> {where} {times}"


@dataclass(frozen=True, order=True)
class HeldPins:
    """`count` pins that were taken at `acquire` and never released."""

    acquire: Line
    count: int


@dataclass(frozen=True)
class Control:
    """One release that was spoiled in a scratch copy; `reason` explains the result."""

    release: Line
    spoiling: Spoiling
    outcome: ControlOutcome
    reason: str = ""


@dataclass(frozen=True)
class FunctionLines:
    """Of the `count` lines of a function at which a basic block begins, those that were not
    executed."""

    path: str
    function: str
    count: int
    missed: tuple[int, ...]

    def __str__(self) -> str:
        ran = f"{self.function}(): {self.count - len(self.missed)} of {self.count} lines ran"
        return f"{ran}, not {listed([*map(str, self.missed)])}" if self.missed else ran


@dataclass(frozen=True)
class GroupProof:
    """The observations of one group. `missed` are its acquires and releases that were not executed,
    `lines` says which lines of their functions were; `reason` is for groups that are not proved."""

    group: str
    outcome: Outcome
    pairs: tuple[Pair, ...] = ()
    held: tuple[HeldPins, ...] = ()
    missed: tuple[Line, ...] = ()
    reason: str = ""
    controls: tuple[Control, ...] = ()
    lines: tuple[FunctionLines, ...] = ()

    @property
    def count(self) -> int:
        """How many pins were taken and released."""
        return sum(pair.count for pair in self.pairs)

    @property
    def controlled(self) -> bool:
        """Whether every release that was spoiled was noticed, and there was at least one."""
        made = [c for c in self.controls if c.outcome is not ControlOutcome.NOT_MADE]
        return bool(made) and all(c.outcome is ControlOutcome.CAUGHT for c in made)


@dataclass(frozen=True)
class ExerciseResult:
    """The result of an exercise; `what` is "done", or its message."""

    name: str
    what: str


@dataclass(frozen=True)
class Proof:
    """A branch at run time. `machine` is what it ran on, `problem` says why there is no result (""
    if it ran), `splats` are warnings of the kernel, `unfinished` the passes that did not end;
    `problems` say on which machines it did not run, and why; `again` says that this may change.
    `seconds` is the duration of the boots in which the groups were observed."""

    tip: str
    machine: str = ""
    problem: str = ""
    groups: tuple[GroupProof, ...] = ()
    exercises: tuple[ExerciseResult, ...] = ()
    splats: tuple[str, ...] = ()
    unfinished: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    again: bool = False
    seconds: float = 0.0

    def of(self, group: str) -> GroupProof | None:
        return next((g for g in self.groups if g.group == group), None)
