# SPDX-License-Identifier: GPL-2.0-only
"""The door to other programs: what comes back, and that nothing stays behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from migrate.base.programs.process import (
    Finished,
    NotStarted,
    TimedOut,
    TooMuchOutput,
    clean_environment,
    describe,
    run,
)


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def alive(pid: int) -> bool:
    """Whether `pid` still runs; one that is dead and not reaped yet does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state not in ("Z", "X")


def gone_within(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not alive(pid):
            return True
        time.sleep(0.01)
    return False


def test_output_and_exit_code_come_back(tmp_path: Path) -> None:
    code = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
    outcome = run(python(code), cwd=tmp_path, timeout=30)
    assert isinstance(outcome, Finished)
    assert (outcome.code, outcome.stdout, outcome.stderr) == (3, b"out\n", b"err\n")
    assert not outcome.ok
    assert describe(outcome).endswith("exited with 3: err")


def test_a_program_killed_by_a_signal_has_its_negative_number(tmp_path: Path) -> None:
    outcome = run(python("import os; os.kill(os.getpid(), 9)"), cwd=tmp_path, timeout=30)
    assert isinstance(outcome, Finished)
    assert outcome.code == -9
    assert "killed by signal 9" in describe(outcome)


def test_one_stream_keeps_the_order_of_both(tmp_path: Path) -> None:
    outcome = run(
        ["sh", "-c", "echo one; echo two >&2; echo three"],
        cwd=tmp_path,
        timeout=30,
        one_stream=True,
    )
    assert isinstance(outcome, Finished)
    assert outcome.stdout == b"one\ntwo\nthree\n"


def test_it_runs_where_it_is_told(tmp_path: Path) -> None:
    outcome = run(["pwd", "-P"], cwd=tmp_path, timeout=30)
    assert isinstance(outcome, Finished)
    assert outcome.stdout.decode().strip() == str(tmp_path.resolve())


GRANDCHILDREN = {
    "one that ends when asked": "sleep 300",
    "one that does not listen": "trap '' TERM; while :; do sleep 1; done",
}


@pytest.mark.parametrize("grandchild", GRANDCHILDREN.values(), ids=GRANDCHILDREN.keys())
def test_the_time_limit_kills_grandchildren(tmp_path: Path, grandchild: str) -> None:
    script = f"( {grandchild} ) & echo $! > pid; echo ready; sleep 300"
    outcome = run(["sh", "-c", script], cwd=tmp_path, timeout=0.5)
    assert isinstance(outcome, TimedOut)
    assert outcome.stdout == b"ready\n"
    assert gone_within(int((tmp_path / "pid").read_text()), 3)
    assert "stopped after 0.5 s" in describe(outcome)


def test_what_a_finished_program_left_running_is_killed_as_well(tmp_path: Path) -> None:
    script = "sleep 300 >/dev/null 2>&1 & echo $! > pid"
    outcome = run(["sh", "-c", script], cwd=tmp_path, timeout=30)
    assert isinstance(outcome, Finished) and outcome.ok
    assert gone_within(int((tmp_path / "pid").read_text()), 3)


def test_the_time_limit_is_kept_when_the_program_closes_its_output(tmp_path: Path) -> None:
    start = time.monotonic()
    script = "exec >&- 2>&-; sleep 300"
    outcome = run(["sh", "-c", script], cwd=tmp_path, timeout=0.5)
    assert isinstance(outcome, TimedOut)
    assert time.monotonic() - start < 10


def test_a_program_that_says_nothing_any_more_is_stopped(tmp_path: Path) -> None:
    outcome = run(["sh", "-c", "echo ready; sleep 300"], cwd=tmp_path, timeout=200, silence=0.5)
    assert isinstance(outcome, TimedOut)
    assert (outcome.stdout, outcome.silent) == (b"ready\n", True)
    assert "stopped after 0.5 s of silence" in describe(outcome)


def test_a_program_that_goes_on_talking_is_not_stopped(tmp_path: Path) -> None:
    """It takes longer as a whole than it may be silent; reading nothing does not count twice."""
    script = "for i in 1 2 3 4 5 6 7 8; do sleep 1; echo $i; done"
    outcome = run(["sh", "-c", script], cwd=tmp_path, timeout=200, silence=5.0)
    assert isinstance(outcome, Finished) and outcome.ok


def test_too_much_output_ends_the_program(tmp_path: Path) -> None:
    script = "echo $$ > pid; yes"
    outcome = run(["sh", "-c", script], cwd=tmp_path, timeout=30, output_limit=100_000)
    assert outcome == TooMuchOutput(outcome.argv, 100_000)
    assert gone_within(int((tmp_path / "pid").read_text()), 3)


def test_output_up_to_the_limit_is_fine(tmp_path: Path) -> None:
    code = "import sys; sys.stdout.write('x' * 1000)"
    outcome = run(python(code), cwd=tmp_path, timeout=30, output_limit=1000)
    assert isinstance(outcome, Finished)
    assert len(outcome.stdout) == 1000


def test_megabytes_of_input_and_output_do_not_block_each_other(tmp_path: Path) -> None:
    data = os.urandom(4 * 1024 * 1024)
    outcome = run(["cat"], cwd=tmp_path, timeout=60, stdin=data)
    assert isinstance(outcome, Finished)
    assert outcome.stdout == data


def test_a_program_that_does_not_read_its_input_is_no_failure(tmp_path: Path) -> None:
    outcome = run(["true"], cwd=tmp_path, timeout=30, stdin=b"x" * (4 * 1024 * 1024))
    assert isinstance(outcome, Finished) and outcome.ok


@pytest.mark.parametrize("stdin", [None, b""])
def test_without_input_there_is_an_end_of_file(tmp_path: Path, stdin: bytes | None) -> None:
    outcome = run(["cat"], cwd=tmp_path, timeout=30, stdin=stdin)
    assert isinstance(outcome, Finished)
    assert (outcome.code, outcome.stdout) == (0, b"")


def test_a_missing_program_is_an_outcome(tmp_path: Path) -> None:
    outcome = run(["no-such-program", "--help"], cwd=tmp_path, timeout=30)
    assert isinstance(outcome, NotStarted)
    assert outcome.argv == ("no-such-program", "--help")
    assert "no-such-program could not be started" in describe(outcome)


def test_a_missing_folder_and_a_bad_argument_are_outcomes(tmp_path: Path) -> None:
    assert isinstance(run(["true"], cwd=tmp_path / "gone", timeout=30), NotStarted)
    assert isinstance(run(["true", "a\0b"], cwd=tmp_path, timeout=30), NotStarted)


def test_git_variables_of_the_caller_do_not_get_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere/index")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("LANGUAGE", "de")
    monkeypatch.setenv("KEPT", "yes")
    outcome = run(["env"], cwd=tmp_path, timeout=30, env={"GIT_EDITOR": "true"})
    assert isinstance(outcome, Finished)
    seen = dict(line.split("=", 1) for line in outcome.stdout.decode().splitlines())
    assert {k for k in seen if k.startswith("GIT_")} == {"GIT_EDITOR"}
    assert (seen["LC_ALL"], seen["KEPT"]) == ("C", "yes")
    assert "LANGUAGE" not in seen
    assert "GIT_DIR" not in clean_environment()


def test_arguments_are_not_looked_at_by_a_shell(tmp_path: Path) -> None:
    outcome = run(["printf", "%s", "$(id) `id` *;"], cwd=tmp_path, timeout=30)
    assert isinstance(outcome, Finished)
    assert outcome.stdout == b"$(id) `id` *;"


def test_a_shielded_program_comes_to_its_end_though_we_are_killed(
    tmp_path: Path, project: Path
) -> None:
    """As git does that is writing into the user's repository."""
    script = (
        "import sys; from pathlib import Path; from migrate.base.programs.process import run; "
        "run(['sh', '-c', 'cat >input; until test -e go; do sleep 0.1; done; echo whole >result'], "
        "cwd=Path(sys.argv[1]), timeout=60, stdin=b'x' * 10, shielded=True)"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], env=os.environ | {"PYTHONPATH": str(project)}
    )
    deadline = time.monotonic() + 30
    while not (tmp_path / "input").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    child.kill()
    child.wait()
    assert not (tmp_path / "result").exists()
    (tmp_path / "go").touch()
    # The shell makes the file before echo writes into it, so what is in it counts.
    while _text(tmp_path / "result") != "whole\n" and time.monotonic() < deadline:
        time.sleep(0.01)
    assert _text(tmp_path / "result") == "whole\n"


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def test_a_shielded_program_is_not_interrupted_but_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("migrate.base.programs.process._SHIELD_SECONDS", 0.5)
    script = "trap 'echo told > told' TERM; cat; sleep 0.1; echo whole > result"
    outcome = run(["sh", "-c", script], cwd=tmp_path, timeout=30, stdin=b"", shielded=True)
    assert isinstance(outcome, Finished) and outcome.ok
    assert (tmp_path / "result").exists() and not (tmp_path / "told").exists()
    hangs = run(["sleep", "300"], cwd=tmp_path, timeout=0.2, shielded=True)
    assert isinstance(hangs, TimedOut)


def test_a_program_may_use_so_much_of_the_processor(tmp_path: Path) -> None:
    outcome = run(python("while True: pass"), cwd=tmp_path, timeout=100, cpu_seconds=1)
    assert isinstance(outcome, TimedOut) and outcome.limit == 1
    assert describe(outcome).endswith("was stopped after 1 s")


def test_a_program_may_use_so_much_memory(tmp_path: Path) -> None:
    outcome = run(python("b'a' * (1 << 30)"), cwd=tmp_path, timeout=100, memory=1 << 29)
    assert isinstance(outcome, Finished) and b"MemoryError" in outcome.stderr
