# SPDX-License-Identifier: GPL-2.0-only
"""Work in several processes: the same results, whatever becomes of the processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from migrate.base.programs import process
from migrate.base.programs import process_pool as copies
from migrate.base.programs.workers import Made, recording, share_out

ROOT = Path(__file__).resolve().parents[2]
PARTS = [(n, n + 1) for n in range(40)]
SUMS = [sum(part) for part in PARTS]
HERE = os.getpid


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


def busy(part: Sequence[int]) -> int:
    """The sum, after as much work as lets everybody have a part of it."""
    end = time.process_time() + 0.01
    while time.process_time() < end:
        pass
    return sum(part)


def processes(made: list[Made]) -> set[int]:
    return {m.process for m in made}


@pytest.mark.parametrize("jobs", [1, 2, 3, 8])
def test_results_stand_in_the_order_of_the_parts(jobs: int) -> None:
    with recording() as made:
        assert share_out("sums", busy, PARTS, jobs) == SUMS
    assert len(made) == len(PARTS)
    assert {(m.what, m.size) for m in made} == {("sums", 2)}
    assert len(processes(made)) <= jobs
    assert HERE() in processes(made)
    assert (len(processes(made)) > 1) == (jobs > 1)


def test_no_part_is_no_work() -> None:
    assert share_out("nothing", busy, [], 8) == []


def test_a_single_part_is_made_here() -> None:
    assert share_out("one", lambda _: HERE(), [(1,)], 8) == [HERE()]


def test_what_is_in_memory_is_there_as_well_and_what_comes_later_is_not() -> None:
    known = {"a": 1}

    def told(_: Sequence[int]) -> None:
        known["a"] = 2

    def look(_: Sequence[int]) -> tuple[bool, int]:
        return busy((0,)) == 0 and HERE() == parent, known["a"]

    parent = HERE()
    found = share_out("look", look, PARTS, 2, told)
    assert {a for mine, a in found if not mine} == {1}


def test_each_part_is_told_of_once_and_here() -> None:
    told: list[tuple[int, Sequence[int]]] = []
    share_out("told", busy, PARTS, 4, lambda part: told.append((HERE(), part)))
    assert sorted(part for _, part in told) == PARTS
    assert {pid for pid, _ in told} == {HERE()}


def once_elsewhere(act: Callable[[], object], note: Path) -> Callable[[Sequence[int]], int]:
    """Sums, with `act` before the first one that is made in another process than this."""
    parent = HERE()

    def work(part: Sequence[int]) -> int:
        if HERE() != parent and not note.exists():
            note.touch()
            act()
        return busy(part)

    return work


def killed() -> None:
    os.kill(HERE(), signal.SIGKILL)


def fails() -> None:
    raise ValueError("no")


@pytest.mark.parametrize("act", [killed, fails, lambda: os._exit(0), lambda: sys.exit(1)])
def test_what_a_process_fails_to_make_is_made_all_the_same(
    act: Callable[[], object], tmp_path: Path
) -> None:
    note = tmp_path / "note"
    with recording() as made:
        assert share_out("sums", once_elsewhere(act, note), PARTS, 4) == SUMS
    assert note.exists()
    assert len(made) == len(PARTS)
    assert len(processes(made)) > 1


def test_a_part_that_kills_each_copy_is_made_here_and_the_others_are_not() -> None:
    def work(part: Sequence[int]) -> int:
        if part[0] == 20:
            if HERE() != parent:
                killed()
            return HERE()
        # This process is slow, so that the copies come to that part.
        time.sleep(0.2 if HERE() == parent else 0.01)
        return HERE()

    parent = HERE()
    found = share_out("who", work, PARTS, 8)
    assert found[20] == parent
    assert sum(pid != parent for pid in found) > len(PARTS) // 2


def test_an_exception_is_that_of_this_process() -> None:
    def work(part: Sequence[int]) -> int:
        if part[0] == 5:
            raise KeyError(HERE())
        return sum(part)

    with pytest.raises(KeyError) as caught:
        share_out("fails", work, PARTS, 4)
    assert caught.value.args == (HERE(),)


def test_a_result_that_cannot_be_sent_is_made_here() -> None:
    found = share_out("functions", lambda part: lambda: sum(part), PARTS, 3)
    assert [result() for result in found] == SUMS


def test_who_stands_still_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(copies, "PATIENCE", 0.5)
    note = tmp_path / "note"
    work = once_elsewhere(lambda: os.kill(HERE(), signal.SIGSTOP), note)
    assert share_out("sums", work, PARTS, 2) == SUMS
    assert note.exists()


def test_who_works_for_long_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "PATIENCE", 0.5)

    def work(_: Sequence[int]) -> int:
        end = time.process_time() + (0.1 if HERE() == parent else 1.2)
        while time.process_time() < end:
            pass
        return HERE()

    parent = HERE()
    assert len(set(share_out("long", work, PARTS[:3], 2))) == 2


@pytest.mark.parametrize("error", [OSError, ImportError, NotImplementedError])
def test_where_there_can_be_no_copies_all_is_made_here(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(copies, "ProcessPoolExecutor", none)
    with recording() as made:
        assert share_out("sums", busy, PARTS, 4) == SUMS
    assert processes(made) == {HERE()}


def test_where_the_user_may_have_no_more_processes_all_is_made_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fork, left = os.fork, [2]

    def few() -> int:
        left[0] -= 1
        if left[0] < 0:
            raise BlockingIOError("no more processes")
        return fork()

    seen: list[Any] = []

    class Seen(ProcessPoolExecutor):
        def __init__(self, *args: Any, **named: Any) -> None:
            super().__init__(*args, **named)
            seen.append(self)

    monkeypatch.setattr(copies, "ProcessPoolExecutor", Seen)
    monkeypatch.setattr(os, "fork", few)
    assert share_out("sums", busy, PARTS, 8) == SUMS
    assert all(gone(pid) for pool in seen for pid in pool._processes or ())


def test_nothing_is_left_when_the_work_is_interrupted() -> None:
    seen: set[int] = set()

    def told(_: Sequence[int]) -> None:
        seen.update(process._live)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        share_out("sums", busy, PARTS, 4, told)
    assert len(seen) == 3
    assert all(gone(pid) for pid in seen)
    assert not process._live & seen


def test_a_copy_writes_to_no_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    def says(part: Sequence[int]) -> int:
        if HERE() != parent:
            os.write(1, b"out")
            os.write(2, b"err")
        return busy(part)

    parent = HERE()
    share_out("says", says, PARTS, 3)
    assert capfd.readouterr() == ("", "")


PARENT = """
import os, sys, time
from pathlib import Path
from migrate.base.programs import process
from migrate.base.programs.workers import share_out
from migrate.cli.ending import guarded
here = os.getpid()
def work(part):
    if os.getpid() == here:
        time.sleep(60)
    print(os.getpid(), file=open(sys.argv[1] + "/" + str(os.getpid()), "w"), flush=True)
    process.run(["sh", "-c", "echo $$ > " + sys.argv[1] + "/p$$; exec sleep 60"], cwd=Path("/"),
                timeout=60)
    return 0
guarded(lambda: share_out("long", work, [(n,) for n in range(8)], 4) and 0)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_copies_and_their_programs_end_with_this_process(
    number: signal.Signals, tmp_path: Path
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)], cwd=ROOT, stderr=subprocess.DEVNULL
    ) as parent:
        deadline = time.monotonic() + 30
        while len(list(tmp_path.glob("p*"))) < 3 and time.monotonic() < deadline:
            time.sleep(0.05)
        pids = [int(path.name.lstrip("p")) for path in tmp_path.iterdir()]
        assert len(pids) == 6
        parent.send_signal(number)
        parent.wait(10)
        assert all(gone(pid) for pid in pids)


def test_a_program_of_a_copy_that_is_told_to_end_ends_with_it(tmp_path: Path) -> None:
    note = tmp_path / "pid"

    def work(part: Sequence[int]) -> int:
        if HERE() != parent and part[0] == 0:
            script = f"echo $$ > {note}; exec sleep 60"
            process.run(["sh", "-c", script], cwd=Path("/"), timeout=60)
        deadline = time.monotonic() + 30
        while HERE() == parent and not note.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        return 0

    def told(_: Sequence[int]) -> None:
        raise KeyboardInterrupt

    parent = HERE()
    with pytest.raises(KeyboardInterrupt):
        share_out("long", work, PARTS[:4], 2, told)
    assert gone(int(note.read_text()))
