# SPDX-License-Identifier: GPL-2.0-only
"""Next versions: what counts as the last one, what changed, and whose trailers stay."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from migrate.base.errors import Refusal
from migrate.base.stores.git import git_output
from migrate.delivery.commits.make import make_commits, user_identity
from migrate.delivery.commits.trailers import Collected, collect
from migrate.delivery.history import History, mark_sent
from migrate.delivery.mail.cover import Facts
from migrate.delivery.mail.job import Material, SeriesOptions
from migrate.delivery.mail.series import write_series
from migrate.delivery.model import Branch, Delivery, Series

if TYPE_CHECKING:
    from conftest import Tiny

ONE, TWO = "drivers/misc/alpha/alpha_one.c", "drivers/misc/alpha/alpha_two.c"
BETA, GAMMA = "drivers/net/beta.c", "drivers/misc/gamma.c"
SUBSYSTEMS = {ONE: "ALPHA ONE", TWO: "ALPHA TWO", BETA: "BETA DRIVER", GAMMA: "GAMMA DRIVER"}
RITA = "Reviewed-by: Rita Review <rita@example.org>"
ANNE = "Acked-by: Anne Ack <anne@example.org>"
REF = "refs/heads/gup-migrate/pins"


def git(root: Path, *args: str) -> str:
    return git_output(args, cwd=root).decode("utf-8", "surrogateescape").rstrip("\n")


class Desk:
    """Somebody who runs the tool again and again, and sends in between."""

    def __init__(self, tiny: Tiny, top: Path) -> None:
        self.tiny, self.top = tiny, top
        self.history = History()
        self.collected = Collected()
        self.runs = 0
        self.branch: Branch
        self.delivery: Delivery

    @property
    def out(self) -> Path:
        return self.top / f"out{self.runs}"

    def run(
        self, *paths: str, reroll: bool = False, api: bool = False, mbox: Path | None = None,
        reasons: dict[str, str] | None = None, **options: Any,
    ) -> Delivery:  # fmt: skip
        """Convert `paths`, the reason of some of them being that of `reasons`."""
        tiny, before = self.tiny, self.out if self.runs else None
        self.history = mark_sent(self.history, before, "SENT", "series.json")
        if reroll:
            self.collected = collect(self.history, tiny.checkout, [REF], mbox)
        words = dict.fromkeys(paths, "the device writes to the page") | (reasons or {})
        items = [tiny.change(path, SUBSYSTEMS[path], reason=words[path]) for path in paths]
        results = tiny.results(*items, api=tiny.api() if api else None)
        self.branch = make_commits(
            tiny.tree, *results, repository=tiny.repository, ref=REF,
            identity=user_identity(tiny.checkout), collected=self.collected,
        )  # fmt: skip
        self.runs += 1
        material = Material(
            tiny.tree, Facts(*results, None), self.branch, tiny.repository, tiny.checkout,
            history=self.history, collected=self.collected,
        )  # fmt: skip
        asked = SeriesOptions(tree_scripts=False, reroll=reroll, **options)
        self.delivery = write_series(material, self.out, asked)
        self.history = self.delivery.history
        return self.delivery

    def send(self, slug: str) -> None:
        self.folder(slug).joinpath("SENT").write_text("Mon Jan 1\n")

    def folder(self, slug: str) -> Path:
        (found,) = [s.directory for s in self.delivery.series if s.slug == slug]
        return self.out / found

    def versions(self) -> dict[str, int]:
        return {series.slug: series.version for series in self.delivery.series}

    def cover(self, slug: str) -> str:
        """The cover letter, or the only patch, which says below its mark what a cover would."""
        return min(self.folder(slug).glob("*.patch")).read_text()


@pytest.fixture
def desk(tiny: Tiny, tmp_path: Path) -> Desk:
    return Desk(tiny, tmp_path)


def slugs(series: Sequence[Series]) -> list[str]:
    return [s.slug for s in series]


def test_only_what_changed_becomes_a_next_version(desk: Desk) -> None:
    desk.run(ONE, BETA)
    first = desk.cover("beta-driver")
    for slug in ("alpha-one", "beta-driver"):
        desk.send(slug)
    delivery = desk.run(ONE, BETA, reroll=True, reasons={BETA: "another reason"})
    assert desk.versions() == {"beta-driver": 2}
    assert [(s.slug, s.version) for s in delivery.unchanged] == [("alpha-one", 1)]
    assert sorted(p.name for p in desk.out.iterdir()) == ["02-beta-driver"]
    names = sorted(p.name for p in desk.folder("beta-driver").glob("*.patch"))
    assert [n[:8] for n in names] == ["v2-0001-"]
    cover = desk.cover("beta-driver")
    assert "Subject: [PATCH v2] net: beta: " in cover
    assert (
        "Changes since v1:\n\n"
        "- Changed: patch 1, net: beta: pin user pages with pin_user_pages_fast()\n"
        "- How the patches changed is in the range-diff below.\n" in cover
    )
    assert "\nRange-diff against v1:\n1:  " in cover
    assert "    -    The device writes to the page." in cover
    (old,) = re.findall(r"^Message-ID: <(.*)>$", first, re.M)
    assert f"\nLink to v1: https://lore.kernel.org/r/{old}\n" in cover
    assert "In-Reply-To" not in cover.partition("\n\n")[0]


def test_reply_is_for_those_who_ask(desk: Desk) -> None:
    desk.run(ONE)
    (old,) = re.findall(r"^Message-ID: (.*)$", desk.cover("alpha-one"), re.M)
    desk.run(ONE, reroll=True, reasons={ONE: "another"}, reply=True)
    head = desk.cover("alpha-one").partition("\n\n")[0]
    assert f"In-Reply-To: {old}\nReferences: {old}\n" in head


def test_the_same_again_is_no_new_version(desk: Desk) -> None:
    desk.run(ONE, BETA)
    changed = {BETA: "another reason"}
    files = []
    for _ in range(2):
        desk.run(ONE, BETA, reroll=True, reasons=changed)
        assert desk.versions() == {"beta-driver": 2}
        files.append({p.name: p.read_bytes() for p in desk.folder("beta-driver").iterdir()})
    assert files[0] == files[1]
    desk.run(ONE, BETA, reasons=changed)
    assert desk.versions() == {"alpha-one": 1, "beta-driver": 2}
    assert {p.name: p.read_bytes() for p in desk.folder("beta-driver").iterdir()} == files[0]


def test_nothing_changed_at_all(desk: Desk) -> None:
    desk.run(ONE, BETA)
    desk.run(ONE, BETA, reroll=True)
    assert desk.versions() == {"alpha-one": 1, "beta-driver": 1}


def test_without_any_mark_every_reroll_follows_the_one_before(desk: Desk) -> None:
    desk.run(ONE, BETA)
    desk.run(ONE, BETA, reroll=True, reasons={BETA: "second"})
    delivery = desk.run(ONE, BETA, reroll=True, reasons={BETA: "third"})
    assert desk.versions() == {"beta-driver": 3}
    desk.run(ONE, BETA, reroll=True, reasons={BETA: "third", ONE: "new"})
    assert desk.versions() == {"alpha-one": 2}
    assert slugs(delivery.unchanged) == ["alpha-one"]
    assert "Changes since v2" not in desk.cover("alpha-one")


def test_with_marks_what_was_not_sent_stays_a_draft(desk: Desk) -> None:
    desk.run(ONE, BETA)
    desk.send("beta-driver")
    desk.run(ONE, BETA, reroll=True, reasons={BETA: "second", ONE: "new"})
    assert desk.versions() == {"alpha-one": 1, "beta-driver": 2}
    assert "Changes since" not in desk.cover("alpha-one")
    desk.run(ONE, BETA, reroll=True, reasons={BETA: "third", ONE: "new"})
    assert desk.versions() == {"alpha-one": 1, "beta-driver": 2}
    assert "third" in desk.cover("beta-driver").lower()
    desk.send("beta-driver")
    desk.run(ONE, BETA, reroll=True, reasons={BETA: "fourth", ONE: "new"})
    assert desk.versions() == {"alpha-one": 1, "beta-driver": 3}
    assert "Changes since v2:" in desk.cover("beta-driver")


def test_what_was_sent_is_not_forgotten_by_runs_in_between(desk: Desk) -> None:
    desk.run(BETA)
    desk.send("beta-driver")
    for _ in range(2):
        desk.run(BETA, reasons={BETA: "changed"})
        assert "was sent (Mon Jan 1)" in desk.folder("beta-driver").joinpath("HOLD").read_text()
    desk.run(BETA, reroll=True, reasons={BETA: "changed"})
    assert desk.versions() == {"beta-driver": 2}
    assert not desk.folder("beta-driver").joinpath("HOLD").exists()
    assert "    -    The device writes" in desk.cover("beta-driver")
    desk.run(BETA)
    assert desk.versions() == {"beta-driver": 2}


def test_patches_that_come_and_go_are_named(desk: Desk) -> None:
    desk.run(ONE, GAMMA)
    desk.run(GAMMA, TWO, reroll=True)
    cover = desk.cover("gamma-driver")
    assert "[PATCH v2 0/2]" in cover
    text = " ".join(cover.split())
    assert "- Gone: misc: alpha: pin user pages with pin_user_pages_fast()" in text
    assert "- New: patch 2, misc: alpha: pin user pages with pin_user_pages_fast()" in text


def on_branch(desk: Desk, path: str, *trailers: str) -> None:
    """What `b4 trailers -u` does on the user's branch to the commit that touches `path`."""
    checkout = desk.tiny.checkout
    pack = git_output(
        ["pack-objects", "-q", "--revs", "--stdout"],
        cwd=desk.tiny.repository,
        stdin=f"{desk.branch.tip}\n^{desk.branch.base}\n".encode(),
    )
    git_output(["unpack-objects", "-q"], cwd=checkout, stdin=pack)
    git(checkout, "checkout", "-q", "--detach", desk.branch.base)
    for commit in desk.branch.commits:
        git(checkout, "cherry-pick", commit.id)
        if path in commit.paths:
            git(checkout, "commit", "-q", "--amend", "--no-edit",
                *(f"--trailer={line}" for line in trailers))  # fmt: skip
    git(checkout, "update-ref", REF, "HEAD")


def messages(desk: Desk) -> dict[str, str]:
    commits = desk.branch.commits
    return {c.subject: git(desk.tiny.repository, "show", "-s", "--format=%B", c.id)
            for c in commits}  # fmt: skip


def test_trailers_of_the_branch_stay_on_what_did_not_change(desk: Desk) -> None:
    desk.run(ONE, GAMMA, BETA)
    on_branch(desk, ONE, RITA, "Link: https://example.org/1")
    delivery = desk.run(ONE, GAMMA, BETA, reroll=True, reasons={GAMMA: "something else"})
    assert desk.versions() == {"alpha-one": 2}
    assert slugs(delivery.unchanged) == ["beta-driver"]
    one = next(text for subject, text in messages(desk).items() if "alpha" in subject)
    signed = "Signed-off-by: Zoë Devel, Jr <zoe@example.org>"
    assert one.endswith(f"\n\n{RITA}\nLink: https://example.org/1\n{signed}")
    (patch,) = desk.folder("alpha-one").glob("v2-0001-*")
    assert f"\n{RITA}\n" in patch.read_text()
    cover = " ".join(desk.cover("alpha-one").split())
    assert f"Collected: misc: alpha: pin user pages with pin_user_pages_fast(): {RITA}" in cover
    assert "dropped because" not in cover


def test_trailers_go_with_a_note_from_what_changed(desk: Desk) -> None:
    desk.run(ONE)
    on_branch(desk, ONE, RITA)
    desk.run(ONE, reroll=True, reasons={ONE: "something else"})
    assert all(RITA not in text for text in messages(desk).values())
    cover = " ".join(desk.cover("alpha-one").split())
    assert f"dropped because the patch has changed: {RITA}" in cover


def test_trailers_outlive_the_branch_they_were_on(desk: Desk) -> None:
    desk.run(ONE, GAMMA)
    on_branch(desk, ONE, RITA)
    desk.run(ONE, GAMMA, reroll=True, reasons={GAMMA: "second"})
    git(desk.tiny.checkout, "update-ref", "-d", REF)
    desk.run(ONE, GAMMA, reroll=True, reasons={GAMMA: "third"})
    assert desk.versions() == {"alpha-one": 3}
    assert any(RITA in text for text in messages(desk).values())
    assert "Collected" not in desk.cover("alpha-one")


def answer(to: str, sender: str, text: str, subject: str = "Re: whatever") -> str:
    return (
        f"From mboxrd@z Thu Jan  1 00:00:00 1970\nFrom: {sender}\nSubject: {subject}\n"
        f"Message-ID: <{abs(hash((sender, text)))}@x.org>\nIn-Reply-To: <{to}>\n\n{text}\n\n"
    )


def ids(desk: Desk, slug: str) -> list[str]:
    found = []
    for path in sorted(desk.folder(slug).glob("*.patch")):
        found += re.findall(r"^Message-ID: <(.*)>$", path.read_text(), re.M)
    return found


def test_trailers_of_a_mailbox(desk: Desk, tmp_path: Path) -> None:
    desk.run(ONE, GAMMA, BETA)
    cover, one, gamma = ids(desk, "alpha-one")
    mbox = tmp_path / "thread.mbox"
    mbox.write_text(
        answer(one, "Rita Review <rita@example.org>", f"> {ANNE}\nGood.\n\n{RITA}\n")
        + answer(cover, "Anne Ack <Anne@example.org>", f"All fine.\n{ANNE}")
        + answer(gamma, "Mallory <m@example.org>", "Reviewed-by: Linus T <linus@example.org>")
        + answer(gamma, "Zoë <s@x.org>", "Signed-off-by: Zoë <s@x.org>\nFooed-by: nobody")
        + answer("unknown@x.org", "Eve <e@x.org>", "Acked-by: Eve <e@x.org>", "Re: lunch")
        + answer("b4@x.org", "Bob <b@x.org>", "Tested-by: Bob <b@x.org>",
                 f"Re: [PATCH v1 1/1] {desk.delivery.series[1].title}")
    )  # fmt: skip
    desk.run(ONE, GAMMA, BETA, reroll=True, mbox=mbox, reasons={GAMMA: "new", BETA: "new"})
    text = "".join(messages(desk).values())
    assert text.count(RITA) == 1
    assert text.count(ANNE) == 1
    assert "Linus" not in text and "Eve" not in text and "Fooed" not in text
    assert desk.collected.doubts == (
        "Reviewed-by: Linus T <linus@example.org>: not sent by that address",
    )
    cover_text = " ".join(desk.cover("alpha-one").split())
    assert f"dropped because the patch has changed: {ANNE}" in cover_text
    beta = " ".join(desk.cover("beta-driver").split())
    assert "dropped because the patch has changed: Tested-by: Bob <b@x.org>" in beta


def test_patches_as_b4_am_writes_them(desk: Desk, tmp_path: Path) -> None:
    desk.run(ONE, GAMMA)
    (path,) = desk.folder("alpha-one").glob("0001-*")
    given = path.read_text().replace("\nSigned-off-by:", f"\n{ANNE}\nSigned-off-by:")
    mbox = tmp_path / "am.mbx"
    mbox.write_text(given)
    desk.run(ONE, GAMMA, reroll=True, mbox=mbox, reasons={GAMMA: "new"})
    assert "".join(messages(desk).values()).count(ANNE) == 1


@pytest.mark.parametrize("text", [None, "no mailbox\n"])
def test_what_is_no_mailbox_is_refused(desk: Desk, tmp_path: Path, text: str | None) -> None:
    desk.run(ONE)
    path = tmp_path / "thread.mbox"
    if text is not None:
        path.write_text(text)
    with pytest.raises(Refusal, match=r"thread\.mbox"):
        desk.run(ONE, reroll=True, mbox=path)


HOSTILE = [
    "Reviewed-by: E\x1bve <e@x.org>",
    "Reviewed-by: " + "E" * 400 + " <e@x.org>",
    "Reviewed-by: Eve <not an address>",
    "Reviewed-by: Eve <e@x.org>\r\nBcc: <e@x.org>",
]


@pytest.mark.parametrize("line", HOSTILE)
def test_no_answer_can_break_a_message(desk: Desk, tmp_path: Path, line: str) -> None:
    desk.run(ONE, GAMMA)
    _, one, _ = ids(desk, "alpha-one")
    mbox = tmp_path / "thread.mbox"
    mbox.write_bytes(answer(one, "Eve <e@x.org>", line).encode())
    desk.run(ONE, GAMMA, reroll=True, mbox=mbox, reasons={GAMMA: "new"})
    text = "".join(messages(desk).values())
    assert "Bcc" not in text and "\x1b" not in text and "EEEE" not in text
    assert "not an address" not in text


def test_a_last_version_that_is_lost_is_still_counted(desk: Desk) -> None:
    """The tool's own repository was made anew: the commits are gone, the facts are not."""
    desk.run(ONE, GAMMA)
    gone = [replace(v, start="0" * 40, tip="1" * 40) for v in desk.history.versions]
    desk.history = replace(desk.history, versions=tuple(gone))
    desk.run(ONE, GAMMA, reroll=True, reasons={GAMMA: "new"})
    cover = desk.cover("alpha-one")
    assert "[PATCH v2 0/2]" in cover and "Range-diff" not in cover
    assert "- Changed: patch 2, misc: gamma:" in cover
