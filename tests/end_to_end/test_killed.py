# SPDX-License-Identifier: GPL-2.0-only
"""A run that is killed and started again ends like one that was not."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.end_to_end.world import OURS, World, contents, make_world, snapshot

PROFILE = "pin-user-pages"


def result(world: World) -> tuple[dict[str, str], str]:
    return contents(world.out(PROFILE)), world.git("rev-parse", f"{OURS}{PROFILE}")


def wait_for(path: Path, child: subprocess.Popen[str], seconds: float = 120) -> None:
    """Until `path` is there, or the program has ended."""
    deadline = time.monotonic() + seconds
    while not path.exists() and child.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("killed"))


@pytest.fixture(scope="module")
def uninterrupted(world: World) -> tuple[dict[str, str], str]:
    """The result of a run from nothing to the end; nothing of it is left afterwards."""
    done = world.run("run", "--profile", PROFILE)
    assert done.returncode in (0, 3), done.stderr
    found = result(world)
    assert world.run("clean", "--all").returncode == 0
    world.git("update-ref", "-d", f"{OURS}{PROFILE}")
    return found


def test_killed_in_every_stage_and_started_again(
    world: World, uninterrupted: tuple[dict[str, str], str]
) -> None:
    before = snapshot(world)
    profile = world.workspace / "profiles" / PROFILE
    # Each file is the end of a stage: the kill hits the beginning of the next one.
    for path in (
        world.workspace / "lock",
        world.workspace / "scan.json",
        profile / "classify.json",
        profile / "commit.json",
        profile / "build.json",
    ):
        child = world.start("run", "--profile", PROFILE)
        wait_for(path, child)
        child.kill()
        child.communicate()
        assert snapshot(world) == before, f"killed after {path.name}"
    done = world.run("run", "--profile", PROFILE)
    assert done.returncode in (0, 3), done.stderr
    assert result(world) == uninterrupted
    assert snapshot(world) == before
    leftovers = [p for p in world.workspace.rglob("*") if p.name.endswith((".new", ".lock"))]
    assert not [p for p in leftovers if "builds" not in p.parts]
    assert not (world.workspace / "scratch").exists()


def test_ctrl_c_stops_within_two_seconds_and_says_how_to_go_on(
    world: World, uninterrupted: tuple[dict[str, str], str]
) -> None:
    world.run("clean", "--all")
    child = world.start("run", "--profile", PROFILE)
    wait_for(world.workspace / "profiles" / PROFILE / "classify.json", child)
    time.sleep(0.3)
    start = time.monotonic()
    os.kill(child.pid, signal.SIGINT)
    _, said = child.communicate(timeout=10)
    assert time.monotonic() - start < 2
    assert child.returncode == 130
    assert "go on with: gup-migrate run --profile pin-user-pages" in said
    assert "Traceback" not in said
    assert world.run("run", "--profile", PROFILE).returncode in (0, 3)
    assert result(world) == uninterrupted
