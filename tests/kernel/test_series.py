# SPDX-License-Identifier: GPL-2.0-only
"""Series on a real kernel: renames by hand, through commits and mails, back into a tree."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from migrate.analysis.frontend.nodes import name_of
from migrate.analysis.frontend.syntax import parse
from migrate.analysis.model import (
    Acquire,
    Action,
    Classification,
    Confidence,
    PinGroup,
    Place,
    Release,
    Verdict,
)
from migrate.base.programs import process
from migrate.base.stores.alternates import borrow, check_out
from migrate.base.stores.git import git_output
from migrate.delivery.commits.make import make_commits, user_identity
from migrate.delivery.commits.publish import publish
from migrate.delivery.mail.cover import Facts
from migrate.delivery.mail.job import Material
from migrate.delivery.mail.series import write_series
from migrate.delivery.mail.style import check_style
from migrate.delivery.model import Branch, Delivery
from migrate.kernel.people.maintainers import Maintainers, read_maintainers
from migrate.kernel.people.recipients import ask_script
from migrate.kernel.tree import Tree, open_tree
from migrate.rewrite.model import ApiChange, FileChange, GroupChange, Rewrite

SITES = {
    "bcm_vk_dma_alloc": ["drivers/misc/bcm-vk/bcm_vk_sg.c"],
    "ublk_copy_user_pages": ["drivers/block/ublk_drv.c"],
    "vmci_host_setup_notify": [
        "drivers/misc/vmw_vmci/vmci_host.c",
        "drivers/misc/vmw_vmci/vmci_context.c",
    ],
    "qp_host_get_user_memory": ["drivers/misc/vmw_vmci/vmci_queue_pair.c"],
    "__update_ref_ctr": ["kernel/events/uprobes.c"],
    "kvm_vcpu_ioctl_config_tlb": ["arch/powerpc/kvm/e500_mmu.c"],
    "__access_remote_vm": ["mm/memory.c"],
}
"""Where the pages are acquired, and the files in which they are released. In the files of core
code only that function is changed."""

CORE = ("kernel/", "mm/")
NEW = {
    b"get_user_pages_fast": b"pin_user_pages_fast",
    b"get_user_pages_remote": b"pin_user_pages_remote",
    b"put_page": b"unpin_user_page",
}


def git(root: Path, *args: str) -> str:
    return git_output(args, cwd=root).decode("utf-8", "surrogateescape").rstrip("\n")


@dataclass(frozen=True)
class Delivered:
    """Everything that was made of one checkout."""

    tree: Tree
    repository: Path
    branch: Branch
    delivery: Delivery
    out: Path


def renamed(
    tree: Tree, path: str, function: str
) -> tuple[FileChange, list[tuple[str, str, Place]]]:
    """`path` with the calls renamed, and each of them with its function, old name and place."""
    before = tree.read(path)
    assert before is not None
    source = parse(path, before)
    calls = []
    for where in source.functions:
        if path.startswith(CORE) and where.name != function:
            continue
        stack = [where.body]
        while stack:
            node = stack.pop()
            stack += node.children
            if node.type == "call_expression":
                callee = node.child_by_field_name("function")
                if callee is not None and callee.text in NEW:
                    calls.append((where.name, callee))
    after = before
    for _, callee in sorted(calls, key=lambda call: -call[1].start_byte):
        new = NEW[callee.text or b""]
        after = after[: callee.start_byte] + new + after[callee.end_byte :]
    return FileChange(path, before, after), [(f, name_of(c), source.place(c)) for f, c in calls]


def converted(
    tree: Tree, maintainers: Maintainers, function: str, paths: list[str]
) -> tuple[PinGroup, Verdict, GroupChange]:
    """One group of SITES as the earlier stages would hand it on."""
    files, calls = [], []
    for path in paths:
        change, found = renamed(tree, path, function)
        files.append(change)
        calls += found
    acquires = [
        Acquire(place, where, name, (), (), "")
        for where, name, place in calls
        if name != "put_page"
    ]
    releases = [
        Release(place, where, name, False, "", "")
        for where, name, place in calls
        if name == "put_page"
    ]
    name = f"{paths[0]}:{function}"
    group = PinGroup(name, tuple(acquires), tuple(releases), (), (), ())
    reason = "the data of the pages is written"
    verdict = Verdict(name, Action.PIN, "5", "rule", reason, Confidence.HIGH, (), ())
    subsystem = maintainers.subsystem_of(paths[0])
    return group, verdict, GroupChange(name, subsystem, tuple(files), (), ())


def an_api(tree: Tree) -> ApiChange:
    """A commit that the other ones need."""
    path = "include/linux/mm.h"
    before = tree.read(path)
    assert before is not None
    after = before.replace(
        b"\n#endif /* __KERNEL__ */", b"\nvoid a_new_api(void);\n\n#endif /* __KERNEL__ */"
    )
    after = after if after != before else before + b"/* new */\n"
    change = FileChange(path, before, after)
    return ApiChange(("mm: introduce an API",), ("For what follows.",), ((change,),))


@pytest.fixture(scope="module")
def delivered(linux: Path, tmp_path_factory: pytest.TempPathFactory) -> Delivered:
    tmp_path = tmp_path_factory.mktemp("series")
    checkout = tmp_path / "linux"
    git(tmp_path, "clone", "-q", "--shared", str(linux), str(checkout))
    git(checkout, "config", "user.name", "Zoë Devel, Jr.")
    git(checkout, "config", "user.email", "zoe@example.org")
    tree = open_tree(checkout)
    maintainers = read_maintainers(tree)
    items = [converted(tree, maintainers, *site) for site in SITES.items()]
    # Two of them get their pages otherwise since 6.5.
    items = [item for item in items if item[0].acquires]
    items.sort(key=lambda item: item[2].subsystem)
    groups, verdicts, changes = zip(*items, strict=True)
    classification = Classification(tree.commit, "pins", groups, verdicts)
    rewrite = Rewrite(tree.commit, "pins", an_api(tree), changes, ())
    repository = borrow(checkout, tmp_path / "own")
    branch = make_commits(
        tree,
        classification,
        rewrite,
        repository=repository,
        ref="refs/heads/gup-migrate/pins",
        identity=user_identity(checkout),
    )
    out = tmp_path / "out"
    facts = Facts(classification, rewrite, None)
    delivery = write_series(Material(tree, facts, branch, repository, worktree=checkout), out)
    return Delivered(tree, repository, branch, delivery, out)


def patches(directory: Path) -> list[Path]:
    return [p for p in sorted(directory.glob("*.patch")) if "cover-letter" not in p.name]


def test_series_apply_and_reach_the_people_that_the_tree_names(delivered: Delivered) -> None:
    checkout = delivered.tree.root
    directories = [delivered.out / series.directory for series in delivered.delivery.series]
    count = len(delivered.branch.commits)
    assert count == 7 if delivered.tree.version[:2] == (6, 1) else count >= 5
    assert len(directories) == count

    check_out(delivered.repository, delivered.branch.base)
    for directory in (directories[0], *reversed(directories[1:])):
        git(delivered.repository, "am", "-q", *map(str, patches(directory)))
        for patch in patches(directory):
            asked = ask_script(checkout, patch=patch.read_bytes())
            assert not isinstance(asked, str)
            head = patch.read_bytes().partition(b"\n\n")[0].decode()
            named = set(re.findall(r"[^\s<>,]+@[^\s<>,]+", head.partition("\nTo: ")[2]))
            always = {"linux-mm@kvack.org", "linux-kernel@vger.kernel.org"}
            assert named == {r.mailbox.address for r in asked} | always
    wanted = git(delivered.repository, "rev-parse", f"{delivered.branch.tip}^{{tree}}")
    assert git(delivered.repository, "rev-parse", "HEAD^{tree}") == wanted

    report = check_style(checkout, [p for d in directories[1:] for p in patches(d)])
    assert report.new == ()
    assert report.unchecked == ()

    journal = checkout.with_name("journal.json")
    published = publish(delivered.branch, delivered.repository, checkout, journal=journal)
    assert git(checkout, "rev-parse", published.ref) == delivered.branch.tip
    assert git(checkout, "status", "--porcelain") == ""


def test_send_script_shows_every_mail_and_sends_none(delivered: Delivered) -> None:
    for series in delivered.delivery.series:
        directory = delivered.out / series.directory
        shown = process.run(["sh", "send.sh"], cwd=directory, timeout=120)
        assert isinstance(shown, process.Finished) and shown.ok, process.describe(shown)
        text = shown.stdout.decode()
        count = len(list(directory.glob("*.patch")))
        assert count == len(patches(directory)) + (count > 1)
        assert text.count("Dry-OK.") == count
        assert text.count("\nMAIL FROM:<zoe@example.org>\n") == count
        cover = text.partition("\nResult: OK")[0]
        people = re.findall(r"^RCPT TO:<(.*)>$", cover, re.M)
        assert people == [*series.to, *series.cc]
        assert "\nBcc" not in text
        assert not (directory / "SENT").exists()
