# SPDX-License-Identifier: GPL-2.0-only
"""What keeps new callers out where it ends up: `make coccicheck` and checkpatch.pl of a kernel."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from migrate.analysis.verdicts.left import Left
from migrate.kernel.tree import open_tree
from migrate.rewrite.api.checkpatch import SCRIPT, TYPE
from migrate.rewrite.api.deprecate import RULE, deprecation
from migrate.rewrite.model import ApiChange, Rewrite
from migrate.rewrite.profile.profiles import load_profile

FOLDER = "drivers/misc/vmw_vmci"
CALL = re.compile(r'^[^"]*\bget_user_pages(?:_fast|_remote|_unlocked|_locked)?\(')


def git(tree: Path, *args: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(tree), *args], check=True, capture_output=True, text=True
    )
    return done.stdout


PATCH = """\
From: Ada Tester <ada@example.org>
Subject: [PATCH] {path}: call it

It has to be called.

Signed-off-by: Ada Tester <ada@example.org>
---
diff --git a/{path} b/{path}
--- a/{path}
+++ b/{path}
@@ -1,3 +1,6 @@
 int one(void)
 {{
+\tgot = {name}(start, 1, FOLL_WRITE, pages);
+\t/* {name}() is done. */
+\tpin_user_pages(start, 1, FOLL_WRITE, pages);
 }}
"""


@pytest.fixture
def part(linux: Path, tmp_path: Path) -> Path:
    """As much of the kernel as `make coccicheck` on FOLDER reads, with the patches on top."""
    target = tmp_path / "linux"
    git(linux, "clone", "-q", "--shared", "--no-checkout", ".", str(target))
    git(target, "sparse-checkout", "set", "scripts", "arch/x86/tools", "include/linux", FOLDER)
    git(target, "checkout", "-q")
    tree = open_tree(target)
    nothing = Rewrite(tree.commit, "", ApiChange((), (), ()), (), ())
    last = deprecation(tree, nothing, load_profile("pin-user-pages"), Left((), ()))
    assert len(last.commits) == 3
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


def test_checkpatch_warns_of_new_callers(each_linux: Path, tmp_path: Path) -> None:
    root = each_linux
    tree = open_tree(root)
    nothing = Rewrite(tree.commit, "", ApiChange((), (), ()), (), ())
    last = deprecation(tree, nothing, load_profile("pin-user-pages"), Left((), ()))
    (file,) = [f for files in last.commits for f in files if f.path == SCRIPT]
    script = tmp_path / "checkpatch.pl"
    script.write_bytes(file.after)
    for name in ("spelling.txt", "const_structs.checkpatch"):
        (tmp_path / name).write_bytes((root / "scripts" / name).read_bytes())
    found = {}
    for path in ("drivers/my/my.c", "mm/my.c", "include/linux/mm.h"):
        patch = tmp_path / "my.patch"
        for name in ("get_user_pages", "get_user_pages_fast", "get_user_pages_here"):
            patch.write_text(PATCH.format(path=path, name=name))
            done = subprocess.run(
                ["perl", str(script), "--no-tree", "--terse", "--show-types", str(patch)],
                capture_output=True,
                text=True,
                check=False,
            )
            assert "syntax error" not in done.stderr
            lines = [line for line in done.stdout.splitlines() if TYPE in line]
            found[path, name] = [
                line.partition("WARNING:")[2].split(" outside")[0] for line in lines
            ]
    assert {key: told for key, told in found.items() if told} == {
        ("drivers/my/my.c", name): [f"{TYPE}: New caller of {name}()"]
        for name in ("get_user_pages", "get_user_pages_fast")
    }
