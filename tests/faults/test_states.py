# SPDX-License-Identifier: GPL-2.0-only
"""The user's repository in all the states that people leave it in: worked from, never changed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer

from migrate.cli.main import app
from tests import forked
from tests.end_to_end.world import OURS, World, contents, copy_program, make_world
from tests.faults.states import STATES, everything

# One worker runs them all: what one of them has found out the others need not.
pytestmark = pytest.mark.xdist_group("states")

PROFILE = "vaddr-pin"
LEAKING = {
    "GIT_DIR": "/nowhere",
    "GIT_WORK_TREE": "/nowhere",
    "GIT_INDEX_FILE": "/nowhere/index",
    "GIT_OBJECT_DIRECTORY": "/nowhere/objects",
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "core.bare",
    "GIT_CONFIG_VALUE_0": "true",
    "GIT_EXTERNAL_DIFF": "/nowhere/diff",
    "GIT_TRACE": "1",
}
"""Variables of a caller that would have git work on something else."""


COMMANDS: dict[str, list[list[str]]] = {
    "status": [[]],
    "doctor": [[]],
    "scan": [[]],
    "pair": [["--rev", "main"]],
    "classify": [["--json"]],
    "explain": [["TREE", "mm/poison_inject.c"]],
    "audit": [[], ["--since", "HEAD"], ["--sarif"]],
    "gaps": [[], ["--json"]],
    "left": [[], ["--json"]],
    "prove": [[]],
    "review": [["--decisions", "decisions.toml", "--contracts", "contracts.toml"]],
    "rewrite": [[]],
    "commit": [[]],
    "build": [[]],
    "series": [["--b4"]],
    "run": [["--no-tree-scripts", "--reroll", "--b4"]],
    "clean": [[], ["--all"]],
}
"""Every command, with the options of each call; the workspace is as the one before left it."""


@dataclass(frozen=True)
class Plain:
    """The place where each state is made, and what a plain checkout gives there."""

    world: World
    checkout: Path
    series: dict[str, str]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Plain:
    folder = tmp_path_factory.mktemp("states")
    world = make_world(folder / "home", copy_program(folder / "code"))
    for name in ("get_maintainer.pl", "checkpatch.pl"):
        script = world.tree / "scripts" / name
        script.write_text(f"#!/usr/bin/perl\nopen(F, '>', '{world.home}/SCRIPT-RAN');\n")
    (world.tree / ".cocciconfig").write_text("[spatch]\n\toptions = --no-such-option\n")
    world.git("add", "-A", "-f")
    world.git("commit", "-q", "-m", "scripts that must not run")
    shutil.copytree(world.tree, folder / "checkout", symlinks=True)
    done = world.run("run", "--no-tree-scripts")
    assert done.returncode == 0, done.stderr
    assert not (world.home / "SCRIPT-RAN").exists()
    return Plain(world, folder / "checkout", contents(world.out(PROFILE)))


@pytest.fixture
def world(plain: Plain) -> Iterator[World]:
    """A fresh plain checkout; of earlier runs only what was scanned and built is left."""
    home = plain.world.home
    for path in home.iterdir():
        if path.name not in ("workspace", "cache"):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    for path in (home / "workspace/repository", *home.glob("workspace/profiles/*/*")):
        if path.name.startswith(("repository", "commit", "build", "series", "handed", "out")):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(plain.checkout, plain.world.tree, symlinks=True)
    plain.world.git("update-index", "-q", "--refresh")
    yield plain.world


def run(world: World, command: str, *prefix: str) -> subprocess.CompletedProcess[str]:
    options = ["--no-tree-scripts"] if command == "run" else []
    return subprocess.run(
        [*prefix, *world.command(command, *options)],
        cwd=world.home,
        env=world.env | LEAKING,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


@pytest.mark.parametrize("name", STATES)
def test_nothing_of_the_users_changes(plain: Plain, world: World, name: str) -> None:
    others = STATES[name](world)
    roots = [world.tree, *others]
    before = everything(roots)
    inside = {p.name for p in world.home.iterdir()} | {"workspace", "cache"}
    done = run(world, "run")
    assert done.returncode == 0, done.stderr
    after = everything(roots)
    assert after == before, sorted({n for n, _ in set(before.items()) ^ set(after.items())})
    assert {p.name for p in world.home.iterdir()} <= inside, "no program of the user's was run"
    tip = world.git("rev-parse", f"{OURS}{PROFILE}")
    world.git("fsck", "--connectivity-only", "--no-dangling", tip)
    if world.git("rev-parse", "HEAD") == world.git("rev-parse", "HEAD", cwd=plain.checkout):
        assert contents(world.out(PROFILE)) == plain.series


def test_a_repository_that_cannot_be_written(plain: Plain, world: World) -> None:
    """Everything works but the last step, and that says where the series are."""
    subprocess.run(["chmod", "-R", "a-w", str(world.tree)], check=True)
    before = everything([world.tree])
    # Root may write everywhere, unless it gives that up.
    capability = "-dac_override,-dac_read_search,-fowner"
    prefix = ["setpriv", f"--inh-caps={capability}", f"--bounding-set={capability}"]
    try:
        probe = subprocess.run(
            [*prefix, "touch", str(world.tree / "probe")], capture_output=True, check=False
        )
        assert probe.returncode != 0, "the tree can still be written"
        for command in ("classify", "commit", "build"):
            done = run(world, command, *prefix)
            assert done.returncode == 0, done.stderr
        done = run(world, "run", *prefix)
        assert done.returncode == 1
        assert "cannot be written" in done.stderr and str(world.out(PROFILE)) in done.stderr
        assert everything([world.tree]) == before
        assert contents(world.out(PROFILE)) == plain.series
    finally:
        subprocess.run(["chmod", "-R", "u+w", str(world.tree)], check=True)
    assert run(world, "run").returncode == 0
    assert world.git("rev-parse", "--verify", f"{OURS}{PROFILE}")


def test_no_command_changes_anything(world: World) -> None:
    known = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert set(COMMANDS) == set(known)
    STATES["dirty, with a stash"](world)
    before = everything([world.tree])
    for name, calls in COMMANDS.items():
        for options in calls:
            place = [str(world.tree), "--workspace", str(world.workspace)]
            if "TREE" in options:
                options = [*options[1:], *place]
            else:
                options = [*options, *([] if name == "doctor" else place)]
            done = forked.run([name, *options], world.env | LEAKING, world.home, "q\n" * 40)
            assert done.returncode in (0, 3), f"{name}: {done.stderr}"
            after = everything([world.tree])
            assert after == before, f"{name}: {set(before.items()) ^ set(after.items())}"
    assert not world.workspace.exists() or not list(world.workspace.glob("profiles/*"))
