# SPDX-License-Identifier: GPL-2.0-only
"""A run that is killed leaves no process behind, whatever its programs started."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from migrate.base.programs import reaper
from migrate.base.programs.process import MARK, Finished, run
from migrate.base.stores import lock

RUN = """
import sys
from pathlib import Path
from migrate.base.programs.process import run
print(flush=True)
run(["sh", "-c", sys.argv[1]], cwd=Path(sys.argv[2]), timeout=300)
"""
REMAINS = {
    "a child": "echo $$ > pids; exec sleep 300",
    "a grandchild": "sleep 300 & echo $! > pids; wait",
    "one in a session of its own": "setsid sleep 300 & echo $! > pids; wait",
    "one that does not listen": "trap '' TERM INT HUP; echo $$ > pids; while :; do sleep 1; done",
    "one that was given up": "setsid sh -c 'sleep 300 & echo $! > pids' & wait; sleep 300",
}


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state not in ("Z", "X")


def within(seconds: float, done: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if done():
            return True
        time.sleep(0.02)
    return done()


def reapers(pid: int) -> list[int]:
    """The reapers that watch process `pid`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if os.fsencode(reaper.__file__) in words and str(pid).encode() in words:
            found.append(int(entry.parent.name))
    return found


@pytest.fixture
def killed(tmp_path: Path, project: Path) -> Iterator[Callable[[str], tuple[int, int]]]:
    """`killed(script)`: a run that starts a shell with `script` and is killed once the shell has
    written its `pids`; the process of the run and the one that was written."""

    def start(script: str) -> tuple[int, int]:
        child = subprocess.Popen(
            [sys.executable, "-c", RUN, script, str(tmp_path)],
            env=os.environ | {"PYTHONPATH": str(project)},
        )
        pids = tmp_path / "pids"
        assert within(30, lambda: pids.exists() and pids.read_text().endswith("\n"))
        pid = int(pids.read_text())
        assert alive(pid) and len(reapers(child.pid)) == 1
        child.kill()
        child.wait()
        return child.pid, pid

    yield start


@pytest.mark.parametrize("script", REMAINS.values(), ids=REMAINS.keys())
def test_nothing_outlives_a_run_that_is_killed(
    killed: Callable[[str], tuple[int, int]], script: str
) -> None:
    run_pid, pid = killed(script)
    assert within(10, lambda: not alive(pid))
    assert within(10, lambda: reapers(run_pid) == []), "the reaper is gone as well"


def test_only_what_has_the_mark_is_killed(tmp_path: Path) -> None:
    mine = subprocess.Popen(["sleep", "300"], env=os.environ | {reaper.VARIABLE: "one-mark"})
    other = subprocess.Popen(["sleep", "300"], env=os.environ | {reaper.VARIABLE: "one-mark-more"})
    try:
        assert within(10, lambda: reaper.marked("one-mark") == [mine.pid])
        assert reaper.kill_marked("one-mark") == 1
        assert mine.wait(10) == -9
        assert alive(other.pid)
    finally:
        other.kill()
        other.wait()
    outcome = run(["env"], cwd=tmp_path, timeout=30)
    assert isinstance(outcome, Finished)
    assert f"{reaper.VARIABLE}={MARK}".encode() in outcome.stdout.splitlines()


def test_who_takes_the_lock_ends_what_the_last_holder_left(tmp_path: Path) -> None:
    """As when the reaper was killed together with the run."""
    left = subprocess.Popen(["sleep", "300"], env=os.environ | {reaper.VARIABLE: "left-behind"})
    assert within(10, lambda: reaper.marked("left-behind") == [left.pid])
    path = tmp_path / "lock"
    path.write_text(json.dumps({"pid": 1, "command": "gup-migrate run", "mark": "left-behind"}))
    with lock.locked(path):
        assert left.wait(10) == -9
    assert lock.holder(path) is None


def test_what_runs_now_is_not_taken_for_a_remain(tmp_path: Path) -> None:
    """A command that failed in the same process has left its own mark."""
    path = tmp_path / "lock"
    path.write_text(json.dumps({"pid": 1, "command": "gup-migrate run", "mark": MARK}))
    mine = subprocess.Popen(["sleep", "300"], env=os.environ | {reaper.VARIABLE: MARK})
    try:
        assert within(10, lambda: mine.pid in reaper.marked(MARK))
        with lock.locked(path):
            assert alive(mine.pid)
    finally:
        mine.kill()
        mine.wait()
