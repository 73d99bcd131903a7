# SPDX-License-Identifier: GPL-2.0-only
"""The power fails: the disk is what it was in one moment, or files on it are empty.

bench/faults.py stops all programs in one moment. Here the disk of such a moment is copied, and
files are cut, as some file systems leave them.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from bench.kills import litter, resume, stopped
from tests.end_to_end.world import (
    OURS,
    World,
    contents,
    copy_program,
    make_few_callers,
    make_world,
    snapshot,
)

CUT = {
    "the tool's own repository": ("repository/.git/objects/??/*", "repository/.git/refs/**/*"),
    "its head and index": ("repository/.git/HEAD", "repository/.git/index"),
    "state": ("*.json", "state.sqlite", "profiles/*/*.json"),
    "its work tree": ("repository/mm/*", "repository/drivers/**/*.c"),
    "builds": ("builds/**/*.o", "builds/**/.config", "builds/**/*.d"),
}


def cut(world: World, patterns: tuple[str, ...]) -> None:
    """Empty every file of `patterns`; the branch and the series are gone as well."""
    found = [path for p in patterns for path in world.workspace.glob(p) if path.is_file()]
    assert found
    for path in found:
        path.chmod(0o644)
        path.write_bytes(b"")
    shutil.rmtree(world.out("vaddr-pin"))
    world.git("update-ref", "-d", f"{OURS}vaddr-pin")


def test_after_a_power_cut_the_next_run_ends_as_if_nothing_had_been(tmp_path: Path) -> None:
    world = make_world(tmp_path / "home", copy_program(tmp_path / "code"))
    make_few_callers(world)
    done = world.run("run", "--no-tree-scripts")
    assert done.returncode == 0, done.stderr
    before, series = snapshot(world), contents(world.out("vaddr-pin"))
    tip = world.git("rev-parse", f"{OURS}vaddr-pin")
    for name, patterns in CUT.items():
        cut(world, patterns)
        done = world.run("run", "--no-tree-scripts")
        assert done.returncode == 0, f"{name}: {done.stderr}"
        assert contents(world.out("vaddr-pin")) == series, name
        assert world.git("rev-parse", f"{OURS}vaddr-pin") == tip, name
        assert snapshot(world) == before, name


MOMENTS = {
    "the first search": "scratch/*",
    "the commits": "profiles/*/rewrite.json",
    "building": "builds/*/**/*.o",
    "the series": "profiles/*/build.json",
}
"""Each begins when there is such a file in the workspace."""


def copies_of(world: World, to: Path) -> list[str]:
    """Run to the end, with a copy of the whole home in `to` taken at each of MOMENTS, when nothing
    ran; the moments of which there is one."""
    seen = []
    child = world.start("run", "--no-tree-scripts")
    for name, pattern in MOMENTS.items():
        while child.poll() is None and not any(world.workspace.glob(pattern)):
            time.sleep(0.002)
        programs = stopped(world)
        try:
            if not (world.tree / ".git" / OURS).exists():
                shutil.copytree(world.home, to / name, symlinks=True)
                seen.append(name)
        finally:
            resume(programs)
    _, said = child.communicate(timeout=600)
    assert child.returncode == 0, said
    return seen


def test_a_run_goes_on_from_a_copy_of_the_disk(tmp_path: Path) -> None:
    world = make_world(tmp_path / "home", copy_program(tmp_path / "code"))
    make_few_callers(world)
    before = snapshot(world)
    moments = copies_of(world, tmp_path / "disks")
    assert moments, "the run was too quick to be looked at"
    series = contents(world.out("vaddr-pin"))
    tip = world.git("rev-parse", f"{OURS}vaddr-pin")
    for name in moments:
        shutil.rmtree(world.home)
        (tmp_path / "disks" / name).rename(world.home)
        (world.home / "tmp").mkdir()
        done = world.run("run", "--no-tree-scripts")
        assert done.returncode == 0, f"{name}: {done.stderr}"
        assert contents(world.out("vaddr-pin")) == series, name
        assert world.git("rev-parse", f"{OURS}vaddr-pin") == tip, name
        assert snapshot(world) == before, name
        assert litter(world) == [], name
