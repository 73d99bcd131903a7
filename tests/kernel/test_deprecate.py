# SPDX-License-Identifier: GPL-2.0-only
"""The rule against new callers where it ends up: under `make coccicheck` of Linux 6.1."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from migrate.kernel.tree import open_tree
from migrate.rewrite.deprecate import RULE, deprecation
from migrate.rewrite.model import ApiChange, Rewrite
from migrate.rewrite.profiles import load_profile

FOLDER = "drivers/misc/vmw_vmci"
CALL = re.compile(r'^[^"]*\bget_user_pages(?:_fast|_remote|_unlocked|_locked)?\(')


def git(tree: Path, *args: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(tree), *args], check=True, capture_output=True, text=True
    )
    return done.stdout


@pytest.fixture
def part(linux_6_1: Path, tmp_path: Path) -> Path:
    """As much of the kernel as `make coccicheck` on FOLDER reads, with the patches on top."""
    target = tmp_path / "linux"
    git(linux_6_1, "clone", "-q", "--shared", "--no-checkout", ".", str(target))
    git(target, "sparse-checkout", "set", "scripts", "arch/x86/tools", "include/linux", FOLDER)
    git(target, "checkout", "-q")
    tree = open_tree(target)
    nothing = Rewrite(tree.commit, "", ApiChange((), (), ()), (), ())
    last = deprecation(tree, nothing, load_profile("pin-user-pages"))
    assert len(last.commits) == 2
    for file in (f for files in last.commits for f in files):
        place = target / file.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file.after)
    return target


def test_coccicheck_runs_the_rule(part: Path) -> None:
    done = subprocess.run(
        ["make", "-s", "coccicheck", f"COCCI={RULE}", f"M={FOLDER}", "MODE=report", "J=1"],
        cwd=part,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = {
        (Path(path).name, int(line))
        for path, line in re.findall(r"^(\S+\.c):(\d+):\d+-\d+: WARNING: ", done.stdout, re.M)
    }
    wanted = {
        (file.name, number)
        for file in (part / FOLDER).glob("*.c")
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if CALL.match(line)
    }
    assert wanted and found == wanted
