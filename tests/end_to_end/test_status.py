# SPDX-License-Identifier: GPL-2.0-only
"""What is known of the last run: where its series went, with which options, and while another
one is at work."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from migrate.base.stores.lock import locked
from migrate.runs import pipeline
from tests import forked
from tests.end_to_end.world import ROOT, World, contents, make_few_callers, make_world

# One worker runs them all: the world is shared between the tests.
pytestmark = pytest.mark.xdist_group("status")

CALLER = "drivers/block/slate/slate_drv.c"
DONE = dict.fromkeys(pipeline.NAMES, "done")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The miniature kernel with few callers, after `run -o first`."""
    made = make_world(tmp_path_factory.mktemp("home"), ROOT)
    make_few_callers(made)
    assert run(made, "run", "-o", "first").returncode == 0
    assert run(made, "audit").returncode == 0
    return made


def run(world: World, name: str, *options: str) -> subprocess.CompletedProcess[str]:
    return forked.run(world.command(name, *options)[3:], world.env, world.home)


def status(world: World, *options: str) -> Any:
    done = run(world, "status", "--json", *options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_after_a_run_into_a_folder_nothing_is_stale(world: World) -> None:
    found = status(world)
    assert found["stages"] == DONE
    assert found["asked"] == {"output": str(world.home / "first")}
    assert str(world.home / "first" / "report.html") in found["next"]
    shown = run(world, "status").stdout
    assert f"As asked for last: gup-migrate run {world.tree}" in shown
    assert f"--output {world.home / 'first'}" in shown


def test_two_folders_in_turn_are_both_done(world: World) -> None:
    for folder in ("second", "first", "second"):
        done = run(world, "run", "-o", folder)
        assert done.returncode == 0, done.stderr
        assert status(world)["stages"] == DONE
    assert status(world, "-o", "first")["stages"] == DONE
    assert contents(world.home / "first") == contents(world.home / "second")
    assert status(world, "-o", "third")["stages"] == DONE | {"series": "stale"}


def test_a_folder_that_has_an_older_result_is_stale(world: World, tmp_path: Path) -> None:
    """The report tells why a group is kept, which changes nothing in the stages after that."""
    decisions = tmp_path / "mine.toml"
    entry = '[[decision]]\nfile = "mm/frame_list.c"\nverdict = "keep"\nwhy = "%s"\n'
    decisions.write_text(entry % "It is going away.")
    assert run(world, "run", "-o", "second", "--decisions", str(decisions)).returncode == 0
    decisions.write_text(entry % "It has gone away.")
    assert run(world, "run", "-o", "second", "--decisions", str(decisions)).returncode == 0
    report = json.loads((world.home / "second" / "report.json").read_text())
    assert "It has gone away." in {g["reason"] for g in report["groups"]}
    assert status(world)["stages"] == DONE, "with the same decisions"
    assert status(world, "-o", "first")["stages"] == DONE | {"series": "stale"}
    decisions.unlink()
    assert status(world)["stages"]["classify"] == "stale", "what is gone does not count"
    assert run(world, "run", "-o", "first").returncode == 0


def test_other_options_count_as_well(world: World) -> None:
    options = ("--arch", "x86_64", "--no-comments", "--no-tree-scripts", "-o", "other")
    assert run(world, "run", *options).returncode == 0
    assert status(world)["stages"] == DONE
    assert status(world, "--comments")["stages"]["rewrite"] == "stale", "it is named"
    assert run(world, "run", "-o", "first").returncode == 0
    assert status(world)["stages"] == DONE
    assert status(world)["asked"] == {"output": str(world.home / "first")}


def test_the_profile_of_the_last_run_is_told(world: World) -> None:
    assert run(world, "classify", "--profile", "pin-user-pages").returncode == 0
    found = status(world)
    assert found["stages"]["classify"] == "done"
    assert found["stages"]["rewrite"] == "missing"
    assert status(world, "--profile", "vaddr-pin")["stages"] == DONE
    explained = run(world, "explain", CALLER)
    assert explained.returncode == 0 and "classify: started" not in explained.stderr
    assert run(world, "run", "-o", "first").returncode == 0


def test_a_mark_in_any_of_the_folders_counts(world: World) -> None:
    assert run(world, "run", "-o", "first").returncode == 0
    directory = next((world.home / "first").glob("*/send.sh")).parent
    (directory / "SENT").write_text("by hand\n")
    assert run(world, "run", "-o", "new").returncode == 0
    assert (world.home / "new" / directory.name / "SENT").read_text() == "by hand\n"


READING = [
    ("status",),
    ("explain", CALLER),
    ("scan", "--json"),
    ("pair",),
    ("classify", "--json"),
    ("rewrite",),
    ("commit", "--json"),
    ("build", "--json"),
    ("review",),
    ("audit", "--json"),
]


@pytest.mark.parametrize("command", READING, ids=[c[0] for c in READING])
def test_what_only_reads_does_not_wait_for_the_lock(world: World, command: tuple[str, ...]) -> None:
    free = run(world, *command)
    assert free.returncode in (0, 3), free.stderr
    before = contents(world.workspace)
    with locked(world.workspace / "lock"):
        held = run(world, *command)
        kept = contents(world.workspace)
    assert (held.returncode, held.stderr) == (free.returncode, free.stderr)
    if command[0] == "status":
        assert "In use by" in held.stdout
    else:
        assert held.stdout == free.stdout
    same = {name for name in before if name != "lock" and kept.get(name) == before[name]}
    assert same == before.keys() - {"lock"}, "it wrote nothing"


def test_a_lock_of_git_is_left_to_who_has_it(world: World) -> None:
    lock = world.workspace / "repository" / ".git" / "HEAD.lock"
    lock.touch()
    assert status(world)["stages"] == DONE
    assert lock.exists()
    lock.unlink()


@pytest.mark.parametrize("command", [("rewrite", "--no-comments"), ("run",), ("series",)])
def test_what_has_to_work_is_refused_while_another_does(
    world: World, command: tuple[str, ...]
) -> None:
    with locked(world.workspace / "lock"):
        done = run(world, *command)
    assert done.returncode == 1
    assert "is in use by" in done.stderr.splitlines()[-2]
