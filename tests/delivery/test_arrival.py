# SPDX-License-Identifier: GPL-2.0-only
"""Killed at any moment of the hand-over: nothing half done stays in the user's repository."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import pytest

from migrate.base.stores.git import git_output
from migrate.delivery.commits import arrival, publish
from migrate.delivery.commits.arrival import Lock, Note, clean_up, noted

if TYPE_CHECKING:
    from conftest import Tiny

    from migrate.delivery.model import Branch

ONE = "drivers/misc/alpha/alpha_one.c"
TEMPORARY = ("**/*.lock", "objects/**/tmp_*")


def no_notice(text: str) -> None:
    raise AssertionError(text)


@pytest.fixture
def branch(tiny: Tiny) -> Branch:
    return tiny.commit(*tiny.results(tiny.change(ONE, "ALPHA DRIVER")))


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal.json"


def hand_over(branch: Branch, tiny: Tiny, journal: Path) -> None:
    publish.publish(branch, tiny.repository, tiny.checkout, journal=journal)


def git_folder(tiny: Tiny) -> Path:
    return tiny.checkout / ".git"


def half_done(tiny: Tiny) -> list[str]:
    folder = git_folder(tiny)
    found = [path.name for pattern in TEMPORARY for path in folder.glob(pattern)]
    packs = list((folder / "objects/pack").glob("*"))
    with_index = {path.stem for path in packs if path.suffix == ".idx"}
    return found + [path.name for path in packs if path.stem not in with_index]


def in_child(action: Callable[[], None]) -> int:
    """The exit code of a fork of this process in which `action` runs; negative for a signal."""
    child = os.fork()
    if child == 0:
        try:
            action()
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def killed_at_line(number: int, action: Callable[[], None]) -> None:
    """Run `action` up to the `number`th line of arrival.py that it comes through."""
    left = number

    def line(_: FrameType, event: str, __: Any) -> Any:
        nonlocal left
        left -= event == "line"
        if left == 0:
            die()
        return line

    def call(frame: FrameType, _: str, __: Any) -> Any:
        return line if frame.f_code.co_filename == arrival.__file__ else None

    sys.settrace(call)
    action()


def test_killed_at_every_line(tiny: Tiny, branch: Branch, journal: Path, tmp_path: Path) -> None:
    (tmp_path / "packed").mkdir()
    pack = publish._pack(branch, tiny.repository, tiny.checkout, tmp_path / "packed")
    lock = Lock(str(git_folder(tiny) / f"{branch.ref}.lock"), branch.tip)

    def bring() -> None:
        with noted(journal, pack, git_folder(tiny) / "objects/pack", [lock]) as found:
            found.put()
            move = (branch.ref, branch.tip, "0" * len(branch.tip))
            publish._transaction([move], [lock], tiny.checkout, found.handle)

    seen: set[bool] = set()
    for number in range(1, 500):
        code = in_child(lambda number=number: killed_at_line(number, bring))
        seen.add(bool(half_done(tiny)))
        clean_up(journal, no_notice)
        assert half_done(tiny) == [], f"after a kill at line {number}"
        assert not journal.exists()
        if code == 0:
            break
        assert code == -signal.SIGKILL
        for path in (git_folder(tiny) / "objects/pack").iterdir():
            path.unlink()
        (git_folder(tiny) / branch.ref).unlink(missing_ok=True)
    else:
        pytest.fail("it never came to its end")
    assert number > 40 and seen == {True, False}, "no kill hit anything"
    assert git_output(["rev-parse", branch.ref], cwd=tiny.checkout).decode().strip() == branch.tip
    git_output(["fsck", "--strict", "--no-dangling"], cwd=tiny.checkout)


def test_a_pack_that_is_whole_stays(tiny: Tiny, branch: Branch, journal: Path) -> None:
    """The ref may have moved already."""

    def run() -> None:
        publish.__dict__["_transaction"] = die
        hand_over(branch, tiny, journal)

    assert in_child(run) == -signal.SIGKILL
    before = sorted((git_folder(tiny) / "objects/pack").iterdir())
    assert before and journal.exists()
    clean_up(journal, no_notice)
    assert sorted((git_folder(tiny) / "objects/pack").iterdir()) == before


@pytest.mark.parametrize("empty", [False, True])
def test_a_lock_of_a_git_that_was_killed_with_us_goes(
    tiny: Tiny, branch: Branch, journal: Path, empty: bool
) -> None:
    lock = git_folder(tiny) / f"{branch.ref}.lock"

    def git_and_we_die(argv: list[str], *, stdin: bytes, **_: Any) -> None:
        git = subprocess.Popen(
            ["git", *argv], cwd=tiny.checkout, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert git.stdin and git.stdout
        git.stdin.write(stdin.removesuffix(b"commit\0"))
        git.stdin.flush()
        assert git.stdout.readline() == b"start: ok\n"
        assert git.stdout.readline() == b"prepare: ok\n"
        git.kill()
        git.wait()
        if empty:
            lock.write_text("")
        die()

    def run() -> None:
        git_run = publish.git_run
        publish.__dict__["git_run"] = lambda argv, **options: (
            git_and_we_die(argv, **options) if argv[0] == "update-ref" else git_run(argv, **options)
        )
        hand_over(branch, tiny, journal)

    assert in_child(run) == -signal.SIGKILL
    assert lock.read_text() == ("" if empty else f"{branch.tip}\n")
    clean_up(journal, no_notice)
    assert half_done(tiny) == []
    hand_over(branch, tiny, journal)


def test_a_lock_of_another_git_stays(tmp_path: Path, journal: Path) -> None:
    lock = tmp_path / "p.lock"
    with noted(journal, (), tmp_path / "pack", [Lock(str(lock), "1" * 40)]):
        lock.write_text(f"{'2' * 40}\n")
    assert lock.exists()


def test_what_is_noted_goes_when_we_are_interrupted(
    tiny: Tiny, branch: Branch, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    monkeypatch.setattr(arrival.stored, "save", lambda path, *_: path.touch())
    with pytest.raises(KeyboardInterrupt):
        hand_over(branch, tiny, journal)
    assert half_done(tiny) == [] and not journal.exists()


def test_a_git_that_is_still_at_work_is_waited_for(tmp_path: Path, journal: Path) -> None:
    def run() -> None:
        with noted(journal, (), tmp_path, ()) as found:
            subprocess.Popen(
                ["sh", "-c", "sleep 0.3; touch ended"], cwd=tmp_path, pass_fds=[found.handle]
            )
            die()

    assert in_child(run) == -signal.SIGKILL
    clean_up(journal, no_notice)
    assert (tmp_path / "ended").exists() and not journal.exists()


def test_one_that_does_not_end_keeps_its_note(
    tmp_path: Path, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = tmp_path / "half"
    half.touch()
    arrival.stored.save(journal, Note((str(half),)), "")
    monkeypatch.setattr(arrival, "_PATIENCE", 0.0)
    with journal.open() as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        clean_up(journal, no_notice)
        assert journal.exists() and half.exists()
    clean_up(journal, no_notice)
    assert not journal.exists() and not half.exists()


def test_a_note_that_is_damaged_is_set_aside(journal: Path) -> None:
    said: list[str] = []
    journal.write_text("{")
    clean_up(journal, said.append)
    assert "was damaged" in said[0] and not journal.exists()


def test_what_cannot_be_removed_stays_noted(tmp_path: Path, journal: Path) -> None:
    (tmp_path / "half").mkdir()
    arrival.stored.save(journal, Note((str(tmp_path / "half"),)), "")
    clean_up(journal, no_notice)
    assert journal.exists()
