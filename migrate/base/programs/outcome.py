# SPDX-License-Identifier: GPL-2.0-only
"""The result of running a program: a closed set; only `Finished` ran to its end."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Finished:
    """The program ran to its end, with any exit code (negative: killed by that signal)."""

    argv: tuple[str, ...]
    code: int
    stdout: bytes
    stderr: bytes
    seconds: float

    @property
    def ok(self) -> bool:
        return self.code == 0


@dataclass(frozen=True)
class TimedOut:
    """The program and everything it had started were killed after `limit` seconds; if `silent`,
    after that many seconds without output."""

    argv: tuple[str, ...]
    limit: float
    stdout: bytes
    stderr: bytes
    silent: bool = False


@dataclass(frozen=True)
class TooMuchOutput:
    """The program was killed because it wrote more than `limit` bytes."""

    argv: tuple[str, ...]
    limit: int


@dataclass(frozen=True)
class NotStarted:
    """The program could not be started at all."""

    argv: tuple[str, ...]
    why: str


Outcome = Finished | TimedOut | TooMuchOutput | NotStarted


def describe(outcome: Outcome) -> str:
    """One line on how `outcome` failed, or that it did not fail."""
    name = Path(outcome.argv[0]).name
    match outcome:
        case Finished(code=0):
            return f"{name} succeeded"
        case Finished(code=code, stderr=stderr):
            last = stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no message"]
            how = f"was killed by signal {-code}" if code < 0 else f"exited with {code}"
            return f"{name} {how}: {last[0][:300]}"
        case TimedOut(limit=limit, silent=silent):
            return f"{name} was stopped after {limit:g} s{' of silence' if silent else ''}"
        case TooMuchOutput(limit=limit):
            return f"{name} was stopped after {limit} bytes of output"
        case NotStarted(why=why):
            return f"{name} could not be started: {why}"
