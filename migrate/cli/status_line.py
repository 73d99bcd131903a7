# SPDX-License-Identifier: GPL-2.0-only
"""The progress of the current work as one line: what is done, how much of it, since when."""

from __future__ import annotations

from dataclasses import dataclass

_FRAMES = "|/-\\"
_LEAST_BAR = 12
"""Columns; a shorter bar would not be useful."""

_LONGEST_BAR = 40
_SURE_AFTER = 5.0
"""Seconds until the speed is known well enough for an estimate."""

_SURE_FOR = 15.0
"""Seconds without a step after which the estimate is no longer valid."""


@dataclass(frozen=True)
class Phase:
    """One kind of work of a `stage`, begun at the time `since` with `before` units finished. `done`
    of `total` units are finished, the last one at `moved`; with `total` 0 there is nothing to
    count."""

    stage: str
    what: str
    since: float
    before: int = 0
    done: int = 0
    total: int = 0
    moved: float = 0.0

    def seconds(self, now: float) -> float:
        return max(0.0, now - self.since)

    def left(self, now: float) -> float | None:
        """Estimated seconds for the rest at the current speed, None if unknown."""
        made, rest = self.done - self.before, self.total - self.done
        if made <= 0 or rest <= 0 or self.seconds(now) < _SURE_AFTER:
            return None
        if now - self.moved > _SURE_FOR:
            return None
        return self.seconds(now) * rest / made


def drawn(phase: Phase, now: float, width: int) -> str:
    """`phase` for a terminal of `width` columns; the last column stays empty.

    If there is little room, the bar is left out first, then the estimate, then the stage.
    """
    frame = _FRAMES[int(phase.seconds(now) * 4) % len(_FRAMES)]
    count = f"{phase.done}/{phase.total}  " if phase.total else ""
    passed = clock(phase.seconds(now))
    left = phase.left(now)
    more = f", {clock(left)} left" if left is not None else ""
    full = f"{frame} {phase.stage:<9} {phase.what}" if phase.what else f"{frame} {phase.stage}"
    brief = f"{frame} {phase.what or phase.stage}"
    ways = ((full, count + passed + more), (full, count + passed), (brief, count + passed))
    room = width - 1
    for begin, end in ways:
        gap = room - len(begin) - len(end) - 2
        if gap >= 0:
            return f"{begin}  {_bar(phase, gap)}{end}"
    begin, end = ways[-1]
    begin = begin[: max(0, room - len(end) - 5)].rstrip() + "..."
    return f"{begin}  {end}"[: max(0, room)]


def spoken(phase: Phase, now: float) -> str:
    """`phase` as a line of a log."""
    what = f": {phase.what}" if phase.what else ""
    count = f": {phase.done} of {phase.total}" if phase.total else ""
    left = phase.left(now)
    more = f", about {duration(left)} left" if left is not None else ""
    return f"{phase.stage}{what}{count}, {duration(phase.seconds(now))}{more}"


def duration(seconds: float) -> str:
    """Seconds for people: 0.3 s, 42 s, 3 min 20 s."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


def clock(seconds: float) -> str:
    """Seconds in few columns: 0:07, 12:30, 1:02:03."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _bar(phase: Phase, gap: int) -> str:
    """The bar with a blank after it, if it is known and fits; always `gap` columns, so that the
    text after it does not move."""
    if not phase.total or gap < _LEAST_BAR:
        return " " * gap
    columns = min(gap, _LONGEST_BAR) - 3
    full = columns * min(phase.done, phase.total) // phase.total
    return f"[{'#' * full}{'.' * (columns - full)}] ".rjust(gap)
