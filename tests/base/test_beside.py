# SPDX-License-Identifier: GPL-2.0-only
"""Work in a copy of the process: its answer, its failures, and that it never outlives anybody."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from migrate.base.beside import Beside

ROOT = Path(__file__).resolve().parents[2]
LONG = 60.0


def gone(pid: int) -> bool:
    """Whether the process ends within ten seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("data", [b"", b"found", b"x" * 3_000_000], ids=["none", "short", "long"])
def test_the_answer_is_what_the_work_returns(data: bytes) -> None:
    with Beside(lambda: data) as copy:
        assert copy.answer(LONG) == data


def test_the_copy_is_another_process_with_the_same_memory() -> None:
    known = {"a": 1}
    with Beside(lambda: f"{os.getpid()} {known}".encode()) as copy:
        known["a"] = 2
        pid, _, rest = (copy.answer(LONG) or b"").decode().partition(" ")
    assert rest == "{'a': 1}"
    assert int(pid) != os.getpid()


def fails() -> bytes:
    raise ValueError("no")


def is_killed() -> bytes:
    os.kill(os.getpid(), signal.SIGKILL)
    return b"never"


@pytest.mark.parametrize("work", [fails, is_killed, lambda: sys.exit(0)])
def test_work_that_fails_has_no_answer(work: Callable[[], bytes]) -> None:
    with Beside(work) as copy:
        assert copy.answer(LONG) is None


def hangs() -> bytes:
    time.sleep(LONG)
    return b"late"


def test_nobody_waits_for_ever_and_the_copy_ends_with_the_context() -> None:
    with Beside(hangs) as copy:
        assert copy.answer(0.1) is None
        pid = copy._pid
    assert gone(pid)


def test_the_copy_ends_with_an_exception() -> None:
    with pytest.raises(KeyboardInterrupt), Beside(hangs) as copy:
        pid = copy._pid
        raise KeyboardInterrupt
    assert gone(pid)


def test_where_there_can_be_no_copy_there_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_fork() -> int:
        raise OSError("no more processes")

    monkeypatch.setattr(os, "fork", no_fork)
    with Beside(lambda: b"found") as copy:
        assert copy.answer(LONG) is None


PARENT = """
import sys, time
from migrate.base.beside import Beside
def work():
    time.sleep(60)
    return b""
with Beside(work) as copy:
    print(copy._pid, flush=True)
    copy.answer(60)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_copy_ends_with_a_process_that_is_killed(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        time.sleep(0.2)  # for the copy to get as far as its work
        parent.send_signal(number)
        parent.wait(10)
        assert gone(pid)
