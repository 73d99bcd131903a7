# SPDX-License-Identifier: GPL-2.0-only
"""A converted kernel at work, under each profile.

The first build takes some ten minutes on two cores. For the second one ccache has all but what the
other profile converts, so that it is the same kernel.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from migrate.delivery.proof.machine.exercises import exercises
from scripts.kernel_tree import cache_folder, installed, kernel_tree
from tests.kernel.runs import PROFILES

PROJECT = Path(__file__).resolve().parents[2]
KERNELS = os.environ.get("KERNELS", "").split() or installed()
_CACHE = cache_folder()
CASES = [(version, profile) for version in KERNELS[:1] for profile in PROFILES]
BY_HAND = ("p9",)
"""Exercises that take much of a kernel with them: `bench.prove` runs these as well."""
WITHOUT_HARDWARE = {p for e in exercises() if e.name not in BY_HAND for p in e.objects}
"""Files with groups that QEMU reaches, on every kernel that has them unconverted."""


def proved(version: str, profile: str, workspace: Path) -> tuple[int, Any]:
    """The exit code of `prove`, and what it says."""
    tree = kernel_tree(version, cache=_CACHE)
    command = [sys.executable, "-m", "migrate", "prove", str(tree), "--profile", profile]
    command += [f"--without={name}" for name in BY_HAND]
    done = subprocess.run(
        [*command, "--workspace", str(workspace), "--json"],
        cwd=PROJECT,
        # Kept beside the kernels: each test has a home of its own.
        env={"CCACHE_DIR": str(_CACHE / "ccache")} | os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr[-3000:]
    return done.returncode, json.loads(done.stdout)


@pytest.mark.parametrize(("version", "profile"), CASES)
def test_pins_are_released_by_their_own_groups(version: str, profile: str, tmp_path: Path) -> None:
    code, proof = proved(version, profile, tmp_path / "workspace")
    assert proof["problem"] == "" and proof["unfinished"] == []
    groups = proof["groups"]
    seen = {g["group"]: g["outcome"] for g in groups}
    assert set(seen.values()) <= {"proved", "not reached"}, seen
    ran = [g for g in groups if g["outcome"] == "proved"]
    files = {g["group"].partition(":")[0] for g in ran}
    assert WITHOUT_HARDWARE & {name.partition(":")[0] for name in seen} <= files
    assert proof["problems"] == [] and all(g["lines"] for g in ran)
    controls = [c for g in ran for c in g["controls"]]
    assert [c for c in controls if c["outcome"] != "caught"] == []
    assert all(g["controls"] for g in ran)
    assert code == 0
    # What is stored is not made again.
    again, same = proved(version, profile, tmp_path / "workspace")
    assert (again, same) == (code, proof)
    told = f"{len(ran)} of {len(groups)} groups, {len(controls)} controls, boots"
    print(f"\n{version} {profile}: {told} {proof['seconds']} s, on {proof['machine']}")
