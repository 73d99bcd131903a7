# SPDX-License-Identifier: GPL-2.0-only
"""`run` from nothing to mails on the miniature kernel, and what it leaves alone."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.end_to_end.world import (
    OURS,
    World,
    contents,
    copy_program,
    make_dirty,
    make_world,
    snapshot,
)

# One worker runs them all: the runs are shared between the tests.
pytestmark = pytest.mark.xdist_group("end to end")

CLEAN_PROFILE, DIRTY_PROFILE = "vaddr-pin", "pin-user-pages"


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_program(tmp_path_factory.mktemp("code"))


@pytest.fixture(scope="module")
def clean(
    tmp_path_factory: pytest.TempPathFactory,
    code: Path,
) -> tuple[World, subprocess.CompletedProcess[str]]:
    """The default profile on a clean tree."""
    world = make_world(tmp_path_factory.mktemp("clean"), code)
    before = snapshot(world)
    done = world.run("run", "--profile", CLEAN_PROFILE)
    assert snapshot(world) == before
    return world, done


@pytest.fixture(scope="module")
def dirty(
    tmp_path_factory: pytest.TempPathFactory,
    code: Path,
) -> tuple[World, subprocess.CompletedProcess[str]]:
    """The other profile, and patches at the end, on a tree that somebody is working in."""
    world = make_world(tmp_path_factory.mktemp("dirty"), code)
    make_dirty(world)
    before = snapshot(world)
    done = world.run("run", "--profile", DIRTY_PROFILE, "--deprecate")
    after = snapshot(world)
    assert after == before, sorted(set(after.items()) ^ set(before.items()))
    return world, done


def test_a_clean_tree_is_migrated(clean: tuple[World, subprocess.CompletedProcess[str]]) -> None:
    world, done = clean
    assert done.returncode == 0, done.stderr
    assert f"{OURS}{CLEAN_PROFILE}" in world.git("for-each-ref", "--format=%(refname)")
    assert list(world.out(CLEAN_PROFILE).glob("*/*.patch"))


def test_a_dirty_tree_is_left_as_it_is_and_its_commit_migrated(
    dirty: tuple[World, subprocess.CompletedProcess[str]],
) -> None:
    world, done = dirty
    assert done.returncode == 0, done.stderr
    tip = f"{OURS}{DIRTY_PROFILE}"
    changed = world.git("diff", "--name-only", f"HEAD..{tip}").splitlines()
    assert changed and "new.c" not in changed and "Makefile" not in changed
    assert world.git("show", f"{tip}:mm/gup.c"), "what is gone from the work tree only is there"
    assert not list(world.tree.glob("*-RAN*")), "no hook of the user ran"


@pytest.mark.parametrize("which", ["clean", "dirty"])
def test_every_acquire_is_in_the_report_exactly_once(
    which: str, request: pytest.FixtureRequest
) -> None:
    world, _ = request.getfixturevalue(which)
    profile = CLEAN_PROFILE if which == "clean" else DIRTY_PROFILE
    report = json.loads((world.out(profile) / "report.json").read_text())
    scan = json.loads((world.workspace / "scan.json").read_text())["value"]
    found = sorted((r["path"], r["line"], r["column"]) for r in report["rows"])
    places = [a["place"] for a in scan["acquires"]]
    assert found == sorted((p["path"], p["line"], p["column"]) for p in places)
    assert len(set(found)) == len(found) >= 20


@pytest.mark.parametrize("which", ["clean", "dirty"])
def test_what_is_delivered_was_built(which: str, request: pytest.FixtureRequest) -> None:
    world, _ = request.getfixturevalue(which)
    profile = CLEAN_PROFILE if which == "clean" else DIRTY_PROFILE
    report = json.loads((world.out(profile) / "report.json").read_text())
    builds = [b for commit in report["commits"] for b in commit["builds"]]
    assert sum(b["status"] == "built" for b in builds) >= 5
    assert not [b for b in builds if b["status"].startswith(("failed", "built, with"))]
    assert all(b["reason"] for b in builds if b["status"] == "not buildable here")


@pytest.mark.parametrize("which", ["clean", "dirty"])
def test_its_own_branch_is_left_alone(
    which: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    world, _ = request.getfixturevalue(which)
    profile = CLEAN_PROFILE if which == "clean" else DIRTY_PROFILE
    options = ["--profile", profile, "--rev", f"gup-migrate/{profile}", "--deprecate", "--json"]
    done = world.run("rewrite", *options, workspace=tmp_path / "again")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["changes"], result["failures"], result["api"]["commits"]) == ([], [], [])
    assert len(result["last"]["commits"]) == (2 if which == "clean" else 0)


def test_what_keeps_new_callers_out_comes_last_and_on_its_own(
    dirty: tuple[World, subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    world, _ = dirty
    tip, header = f"{OURS}{DIRTY_PROFILE}", "include/linux/mm.h"
    rule = "scripts/coccinelle/api/gup-callers.cocci"
    subjects = world.git("log", "-2", "--format=%s", tip).splitlines()
    assert subjects == [
        "mm: say that get_user_pages*() is not for new callers",
        "coccinelle: api: flag new callers of get_user_pages*()",
    ]
    assert world.git("diff", "--name-only", f"{tip}~2..{tip}").split() == [header, rule]
    diff = world.git("diff", "-U0", f"{tip}~1..{tip}").splitlines()
    edits = [x for x in diff if x[:1] in "+-" and not x.startswith(("+++", "---"))]
    assert edits[0] + edits[-1] == "+/*+ */" and all(x.startswith("+") for x in edits)
    shipped = (world.code / "cocci" / "guard" / "gup-callers.cocci").read_text()
    assert world.git("show", f"{tip}:{rule}") == shipped.strip()

    *others, last = sorted(p for p in world.out(DIRTY_PROFILE).iterdir() if p.is_dir())
    assert last.name.endswith("-deprecation") and len(others) > 2
    cover, *patches = sorted(last.glob("*.patch"))
    assert len(patches) == 2
    text = " ".join(cover.read_text().split())
    assert "These patches make new callers of that kind show up in review." in text
    scratch = tmp_path / "am"
    world.git("clone", "-q", str(world.tree), str(scratch), cwd=tmp_path)
    world.git("config", "user.name", "Somebody", cwd=scratch)
    world.git("config", "user.email", "s@example.org", cwd=scratch)
    world.git("am", "-q", *map(str, patches), cwd=scratch)
    for path in (header, rule):
        ours = world.git("rev-parse", f"HEAD:{path}", cwd=scratch)
        assert ours == world.git("rev-parse", f"{tip}:{path}")


def test_every_series_applies_to_its_base(
    clean: tuple[World, subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    """All of them one after the other, the API first, give the tree of the branch."""
    world, _ = clean
    scratch = tmp_path / "am"
    world.git("clone", "-q", str(world.tree), str(scratch), cwd=tmp_path)
    world.git("config", "user.name", "Somebody", cwd=scratch)
    world.git("config", "user.email", "s@example.org", cwd=scratch)
    folders = sorted(p for p in world.out(CLEAN_PROFILE).iterdir() if p.is_dir())
    for folder in folders:
        patches = sorted(str(p) for p in folder.glob("*.patch") if not p.name.startswith("0000-"))
        assert patches, folder
        world.git("am", "-q", *patches, cwd=scratch)
    ours = world.git("rev-parse", "HEAD^{tree}", cwd=scratch)
    assert ours == world.git("rev-parse", f"{OURS}{CLEAN_PROFILE}^{{tree}}")


def test_the_summary_says_what_matters_in_80_columns(
    clean: tuple[World, subprocess.CompletedProcess[str]],
) -> None:
    world, done = clean
    for word in ("acquires found", "pin groups", "verdicts", "objects", "series", "report", "time"):
        assert word in done.stdout
    assert "\x1b" not in done.stdout + done.stderr
    report = str(world.out(CLEAN_PROFILE) / "report.html")
    assert report in done.stdout, "in one piece, to be copied"
    lines = [line for line in done.stdout.splitlines() if str(world.workspace) not in line]
    assert max(map(len, lines)) <= 80


def test_a_second_run_changes_nothing(
    clean: tuple[World, subprocess.CompletedProcess[str]],
) -> None:
    world, first = clean
    before = contents(world.out(CLEAN_PROFILE)), world.git("for-each-ref")
    done = world.run("run", "--profile", CLEAN_PROFILE)
    assert done.returncode == first.returncode
    assert "started" not in done.stderr, done.stderr
    assert (contents(world.out(CLEAN_PROFILE)), world.git("for-each-ref")) == before


def test_the_other_commands_work_on_what_is_there(
    clean: tuple[World, subprocess.CompletedProcess[str]],
) -> None:
    world, _ = clean
    status = json.loads(world.run("status", "--json").stdout)
    assert set(status["stages"].values()) == {"done"}
    verdict = r"(pin|follow|keep|manual) "
    rows = {"scan": r"get_user_\w+ +\S+:\d+ ", "classify": verdict, "build": "."}
    for name, row in rows.items():
        done = world.run(name)
        assert done.returncode == 0, done.stderr
        title, _, *lines = done.stdout.splitlines()
        assert lines and all(re.match(row, line) for line in lines), "a row a line for a pipe"
        assert name == "build" or title.startswith(f"{len(lines)} ")
    for name in ("pair", "rewrite", "commit", "series"):
        assert json.loads(world.run(name, "--json").stdout)
    row = json.loads((world.out(CLEAN_PROFILE) / "report.json").read_text())["rows"][0]
    done = world.run("explain", f"{row['path']}:{row['line']}")
    assert done.returncode == 0
    assert done.stdout.startswith(f"{row['path']}:{row['line']}:{row['column'] + 1}: ")
    assert "^" in done.stdout
    assert not (world.workspace / "scratch").exists()


def test_the_whole_tree_on_request(
    clean: tuple[World, subprocess.CompletedProcess[str]],
) -> None:
    world, _ = clean
    done = world.run("build", "--full", "x86_64", "--json")
    assert done.returncode == 0, done.stderr
    full = json.loads(done.stdout)
    assert full["commit"] == world.git("rev-parse", f"{OURS}{CLEAN_PROFILE}")
    assert (full["arch"], full["ok"], full["errors"]) == ("x86_64", True, [])
    assert Path(full["log"]).read_text().count("  CC ") > 20
    refused = world.run("build", "--full", "vax")
    assert refused.returncode == 1 and "vax is not known" in refused.stderr


def test_killed_in_every_stage_and_started_again(
    clean: tuple[World, subprocess.CompletedProcess[str]],
    tmp_path_factory: pytest.TempPathFactory,
    code: Path,
) -> None:
    """The result is that of the run that nobody killed, in another place of the disk."""
    uninterrupted, _ = clean
    world = make_world(tmp_path_factory.mktemp("killed"), code)
    before = snapshot(world)
    profile = world.workspace / "profiles" / CLEAN_PROFILE
    # Each file is the end of a stage: the kill hits the beginning of the next one.
    for path in (
        world.workspace / "lock",
        world.workspace / "scan.json",
        profile / "commit.json",
        profile / "build.json",
    ):
        child = world.start("run")
        _wait_for(path, child)
        child.kill()
        child.communicate()
        assert snapshot(world) == before, f"killed after {path.name}"
        if path.name == "scan.json":
            _interrupt(world, profile / "classify.json")
            assert snapshot(world) == before
    done = world.run("run")
    assert done.returncode == 0, done.stderr
    assert contents(world.out(CLEAN_PROFILE)) == contents(uninterrupted.out(CLEAN_PROFILE))
    tips = [w.git("rev-parse", f"{OURS}{CLEAN_PROFILE}") for w in (world, uninterrupted)]
    assert tips[0] == tips[1]
    assert snapshot(world) == before
    leftovers = [p for p in world.workspace.rglob("*") if p.name.endswith((".new", ".lock"))]
    assert not [p for p in leftovers if "builds" not in p.parts]
    assert not (world.workspace / "scratch").exists()


def _interrupt(world: World, after: Path) -> None:
    """Ctrl-C in the stage after the one that writes `after`."""
    child = world.start("run")
    _wait_for(after, child)
    time.sleep(0.3)
    os.kill(child.pid, signal.SIGINT)
    _, said = child.communicate(timeout=120)
    assert child.returncode == 130
    assert f"go on with: gup-migrate run {world.tree}" in said
    assert "Traceback" not in said


def _wait_for(path: Path, child: subprocess.Popen[str], seconds: float = 120) -> None:
    """Until `path` is there; the program must still be at work."""
    deadline = time.monotonic() + seconds
    while not path.exists():
        assert child.poll() is None, child.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.02)
