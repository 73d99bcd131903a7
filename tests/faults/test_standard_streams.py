# SPDX-License-Identifier: GPL-2.0-only
"""Standard input, output and error that are closed, full or read by nobody."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = ("--help", "doctor --json", "status linux")
WORK = ("scan linux", "scan --json linux")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, mini: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    assert mini == tmp_path / "linux"
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shell(line: str) -> subprocess.CompletedProcess[str]:
    """Type `line`, in which %s is the program; its exit code is that of the last command."""
    program = f"{shlex.quote(sys.executable)} -m migrate"
    return subprocess.run(
        ["bash", "-c", line.replace("%s", program)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        errors="replace",
        timeout=120,
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_a_closed_standard_output_is_said_before_any_work(command: str) -> None:
    done = shell(f"%s {command} >&-")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "error: Standard output is closed, and the result would go there.\n"
        "Let it go to a file, or to /dev/null.\n"
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_standard_output_is_not_taken_for_another_disk(command: str) -> None:
    done = shell(f"%s {command} >/dev/full")
    assert done.returncode == 1
    assert done.stderr == (
        "error: Standard output cannot be written: No space left on device.\n"
        "Let the result go elsewhere, and run the command again; its work is kept.\n"
    )


@pytest.mark.parametrize("command", [*COMMANDS, *WORK])
def test_without_a_reader_it_ends_as_git_does(command: str) -> None:
    done = shell(f"mkfifo p; exec 3<>p 4>p 3<&-; %s {command} >&4; echo $?")
    assert done.stdout == f"{128 + signal.SIGPIPE}\n"
    said = [line for line in done.stderr.splitlines() if not line.startswith("scan")]
    assert said == []


def test_a_message_without_a_reader_ends_it_as_well() -> None:
    done = shell("mkfifo p; exec 3<>p 4>p 3<&-; %s scan linux 2>&4; echo $?")
    assert done.stdout == f"{128 + signal.SIGPIPE}\n"


def test_it_leaves_nothing_locked_or_running_when_the_reader_goes(folder: Path) -> None:
    done = shell(
        "%s scan linux --workspace ws | true; echo ${PIPESTATUS[0]}; %s scan linux --workspace ws"
    )
    first, *rest = done.stdout.splitlines()
    assert first == str(128 + signal.SIGPIPE) and rest[0].endswith("acquires")
    assert done.returncode == 0
    assert not (folder / "ws/scratch").exists()


@pytest.mark.parametrize("where", ["2>&-", "2>/dev/full"])
def test_without_standard_error_it_works_all_the_same(where: str) -> None:
    done = shell(f"%s scan linux --json {where}")
    assert done.returncode == 0 and done.stdout.startswith("{")
    assert shell(f"%s status /nonexistent {where}").returncode == 1


def test_no_file_of_ours_gets_the_number_of_a_closed_stream(folder: Path) -> None:
    """Or what is meant for the terminal would be written into the database."""
    assert shell("%s scan linux --workspace ws --json <&- 2>&- >out").returncode == 0
    assert shell("%s scan linux --workspace ws --json >again").returncode == 0
    assert (folder / "out").read_text() == (folder / "again").read_text()
    assert list((folder / "ws").glob("*.damaged*")) == []


def test_a_closed_standard_input_is_an_end_of_input(folder: Path) -> None:
    done = shell("%s review linux --decisions d.toml <&-")
    assert done.returncode == 0, done.stderr
    assert not (folder / "d.toml").exists()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_what_an_encoding_does_not_have_is_no_error(encoding: str, folder: Path) -> None:
    (folder / "linux").rename(folder / "l\u00efnux \u2603")
    done = shell(f"PYTHONIOENCODING={encoding} %s status l*")
    assert done.returncode == 0 and "Next: gup-migrate run " in done.stdout, done.stderr
