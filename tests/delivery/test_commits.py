# SPDX-License-Identifier: GPL-2.0-only
"""Commits: one a subsystem, always the same, with messages that hold what they say."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from migrate import __version__
from migrate.analysis.contract import Contract, ContractKind
from migrate.analysis.model import Acquire, Action, Evidence, Place, Trait, TraitKind, UseKind
from migrate.analysis.verdicts.notes import NoteKind, note
from migrate.base.data import data_folder
from migrate.base.errors import Refusal
from migrate.base.programs import process
from migrate.base.prose import listed, sentence
from migrate.base.stores.git import git_output
from migrate.delivery.commits.calls import swaps
from migrate.delivery.commits.make import make_commits, user_identity
from migrate.delivery.commits.messages import (
    DROP_RULE,
    FLAG_RULE,
    SIGN_RULE,
    TOOL,
    Conversion,
    case_of,
    describe_group,
)
from migrate.delivery.commits.prefixes import from_paths, learn
from migrate.delivery.commits.publish import Published, publish
from migrate.delivery.wording import wrap
from migrate.rewrite.model import FileChange, GroupChange

if TYPE_CHECKING:
    from conftest import Tiny

    from migrate.delivery.model import Branch

ONE, TWO = "drivers/misc/alpha/alpha_one.c", "drivers/misc/alpha/alpha_two.c"
BETA, GAMMA = "drivers/net/beta.c", "drivers/misc/gamma.c"


def git(root: Path, *args: str) -> str:
    return git_output(args, cwd=root).decode("utf-8", "surrogateescape").rstrip("\n")


def body(tiny: Tiny, commit: str) -> str:
    return git(tiny.repository, "show", "-s", "--format=%b", commit)


def test_one_commit_a_subsystem_and_the_api_first(tiny: Tiny) -> None:
    branch = tiny.commit(
        *tiny.results(
            tiny.change(ONE, "ALPHA DRIVER"),
            tiny.change(BETA, "BETA DRIVER"),
            tiny.change(TWO, "ALPHA DRIVER"),
            api=tiny.api(),
        )
    )
    assert [(c.subsystem, c.paths) for c in branch.commits] == [
        ("MEMORY MANAGEMENT", ("include/linux/mm.h", "mm/pins.c")),
        ("MEMORY MANAGEMENT", ("include/linux/mm.h",)),
        ("ALPHA DRIVER", (ONE, TWO)),
        ("BETA DRIVER", (BETA,)),
    ]
    assert [c.groups for c in branch.commits[:2]] == [(), ()]
    parents = [branch.base, *(c.id for c in branch.commits)]
    assert [c.parent for c in branch.commits] == parents[:-1]
    assert git(tiny.repository, "rev-parse", branch.ref) == branch.tip
    for commit in branch.commits:
        names = git(tiny.repository, "diff-tree", "-r", "--name-only", "--no-commit-id", commit.id)
        assert tuple(names.split("\n")) == commit.paths


def test_groups_that_share_a_file_share_a_commit(tiny: Tiny) -> None:
    first = tiny.change(ONE, "ALPHA DRIVER")
    after = first[2].files[0].after
    again = FileChange(ONE, after, after + b"/* more */\n")
    second = tiny.change(BETA, "BETA DRIVER")
    joined = GroupChange(second[2].group, "BETA DRIVER", (*second[2].files, again), (), ())
    branch = tiny.commit(*tiny.results(first, (second[0], second[1], joined)))
    assert [c.paths for c in branch.commits] == [(ONE, BETA)]
    content = git_output(["cat-file", "blob", f"{branch.tip}:{ONE}"], cwd=tiny.repository)
    assert content == after + b"/* more */\n"


def test_same_input_same_ids_whatever_the_users_git_says(
    make_tiny: Callable[..., Tiny], bare_home: Path
) -> None:
    ids = []
    for tiny in (make_tiny(name="one"), make_tiny(name="two")):
        branch = tiny.commit(*tiny.results(tiny.change(ONE, "ALPHA DRIVER"), api=tiny.api()))
        ids.append([c.id for c in branch.commits])
        (bare_home / ".gitconfig").write_text(
            "[i18n]\n commitEncoding = ISO-8859-1\n[commit]\n gpgSign = true\n"
        )
    assert ids[0] == ids[1]
    dates = git(
        tiny.repository, "log", "--format=%ad|%cd", "--date=raw", f"{branch.base}..{branch.tip}"
    )
    assert dates.split("\n") == [f"170000000{n} +0200|170000000{n} +0200" for n in (3, 2, 1)]


def test_modes_stay(tiny: Tiny) -> None:
    branch = tiny.commit(*tiny.results(tiny.change(BETA, "BETA DRIVER"), api=tiny.api()))
    assert git(tiny.repository, "ls-tree", branch.tip, BETA).startswith("100755 ")
    assert git(tiny.repository, "ls-tree", branch.tip, "mm/pins.c").startswith("100644 ")


def test_changes_that_cancel_out_make_no_commit(tiny: Tiny) -> None:
    group, verdict, change = tiny.change(ONE, "ALPHA DRIVER")
    file = change.files[0]
    assert file.before is not None
    back = FileChange(ONE, file.after, file.before)
    undone = GroupChange(change.group, change.subsystem, (file, back), (), ())
    branch = tiny.commit(*tiny.results((group, verdict, undone)))
    assert branch.commits == ()
    assert branch.tip == branch.base


def test_change_from_another_state_is_an_error(tiny: Tiny) -> None:
    group, verdict, change = tiny.change(ONE, "ALPHA DRIVER")
    wrong = GroupChange(change.group, "A", (FileChange(ONE, b"other\n", b"new\n"),), (), ())
    with pytest.raises(ValueError, match=ONE):
        tiny.commit(*tiny.results((group, verdict, wrong)))


def test_author_is_who_signs_off(tiny: Tiny) -> None:
    branch = tiny.commit(*tiny.results(tiny.change(ONE, "ALPHA DRIVER")))
    author = git(tiny.repository, "show", "-s", "--format=%an <%ae>|%cn <%ce>", branch.tip)
    text = body(tiny, branch.tip).strip()
    signed = text.rpartition("\n")[2]
    assert signed == "Signed-off-by: Zoë Devel, Jr <zoe@example.org>"
    assert author == "|".join([signed.removeprefix("Signed-off-by: ")] * 2)
    assert text.count("-by:") == 1


@pytest.mark.parametrize("key", ["user.name", "user.email"])
def test_no_identity_is_refused_in_one_line(tiny: Tiny, key: str) -> None:
    git(tiny.checkout, "config", "--unset", key)
    with pytest.raises(Refusal) as refusal:
        user_identity(tiny.checkout)
    assert key in refusal.value.what
    assert f"git config --global {key}" in refusal.value.next_step


def test_message_says_what_why_and_what_changes(tiny: Tiny) -> None:
    change = tiny.change(ONE, "ALPHA DRIVER", warnings=("nothing marks the page dirty",))
    branch = tiny.commit(*tiny.results(change))
    assert branch.commits[0].subject == "misc: alpha: pin user pages with pin_user_pages_fast()"
    text = " ".join(body(tiny, branch.tip).split())
    for part in (
        "one_start() takes references to user pages with get_user_pages_fast();",
        "one_stop() drops them with put_page().",
        "The device writes to the page.",
        "A plain reference does not tell the file system",
        "Pin the pages with pin_user_pages_fast() and release them with unpin_user_page().",
        "- Nothing marks the page dirty.",
    ):
        assert part in text
    assert "pin_user_pages.rst" not in text


def test_message_names_the_document_where_the_tree_has_it(make_tiny: Callable[..., Tiny]) -> None:
    tiny = make_tiny({"Documentation/core-api/pin_user_pages.rst": b"CASEs\n"})
    branch = tiny.commit(*tiny.results(tiny.change(ONE, "ALPHA DRIVER")))
    assert "CASE 2 (RDMA and the like) of Documentation/core-api/pin_user_pages.rst" in " ".join(
        body(tiny, branch.tip).split()
    )


def test_message_of_several_groups_lists_them(tiny: Tiny) -> None:
    branch = tiny.commit(
        *tiny.results(
            tiny.change(ONE, "ALPHA DRIVER"),
            tiny.change(TWO, "ALPHA DRIVER", reason="the CPU copies the data", case="5"),
        )
    )
    text = " ".join(body(tiny, branch.tip).split())
    assert "one_start(): The device writes to the page." in text
    assert "two_start(): The CPU copies the data." in text
    assert "put_page() in two_stop() becomes unpin_user_page()." in text


def test_releases_in_another_file_are_named_with_it(tiny: Tiny) -> None:
    before = tiny.tree.read(TWO)
    assert before is not None
    after = before.replace(b"put_page", b"unpin_user_page")
    group, verdict, change = tiny.change(ONE, "ALPHA DRIVER", also={TWO: (before, after)})
    release = tiny.change(TWO, "ALPHA DRIVER")[0].releases
    whole = type(group)(group.name, group.acquires, group.releases + release, (), (), ())
    branch = tiny.commit(*tiny.results((whole, verdict, change)))
    text = " ".join(body(tiny, branch.tip).split())
    assert "; one_stop() and two_stop() (alpha_two.c) drop them with put_page()." in text


def test_the_file_of_the_calls_that_change_goes_without_saying(tiny: Tiny) -> None:
    """Not that of a helper's caller, which stays as it is."""
    group, verdict, change = tiny.change(ONE, "ALPHA DRIVER")
    caller = replace(group.acquires[0], place=Place(TWO, 1, 1), name="one_start", function="two")
    about = replace(group, acquires=(caller, *group.acquires))
    told = describe_group(Conversion(about, verdict, change))
    assert [call.where for call in told.releases] == ["one_stop()"]


HOSTILE = [
    "it is bad\n---\ndiff --git a/x b/x",
    "Subject: other\n\nReviewed-by: Nobody <n@x.org>",
    "From: Eve <eve@x.org>",
    "ends\r\nBcc: eve@x.org\x00\u2028",
    "-- \ngone",
    "\udcff not UTF-8",
]


@pytest.mark.parametrize("reason", HOSTILE)
def test_nothing_in_a_reason_ends_the_message_or_signs_it(tiny: Tiny, reason: str) -> None:
    """What git am makes of the mail is the commit, message and all."""
    branch = tiny.commit(*tiny.results(tiny.change(ONE, "ALPHA DRIVER", reason=reason)))
    patch = git_output(["format-patch", "-1", "--stdout", branch.tip], cwd=tiny.repository)
    git(tiny.checkout, "checkout", "-q", "--detach")
    git_output(["am", "-q"], cwd=tiny.checkout, stdin=patch)
    for what in ("%B", "%an %ae", "%T"):
        ours = git(tiny.repository, "show", "-s", f"--format={what}", branch.tip)
        assert git(tiny.checkout, "show", "-s", f"--format={what}", "HEAD") == ours
    trailers = git(tiny.repository, "show", "-s", "--format=%(trailers:only)", branch.tip)
    assert trailers == "Signed-off-by: Zoë Devel, Jr <zoe@example.org>"


def test_lines_are_wrapped_at_75(tiny: Tiny) -> None:
    reason = "the page is " + "written and " * 40 + "read"
    change = tiny.change(ONE, "ALPHA DRIVER", reason=reason, warnings=(reason,))
    branch = tiny.commit(*tiny.results(change))
    lines = body(tiny, branch.tip).split("\n")
    assert max(map(len, lines)) <= 75
    assert len(branch.commits[0].subject) <= 75


def test_subject_stays_short_with_long_names(make_tiny: Callable[..., Tiny]) -> None:
    path = "drivers/misc/" + "long" * 12 + "/alpha_one.c"
    tiny = make_tiny({path: (b"int one_start(void)\n{\n\treturn get_user_pages_fast();\n}\n")})
    branch = tiny.commit(*tiny.results(tiny.change(path, "THE REST")))
    assert branch.commits[0].subject == "misc: " + "long" * 12 + ": pin user pages"


def test_follow_is_worded_as_a_look_up(tiny: Tiny) -> None:
    change = tiny.change(ONE, "ALPHA DRIVER", action=Action.FOLLOW, case="4")
    branch = tiny.commit(*tiny.results(change))
    assert branch.commits[0].subject.startswith("misc: alpha: look up pages")
    assert "A pin does" not in body(tiny, branch.tip)


def test_a_look_up_names_both_of_its_calls(tiny: Tiny) -> None:
    """The subject names the one that takes the reference, not the fault-in before it."""
    group, verdict, change = tiny.change(ONE, "ALPHA DRIVER", action=Action.FOLLOW, case="4")
    file = change.files[0]
    assert file.before is not None
    looked_up = b"""\
\tif (fixup_user_fault(p->vma->vm_mm, at, 0, NULL))
\t\treturn -EFAULT;
\tp->page = follow_page(p->vma, at, FOLL_GET);
\treturn IS_ERR_OR_NULL(p->page) ? -EFAULT : 1;
"""
    call = b"\treturn get_user_pages_fast(at, 1, FOLL_WRITE, &p->page);\n"
    after = file.before.replace(call, looked_up)
    change = replace(change, files=(replace(file, after=after),))
    branch = tiny.commit(*tiny.results((group, verdict, change)))
    assert branch.commits[0].subject == "misc: alpha: look up pages with follow_page()"
    text = " ".join(body(tiny, branch.tip).split())
    assert "Fault the pages in with fixup_user_fault() and look them up with follow_page()" in text


def test_a_call_that_asks_for_no_pages_is_worded_as_a_fault(tiny: Tiny) -> None:
    group, verdict, change = tiny.change(ONE, "ALPHA DRIVER", action=Action.FOLLOW, case="")
    seen = Trait(TraitKind.PAGES_NULL, Evidence(Place(ONE, 7, 1), "", ""))
    group = replace(group, traits=(seen,), releases=())
    file = change.files[0]
    assert file.before is not None
    call = b"\treturn get_user_pages_fast(at, 1, FOLL_WRITE, &p->page);\n"
    after = file.before.replace(call, b"\treturn fixup_user_fault(p->mm, at, 0, &u);\n")
    change = replace(change, files=(replace(file, after=after),))
    branch = tiny.commit(*tiny.results((group, verdict, change)))
    assert branch.commits[0].subject == "misc: alpha: fault in pages with fixup_user_fault()"
    text = " ".join(body(tiny, branch.tip).split())
    assert "uses get_user_pages_fast() to fault in a page." in text
    assert "Use fixup_user_fault() instead." in text
    assert "references" not in text
    pinned = tiny.change(TWO, "ALPHA DRIVER")
    branch = tiny.commit(*tiny.results((group, verdict, change), pinned))
    assert branch.commits[0].subject.startswith("misc: alpha: pin or fault in user pages")
    assert "some only have a page faulted in" in " ".join(body(tiny, branch.tip).split())


def test_each_call_has_the_successor_that_stands_in_its_place() -> None:
    """Names that are like each other: those of a release are like those of an acquire."""
    before = b"""\
int one_start(struct one *p, unsigned long at)
{
\tint n = get_user_pages_fast(at, 2, FOLL_WRITE, p->pages);

\tif (n == 1)
\t\tput_page(p->pages[0]);
\treturn n;
}

void one_stop(struct one *p)
{
\tint i;

\tget_user_pages_fast(0, 0, 0, p->pages);
\tfor (i = 0; i < 2; i++) {
\t\tset_page_dirty_lock(p->pages[i]);
\t\tput_page(p->pages[i]);
\t}
}
"""
    loop = before[before.index(b"\tfor") : -2]
    after = before.replace(loop, b"\tput_user_pages_dirty_lock(p->pages, 2, true);\n")
    after = after.replace(b"get_user_pages", b"vaddr_pin_pages").replace(
        b"put_page", b"put_user_page"
    )
    found = swaps([FileChange(ONE, before, after)])
    assert {(s.function, s.old, s.new) for s in found} == {
        ("one_start", "get_user_pages_fast", "vaddr_pin_pages_fast"),
        ("one_start", "put_page", "put_user_page"),
        ("one_stop", "get_user_pages_fast", "vaddr_pin_pages_fast"),
        ("one_stop", "set_page_dirty_lock", "put_user_pages_dirty_lock"),
        ("one_stop", "put_page", "put_user_pages_dirty_lock"),
    }


def test_a_helper_that_stays_is_not_what_pins(tiny: Tiny) -> None:
    group, verdict, change = tiny.change(ONE, "ALPHA DRIVER")
    helped = Acquire(Place(ONE, 20, 8), "one_again", "one_start", (), (), "")
    group = replace(group, acquires=(helped, *group.acquires))
    branch = tiny.commit(*tiny.results((group, verdict, change)))
    assert branch.commits[0].subject == "misc: alpha: pin user pages with pin_user_pages_fast()"
    text = " ".join(body(tiny, branch.tip).split())
    assert text.startswith("one_start() takes references to user pages with get_user_pages_")
    assert "Pin the pages with pin_user_pages_fast() and release" in text


def test_what_has_no_subsystem_is_committed_by_folder(make_tiny: Callable[..., Tiny]) -> None:
    """THE REST takes what nobody else does, however little its files have to do with each other."""
    paths = ["drivers/far/far_one.c", "drivers/far/far_two.c", "drivers/off/off_one.c"]
    driver = b"int %s_start(void)\n{\n\treturn get_user_pages_fast();\n}\n"
    tiny = make_tiny({path: driver % path[-5:-2].encode() for path in paths})
    branch = tiny.commit(*tiny.results(*(tiny.change(path, "THE REST") for path in paths)))
    assert [c.paths for c in branch.commits] == [tuple(paths[:2]), (paths[2],)]
    assert [c.subject.split(": ")[0] for c in branch.commits] == ["far", "off"]


def test_what_the_edit_settles_is_no_warning_any_more(tiny: Tiny) -> None:
    warnings = (note(NoteKind.TRUTH_VALUE, f"{ONE}:5"), "The pages may be written to.")
    assert (data_folder("cocci") / "rewrite" / FLAG_RULE).is_file()
    group, verdict, change = tiny.change(ONE, "ALPHA DRIVER", warnings=warnings)
    branch = tiny.commit(*tiny.results((group, verdict, change)))
    assert "A truth value is passed" in " ".join(body(tiny, branch.tip).split())
    change = replace(change, rules=(FLAG_RULE,))
    branch = tiny.commit(*tiny.results((group, verdict, change)))
    text = body(tiny, branch.tip)
    assert "A truth value is passed" not in " ".join(text.split())
    assert "Pass flags where a truth value was passed as gup_flags.\n" in text
    assert "- The pages may be written to.\n" in text


def test_a_flag_that_goes_is_named(tiny: Tiny) -> None:
    group, verdict, change = tiny.change(ONE, "ALPHA DRIVER")
    (file,) = change.files
    assert file.before is not None
    before = file.before + b"/* FOLL_GET FOLL_WRITE */"
    gone = replace(file, before=before, after=file.after + b"/* FOLL_WRITE */")
    told = describe_group(Conversion(group, verdict, replace(change, files=(gone,))))
    assert told.notes == ()
    change = replace(change, files=(gone,), rules=(DROP_RULE,))
    told = describe_group(Conversion(group, verdict, change))
    assert told.notes == ("Drop FOLL_GET, which the new function does not accept.",)
    assert (data_folder("cocci") / "rewrite" / DROP_RULE).is_file()


def test_a_test_of_a_sign_is_named_and_settles_the_warning(tiny: Tiny) -> None:
    warnings = (note(NoteKind.ERROR_AS_COUNT, f"{ONE}:5", "got"),)
    group, verdict, change = tiny.change(ONE, "ALPHA DRIVER", warnings=warnings)
    told = describe_group(Conversion(group, verdict, change))
    assert (told.warnings, told.notes) == (warnings, ())
    told = describe_group(Conversion(group, verdict, replace(change, rules=(SIGN_RULE,))))
    assert (told.warnings, told.notes) == ((), (note(NoteKind.TESTED_SIGN),))
    assert (data_folder("cocci") / "rewrite" / SIGN_RULE).is_file()


def test_what_the_author_states_is_told_from_what_was_found(tiny: Tiny) -> None:
    group, verdict, change = tiny.change(ONE, "ALPHA DRIVER")
    assert "states" not in body(tiny, tiny.commit(*tiny.results((group, verdict, change))).tip)
    stated = Contract(1, ContractKind.MACRO, "configure says so", macro="HAVE_ALPHA")
    group = replace(group, contracts=(stated,))
    text = body(tiny, tiny.commit(*tiny.results((group, verdict, change))).tip)
    said = "The conversion relies on statements of the author that no tool has proved:\n"
    assert f"{said}\n- HAVE_ALPHA is not set: configure says so.\n" in text


def test_prefix_comes_from_history(tiny: Tiny) -> None:
    for n, subject in enumerate(["Alpha: one: Fix this", "Alpha: one: Fix: that", "treewide: x"]):
        (tiny.checkout / ONE).write_text(f"int v{n};\n" + (tiny.checkout / ONE).read_text())
        git(tiny.checkout, "commit", "-qam", subject)
    tiny.tree = type(tiny.tree)(tiny.checkout, git(tiny.checkout, "rev-parse", "HEAD"))
    branch = tiny.commit(*tiny.results(tiny.change(ONE, "ALPHA DRIVER")))
    assert branch.commits[0].subject == "Alpha: one: Pin user pages with pin_user_pages_fast()"


@pytest.mark.parametrize(
    ("subjects", "text"),
    [
        (["a: b: x", "a: b: y", "a: c: z"], "a: b:"),
        (["a: b: x", "a: y", "a: z"], "a:"),
        (["[media] a: x", "a: y"], "a:"),
        (["KVM: PPC: Book3S HV: x", "KVM: PPC: Book3S HV: Y"], "KVM: PPC: Book3S HV:"),
        (["a: only one"], None),
        (['Revert "a: x"', "Merge tag 'b'", "treewide: c"], None),
        ([], None),
    ],
)
def test_learned_prefixes(subjects: list[str], text: str | None) -> None:
    found = learn(subjects)
    assert (found.text if found else None) == text


@pytest.mark.parametrize(
    ("paths", "text"),
    [
        (["drivers/misc/alpha/x.c"], "misc: alpha:"),
        (["drivers/misc/alpha/x.c", "drivers/misc/beta/y.c"], "misc:"),
        (["drivers/gpu/drm/alpha/core/x.c"], "drm/alpha:"),
        (["kernel/events/alpha.c"], "alpha:"),
        (["kernel/alpha/core.c"], "alpha:"),
        (["mm/a.c", "mm/b.c"], "mm:"),
        (["arch/s390/kvm/alpha.c"], "KVM: s390:"),
        (["arch/s390/alpha/x.c"], "s390/alpha:"),
        (["net/alpha/x.c"], "net/alpha:"),
        (["unknown/x.c"], "unknown:"),
        (["arch/x86/kvm/svm/x.c"], "KVM: SVM:"),
        (["arch/loongarch/kvm/x.c"], "LoongArch: KVM:"),
        (["drivers/gpu/drm/amd/amdgpu/x.c"], "drm/amdgpu:"),
        (["drivers/iommu/iommufd/x.c"], "iommufd:"),
        (["drivers/iommu/intel/x.c"], "iommu/intel:"),
        (["drivers/vfio/vfio_x.c"], "vfio:"),
        (["drivers/video/fbdev/x.c"], "fbdev: x:"),
        (["net/xdp/x.c"], "xsk:"),
        (["kernel/trace/x.c"], "tracing:"),
        (["kernel/futex/core.c"], "futex:"),
        (["drivers/media/v4l2-core/alpha-dma.c"], "media: alpha-dma:"),
        (["arch/x86/kernel/alpha.c", "kernel/events/alpha.c"], "alpha:"),
        (["arch/x86/kernel/alpha.c", "kernel/events/beta.c"], "x86/alpha:"),
    ],
)
def test_prefixes_by_path(paths: list[str], text: str) -> None:
    assert from_paths(paths).text == text


def test_wording() -> None:
    assert sentence("the page is kept") == "The page is kept."
    assert sentence("put_page() is missed!") == "put_page() is missed!"
    assert listed(["a", "b", "a", "c"]) == "a, b and c"
    assert wrap("a b\nc\n\n- one\n- two\n  more\n\n  kept\n    as is") == (
        "a b c\n\n- one\n- two more\n\n  kept\n    as is"
    )


def state(checkout: Path, ref: str) -> dict[str, str]:
    """A digest of every file of the checkout and of its .git but for new objects and `ref`."""
    found = {}
    for path in sorted(checkout.rglob("*")):
        name = str(path.relative_to(checkout))
        if path.is_file() and not name.startswith(
            (".git/objects/", f".git/{ref}", f".git/logs/{ref}")
        ):
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def hand_over(branch: Branch, tiny: Tiny, **options: Any) -> Published:
    journal = tiny.checkout.with_name("journal.json")
    try:
        return publish(branch, tiny.repository, tiny.checkout, journal=journal, **options)
    finally:
        assert not journal.exists()
        assert list((tiny.checkout / ".git/objects").rglob("tmp_*")) == []


def test_publishing_moves_one_branch_and_nothing_else(tiny: Tiny) -> None:
    git(tiny.checkout, "branch", "other")
    (tiny.checkout / "dirty.c").write_text("int x;\n")
    git(tiny.checkout, "add", "dirty.c")
    git(tiny.checkout, "stash", "-q")
    (tiny.checkout / ONE).write_text("dirty\n")
    hook = tiny.checkout / ".git/hooks/reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\ntouch HOOK\n")
    hook.chmod(0o755)
    before = state(tiny.checkout, "refs/heads/gup-migrate")
    branch = tiny.commit(*tiny.results(tiny.change(ONE, "ALPHA DRIVER"), api=tiny.api()))
    assert state(tiny.checkout, "refs/heads/gup-migrate") == before
    assert hand_over(branch, tiny).kept == ""
    assert state(tiny.checkout, "refs/heads/gup-migrate") == before
    assert git(tiny.checkout, "rev-parse", branch.ref) == branch.tip
    git(tiny.checkout, "fsck", "--strict", "--no-dangling")
    assert len(git(tiny.checkout, "log", "--format=%h", f"main..{branch.ref}").split()) == 3


def test_publishing_again_moves_the_branch(tiny: Tiny) -> None:
    first = tiny.commit(*tiny.results(tiny.change(ONE, "ALPHA DRIVER")))
    hand_over(first, tiny)
    assert hand_over(first, tiny).kept == ""
    second = tiny.commit(*tiny.results(tiny.change(TWO, "ALPHA DRIVER")))
    assert hand_over(second, tiny, expected=[first.tip]).kept == ""
    assert git(tiny.checkout, "rev-parse", second.ref) == second.tip
    assert git(tiny.checkout, "branch", "--list", "gup-migrate/*").split() == ["gup-migrate/pins"]


def test_work_on_the_branch_is_kept(tiny: Tiny) -> None:
    first = tiny.commit(*tiny.results(tiny.change(ONE, "ALPHA DRIVER")))
    hand_over(first, tiny)
    mine = git(tiny.checkout, "commit-tree", f"{first.tip}^{{tree}}", "-p", first.tip, "-m", "mine")
    git(tiny.checkout, "update-ref", first.ref, mine)
    second = tiny.commit(*tiny.results(tiny.change(TWO, "ALPHA DRIVER")))
    published = hand_over(second, tiny, expected=[first.tip])
    assert git(tiny.checkout, "rev-parse", published.kept) == mine
    assert git(tiny.checkout, "rev-parse", second.ref) == second.tip


def test_branch_that_is_checked_out_is_not_moved(tiny: Tiny) -> None:
    first = tiny.commit(*tiny.results(tiny.change(ONE, "ALPHA DRIVER")))
    hand_over(first, tiny)
    git(tiny.checkout, "checkout", "-q", "gup-migrate/pins")
    second = tiny.commit(*tiny.results(tiny.change(TWO, "ALPHA DRIVER")))
    with pytest.raises(Refusal, match="checked out"):
        hand_over(second, tiny)
    assert git(tiny.checkout, "rev-parse", "HEAD") == first.tip


def test_name_that_is_taken_is_refused(tiny: Tiny) -> None:
    branch = tiny.commit(*tiny.results(tiny.change(ONE, "ALPHA DRIVER")))
    git(tiny.checkout, "branch", "gup-migrate")
    with pytest.raises(Refusal, match="gup-migrate/pins cannot be written"):
        hand_over(branch, tiny)


def test_a_lock_that_was_left_is_named(tiny: Tiny) -> None:
    branch = tiny.commit(*tiny.results(tiny.change(ONE, "ALPHA DRIVER")))
    lock = tiny.checkout / ".git/refs/heads/gup-migrate/pins.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    with pytest.raises(Refusal) as refusal:
        hand_over(branch, tiny)
    assert str(lock) in refusal.value.what
    assert refusal.value.next_step.endswith(f"rm {lock}")
    assert lock.exists(), "it may be somebody's"


def test_a_symbolic_ref_is_not_followed(tiny: Tiny) -> None:
    branch = tiny.commit(*tiny.results(tiny.change(ONE, "ALPHA DRIVER")))
    main = git(tiny.checkout, "rev-parse", "main")
    git(tiny.checkout, "symbolic-ref", branch.ref, "refs/heads/main")
    hand_over(branch, tiny)
    assert git(tiny.checkout, "rev-parse", "main") == main
    assert git(tiny.checkout, "rev-parse", branch.ref) == branch.tip


def test_what_writes_there_is_never_cut_off(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, str] = {}
    run = process.run

    def watch(argv: Sequence[str], **options: Any) -> process.Outcome:
        if options["cwd"] == tiny.checkout:
            name = next(a for a in argv[1:] if a != "-c" and "=" not in a)
            elsewhere = "GIT_OBJECT_DIRECTORY" in options["env"]
            seen[name] = "elsewhere" if elsewhere else str(options.get("shielded", False))
        return run(argv, **options)

    branch = tiny.commit(*tiny.results(tiny.change(ONE, "ALPHA DRIVER")))
    monkeypatch.setattr(process, "run", watch)
    hand_over(branch, tiny)
    assert seen.pop("update-ref") == "True"
    assert seen.pop("index-pack") == "elsewhere"
    assert seen.keys() == {"worktree", "rev-parse"}


def test_the_same_objects_are_one_pack(tiny: Tiny) -> None:
    """A run that was killed after the objects and before the ref is not seen later."""
    branch = tiny.commit(*tiny.results(tiny.change(ONE, "ALPHA DRIVER")))
    hand_over(branch, tiny)
    packs = sorted((tiny.checkout / ".git/objects/pack").iterdir())
    assert len({path.stem for path in packs}) == 1 and len(packs) > 1
    git(tiny.checkout, "update-ref", "-d", branch.ref)
    for path in packs:
        os.utime(path, (0, 0))
    hand_over(branch, tiny)
    assert sorted((tiny.checkout / ".git/objects/pack").iterdir()) == packs
    assert all(path.stat().st_mtime > 1 for path in packs), "they look unused to git"


def test_permissions_are_what_the_users_git_gives(tiny: Tiny) -> None:
    git(tiny.checkout, "config", "core.sharedRepository", "0640")
    branch = tiny.commit(*tiny.results(tiny.change(ONE, "ALPHA DRIVER")))
    hand_over(branch, tiny)
    packs = (tiny.checkout / ".git/objects/pack").iterdir()
    assert {path.stat().st_mode & 0o777 for path in packs} == {0o440}


def test_the_message_shows_the_semantic_patch_and_names_the_tool(tiny: Tiny) -> None:
    branch = tiny.commit(*tiny.results(tiny.change(ONE, "ALPHA DRIVER")))
    text = body(tiny, branch.tip)
    said, _, rest = text.partition("\n// <smpl>\n")
    assert said.rstrip().endswith("This semantic\npatch makes the same edit by itself:")
    assert f"The edit and this message were made by gup-migrate {__version__}." in said
    shown, _, signed = rest.partition("\n// </smpl>\n\n")
    assert "- put_page(es)\n+ unpin_user_page(es)" in shown
    assert signed.startswith("Signed-off-by: ")


def test_a_message_does_not_say_that_its_semantic_patch_changes_comments(tiny: Tiny) -> None:
    group, verdict, change = tiny.change(ONE, "ALPHA DRIVER")
    (file,) = change.files
    noted = replace(change, files=(replace(file, after=file.after + b"/* of a pin */\n"),))
    branch = tiny.commit(*tiny.results((group, verdict, noted)))
    text = " ".join(body(tiny, branch.tip).split())
    assert "patch makes the same edit by itself, except in comments: // <smpl>" in text


def test_who_wants_no_semantic_patch_gets_the_names_of_the_rules(tiny: Tiny) -> None:
    group, verdict, change = tiny.change(ONE, "ALPHA DRIVER")
    change = replace(change, rules=("common/rename-call.cocci", "common/fold-loop.cocci"))
    branch = tiny.commit(*tiny.results((group, verdict, change)), smpl=False)
    text = " ".join(body(tiny, branch.tip).split())
    assert "smpl" not in text
    assert "the edit with its semantic patches fold-loop.cocci and rename-call.cocci." in text


def test_the_message_shows_the_lines_that_the_reason_is_about(tiny: Tiny) -> None:
    group, verdict, change = tiny.change(ONE, "ALPHA DRIVER")
    seen = tuple(
        Evidence(Place(ONE, line, column), "the kernel writes the page's data", text)
        for line, text in ((7, "memset(p, 0, 8);"), (8, "long_" * 20), (9, "third();"))
        for column in (1, 9)
    )
    branch = tiny.commit(*tiny.results((group, replace(verdict, evidence=seen), change)))
    text = body(tiny, branch.tip)
    assert f"\n\n    {ONE}:7: memset(p, 0, 8);\n    {ONE}:8:\n      long_long_" in text
    assert max(map(len, text.split("\n"))) <= 75
    assert "third" not in text


def test_a_message_names_no_case_for_data_that_is_only_read(
    make_tiny: Callable[..., Tiny],
) -> None:
    """CASE 5 is about writing."""
    told = make_tiny({"Documentation/core-api/pin_user_pages.rst": b"CASEs\n"})
    for rule, named in (("data_read", False), ("data_written", True)):
        group, verdict, change = told.change(ONE, "ALPHA DRIVER", case="5")
        branch = told.commit(*told.results((group, replace(verdict, rule=rule), change)))
        assert ("CASE 5" in body(told, branch.tip)) is named


@pytest.mark.parametrize(
    ("kinds", "named"),
    [
        ((UseKind.READ_DATA, UseKind.MAP), False),
        ((UseKind.MAP,), True),
        ((UseKind.READ_DATA, UseKind.TOUCH_DATA), True),
        ((UseKind.WRITE_DATA, UseKind.READ_DATA), True),
    ],
)
def test_nor_where_it_may_ask_for_write_access(
    tiny: Tiny, kinds: tuple[UseKind, ...], named: bool
) -> None:
    _, verdict, _ = tiny.change(ONE, "ALPHA DRIVER", case="5")
    seen = tuple(Evidence(Place(ONE, 7, 1), kind.value, "use(p);") for kind in kinds)
    written = replace(verdict, rule="data_written", evidence=seen)
    assert case_of(written) == ("5" if named else "")


@pytest.mark.parametrize(("kind", "named"), [("PHYSICAL_KEPT", False), ("STRUCT_PAGE", True)])
def test_a_message_names_no_case_for_a_physical_address_that_is_kept(
    tiny: Tiny, kind: str, named: bool
) -> None:
    """CASE 4 is about code that only needs struct page."""
    _, verdict, _ = tiny.change(ONE, "ALPHA DRIVER", case="4")
    seen = (Evidence(Place(ONE, 7, 1), UseKind[kind].value, "use(p);"),)
    assert case_of(replace(verdict, rule="followed", evidence=seen)) == ("4" if named else "")


def test_patches_of_the_api_name_the_tool_as_well(tiny: Tiny) -> None:
    """As Documentation/process/generated-content.rst asks of all that a tool has written."""
    results = tiny.results(tiny.change(ONE, "ALPHA DRIVER"), api=tiny.api())
    branch = tiny.commit(*results)
    for commit in branch.commits:
        assert f"made by {TOOL}" in " ".join(body(tiny, commit.id).split())


def test_each_of_several_groups_shows_its_line(tiny: Tiny) -> None:
    changes = []
    for path in (ONE, TWO):
        group, verdict, change = tiny.change(path, "ALPHA DRIVER")
        seen = (Evidence(Place(path, 7, 1), "the kernel writes the page's data", "memset(p);"),)
        changes.append((group, replace(verdict, evidence=seen), change))
    text = body(tiny, tiny.commit(*tiny.results(*changes)).tip)
    for path in (ONE, TWO):
        assert f"\n\n    {path}:7: memset(p);\n\n" in text


def test_what_a_lookup_does_otherwise_is_no_suggestion(tiny: Tiny) -> None:
    """It changes with the patch; what stays as it is has another heading, for pins as well."""
    differs, other = "look() never returns 0.", note(NoteKind.OTHER_VERSIONS, "a.c:1")
    for action, case in ((Action.FOLLOW, "4"), (Action.PIN, "5")):
        change = tiny.change(
            ONE, "ALPHA DRIVER", action=action, case=case, warnings=(differs, other)
        )
        text = body(tiny, tiny.commit(*tiny.results(change)).tip)
        changes, _, stays = text.partition("Not changed by this patch, but worth a look:\n")
        follows = action is Action.FOLLOW
        assert ("What changes for the caller:" in changes) is follows
        assert (f"- {differs}" in changes) is follows and (f"- {differs}" in stays) is not follows
        assert f"- {other}" in stays


def test_the_date_of_the_first_commit_can_be_given(tiny: Tiny) -> None:
    results = tiny.results(
        tiny.change(ONE, "ALPHA DRIVER"), tiny.change(TWO, "BETA DRIVER"), api=None
    )

    def dates(when: str) -> list[str]:
        branch = make_commits(
            tiny.tree, *results, repository=tiny.repository, ref="refs/heads/gup-migrate/pins",
            identity=user_identity(tiny.checkout), when=when,
        )  # fmt: skip
        shown = ["show", "-s", "--format=%ad", "--date=raw"]
        return [git(tiny.repository, *shown, commit.id) for commit in branch.commits]

    base = int(git(tiny.checkout, "show", "-s", "--format=%ct", tiny.tree.commit))
    later = base + 1000
    assert dates(f"{later} -0300") == [f"{later} -0300", f"{later + 1} -0300"]
    assert dates("5 +0000") == [f"{base + 1} +0000", f"{base + 2} +0000"], "never before the base"


def test_the_nearest_line_is_shown(tiny: Tiny) -> None:
    group, verdict, change = tiny.change(ONE, "ALPHA DRIVER")
    places = [("drivers/far/far.c", "far();"), (TWO, "near();"), (ONE, "here();")]
    seen = tuple(Evidence(Place(p, 7, 1), "w", text) for p, text in places)
    branch = tiny.commit(*tiny.results((group, replace(verdict, evidence=seen), change)))
    text = body(tiny, branch.tip)
    assert text.index("here();") < text.index("near();") and "far();" not in text
