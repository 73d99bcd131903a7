# SPDX-License-Identifier: GPL-2.0-only
"""A git that crashes, is killed for memory, writes garbage or without end: one line that names it.

What spatch and make can do wrong is in tests/analysis/acquires/test_spatch.py, test_scan.py beside
it, and tests/delivery/builds/test_branch.py; time limits, process groups and children left behind
are in tests/base/test_process.py.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from migrate.base.errors import Refusal
from migrate.base.programs import process
from migrate.base.stores.git import git_output, object_id, reading
from tests import forked
from tests.end_to_end.world import ROOT

SCRIPT = """\
#!/bin/bash
for word; do case $word in -c|-C|*=*) ;; -*) ;; *) break ;; esac; done
if [ "$word" = "$BAD_COMMAND" ]; then
	case $BAD_WAY in
	dies) kill -SEGV $$ ;;
	"is killed for memory") kill -9 $$ ;;
	"writes nothing") exit 0 ;;
	"writes garbage") printf '\\377\\0\\33[31m\\nx\\0y'; exit 0 ;;
	"stops half way") REAL "$@" | head -c 30; exit 0 ;;
	"writes without end") exec yes ;;
	esac
fi
exec REAL "$@"
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "linux"
    (root / "include/linux").mkdir(parents=True)
    (root / "Makefile").write_text("VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 0\n")
    (root / "MAINTAINERS").write_text("THE REST\nM:\tA B <a@example.org>\nF:\t*\nF:\t*/\n")
    (root / "include/linux/mm.h").write_text("long get_user_pages(unsigned long start);\n")
    (root / "a.c").write_text("long f(void)\n{\n\treturn get_user_pages(0);\n}\n")
    for args in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "import"]):
        subprocess.run(["git", "-C", str(root), *args], check=True)
    return root


def bad_git(folder: Path, command: str, way: str) -> dict[str, str]:
    """An environment in which git `command` does what `way` says."""
    (folder / "bin").mkdir()
    (folder / "bin/git").write_text(SCRIPT.replace("REAL", str(shutil.which("git"))))
    (folder / "bin/git").chmod(0o755)
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    return os.environ | {"PATH": path, "BAD_COMMAND": command, "BAD_WAY": way}


@pytest.mark.parametrize(
    ("command", "way", "words"),
    [
        (
            "rev-parse",
            "writes garbage",
            "git rev-parse in {tree} gave output that cannot be parsed",
        ),
        (
            "rev-parse",
            "stops half way",
            "git rev-parse in {tree} gave output that cannot be parsed",
        ),
        ("cat-file", "dies", "git cat-file failed in {tree}: git was killed by signal 11"),
        ("cat-file", "is killed for memory", "git was killed by signal 9"),
        (
            "cat-file",
            "writes nothing",
            "git cat-file in {tree} gave output that cannot be parsed",
        ),
        (
            "cat-file",
            "stops half way",
            "git cat-file in {tree} gave output that cannot be parsed",
        ),
        (
            "ls-tree",
            "writes garbage",
            "git ls-tree in {tree} gave output that cannot be parsed",
        ),
        ("grep", "is killed for memory", "git grep failed in {tree}: git was killed by signal 9"),
        ("ls-files", "writes without end", "git was stopped after 268435456 bytes of output"),
    ],
)
def test_a_git_that_misbehaves_is_named_in_one_line(
    tree: Path, tmp_path: Path, command: str, way: str, words: str
) -> None:
    arguments = ["classify", str(tree), "--workspace", "ws"]
    done = forked.run(arguments, bad_git(tmp_path, command, way), tmp_path)
    assert done.returncode == 1, done.stderr
    said = done.stderr[done.stderr.index("error: ") :].splitlines()
    assert words.format(tree=tree) in said[0]
    assert len(said) == 2 and "Traceback" not in done.stderr


@pytest.mark.parametrize("there", [False, True])
def test_a_git_that_cannot_be_started(tree: Path, tmp_path: Path, there: bool) -> None:
    (tmp_path / "bin").mkdir()
    if there:
        (tmp_path / "bin/git").write_text("#!/none\n")
        (tmp_path / "bin/git").chmod(0o755)
    env = os.environ | {"PYTHONPATH": str(ROOT), "PATH": str(tmp_path / "bin")}
    argv = [sys.executable, "-m", "migrate", "classify", str(tree), "--workspace", "ws"]
    done = subprocess.run(argv, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: git does not work: ")
    assert "Install git" in done.stderr.splitlines()[1] and "Traceback" not in done.stderr


def running(text: str) -> list[bytes]:
    """The command lines with `text` in them; what is not reaped yet has none."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found.append(file.read_bytes())
    return [words for words in found if text.encode() in words]


def test_a_git_that_hangs_is_stopped_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "git").write_text(f"#!/bin/sh\n(sleep 600; touch {tmp_path}/alive) &\nsleep 600\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    real = process.run

    def run(*args: object, **options: object) -> process.Outcome:
        assert options.pop("timeout") == 1800
        return real(*args, **options, timeout=1.0)  # type: ignore[arg-type]

    monkeypatch.setattr(process, "run", run)
    with pytest.raises(Refusal, match=r"git status failed in .*: git was stopped after 1 s"):
        git_output(["status"], cwd=tmp_path)
    # It was killed; on a busy machine it takes a while to be gone.
    end = time.monotonic() + 30
    while running(f"{tmp_path}/git") and time.monotonic() < end:
        time.sleep(0.05)
    assert running(f"{tmp_path}/git") == [], "a child of it runs on"


@pytest.mark.parametrize("answer", [b"", b"abc\n", b"\xff" * 40, b"0" * 41, b"A" * 40])
def test_what_is_no_id_is_not_taken_for_one(answer: bytes, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match=r"git write-tree in .* gave output that cannot be parsed"):
        object_id(answer, "write-tree", tmp_path)
    for length in (40, 64):
        assert object_id(b"0a" * (length // 2) + b"\n", "write-tree", tmp_path)


@pytest.mark.parametrize("error", [ValueError, IndexError, KeyError, StopIteration])
def test_an_answer_that_cannot_be_read(error: type[Exception], tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refusal, reading("ls-tree", tmp_path):
        raise error("x")
    assert "fsck" in refusal.value.next_step
