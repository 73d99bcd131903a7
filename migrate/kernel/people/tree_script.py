# SPDX-License-Identifier: GPL-2.0-only
"""A script of the tree, with limits on its time: its input may have been written to stall it.

get_maintainer.pl matches the expressions of MAINTAINERS with backtracking. After a call that
exceeds a limit the script is not called again: the next patch would take as long.
"""

from __future__ import annotations

import resource
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from migrate.base.programs import process
from migrate.base.programs.workers import share_out

Item = TypeVar("Item")
Result = TypeVar("Result")

CPU_SECONDS = 20
"""For one call, which takes less than two seconds for the largest patches."""

CPU_SECONDS_IN_ALL = 300
"""For all calls of one script in a run."""

PATIENCE = 20
"""CPU seconds that all calls together may take before the average counts."""

MOST_OUTPUT = 4 << 20
"""Bytes; a list of people, or of warnings about one patch, has a few thousand."""

_PATIENCE = 120.0
"""Seconds for a call that does nothing, or gets no CPU time."""


@dataclass
class TreeScript:
    """The script `name` in the tree `worktree`; `used` is the CPU time of its calls in seconds.
    `given_up` says why it is not called any more, or is "". Calls may take `usual` seconds on
    average, as soon as they have taken :data:`PATIENCE` together."""

    name: str
    worktree: Path
    usual: float = CPU_SECONDS
    used: float = 0.0
    calls: int = 0
    given_up: str = ""

    def run(
        self,
        arguments: Sequence[str],
        *,
        good: Sequence[int] = (0,),
        stdin: bytes | None = None,
        env: Mapping[str, str] | None = None,
    ) -> process.Finished | str:
        """The result of a run with one of the exit codes `good`, or one line on why there is
        none."""
        if self.given_up:
            return self.given_up
        before = _used()
        outcome = process.run(
            ["perl", self.name, *arguments],
            cwd=self.worktree,
            timeout=_PATIENCE,
            stdin=stdin,
            env=env,
            output_limit=MOST_OUTPUT,
            cpu_seconds=CPU_SECONDS,
        )
        self.used += _used() - before
        self.calls += 1
        why = f"{self.name}: {process.describe(outcome)}"
        if isinstance(outcome, process.TimedOut | process.TooMuchOutput):
            self.given_up = f"{why}, and is not asked again"
        elif self.used > CPU_SECONDS_IN_ALL:
            self.given_up = f"{self.name}: its calls took {CPU_SECONDS_IN_ALL} s together"
        elif self.used > PATIENCE and self.used > self.usual * self.calls:
            self.given_up = f"{self.name}: each of its calls took more than {self.usual:g} s"
        if isinstance(outcome, process.Finished) and outcome.code in good:
            return outcome
        return why


def ask_for_each(
    what: str,
    script: TreeScript | None,
    work: Callable[[Sequence[Item]], Result],
    parts: Sequence[Sequence[Item]],
    jobs: int,
    told: Callable[[Sequence[Item]], None] = lambda _: None,
) -> list[Result]:
    """The results of `work`, which runs `script`, for each of `parts`, in their order; see
    :func:`migrate.base.programs.workers.share_out`.

    If the script is given up in one of several processes, everything is done again by this process
    alone: the parts without the script must not depend on timing.
    """
    if script is None or jobs < 2:
        return share_out(what, work, parts, jobs, told)
    before, given_up = script.used, script.given_up

    def measured(part: Sequence[Item]) -> tuple[Result, float, bool]:
        used = script.used
        return work(part), script.used - used, bool(script.given_up)

    found = share_out(what, measured, parts, jobs, told)
    used = before + sum(seconds for _, seconds, _ in found)
    if any(stopped for *_, stopped in found) or used > CPU_SECONDS_IN_ALL:
        script.used, script.given_up = before, given_up
        return share_out(what, work, parts, 1)
    script.used = used
    return [result for result, *_ in found]


def _used() -> float:
    """CPU seconds of all child processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
