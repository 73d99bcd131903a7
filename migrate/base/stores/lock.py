# SPDX-License-Identifier: GPL-2.0-only
"""A lock file that names its holder; the kernel releases the lock when the holder dies."""

from __future__ import annotations

import fcntl
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from migrate.base.errors import Refusal
from migrate.base.programs.process import MARK
from migrate.base.programs.reaper import kill_marked

_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Holder:
    """The process that wrote the lock file; it holds the lock only while it runs."""

    pid: int
    command: str


def holder(path: Path) -> Holder | None:
    """Who holds the lock at `path`, or None if nobody does (a leftover file does not count)."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return _read_holder(handle)
    else:
        return None
    finally:
        os.close(handle)


@contextmanager
def locked(path: Path, *, wait: float = 1.0) -> Iterator[None]:
    """Hold the lock at `path`, or refuse after `wait` seconds with the name of the holder.

    The lock is a flock, so a killed holder leaves only its name behind, which the next one
    overwrites. Programs of such a holder that are still running are ended first.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _acquire(handle, path, time.monotonic() + wait)
        _end_remains(handle)
        me = {"pid": os.getpid(), "command": " ".join(_command()), "mark": MARK}
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(me).encode(), 0)
        yield
        os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def _acquire(handle: int, path: Path, deadline: float) -> None:
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        if time.monotonic() >= deadline:
            break
        time.sleep(_POLL_SECONDS)
    who = _read_holder(handle)
    name = f"'{who.command}' (process {who.pid})" if who else "another gup-migrate"
    raise Refusal(
        f"{path.parent} is in use by {name}.",
        "Wait until it has ended, or give a workspace of its own with --workspace DIR.",
    )


def _end_remains(handle: int) -> None:
    try:
        mark = json.loads(os.pread(handle, 1 << 16, 0))["mark"]
    except (OSError, ValueError, KeyError, TypeError):
        return
    if isinstance(mark, str) and mark != MARK:
        kill_marked(mark)


def _read_holder(handle: int) -> Holder | None:
    try:
        data = json.loads(os.pread(handle, 1 << 16, 0))
        return Holder(int(data["pid"]), str(data["command"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _command() -> list[str]:
    return [Path(sys.argv[0]).name or "gup-migrate", *sys.argv[1:]]
