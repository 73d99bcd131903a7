# SPDX-License-Identifier: GPL-2.0-only
"""Ends what a killed run left running: a separate program, `reaper.py PID MARK`.

A process that gets SIGKILL cannot end its children. So each run starts this program once. It waits
until the run has ended, in whatever way, and then kills every process that has the run's mark in
its environment: children, what they started, and processes that have left the process group. It
uses only the standard library and does not import the package.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

VARIABLE = "GUP_MIGRATE_RUN"
"""The environment variable of every program that a run starts; its value is the mark."""

_PATIENCE = 30.0
"""Seconds; a process that hangs in a system call dies only when the call returns."""

_PAUSE = 0.05
"""Seconds between two passes: longer than a program takes from fork to exec."""


def kill_marked(mark: str, patience: float = _PATIENCE) -> int:
    """Kill every process with `mark` until there is none; returns the most seen in one pass."""
    deadline = time.monotonic() + patience
    most, quiet = 0, 0
    while quiet < 2 and time.monotonic() < deadline:
        found = marked(mark)
        for pid in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        most, quiet = max(most, len(found)), 0 if found else quiet + 1
        if quiet < 2:
            time.sleep(_PAUSE)
    return most


def marked(mark: str) -> list[int]:
    """The processes that have `mark` in their environment, without this one."""
    wanted = f"{VARIABLE}={mark}".encode()
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            with suppress(OSError):
                if wanted in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
    return found


def _wait_for_end(pid: int) -> None:
    """Return when the parent `pid` has ended, even if that was before this call."""
    handle = -1
    with suppress(OSError, AttributeError):
        handle = os.pidfd_open(pid)
    if os.getppid() != pid:
        return
    if handle >= 0:
        waiting = select.poll()
        waiting.register(handle, select.POLLIN)
        waiting.poll()
        return
    while os.getppid() == pid:
        time.sleep(0.2)


def _main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    _wait_for_end(int(sys.argv[1]))
    kill_marked(sys.argv[2])


if __name__ == "__main__":
    _main()
