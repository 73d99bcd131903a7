# SPDX-License-Identifier: GPL-2.0-only
"""The disk of the workspace gets full in the middle of `run`, at one place after the other."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.world import (
    OURS,
    contents,
    copy_program,
    make_few_callers,
    make_world,
    snapshot,
)

KILOBYTES = (40, 150, 600, 1200, 2400, 64_000)
"""Each next try has more room; the last has enough."""


def mount(folder: Path, options: str) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    if not mount(folder, f"size={KILOBYTES[0]}k"):
        pytest.skip("nothing may be mounted here; a limit on file sizes is in test_branch.py")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_it_stops_with_one_line_and_goes_on_when_there_is_room(tmp_path: Path, disk: Path) -> None:
    code = copy_program(tmp_path / "code")
    plain, world = (make_world(tmp_path / name, code) for name in ("plain", "full"))
    for each in (plain, world):
        make_few_callers(each)
    done = plain.run("run", "--no-tree-scripts")
    assert done.returncode == 0, done.stderr
    before = snapshot(world)
    refused = []
    for size in KILOBYTES:
        assert mount(disk, f"remount,size={size}k")
        done = world.run("run", "--no-tree-scripts", workspace=disk / "ws")
        if done.returncode == 0:
            break
        assert done.returncode == 1, done.stderr
        said = done.stderr[done.stderr.index("error: ") :].splitlines()
        words = r"error: (No space left on the disk of |.* cannot be written: )"
        assert re.match(words, said[0]), done.stderr
        assert len(said) == 2 and "Traceback" not in done.stderr
        refused.append(said[0])
        assert snapshot(world) == before
    assert done.returncode == 0
    assert len(refused) >= 3, refused
    assert contents(disk / "ws/profiles/vaddr-pin/out") == contents(plain.out("vaddr-pin"))
    tips = [w.git("rev-parse", f"{OURS}vaddr-pin") for w in (world, plain)]
    assert tips[0] == tips[1]
