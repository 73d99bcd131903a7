# SPDX-License-Identifier: GPL-2.0-only
"""The series of the main job on their way: sent, archived, fetched with b4, applied, checked."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from migrate.delivery.mail.style import check_style
from migrate.kernel.people.recipients import ask_script
from tests.kernel.runs import Run, empty_checkout
from tests.lists import Server, mail_server, make_inbox
from tests.mails import check_arrived, parsed, send

B4 = Path(sys.executable).with_name("b4")
ALWAYS = {"linux-mm@kvack.org", "linux-kernel@vger.kernel.org"}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with mail_server() as running:
        yield running


def patches(folder: Path) -> list[Path]:
    return [p for p in sorted(folder.glob("*.patch")) if "cover-letter" not in p.name]


def b4(home: Path, cwd: Path, *args: str) -> str:
    done = subprocess.run(
        [str(B4), *args],
        cwd=cwd,
        env=os.environ | {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_every_series_arrives_whole_at_those_who_are_named(
    run: Run, server: Server, tmp_path: Path
) -> None:
    for folder in run.folders:
        check_arrived(folder, send(folder, server, tmp_path))


def test_recipients_are_those_of_the_trees_script(run: Run) -> None:
    for folder in run.folders:
        everybody: set[str] = set()
        for patch in patches(folder):
            asked = ask_script(run.tree, patch=patch.read_bytes())
            assert not isinstance(asked, str)
            wanted = {r.mailbox.address for r in asked} | ALWAYS
            assert addresses(patch) == wanted
            everybody |= wanted
        cover = folder / "0000-cover-letter.patch"
        assert cover.is_file() == (len(patches(folder)) > 1)
        assert not cover.is_file() or addresses(cover) == everybody


def addresses(path: Path) -> set[str]:
    mail = parsed(path.read_bytes())
    return {
        a.addr_spec
        for h in ("To", "Cc")
        for header in mail.get_all(h, [])
        for a in header.addresses
    }


def test_checkpatch_has_nothing_against_what_is_new(run: Run) -> None:
    """One question is left, whether MAINTAINERS covers the new document; it does."""
    report = check_style(run.tree, [p for folder in run.folders for p in patches(folder)])
    assert {finding.kind for finding in report.new} <= {"FILE_PATH_CHANGES"}
    assert report.unchecked == ()
    stored = run.stage("series")["series"]
    assert all(s["hold"] == [] for s in stored)
    assert all(s["style"][0] == "No error, warning or check is new."
               for s in stored)  # fmt: skip


def test_mails_read_well(run: Run) -> None:
    for folder in run.folders:
        for path in folder.glob("*.patch"):
            head, _, text = path.read_text().partition("\n\n")
            message = text.partition("\n---\n")[0].partition("\nbase-commit:")[0]
            assert max(map(len, message.split("\n"))) <= 80, path
            assert max(map(len, head.split("\n"))) <= 78, path
            subject = " ".join(str(parsed(path.read_bytes())["Subject"]).split())
            assert re.match(r"\[PATCH(?: \d+/\d+)?\] \S+: ", subject), subject
            assert len(subject.partition("] ")[2]) <= 75


def test_a_list_archive_gives_them_back(
    runs: dict[str, Run], server: Server, tmp_path: Path
) -> None:
    """Sent, put into a real public-inbox, fetched from it with b4 am, applied: the same tree."""
    run = runs["vaddr-pin"]
    tree = empty_checkout(run, tmp_path)
    chosen = [
        run.folders[0],
        max(run.folders[1:], key=lambda f: (f / "series.json").stat().st_size),
    ]
    inbox = make_inbox(tmp_path)
    covers = {}
    for folder in chosen:
        mails = send(folder, server, tmp_path)
        for mail in mails:
            inbox.deliver(mail.data)
        covers[folder] = str(parsed(mails[0].data)["Message-ID"]).strip("<>")
    git = ["git", "-C", str(tree)]
    with inbox.served():
        for folder, cover in covers.items():
            out = tmp_path / f"am-{folder.name}"
            fetch = ["-n", "-c", f"b4.midmask={inbox.url}/%s", "am", "-o", str(out), cover]
            said = b4(tmp_path, tree, *fetch)
            count = len(patches(folder))
            assert f"Total patches: {count}" in said, said
            assert "ERROR" not in said and "missing" not in said.lower(), said
            (mbox,) = out.glob("*.mbx")
            subprocess.run([*git, "am", "-q", str(mbox)], check=True, timeout=120)
            commits = f"HEAD~{count}..HEAD"
            made = subprocess.run([*git, "log", "-p", "--reverse", commits], capture_output=True)
            ours = b"".join(p.read_bytes() for p in patches(folder))
            assert patch_ids(made.stdout) == patch_ids(ours)
    tip = run.stage("commit")["commits"][-1]["id"]
    changed = subprocess.run(
        [*git, "diff", "--stat", "HEAD", tip, "--", *touched(run, chosen)], capture_output=True
    )
    assert (changed.returncode, changed.stdout) == (0, b""), changed


def touched(run: Run, folders: list[Path]) -> list[str]:
    """The files that the series in `folders` change."""
    names = {json.loads((f / "series.json").read_text())["slug"] for f in folders}
    commits = {c for s in run.stage("series")["series"] if s["slug"] in names for c in s["commits"]}
    return [p for c in run.stage("commit")["commits"] if c["id"] in commits for p in c["paths"]]


def patch_ids(diffs: bytes) -> list[bytes]:
    done = subprocess.run(
        ["git", "patch-id", "--verbatim"], input=diffs, capture_output=True, check=True
    )
    return done.stdout.split()[::2]


def test_b4_prep_works_on_the_branches(runs: dict[str, Run], tmp_path: Path) -> None:
    """With the kernel's own checkpatch.pl; what b4 would send is what is in the folder."""
    run = runs["vaddr-pin"]
    tree = empty_checkout(run, tmp_path)
    git = ["git", "-C", str(tree)]
    for key, value in (
        ("user.name", "Ada Tester"),
        ("user.email", "ada@example.org"),
        ("sendemail.smtpserver", "127.0.0.1"),
    ):
        subprocess.run([*git, "config", key, value], check=True)
    subprocess.run([*git, "sparse-checkout", "add", "/scripts", "/Kconfig"], check=True)
    for folder in (run.folders[0], run.folders[-1]):
        slug = folder.name.partition("-")[2]
        branch = f"gup-migrate/b4/{run.profile}/{slug}"
        subprocess.run([*git, "checkout", "-q", branch], check=True, timeout=120)
        assert "needs-recipients: False" in b4(tmp_path, tree, "prep", "--show-info")
        checked = b4(tmp_path, tree, "prep", "--check")
        assert "Error: 0" in checked
        out = tmp_path / f"b4-{slug}"
        b4(tmp_path, tree, "send", "--no-sign", "-o", str(out))
        diffs = [p for p in sorted(out.glob("*.eml")) if "\ndiff --git" in p.read_text()]
        for mail, patch in zip(diffs, patches(folder), strict=True):
            assert patch_ids(mail.read_bytes()) == patch_ids(patch.read_bytes())
