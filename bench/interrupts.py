# SPDX-License-Identifier: GPL-2.0-only
"""One run that is interrupted, as by Ctrl-C: how long it takes to end, and what is left then."""

from __future__ import annotations

import signal
import statistics
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench.kills import MOST_SECONDS, remaining, start
from migrate.base.errors import ExitCode
from tests.end_to_end.world import World

_INTERRUPT_SECONDS = 2.0


@dataclass(frozen=True)
class Interrupt:
    """`seconds` from the signal to the end of the run, and what was wrong with that end."""

    seconds: float
    wrong: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return self.seconds <= _INTERRUPT_SECONDS and not self.wrong


def interrupt(world: World, after: float, options: Sequence[str] = ()) -> Interrupt | None:
    """Start a run, interrupt it `after` seconds, and see how it ends; None when it had ended."""
    child = start(world, options, stderr=subprocess.PIPE)
    try:
        child.communicate(timeout=after)
        return None
    except subprocess.TimeoutExpired:
        before = time.monotonic()
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=MOST_SECONDS)
    seconds = time.monotonic() - before
    if child.returncode in (0, 3):
        return None
    wrong = [f"process: {name}" for name in remaining(world)]
    if child.returncode != ExitCode.INTERRUPTED or "go on with: gup-migrate run" not in said:
        wrong.append(f"exit code {child.returncode}: {said[-300:]}")
    return Interrupt(seconds, tuple(wrong))


def ends(interrupts: Sequence[Interrupt]) -> str:
    """One line on all of them."""
    seconds = [one.seconds for one in interrupts]
    right = sum(not one.wrong for one in interrupts)
    return (
        f"{len(interrupts)} interrupts, {right} with the command to go on and nothing left running:"
        f" {statistics.median(seconds):.2f} s to the end, at most {max(seconds):.2f} s"
    )
