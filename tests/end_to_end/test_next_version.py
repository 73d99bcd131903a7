# SPDX-License-Identifier: GPL-2.0-only
"""From the first version of a series to the second, with b4 in between, on the miniature kernel."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.world import (
    World,
    contents,
    copy_program,
    make_few_callers,
    make_world,
)
from tests.lists import mail_server
from tests.mails import check_arrived, send

PROFILE = "vaddr-pin"
CHANGED, REVIEWED = "character-and-misc-drivers", "tally-counters"
RITA = "Reviewed-by: Rita Review <rita@example.org>"
B4 = Path(sys.executable).with_name("b4")

pytestmark = pytest.mark.xdist_group("next-version")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The miniature kernel after `run --b4`."""
    folder = tmp_path_factory.mktemp("next")
    made = make_world(folder, copy_program(folder / "code"))
    done = made.run("run", "--b4")
    assert done.returncode == 0, done.stderr
    assert f"gup-migrate/b4/{PROFILE}/{CHANGED}\n" in done.stdout
    return made


def b4(world: World, *args: str) -> str:
    done = subprocess.run(
        [str(B4), *args],
        cwd=world.tree,
        env=world.env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def collect(world: World) -> None:
    """What `b4 trailers -u` does on the branch of REVIEWED, which is checked out then."""
    world.git("checkout", "-q", f"gup-migrate/b4/{PROFILE}/{REVIEWED}")
    if RITA not in world.git("log", "-1", "--format=%B"):
        world.git("commit", "-q", "--amend", "--no-edit", f"--trailer={RITA}")


def directories(world: World) -> dict[str, Path]:
    """The folders of the outbox by slug."""
    found = sorted(p for p in world.out(PROFILE).iterdir() if (p / "series.json").exists())
    return {p.name.partition("-")[2]: p for p in found}


def test_b4_takes_the_branches_for_its_own(world: World, tmp_path: Path) -> None:
    """What b4 would send is what we would send: the same patches, people and prerequisites."""
    world.git("config", "sendemail.smtpserver", "127.0.0.1")
    # The script of the miniature kernel does not read standard input.
    world.git("config", "b4.prep-perpatch-check-cmd", "true")
    api = "".join(p.read_text() for p in sorted(directories(world)["api"].glob("000[1-9]-*")))
    ids = subprocess.run(
        ["git", "patch-id", "--stable"], input=api, capture_output=True, text=True, check=True
    ).stdout.split()[::2]
    assert len(ids) == 3
    for slug in ("api", CHANGED, "mini-virtual-machine-mvm"):
        folder = directories(world)[slug]
        world.git("checkout", "-q", f"gup-migrate/b4/{PROFILE}/{slug}")
        facts = json.loads((folder / "series.json").read_text())
        info = dict(x.split(": ", 1) for x in b4(world, "prep", "--show-info").splitlines())
        assert (info["revision"], info["cover-strategy"]) == ("1", "commit")
        assert info["needs-editing"] == info["needs-recipients"] == "False"
        assert info["has-prerequisites"] == str(slug != "api")
        checked = b4(world, "prep", "--check")
        assert f"Success: {len(facts['commits'])}, Warning: 0, Error: 0" in checked

        out = tmp_path / slug
        b4(world, "send", "--no-sign", "-o", str(out))
        mails = sorted(out.glob("*.eml"))
        sent = "\n".join(p.read_text() for p in mails)
        ours = "\n".join(p.read_text() for p in folder.glob("*.patch"))
        for header in ("base-commit", "prerequisite-patch-id"):
            wanted = re.findall(rf"^{header}: .*$", ours, re.M)
            assert wanted or (slug, header) == ("api", "prerequisite-patch-id")
            assert re.findall(rf"^{header}: .*$", sent, re.M) == wanted
        named = re.findall(r"^prerequisite-patch-id: (.*)$", ours, re.M)
        assert named == (ids if slug != "api" else [])
        people = set(re.findall(r"[\w.-]+@[\w.-]+", (folder / "recipients.txt").read_text()))
        assert people <= set(re.findall(r"[\w.-]+@[\w.-]+", sent))
        assert world.git("status", "--porcelain") == ""

        trees = []
        for patches in (mails, sorted(folder.glob("*.patch"))):
            diffs = [str(p) for p in patches if "\ndiff --git" in p.read_text()]
            world.git("checkout", "-q", "--detach", facts["start"])
            world.git("am", "-q", *diffs)
            trees.append(world.git("rev-parse", "HEAD^{tree}"))
        assert trees[0] == trees[1]
    world.git("checkout", "-q", "main")


def test_series_arrive_whole_at_those_who_are_named(world: World, tmp_path: Path) -> None:
    """Through git send-email to a server on loopback; one of the names is not ASCII."""
    with mail_server() as server:
        for slug in ("api", CHANGED):
            folder = directories(world)[slug]
            check_arrived(folder, send(folder, server, tmp_path))


def test_a_second_run_leaves_a_branch_with_work_on_it_alone(world: World) -> None:
    branch = f"gup-migrate/b4/{PROFILE}/{REVIEWED}"
    collect(world)
    reviewed = world.git("rev-parse", branch)
    refused = world.run("series", "--b4")
    assert refused.returncode == 1 and f"HEAD is {branch}" in refused.stderr
    done = world.run("series", "--b4", "--rev", "main")
    assert done.returncode == 0, done.stderr
    assert world.git("rev-parse", branch) == reviewed
    world.git("checkout", "-q", "main")


def test_the_second_version(world: World, tmp_path: Path) -> None:
    """One series has lost a group, one was reviewed, the others stand as they are."""
    before = directories(world)
    for slug, folder in before.items():
        if slug != REVIEWED:
            (folder / "SENT").write_text("Tue Jan 2\n")
    collect(world)
    info = dict(x.split(": ", 1) for x in b4(world, "prep", "--show-info").splitlines())
    world.git("tag", "-m", "as b4 send does", f"sent/{info['change-id']}-v1")
    world.git("checkout", "-q", "main")
    decisions = tmp_path / "decisions.toml"
    decisions.write_text(
        '[[decision]]\nfile = "drivers/misc/chute/chute_dma.c"\nverdict = "keep"\nwhy = "not now"\n'
    )
    done = world.run("series", "--reroll", "--b4", "--decisions", str(decisions))
    assert done.returncode == 0, done.stderr
    assert f"{REVIEWED}: nothing changed since v1, so it is not written again" in done.stderr
    after = directories(world)
    assert set(after) == {CHANGED}
    (cover,) = after[CHANGED].glob("v2-0001-*")
    text = cover.read_text()
    assert "Changes since v1:" in text and "Range-diff against v1:" in text
    assert "Link to v1: https://lore.kernel.org/r/" in text
    head = text.partition("\n\n")[0]
    assert "[PATCH v2]" in head and "In-Reply-To" not in head

    world.git("checkout", "-q", f"gup-migrate/b4/{PROFILE}/{CHANGED}")
    assert "revision: 2" in b4(world, "prep", "--show-info").splitlines()
    world.git("checkout", "-q", "main")
    log = world.git("log", "--format=%B", f"gup-migrate/{PROFILE}")
    assert log.count(RITA) == 1

    out = world.out(PROFILE)
    written = contents(out)
    again = world.run("series", "--reroll", "--decisions", str(decisions))
    assert again.returncode == 0, again.stderr
    assert contents(out) == written
    assert f"Nothing to reroll: {out} stays as it is." in again.stderr


def test_a_reroll_of_nothing_leaves_the_folder_alone(tmp_path: Path) -> None:
    """What was sent, with a note of the user's beside it, and what was not; a change is written."""
    made = make_world(tmp_path, copy_program(tmp_path / "code"))
    make_few_callers(made)
    assert made.run("run").returncode == 0
    out = made.out(PROFILE)
    (mine,) = out.glob("*block*")
    (mine / "note.txt").write_text("ask Rita first\n")
    for marked in (False, True):
        if marked:
            (mine / "SENT").write_text("Tue Jan 2\n")
        written = contents(out)
        for _ in range(2):
            again = made.run("series", "--reroll")
            assert again.returncode == 0, again.stderr
            assert contents(out) == written
            assert f"Nothing to reroll: {out} stays as it is." in again.stderr
        assert made.run("series").returncode == 0
        assert contents(out) == written
    changed = made.run("series", "--reroll", "--no-smpl")
    assert changed.returncode == 0, changed.stderr
    assert "Nothing to reroll" not in changed.stderr
    assert [p.name[:3] for p in directories(made)["block-drivers"].glob("*.patch")] == ["v2-"]
