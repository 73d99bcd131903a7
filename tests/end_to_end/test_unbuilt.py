# SPDX-License-Identifier: GPL-2.0-only
"""Commits that cannot be built here are in the exit code, the summary and their folders."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests import forked
from tests.end_to_end.world import ROOT, World, make_world

# One worker runs them all: the world is shared between the tests.
pytestmark = pytest.mark.xdist_group("unbuilt")

MISSING = "2 of 18 commits were not built: "
"""The miniature kernel has a driver for arm64 and one for powerpc."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("home"), ROOT)


def run(world: World, *options: str) -> tuple[subprocess.CompletedProcess[str], Path]:
    folder = world.home / ("-".join(option.strip("-") for option in options) or "usual")
    always = ("--arch", "x86_64", "--no-tree-scripts", "-o", str(folder))
    return forked.run(world.command("run", *always, *options)[3:], world.env, world.home), folder


def folders(out: Path) -> dict[str, bool]:
    return {p.name[3:]: (p / "HOLD").exists() for p in sorted(out.iterdir()) if p.is_dir()}


def test_what_was_not_built_is_said_and_held(world: World) -> None:
    done, held = run(world, "--unbuilt", "hold")
    assert done.returncode == 3, done.stderr
    assert MISSING in " ".join(done.stdout.split())
    assert "their series are held (see --unbuilt)" in done.stderr
    found = folders(held)
    assert sum(found.values()) == 2 and not found["api"]
    usual, same = run(world)
    assert usual.returncode == 3 and folders(same) == found, "that is the default"

    done, out = run(world, "--unbuilt", "deliver")
    assert done.returncode == 3 and MISSING in " ".join(done.stdout.split())
    assert folders(out) == dict.fromkeys(found, False)

    done, out = run(world, "--unbuilt", "leave-out")
    assert done.returncode == 3 and MISSING in " ".join(done.stdout.split())
    assert folders(out) == {name: False for name, is_held in found.items() if not is_held}


def test_there_is_no_other_policy(world: World) -> None:
    done, _ = run(world, "--unbuilt", "drop")
    assert done.returncode == 2 and "'drop' is not one of" in done.stderr
