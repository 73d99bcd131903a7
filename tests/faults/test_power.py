# SPDX-License-Identifier: GPL-2.0-only
"""The power fails: what had not reached the disk is empty when it is back.

bench/faults.py stops all programs in one moment; here files are cut as well, as some file systems
leave them.
"""

from __future__ import annotations

import shutil
from pathlib import Path

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
