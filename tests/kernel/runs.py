# SPDX-License-Identifier: GPL-2.0-only
"""The main job on the oldest kernel there is, run once a profile for all that look at it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.snapshots import snapshot

PROJECT = Path(__file__).resolve().parents[2]
PROFILES = ("vaddr-pin", "pin-user-pages")


@dataclass(frozen=True)
class Run:
    profile: str
    tree: Path
    workspace: Path
    done: subprocess.CompletedProcess[str]

    def stage(self, name: str) -> Any:
        for folder in (self.workspace / "profiles" / self.profile, self.workspace):
            if (folder / f"{name}.json").is_file():
                stored = json.loads((folder / f"{name}.json").read_text("utf-8"))
                return stored.get("value", stored)
        raise AssertionError(f"no {name}.json")

    def git(self, *args: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(self.tree), *args], capture_output=True, text=True, check=True
        )
        return done.stdout

    @property
    def out(self) -> Path:
        return self.workspace / "profiles" / self.profile / "out"

    @property
    def folders(self) -> list[Path]:
        """The directory of each series, that of the API first."""
        return sorted(p for p in self.out.iterdir() if p.is_dir())

    @property
    def ref(self) -> str:
        return f"refs/heads/gup-migrate/{self.profile}"


def run_all(linux: Path, folder: Path) -> dict[str, Run]:
    """`gup-migrate run --b4` under both profiles, in a checkout of its own and one workspace."""
    tree = folder / "linux"
    subprocess.run(
        ["git", "clone", "-q", "--shared", str(linux), str(tree)], check=True, timeout=600
    )
    env = os.environ | {"HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache")}
    for key, value in (("user.name", "Ada Tester"), ("user.email", "ada@example.org")):
        subprocess.run(["git", "-C", str(tree), "config", key, value], check=True)
    found = {}
    for profile in PROFILES:
        before = snapshot(tree, contents=False)
        done = subprocess.run(
            [
                *(sys.executable, "-m", "migrate", "run", str(tree), "--b4"),
                *("--profile", profile, "--workspace", str(folder / "work")),
            ],
            cwd=PROJECT,
            env=env,
            capture_output=True,
            text=True,
            timeout=2400,
            check=False,
        )
        print(done.stdout, done.stderr)
        found[profile] = Run(profile, tree, folder / "work", done)
        after = snapshot(tree, contents=False)
        assert after == before, "the user's repository changed"
    return found


def empty_checkout(run: Run, folder: Path) -> Path:
    """A checkout of the base of `run` without files, in which git am works all the same."""
    tree = folder / "linux"
    subprocess.run(
        ["git", "clone", "-q", "--shared", "--no-checkout", str(run.tree), str(tree)], check=True
    )
    for args in (
        ("config", "user.name", "a"),
        ("config", "user.email", "a@example.org"),
        ("sparse-checkout", "set", "--no-cone", "/Makefile"),
        ("checkout", "-q", "--detach", run.stage("commit")["base"]),
    ):
        subprocess.run(["git", "-C", str(tree), *args], check=True, timeout=120)
    return tree
