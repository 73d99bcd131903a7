# SPDX-License-Identifier: GPL-2.0-only
"""Series: mails that apply on their own, reach the right people, and cannot be tricked."""

from __future__ import annotations

import email
import email.policy
import itertools
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.analysis.model import Acquire, Action, PinGroup, Place, TraitKind, UseKind, Verdict
from migrate.analysis.verdicts.question import Question
from migrate.analysis.verdicts.rules import data_read
from migrate.base.errors import Refusal
from migrate.base.programs import process
from migrate.base.programs.workers import recording
from migrate.base.stores.git import git_output
from migrate.delivery.commits.messages import CommitText, messages
from migrate.delivery.commits.text.groups import Call, GroupText
from migrate.delivery.headers import address_header, is_address, mailbox_text, text_header
from migrate.delivery.history import History, mark_sent
from migrate.delivery.mail.addressees import ALWAYS, address_patch
from migrate.delivery.mail.batches import Batch, title
from migrate.delivery.mail.cover import Facts, Site, cover_facts
from migrate.delivery.mail.job import Material, SeriesOptions
from migrate.delivery.mail.series import write_series
from migrate.delivery.mail.style import check_patches, check_style, reverse, style_script
from migrate.delivery.model import (
    Branch,
    BuildReport,
    BuildStatus,
    Commit,
    Delivery,
    ObjectBuild,
    Series,
)
from migrate.delivery.plumbing import Identity
from migrate.delivery.wording import mail_templates
from migrate.kernel.people.mailmap import Mailbox
from migrate.kernel.people.recipients import Answer, Recipient, Role
from migrate.rewrite.model import FileChange, Fix, GroupChange
from tests.analysis import groups
from tests.analysis.groups import trait

if TYPE_CHECKING:
    from conftest import Tiny

ONE, TWO = "drivers/misc/alpha/alpha_one.c", "drivers/misc/alpha/alpha_two.c"
BETA, GAMMA, ORPHAN, CORE = (
    "drivers/net/beta.c",
    "drivers/misc/gamma.c",
    "drivers/orphan.c",
    "mm/core.c",
)
SUBSYSTEMS = {
    ONE: "ALPHA DRIVER",
    TWO: "ALPHA DRIVER",
    BETA: "BETA DRIVER",
    GAMMA: "GAMMA DRIVER",
    ORPHAN: "THE REST",
    CORE: "MEMORY MANAGEMENT",
}


def git(root: Path, *args: str) -> str:
    return git_output(args, cwd=root).decode("utf-8", "surrogateescape").rstrip("\n")


def deliver(
    tiny: Tiny,
    out: Path,
    *paths: str,
    api: bool = False,
    builds: Callable[[Branch], BuildReport] | None = None,
    left: tuple[str, ...] = (),
    reason: str = "the device writes to the page",
    history: History | None = None,
    **options: Any,
) -> tuple[Branch, Delivery]:
    """Convert `paths`, leave those of `left` alone, and write the series to `out`."""
    items = [tiny.change(path, SUBSYSTEMS.get(path, "THE REST"), reason=reason) for path in paths]
    kept = [
        tiny.change(path, "", group=f"{path}:kept", action=Action.KEEP, case="4", reason="no data")
        for path in left
    ]
    results = tiny.results(
        *items,
        *((group, verdict, None) for group, verdict, _ in kept),
        api=tiny.api() if api else None,
    )
    branch = tiny.commit(*results)
    facts = Facts(*results, builds(branch) if builds else None)
    material = Material(
        tiny.tree, facts, branch, tiny.repository, tiny.checkout, history or History()
    )
    delivery = write_series(material, out, SeriesOptions(tree_scripts=False, **options))
    return branch, delivery


def mails(directory: Path) -> list[EmailMessage]:
    """The mails of a directory, cover letter first, as a mail program reads them."""
    return [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default)  # type: ignore[misc]
        for path in sorted(directory.glob("*.patch"))
    ]


def apply(checkout: Path, directory: Path) -> None:
    """git am of all patches of a series, as they are on disk."""
    patches = [str(p) for p in sorted(directory.glob("*.patch")) if "cover-letter" not in p.name]
    assert patches
    git(checkout, "am", "-q", *patches)


def addresses(mail: EmailMessage, header: str) -> list[str]:
    return [a.addr_spec for a in mail[header].addresses] if mail[header] else []


def written(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.parametrize("jobs", [2, 8])
def test_several_processes_write_what_one_writes(jobs: int, tiny: Tiny, tmp_path: Path) -> None:
    items = [tiny.change(path, SUBSYSTEMS[path]) for path in (ONE, TWO, BETA, GAMMA, CORE)]
    results = tiny.results(*items, api=tiny.api())
    branch = tiny.commit(*results)
    found = {}
    for count in (1, jobs):
        with recording() as made:
            found[count] = write_series(
                Material(tiny.tree, Facts(*results, None), branch, tiny.repository, tiny.checkout),
                tmp_path / str(count),
                SeriesOptions(tree_scripts=False, jobs=count),
            )
        assert {m.what for m in made} == {"recipients", "mails", "style"}
        assert (len({m.process for m in made}) > 1) == (count > 1)
    assert found[jobs] == found[1]
    assert len(written(tmp_path / "1")) > 20
    assert written(tmp_path / str(jobs)) == written(tmp_path / "1")


@pytest.mark.parametrize("exports", [False, True])
def test_only_what_uses_the_api_says_so(exports: bool, tiny: Tiny, tmp_path: Path) -> None:
    """A series of calls of the tree's own fixup_user_fault() may stand on it all the same."""
    pinned = tiny.change(ONE, "ALPHA DRIVER")
    group, verdict, change = tiny.change(BETA, "BETA DRIVER", action=Action.FOLLOW, case="")
    only_faults = replace(group, traits=(trait(TraitKind.PAGES_NULL),), releases=())
    (file,) = change.files
    faulting = replace(file, after=file.after.replace(b"pin_user_pages_fast", b"fixup_user_fault"))
    change = replace(change, files=(faulting,))
    api = tiny.api()
    if exports:
        subject = "mm/gup: export fixup_user_fault() to modules"
        api = replace(api, subjects=(subject, *api.subjects[1:]))
    results = tiny.results(pinned, (only_faults, verdict, change), api=api)
    branch = tiny.commit(*results)
    material = Material(tiny.tree, Facts(*results, None), branch, tiny.repository, tiny.checkout)
    delivery = write_series(material, tmp_path / "out", SeriesOptions(tree_scripts=False))
    said = {
        series.subsystems: " ".join(
            mails(tmp_path / "out" / series.directory)[0].get_content().split()
        )
        for series in delivery.series
    }
    for name, needed in (("ALPHA DRIVER", True), ("BETA DRIVER", exports)):
        text = said[name,]
        assert ("The new functions are added by the series" in text) is needed
        assert ("Nothing of the series" in text) is not needed
        assert "its patches are the prerequisites listed at the end." in text


def test_every_order_of_series_gives_the_tree_of_the_branch(tiny: Tiny, tmp_path: Path) -> None:
    branch, delivery = deliver(tiny, tmp_path / "out", ONE, TWO, BETA, GAMMA, CORE, api=True)
    wanted = git(tiny.repository, "rev-parse", f"{branch.tip}^{{tree}}")
    first, *others = [tmp_path / "out" / series.directory for series in delivery.series]
    assert len(others) == 3
    for order in itertools.permutations(others):
        git(tiny.checkout, "checkout", "-q", "--detach", branch.base)
        for directory in (first, *order):
            apply(tiny.checkout, directory)
        assert git(tiny.checkout, "rev-parse", "HEAD^{tree}") == wanted
    git(tiny.checkout, "checkout", "-q", "--detach", branch.base)
    apply(tiny.checkout, first)
    for directory in others:
        git(tiny.checkout, "checkout", "-q", "--detach", "HEAD@{0}")
        apply(tiny.checkout, directory)


def test_one_series_for_each_set_of_maintainers(tiny: Tiny, tmp_path: Path) -> None:
    _, delivery = deliver(tiny, tmp_path / "out", ONE, TWO, BETA, GAMMA, ORPHAN, api=True)
    assert [(s.directory, s.subsystems) for s in delivery.series] == [
        ("01-api", ("MEMORY MANAGEMENT",)),
        ("02-alpha-driver", ("ALPHA DRIVER", "GAMMA DRIVER")),
        ("03-beta-driver", ("BETA DRIVER",)),
        ("04-the-rest", ("THE REST",)),
    ]
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        s.directory for s in delivery.series
    ]


def test_everybody_gets_their_own_patches_and_the_cover_goes_to_all(
    tiny: Tiny, tmp_path: Path
) -> None:
    deliver(tiny, tmp_path / "out", ONE, GAMMA, ORPHAN, BETA)
    alpha = mails(tmp_path / "out/01-alpha-driver")
    both = ["linux-kernel@vger.kernel.org", "linux-mm@kvack.org"]
    assert [addresses(m, "To") for m in alpha] == [["alpha@example.org"]] * 3
    to_alpha = ["rita@example.org", "linux-alpha@example.org", *both]
    assert [addresses(m, "Cc") for m in alpha] == [to_alpha, to_alpha, both]
    orphan = mails(tmp_path / "out/02-the-rest")
    assert [addresses(m, "To") for m in orphan] == [["linux-kernel@vger.kernel.org"]]
    assert [addresses(m, "Cc") for m in orphan] == [["linux-mm@kvack.org"]]
    names = [
        m["To"].addresses[0].display_name
        for m in (alpha[1], *mails(tmp_path / "out/03-beta-driver"))
    ]
    assert names == ["Jürgen Älpha", "Beta, Bea"]
    text = (tmp_path / "out/01-alpha-driver/recipients.txt").read_text()
    assert "  To: Jürgen Älpha <alpha@example.org>  (maintainer:ALPHA DRIVER)" in text
    assert "gup-migrate's reading of MAINTAINERS" in text


def test_a_single_patch_goes_without_a_cover_letter(tiny: Tiny, tmp_path: Path) -> None:
    """What the cover would say stands where git am leaves it out."""
    branch, _ = deliver(tiny, tmp_path / "out", ONE, left=(ONE,))
    directory = tmp_path / "out/01-alpha-driver"
    (mail,) = mails(directory)
    assert mail["Subject"].startswith("[PATCH] misc: alpha: ")
    assert mail["In-Reply-To"] is None and mail["References"] is None
    message, _, below = mail.get_content().partition("\n---\n")
    said = f"- {ONE}:5 one_start(), kept: No data.\n"
    assert said in below and said not in message
    assert below.index(said) < below.index("diff --git")
    assert below.endswith(f"\nbase-commit: {branch.base}\n")
    sections = (directory / "recipients.txt").read_text()
    assert sections.count(".patch\n") == 1
    (path,) = directory.glob("*.patch")
    git(tiny.repository, "worktree", "add", "-q", "--detach", str(tmp_path / "wt"), branch.base)
    who = ("-c", "user.name=A", "-c", "user.email=a@x.org")
    git(tmp_path / "wt", *who, "am", "-q", str(path))
    assert git(tmp_path / "wt", "show", "-s", "--format=%b").rstrip() == message.rstrip()


def test_threading_numbers_and_ids(tiny: Tiny, tmp_path: Path) -> None:
    deliver(tiny, tmp_path / "out", ONE, GAMMA)
    cover, *patches = mails(tmp_path / "out/01-alpha-driver")
    assert cover["Subject"].startswith("[PATCH 0/2] misc: ")
    assert [p["Subject"].split("]")[0] for p in patches] == ["[PATCH 1/2", "[PATCH 2/2"]
    assert cover["In-Reply-To"] is None
    assert {p["In-Reply-To"] for p in patches} == {cover["Message-ID"]}
    assert {p["References"] for p in patches} == {cover["Message-ID"]}
    assert len({m["Message-ID"] for m in (cover, *patches)}) == 3
    assert all(re.fullmatch(r"<[\w.-]+@example\.org>", m["Message-ID"]) for m in patches)
    assert {str(m["From"]) for m in (cover, *patches)} == {'"Zoë Devel, Jr" <zoe@example.org>'}


def test_same_content_same_bytes_and_other_content_other_ids(tiny: Tiny, tmp_path: Path) -> None:
    for name in ("a", "b"):
        deliver(tiny, tmp_path / name, ONE, BETA, api=True)
    deliver(tiny, tmp_path / "c", ONE, BETA, api=True, reason="another reason")

    def contents(name: str) -> dict[str, bytes]:
        top = tmp_path / name
        return {str(p.relative_to(top)): p.read_bytes() for p in top.rglob("*") if p.is_file()}

    assert contents("a") == contents("b")
    ids = {
        name: {m["Message-ID"] for m in mails(tmp_path / name / "02-alpha-driver")} for name in "ac"
    }
    assert not ids["a"] & ids["c"]


def test_base_and_prerequisites_are_those_of_git(tiny: Tiny, tmp_path: Path) -> None:
    branch, _ = deliver(tiny, tmp_path / "out", ONE, GAMMA, api=True)
    wanted = [f"base-commit: {branch.base}"]
    for commit in branch.commits[:2]:
        diff = git_output(["diff-tree", "-p", commit.id], cwd=tiny.repository)
        patch_id = git_output(["patch-id", "--stable"], cwd=tiny.repository, stdin=diff).split()[0]
        wanted.append(f"prerequisite-patch-id: {patch_id.decode()}")
    for directory, lines in (("01-api", wanted[:1]), ("02-alpha-driver", wanted)):
        cover = mails(tmp_path / "out" / directory)[0].get_content()
        found = [x for x in cover.split("\n") if x.startswith(("base-commit:", "prerequisite-"))]
        assert found == lines


HOW = "x86_64: make 'HOSTCC=gcc -fcommon', because scripts/dtc defines yylloc twice"


def test_cover_letter_tells_everything(
    make_tiny: Callable[..., Tiny], tiny: Tiny, tmp_path: Path
) -> None:
    """The CASEs only where the tree has the document that says what they are."""

    def builds(branch: Branch) -> BuildReport:
        one, two = branch.commits[0].id, "0" * 40
        good = ObjectBuild(
            one, "drivers/misc/alpha/one.o", "x86_64", BuildStatus.BUILT, "", "", 1.5, (HOW,),
            "gcc 12.2.0", "defconfig+ALPHA",
        )  # fmt: skip
        rows = [
            good,
            replace(
                good, arch="arm64", compiler="clang 14.0.6", how=(HOW.replace("x86_64", "arm64"),)
            ),
            ObjectBuild(
                one, "drivers/misc/alpha/one.o", "s390", BuildStatus.NOT_BUILDABLE, "", "no bus", 0
            ),
            ObjectBuild(two, "other.o", "x86_64", BuildStatus.BUILT, "", "", 1.0),
        ]
        return BuildReport(branch.tip, tuple(rows))

    told = make_tiny({"Documentation/core-api/pin_user_pages.rst": b"CASEs\n"})
    deliver(told, tmp_path / "out", ONE, TWO, GAMMA, left=(ONE, BETA), builds=builds)
    text = mails(tmp_path / "out/01-alpha-driver")[0].get_content()
    for part in (
        f"  {ONE}:5 one_start()\n    pin, CASE 2: get_user_pages_fast() -> pin_user_pages_fast()\n",
        f"  {TWO}:5 two_start()\n",
        f"- {ONE}:5 one_start(), kept, CASE 4: No data.\n",
        "\nEach patch was built on its own:\n",
        "  drivers/misc/alpha/one.o\n    arm64 (clang 14.0.6, defconfig+ALPHA) and x86_64",
        "    not buildable here: s390 (no bus)\n",
        "\nTo build them, this was needed in addition:\n\n- arm64 and x86_64: make 'HOSTCC=gcc",
        " 3 files changed, 6 insertions(+), 6 deletions(-)\n",
    ):
        assert part in text
    assert BETA not in text
    assert "other.o" not in text
    assert text.count("-fcommon") == 1
    built = "one.o arm64 (clang 14.0.6, defconfig+ALPHA) and x86_64 (gcc 12.2.0, defconfig+ALPHA)"
    assert built in " ".join(text.split())
    assert max(map(len, text.split("\n"))) <= 80
    deliver(told, tmp_path / "single", ONE, TWO, builds=builds)
    text = mails(tmp_path / "single/01-alpha-driver")[0].get_content()
    assert "\nBuilt:\n" in text and "Converted:" not in text, "its message says it"
    deliver(tiny, tmp_path / "untold", ONE, TWO, left=(ONE,))
    text = mails(tmp_path / "untold/01-alpha-driver")[0].get_content()
    assert f"- {ONE}:5 one_start(), kept: No data.\n" in text
    assert "CASE" not in text


def test_nothing_is_called_built_that_could_not_be(tiny: Tiny, tmp_path: Path) -> None:
    def builds(branch: Branch) -> BuildReport:
        status = BuildStatus.NOT_BUILDABLE
        one = branch.commits[0].id
        reason = "s390: no bus (log: /home/zoe/builds/s390.log)"
        return BuildReport(branch.tip, (ObjectBuild(one, ONE, "s390", status, "", reason, 0),))

    deliver(tiny, tmp_path / "out", ONE, builds=builds)
    text = mails(tmp_path / "out/01-alpha-driver")[0].get_content()
    assert "This patch was not compiled on any architecture:\n" in text
    assert text.count("no bus") == 1, "the reason is given once"
    assert "was built" not in text
    assert "not buildable here: s390 (no bus)" in text
    assert "zoe/" not in text


LONG = "drivers/misc/alpha/a_folder_with_a_long_name/and_one_more_of_the_kind/x_start.c"


def test_long_names_stay_in_their_columns(make_tiny: Callable[..., Tiny], tmp_path: Path) -> None:
    body = b"int start_start(void)\n{\n\treturn get_user_pages_fast();\n}\n"
    tiny = make_tiny({LONG: body})

    def builds(branch: Branch) -> BuildReport:
        why = "no configuration of this tree builds it, whatever is tried, " * 3
        commit = branch.commits[0].id
        fail = ObjectBuild(commit, "x.o", "s390", BuildStatus.NOT_BUILDABLE, "", why, 0)
        return BuildReport(branch.tip, (fail,))

    _, delivery = deliver(tiny, tmp_path / "out", LONG, builds=builds)
    text = mails(tmp_path / "out" / delivery.series[0].directory)[0].get_content()
    site = Site(f"{LONG}:5", "start_start", "get_user_pages_fast", "pin_user_pages_fast", "pin", "")
    assert site.lines[:2] == [f"{LONG}:5", "  start_start()"]
    assert site.lines[2].startswith("  pin: get_user_pages_fast()")
    wide = [line for line in text.split("\n") if len(line) > 75 and LONG not in line]
    assert wide == []
    assert "no configuration of this tree builds it" in " ".join(text.split())


def test_fifteen_patches_at_most(make_tiny: Callable[..., Tiny], tmp_path: Path) -> None:
    paths = [f"drivers/dir{n:02d}/x_d{n:02d}.c" for n in range(32)]
    body = "int d{n:02d}_start(void)\n{{\n\treturn get_user_pages_fast();\n}}\n"
    sections = "".join(
        f"DRIVER {n:02d}\nM:\tAll <all@example.org>\nF:\t{path}\n\n" for n, path in enumerate(paths)
    )
    files = {path: body.format(n=n).encode() for n, path in enumerate(paths)}
    tiny = make_tiny(files | {"MAINTAINERS": sections.encode()})
    SUBSYSTEMS.update({path: f"DRIVER {n:02d}" for n, path in enumerate(paths)})
    branch, delivery = deliver(tiny, tmp_path / "out", *paths)
    assert [len(s.commits) for s in delivery.series] == [10, 11, 11]
    assert [s.slug for s in delivery.series] == [f"driver-{n}-part-{p}" for n, p in
                                                 (("00", 1), ("10", 2), ("21", 3))]  # fmt: skip
    assert sum((s.commits for s in delivery.series), ()) == tuple(c.id for c in branch.commits)
    cover, *patches = mails(tmp_path / "out" / delivery.series[0].directory)
    assert cover["Subject"].startswith("[PATCH 00/10]")
    assert patches[8]["Subject"].startswith("[PATCH 09/10]")
    assert "This is part 1 of 3." in cover.get_content()
    for series in reversed(delivery.series):
        git(tiny.checkout, "checkout", "-q", "--detach", branch.base)
        apply(tiny.checkout, tmp_path / "out" / series.directory)


AWKWARD = {
    "crlf.c": b"int a;\r\nx = get_user_pages_fast();\r\n=3D \r\n\r\nend\r\n",
    "latin1.c": "/* für */\nget_user_pages_fast();\n".encode("latin-1"),
    "no-newline.c": b"get_user_pages_fast();",
    "long.c": b"/*" + b"x" * 1200 + b"*/ get_user_pages_fast();\n",
    "from.c": b"get_user_pages_fast();\nFrom me to you\n-- \n.\n---\n\n\n",
}


@pytest.mark.parametrize("name", AWKWARD)
def test_any_bytes_survive_the_mail(
    make_tiny: Callable[..., Tiny], tmp_path: Path, name: str
) -> None:
    tiny = make_tiny({f"drivers/misc/alpha/x_{name}": AWKWARD[name]})
    branch, delivery = deliver(tiny, tmp_path / "out", f"drivers/misc/alpha/x_{name}")
    git(tiny.checkout, "config", "core.autocrlf", "false")
    git(tiny.checkout, "checkout", "-q", "--detach")
    apply(tiny.checkout, tmp_path / "out" / delivery.series[0].directory)
    assert git(tiny.checkout, "rev-parse", "HEAD^{tree}") == git(
        tiny.repository, "rev-parse", f"{branch.tip}^{{tree}}"
    )


def recipients(*lines: tuple[str, str]) -> Answer:
    return Answer(
        tuple(Recipient(Mailbox(n, a), Role.MAINTAINER, "why\r\nBcc: eve@x.org") for n, a in lines),
        "script",
    )


EVIL = [
    ("Eve\r\nBcc: eve@x.org", "a@x.org"),
    ("Eve\n\nbody", "a@x.org"),
    ("Eve\u2028Bcc: e@x.org\x00\x0b", "a@x.org"),
    ("=?utf-8?q?Eve=0ABcc=3A_e=40x.org?=", "a@x.org"),
    ('E"v\\e <other@x.org>, More <more@x.org>', "a@x.org"),
    ("\udcffEve", "a@x.org"),
    ("E" * 300, "a@x.org"),
    ("Ünï " * 60, "a@x.org"),
]


@pytest.mark.parametrize(("name", "address"), EVIL)
def test_no_name_makes_a_header_or_a_recipient(name: str, address: str) -> None:
    header = address_header("To", [Mailbox(name, address), Mailbox("", "list@x.org")])
    mail = email.message_from_string(header + "\n\nbody", policy=email.policy.default)
    assert mail.keys() == ["To"]
    assert [a.addr_spec for a in mail["To"].addresses] == [address, "list@x.org"]
    assert header.isascii()
    assert all(len(line) <= 998 for line in header.split("\n"))


@pytest.mark.parametrize(
    "address",
    ["a@x.org\nBcc: e@x.org", "a b@x.org", "a@x.org>", "a", "@x.org", "a@", "a@x.org,b@x.org",
     "a@ü.org", "a@-", "a" * 250 + "@x.org", "a@x.org\n", '"a"@x.org', ""],
)  # fmt: skip
def test_what_is_no_address_is_left_out_and_said(address: str) -> None:
    assert not is_address(address)
    with pytest.raises(ValueError, match="not an address"):
        mailbox_text(Mailbox("N", address))
    found = address_patch(recipients(("Good", "good@x.org"), ("Bad", address)))
    assert [box.address for box in found.mail.to] == ["good@x.org"]
    assert found.left_out == (address,)


@pytest.mark.parametrize("text", ["a\r\nBcc: e@x.org", "für " * 60, "long " * 60, "\udcff\x00"])
def test_subjects_are_one_header(text: str) -> None:
    header = text_header("Subject", f"[PATCH 0/1] {text}")
    mail = email.message_from_string(header + "\n\nbody", policy=email.policy.default)
    assert mail.keys() == ["Subject"]
    assert header.startswith("Subject: [PATCH 0/1] ")
    assert header.isascii()
    assert max(map(len, header.split("\n"))) <= 78


def test_maintainers_and_paths_cannot_inject_headers(
    make_tiny: Callable[..., Tiny], tmp_path: Path
) -> None:
    path = "drivers/misc/e\rBcc: eve@x.org/x_evil.c"
    text = "EVIL\rBcc: eve@x.org\nM:\tEve\rBcc: eve@x.org <a@x.org>\n"
    text += "L:\tl@x.org\rBcc:e@x.org\nF:\t*/\n"
    tiny = make_tiny({path: b"get_user_pages_fast();\n", "MAINTAINERS": text.encode()})
    SUBSYSTEMS[path] = "EVIL\rBcc: eve@x.org"
    _, delivery = deliver(tiny, tmp_path / "out", path)
    directory = tmp_path / "out" / delivery.series[0].directory
    assert re.fullmatch(r"[a-z0-9-]+", directory.name)
    for mail in mails(directory):
        assert mail["Bcc"] is None
        assert addresses(mail, "To") == ["a@x.org"]


def sh(directory: Path, *args: str, path: Path) -> process.Outcome:
    """Run send.sh with a git in front of ours that notes its arguments."""
    return process.run(
        ["sh", "./send.sh", *args],
        cwd=directory,
        timeout=30,
        env={"PATH": f"{path}:{os.environ['PATH']}"},
    )


@pytest.fixture
def noted(tmp_path: Path) -> Iterator[Path]:
    """A folder with a git that writes its arguments to the file `calls` there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "git").write_text(f'#!/bin/sh\necho "$@" >> "{folder}/calls"\n')
    (folder / "git").chmod(0o755)
    yield folder


def test_script_only_shows_unless_told_otherwise(tiny: Tiny, tmp_path: Path, noted: Path) -> None:
    deliver(tiny, tmp_path / "out", ONE, GAMMA)
    directory = tmp_path / "out/01-alpha-driver"
    shown = sh(directory, path=noted)
    assert isinstance(shown, process.Finished) and shown.ok
    assert b"nothing is sent" in shown.stderr
    call = (noted / "calls").read_text()
    assert " send-email --dry-run --confirm=never " in call
    assert call.count(".patch") == 3
    assert not (directory / "SENT").exists()


def test_script_sends_once(tiny: Tiny, tmp_path: Path, noted: Path) -> None:
    _, first = deliver(tiny, tmp_path / "out", ONE)
    directory = tmp_path / "out/01-alpha-driver"
    sent = sh(directory, "--really-send", "--smtp-server=x", path=noted)
    assert isinstance(sent, process.Finished) and sent.ok
    call = (noted / "calls").read_text()
    assert "--dry-run" not in call
    assert "--confirm=always" in call and "--smtp-server=x ./0001" in call
    again = sh(directory, "--really-send", path=noted)
    assert isinstance(again, process.Finished) and again.code == 1
    assert (noted / "calls").read_text() == call
    marked = mark_sent(first.history, tmp_path / "out", "SENT", "series.json")
    _, second = deliver(tiny, tmp_path / "next", ONE, BETA, history=marked)
    mark = (tmp_path / "next/01-alpha-driver/SENT").read_text()
    assert mark == (directory / "SENT").read_text()
    assert not (tmp_path / "next/02-beta-driver/SENT").exists()

    deliver(tiny, tmp_path / "other", ONE, reason="changed", history=second.history)
    changed = tmp_path / "other/01-alpha-driver"
    assert not (changed / "SENT").exists()
    held = sh(changed, "--really-send", path=noted)
    assert isinstance(held, process.Finished) and held.code == 1
    assert b"have changed since" in held.stderr and b"--reroll" in held.stderr
    assert (noted / "calls").read_text() == call


def test_series_name_their_commits_and_people(tiny: Tiny, tmp_path: Path) -> None:
    branch, delivery = deliver(tiny, tmp_path / "out", BETA)
    (series,) = delivery.series
    assert series == Series(
        "beta-driver",
        "01-beta-driver",
        "net: beta: pin user pages with pin_user_pages_fast()",
        ("BETA DRIVER",),
        (branch.commits[0].id,),
        ("beta@example.org",),
        ("linux-kernel@vger.kernel.org", "linux-mm@kvack.org"),
        style=series.style,
        cover=series.cover,
        start=branch.base,
        tip=series.tip,
        to_boxes=(Mailbox("Beta, Bea", "beta@example.org"),),
        cc_boxes=ALWAYS[::-1],
    )


CHECKER = """\
my $name = pop @ARGV;
exit 2 if "@ARGV" ne '--strict --terse --show-types --no-summary --no-tree';
open my $in, '<', $name or die;
my ($n, $bad) = (0, 0);
while (<$in>) {
	$n++;
	if (/^\\+.*( $|\\t $)/) { print "$name:$n: ERROR:TRAILING_WHITESPACE: trailing\\n"; $bad = 1; }
	if (/^\\+.{80}/) { print "$name:$n: WARNING:LONG_LINE: long\\n"; $bad = 1; }
}
exit $bad;
"""

PATCH = """\
From 0 Mon Sep 17 00:00:00 2001
Subject: x

+text that is not code and is longer than any line of code should be, but no one minds here
---
diff --git a/x.c b/x.c
--- a/x.c
+++ b/x.c
@@ -1,3 +1,3 @@ f()
 same
-{long}put_page(p);
+{long}unpin_user_page(p);
@@ -11 +11,2 @@ g()
-short
+short
+fresh{trail}
"""


def test_style_tells_new_from_old(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/checkpatch.pl").write_text(CHECKER)
    patch = tmp_path / "a.patch"
    patch.write_text(PATCH.format(long="x" * 80, trail=" ").replace("+text", "text"))
    report = check_style(tmp_path, [patch])
    assert [(f.line, f.kind, f.before) for f in report.findings] == [
        (12, "LONG_LINE", True),
        (16, "TRAILING_WHITESPACE", False),
    ]
    assert [f.kind for f in report.new] == ["TRAILING_WHITESPACE"]
    (tmp_path / "scripts/checkpatch.pl").write_text("die 'broken';\n")
    assert "broken" in check_style(tmp_path, [patch]).unchecked[0].why


def test_patch_reversed_twice_is_the_patch() -> None:
    patch = PATCH.format(long="", trail="").encode()
    assert reverse(reverse(patch)) == patch
    assert b"@@ -11,2 +11 @@ g()\n-short\n-fresh\n+short\n" in reverse(patch)


ASKER = """\
my $name = pop @ARGV;
my $new = 0;
open my $in, '<', $name or die;
while (<$in>) { $new = $. if m{^--- /dev/null}; }
print "$name:$new: WARNING:FILE_PATH_CHANGES: does MAINTAINERS need updating?\\n" if $new;
exit($new ? 1 : 0);
"""

FRESH = """\
---
diff --git a/x.c b/x.c
new file mode 100644
--- /dev/null
+++ b/x.c
@@ -0,0 +1 @@
+int x;
"""


@pytest.mark.parametrize("covered", [True, False])
def test_question_for_maintainers_is_answered_where_it_can_be(
    tmp_path: Path, covered: bool
) -> None:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/checkpatch.pl").write_text(ASKER)
    asked = []

    def answer(path: str) -> bool:
        asked.append(path)
        return covered

    patches = [("0001-x.patch", FRESH.encode())]
    report = check_patches(style_script(tmp_path), patches, covered=answer)
    assert asked == ["x.c"]
    assert [f.kind for f in report.new] == ([] if covered else ["FILE_PATH_CHANGES"])
    assert report.serious == report.new
    fine = ("No error, warning or check is new.",)
    question = ("WARNING FILE_PATH_CHANGES: does MAINTAINERS need updating?",)
    assert report.lines() == (fine if covered else question)


def test_style_names_the_line_and_leaves_out_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/checkpatch.pl").write_text(CHECKER)
    text = PATCH.format(long="x" * 80, trail=" ").replace("+text", "text").encode()
    report = check_patches(style_script(tmp_path), [("a.patch", text)], covered=lambda _: False)
    assert report.lines() == ("ERROR TRAILING_WHITESPACE: trailing (x.c:12)",)
    assert [f.before for f in report.findings] == [True, False]


def test_no_script_of_the_tree_runs_unless_allowed(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/checkpatch.pl").write_text("open my $f, '>', 'ran';\n")
    patches = [("a.patch", FRESH.encode())]
    report = check_patches(None, patches, covered=lambda _: True)
    assert not (tmp_path / "ran").exists()
    assert report.lines() == ("a.patch was not checked: scripts of the tree are not run",)


def test_what_checkpatch_calls_wrong_is_not_sent_unawares(
    make_tiny: Callable[..., Tiny], tmp_path: Path, noted: Path
) -> None:
    bad = 'print "$ARGV[-1]:1: ERROR:BAD: it is bad\\n"; exit 1;\n'
    checker = "exit 0 if $ARGV[-1] =~ /reversed/;\n" + bad
    scripts = {"scripts/checkpatch.pl": checker.encode(), "scripts/get_maintainer.pl": b"die;\n"}
    tiny = make_tiny(scripts)
    results = tiny.results(tiny.change(ONE, "ALPHA DRIVER"))
    facts, branch = Facts(*results, None), tiny.commit(*results)
    material = Material(tiny.tree, facts, branch, tiny.repository, tiny.checkout)
    delivery = write_series(material, tmp_path / "out")
    (series,) = delivery.series
    assert series.hold[0].startswith("checkpatch.pl, 0001-") and "ERROR BAD" in series.hold[0]
    directory = tmp_path / "out" / series.directory
    assert "- ERROR BAD: it is bad\n" in mails(directory)[0].get_content()
    refused = sh(directory, "--really-send", path=noted)
    assert isinstance(refused, process.Finished) and refused.code == 1
    assert b"ERROR BAD" in refused.stderr and not (noted / "calls").exists()
    (directory / "HOLD").unlink()
    sent = sh(directory, "--really-send", path=noted)
    assert isinstance(sent, process.Finished) and sent.ok


PIECES = ("\r", "\n", "\x00", "\u2028", "Bcc: e@x.org", " ", "=?utf-8?q?e=0A?=", "<e@x.org>",
          ",", '"', "\\", "ü", "Eve", ";", ":", "(", ")")  # fmt: skip
names = st.text(max_size=120) | st.lists(st.sampled_from(PIECES), max_size=8).map("".join)


@given(names)
def test_no_name_whatsoever_makes_a_header(name: str) -> None:
    header = address_header("To", [Mailbox(name, "a@x.org"), Mailbox("", "list@x.org")])
    mail = email.message_from_string(header + "\n\nbody", policy=email.policy.default)
    assert mail.keys() == ["To"]
    assert [a.addr_spec for a in mail["To"].addresses] == ["a@x.org", "list@x.org"]
    assert header.isascii() and "\r" not in header
    assert all(line.startswith(" ") for line in header.split("\n")[1:])


@given(names)
def test_no_subject_whatsoever_makes_a_header(text: str) -> None:
    header = text_header("Subject", f"[PATCH 0/1] {text}")
    mail = email.message_from_string(header + "\n\nbody", policy=email.policy.default)
    assert mail.keys() == ["Subject"]
    assert mail.get_payload() == "body"
    assert header.isascii() and all(len(line) <= 998 for line in header.split("\n"))


@given(st.text(max_size=300), st.text(max_size=60))
def test_nothing_in_a_text_ends_a_message_or_signs_it(reason: str, warning: str) -> None:
    call = Call("f", "a.c", "get_user_pages", "pin_user_pages", "")
    group = GroupText("g", "pin", "5", reason, (warning,), (), (call,), (), False)
    (text,) = messages([CommitText("subject", [group])], Identity("A", "a@x.org"))
    lines = text.split("\n")
    signs = [line for line in lines if re.match(r"[A-Za-z-]+-by:", line)]
    assert signs == ["Signed-off-by: A <a@x.org>"]
    assert not any(re.match(r"---|diff |From |Index: |-- $|Subject:", line) for line in lines)
    assert "\r" not in text and "\0" not in text


def test_a_profile_may_say_it_in_its_own_words(tiny: Tiny, tmp_path: Path) -> None:
    own = mail_templates({"cover.txt": "We convert {{ commits | length }} of them.\n"}, "x")
    _, delivery = deliver(tiny, tmp_path / "out", ONE, templates=own)
    cover = mails(tmp_path / "out" / delivery.series[0].directory)[0].get_content()
    assert "\n---\nWe convert 1 of them.\n\n" in cover
    bad = mail_templates({"cover.txt": "{{ nothing_of_that_name }}\n"}, "x")
    with pytest.raises(Refusal, match=r"x/cover\.txt cannot be filled in: 'nothing_of_that_name'"):
        deliver(tiny, tmp_path / "again", ONE, templates=bad)


def mended(tiny: Tiny, path: str, *, convert: bool) -> tuple[PinGroup, Verdict, GroupChange]:
    """A change with a fix before it, or a fix alone."""
    group, verdict, change = tiny.change(path, SUBSYSTEMS[path])
    (file,) = change.files
    assert file.before is not None
    between = file.before.replace(b"_stop(", b"_halt(")
    first, second = FileChange(path, file.before, between), FileChange(path, between, file.after)
    fix = Fix("left-behind", "halt it", "It was not halted.", (first,), ("common/x.cocci",))
    return group, verdict, replace(change, files=(second,) if convert else (), fixes=(fix,))


def test_a_fix_goes_out_before_the_conversion_that_stands_on_it(tiny: Tiny, tmp_path: Path) -> None:
    results = tiny.results(mended(tiny, ONE, convert=True), tiny.change(TWO, SUBSYSTEMS[TWO]))
    branch = tiny.commit(*results)
    assert [(c.fix, c.paths) for c in branch.commits] == [(True, (ONE,)), (False, (ONE, TWO))]
    material = Material(tiny.tree, Facts(*results, None), branch, tiny.repository, tiny.checkout)
    delivery = write_series(material, tmp_path / "out", SeriesOptions(tree_scripts=False))
    (series,) = delivery.series
    assert len(series.commits) == 2
    cover = " ".join(series.cover.split())
    assert "The first patch fixes a bug in the code that the second one converts" in cover
    mails = sorted((tmp_path / "out" / series.directory).glob("*.patch"))
    assert "halt it" in mails[1].read_text() and "It was not halted." in mails[1].read_text()


def test_fixes_alone_are_no_conversion(tiny: Tiny, tmp_path: Path) -> None:
    results = tiny.results(mended(tiny, ONE, convert=False), mended(tiny, TWO, convert=False))
    branch = tiny.commit(*results)
    assert [c.fix for c in branch.commits] == [True, True]
    material = Material(tiny.tree, Facts(*results, None), branch, tiny.repository, tiny.checkout)
    delivery = write_series(material, tmp_path / "out", SeriesOptions(tree_scripts=False))
    (series,) = delivery.series
    assert series.cover.startswith("An audit found these bugs")
    assert "Converted:" not in series.cover


@pytest.mark.parametrize(
    ("prefixes", "said"),
    [
        (("RDMA/hfi1", "RDMA/qib"), "RDMA: pin user pages instead of taking references"),
        (("RDMA/hfi1", "net/rds"), "pin user pages instead of taking references"),
        (("misc: alpha", "misc: beta"), "misc: pin user pages instead of taking references"),
    ],
)
def test_the_title_names_what_the_subjects_share(prefixes: tuple[str, str], said: str) -> None:
    commits = [
        Commit(str(n), "0", "S", f"{prefix}: pin user pages with {'abc'[n]}()", ("g",), ("a.c",))
        for n, prefix in enumerate(prefixes)
    ]
    assert title(Batch(commits, [])) == said


def test_a_call_that_stays_is_not_listed_as_converted(tiny: Tiny) -> None:
    """That of a driver's own function, which takes the pages and is the one that changes."""
    group, verdict, change = tiny.change(ONE, "ALPHA DRIVER")
    calls = Acquire(Place(TWO, 9, 1), "calls", "one_start", (), (), "")
    results = tiny.results((replace(group, acquires=(*group.acquires, calls)), verdict, change))
    branch = tiny.commit(*results)
    sites = cover_facts(Facts(*results, None), branch.commits, document="")["sites"]
    assert [site.function for site in sites] == ["one_start"]


def test_what_is_left_alone_is_explained_without_profiles(tiny: Tiny) -> None:
    """Who gets a mail does not know what a profile is."""
    read = data_read(Question(groups.group(UseKind.READ_DATA), pins_read_only=False))
    assert read is not None and "profile" in read.reason
    missing = "profile pin-user-pages has no counterpart for get_user_pages()"
    found = {}
    for why in (read.reason, missing):
        group, verdict, _ = tiny.change(TWO, "ALPHA DRIVER", action=Action.KEEP, reason=why)
        group = replace(group, acquires=(Acquire(Place(ONE, 9, 1), "f", "g", (), (), ""),))
        results = tiny.results(tiny.change(ONE, "ALPHA DRIVER"), (group, verdict, None))
        (site,) = Facts(*results, None).left_alone(tiny.commit(*results).commits)
        found[why] = site.reason
    assert found == {
        read.reason: "The kernel only reads the data in the pages.",
        missing: "there is no counterpart for get_user_pages()",
    }
