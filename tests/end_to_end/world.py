# SPDX-License-Identifier: GPL-2.0-only
"""The miniature kernel in git, and the program run on it as a user runs it."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
MINI = ROOT / "kernel-fixtures" / "mini"
OURS = "refs/heads/gup-migrate/"


@dataclass(frozen=True)
class World:
    """A home, a checkout in it, and everything the program may use besides.

    `code` is a copy of the program, so that an edit during the tests is not half in them.
    """

    home: Path
    code: Path

    @property
    def tree(self) -> Path:
        return self.home / "linux"

    @property
    def workspace(self) -> Path:
        return self.home / "workspace"

    @property
    def env(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "XDG_"))}
        return kept | {
            "HOME": str(self.home),
            "XDG_CACHE_HOME": str(self.home / "cache"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "SOURCE_DATE_EPOCH": "1704200000",
            "PYTHONPATH": str(self.code),
        }

    def git(self, *args: str, cwd: Path | None = None) -> str:
        done = subprocess.run(
            ["git", *args],
            cwd=cwd or self.tree,
            env=self.env,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def command(self, name: str, *options: str, workspace: Path | None = None) -> list[str]:
        place = [str(self.tree), "--workspace", str(workspace or self.workspace)]
        return [sys.executable, "-m", "migrate", name, *options, *place]

    def run(
        self, name: str, *options: str, workspace: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(name, *options, workspace=workspace),
            cwd=self.home,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )

    def out(self, profile: str) -> Path:
        return self.workspace / "profiles" / profile / "out"

    def start(self, name: str, *options: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(name, *options),
            cwd=self.home,
            env=self.env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )


def copy_program(to: Path) -> Path:
    """The package and its rules as they are now."""
    for name in ("migrate", "cocci", "exercises"):
        shutil.copytree(ROOT / name, to / name, ignore=shutil.ignore_patterns("__pycache__"))
    return to


def make_world(home: Path, code: Path) -> World:
    """The miniature kernel in git, committed on a fixed date by somebody with a name."""
    world = World(home, code)
    shutil.copytree(MINI, world.tree, symlinks=True)
    world.git("init", "-q", "-b", "main")
    world.git("config", "user.name", "Kim Tester")
    world.git("config", "user.email", "kim@example.org")
    world.git("add", "-A", "-f")
    when = "2024-01-02T03:04:05 +0100"
    subprocess.run(
        ["git", "commit", "-qm", "import"],
        cwd=world.tree,
        env=world.env | {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when},
        check=True,
    )
    return world


def make_few_callers(world: World, keep: str = "drivers/block/slate/slate_drv.c") -> None:
    """Leave of all drivers only `keep` its calls of GUP: a run then takes a few seconds."""
    for path in sorted(world.tree.rglob("*.c")):
        name = str(path.relative_to(world.tree))
        text = path.read_text()
        if name != keep and not name.startswith("mm/") and re.search(r"\bget_user_page", text):
            path.write_text(f"int no_caller_{hashlib.sha256(name.encode()).hexdigest()[:8]};\n")
    when = "2024-01-02T03:04:06 +0100"
    subprocess.run(
        ["git", "commit", "-qam", "few callers"],
        cwd=world.tree,
        env=world.env | {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when},
        check=True,
    )


def make_dirty(world: World) -> None:
    """What a work tree looks like in the middle of somebody's day."""
    tree = world.tree
    (tree / "MAINTAINERS").write_text((tree / "MAINTAINERS").read_text() + "\nstashed\n")
    world.git("stash")
    world.git("branch", "topic")
    world.git("tag", "v6.1")
    (tree / "Makefile").write_text("broken = $(shell exit 1)\n")
    (tree / "mm" / "gup.c").unlink()
    (tree / "new.c").write_text("int staged;\n")
    world.git("add", "new.c")
    (tree / "new.c").write_text("int not_staged;\n")
    (tree / "untracked.txt").write_text("mine\n")
    hooks = tree / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("reference-transaction", "post-checkout", "post-commit", "pre-commit"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {tree}/HOOK-RAN-{name}\n")
        (hooks / name).chmod(0o755)
    world.git("config", "core.autocrlf", "true")
    world.git("config", "commit.gpgSign", "true")
    world.git("config", "core.fsmonitor", f"touch {tree}/FSMONITOR-RAN")


def snapshot(world: World) -> dict[str, str]:
    """Everything of the user's: each file with its contents and time stamp, refs, stash.

    Of .git only objects, which are added to, and the tool's own refs are left out.
    """
    found = {}
    for path in sorted(world.tree.rglob("*")):
        name = str(path.relative_to(world.tree))
        if name.startswith(".git/objects") or OURS[:-1] in name:
            continue
        if path.is_file() and not path.is_symlink():
            stat = path.stat()
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            found[name] = f"{digest} {stat.st_mtime_ns} {stat.st_mode:o}"
        elif path.is_symlink():
            found[name] = str(path.readlink())
    refs = world.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    found["refs"] = "\n".join(ref for ref in refs if not ref.startswith(OURS))
    found["HEAD"] = world.git("rev-parse", "HEAD") + world.git("symbolic-ref", "HEAD")
    return found


def contents(folder: Path) -> dict[str, str]:
    """Every file below `folder` with a digest of what is in it."""
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }
