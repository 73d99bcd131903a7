# SPDX-License-Identifier: GPL-2.0-only
"""Calls that ask for no pages: where no edit is known to be right, all of the call stays.
tests/shapes has those that are converted, and more of those that are not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migrate.analysis.model import Action
from migrate.analysis.pairing.pair import pair
from migrate.rewrite.groups.engine import rewrite
from migrate.rewrite.profile.counterparts import Counterparts
from migrate.rewrite.profile.profiles import load_profile
from migrate.rewrite.profile.verdicts import classify
from migrate.rewrite.result.audited import rewrite_audited
from migrate.rewrite.result.faulted import audit_faulted
from tests.analysis.memory import SKELETON, MemoryTree, scan_of, tree_of
from tests.rewrite.trees import DATA

PROFILE = replace(load_profile("vaddr-pin"), api=None)
"""Its functions are not called here."""
PATH = "drivers/a/a.c"
CALL = "get_user_pages_remote(mm, at, 1, FOLL_WRITE, NULL, NULL, &locked);"
BACK = "if (locked)\n\t\tmmap_read_unlock(mm);"
CODE = f"""\
#include <linux/mm.h>

void f(struct mm_struct *mm, unsigned long at)
{{
	int locked = 1;

	mmap_read_lock(mm);
	{CALL}
	{BACK}
}}
"""
DONE = (
    CODE.replace("int locked = 1", "bool unlocked = false")
    .replace(
        CALL, "fixup_user_fault(mm, at, FAULT_FLAG_WRITE | FAULT_FLAG_REMOTE,\n\t\t\t &unlocked);"
    )
    .replace(BACK, "mmap_read_unlock(mm);")
)
HEADER = (SKELETON / "include" / "linux" / "mm.h").read_text()


def tree_with(code: str, header: str = HEADER) -> MemoryTree:
    return tree_of({PATH: code, "include/linux/mm.h": header})


def outcome(code: str, header: str = HEADER) -> str:
    """The file as it is then, or why nothing is edited."""
    tree = tree_with(code, header)
    found = classify(tree, pair(tree, scan_of(tree)), profile=PROFILE)
    (verdict,) = found.verdicts
    if verdict.action is not Action.FOLLOW:
        return verdict.reason
    done = rewrite_audited(tree, found, PROFILE, lambda path: path)
    if done.failures:
        return done.failures[0].reason
    return done.changes[0].files[0].after.decode()


def test_what_is_left_is_the_fault() -> None:
    assert outcome(CODE) == DONE


def test_with_a_task_and_a_semaphore() -> None:
    """As kernels had it before 5.9 and 5.8."""
    header = HEADER.replace(
        "get_user_pages_remote(struct", "get_user_pages_remote(struct task_struct *tsk, struct"
    ).replace("fixup_user_fault(struct", "fixup_user_fault(struct task_struct *tsk, struct")
    code = CODE.replace("remote(mm", "remote(NULL, mm")
    lock, unlock = "mmap_read_lock(mm)", "mmap_read_unlock(mm)"
    down, up = "down_read(&mm->mmap_sem)", "up_read(&mm->mmap_sem)"
    wanted = DONE.replace("fault(mm, ", "fault(NULL, mm, ")
    assert outcome(code.replace(lock, down).replace(unlock, up), header) == wanted.replace(
        lock, down
    ).replace(unlock, up)
    other = code.replace("remote(NULL", "remote(current")
    assert "on nobody's account" in outcome(other, header)


def test_a_tree_whose_function_cannot_drop_the_lock() -> None:
    header = HEADER.replace("unsigned int fault_flags, bool *unlocked", "unsigned int fault_flags")
    assert outcome(CODE, header).endswith("no reference is taken.")
    header = HEADER.replace("FAULT_FLAG_REMOTE", "FAULT_FLAG_FOREIGN")
    assert outcome(CODE, header).endswith("no reference is taken.")


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (BACK, f"/* it may be gone */\n\t{BACK}", "by a plain if after the call"),
        (BACK, "if (locked) {\n\t\tmmap_read_unlock(mm);\n\t}", "by a plain if after the call"),
        ("int locked = 1;", "int locked = 1, more;", "by a plain if after the call"),
        ("int locked = 1;", "static int locked = 1;", "is not given back at once"),
        ("int locked = 1;", "int locked = 0;", "is not given back at once"),
        ("int locked = 1;", "int locked;\n\n\tlocked = 1;", "is not given back at once"),
        (BACK, "if (!locked)\n\t\tmmap_read_unlock(mm);", "is not given back at once"),
        (BACK, f"again:\n\t{BACK}", "is not given back at once"),
        (BACK, f"#ifdef A\n\t{BACK}\n#endif", "is not given back at once"),
        (BACK, "if (locked)\n\t\tmmap_write_unlock(mm);", "is not given back at once"),
        (BACK, "if (locked)\n\t\tup_read(&mm->other);", "is not given back at once"),
        (BACK, "if (locked)\n\t\treturn;", "is not given back at once"),
        ("&locked", "NULL", "is not given back at once"),
        (CALL, f"(void){CALL}", "what the call returns is used"),
        (CALL, f"if ({CALL[:-1]} < 0)\n\t\treturn;", "what the call returns is used"),
        ("FOLL_WRITE", "FOLL_HWPOISON | FOLL_WRITE", "no counterpart to the flags FOLL_HWPOISON"),
        ("FOLL_WRITE", "flags", "no counterpart to the flags flags"),
    ],
)
def test_what_stands_against_it(old: str, new: str, why: str) -> None:
    assert old in CODE
    assert why in outcome(CODE.replace(old, new))


def test_a_result_with_another_call_is_found() -> None:
    tree = tree_with(CODE)
    found = classify(tree, pair(tree, scan_of(tree)), profile=PROFILE)
    parts = Counterparts(tree, PROFILE)
    done = rewrite(tree, found, PROFILE, lambda path: path)
    (file,) = done.changes[0].files
    assert [*audit_faulted(tree, tree.with_files({PATH: file.after}), found.groups, parts)] == [
        (found.groups[0], "")
    ]
    for wrong in (
        file.before or b"",
        file.after.replace(b"mmap_read_unlock(mm);", b""),
        file.after.replace(b"fixup_user_fault", b"fixup_user_faults"),
    ):
        edited = tree.with_files({PATH: wrong})
        ((_, said),) = audit_faulted(tree, edited, found.groups, parts)
        assert said == "other calls in f() than before"


def test_a_profile_without_lookups_leaves_it() -> None:
    tree = tree_with(CODE)
    plain = replace(PROFILE, follow=None)
    found = classify(tree, pair(tree, scan_of(tree)), profile=plain)
    assert [v.action for v in found.verdicts] == [Action.KEEP]


# By a function of the profile

OWN = load_profile("vaddr-pin")
GUP = (DATA / "sources" / "6.1.gup.c").read_bytes()
HELD = "get_user_pages(at, 1, flags, NULL, NULL)"
BARE = """\
#include <linux/mm.h>

int f(unsigned long at, unsigned int flags)
{
	return CALL == -EHWPOISON;
}
"""


def by_profile(code: str) -> str:
    """The file as it is then, or why nothing is edited."""
    tree = tree_of({PATH: code, "include/linux/mm.h": HEADER, "mm/gup.c": GUP})
    found = classify(tree, pair(tree, scan_of(tree)), profile=OWN)
    (verdict,) = [v for v in found.verdicts if v.group.startswith("drivers/")]
    if verdict.action is not Action.FOLLOW:
        return f"{verdict.action}: {verdict.reason}"
    done = rewrite_audited(tree, found, OWN, lambda path: path)
    if done.failures:
        return done.failures[0].reason
    brought = [s for s in done.api.subjects if "introduce vaddr_fault_in_locked()" in s]
    assert len(brought) == (verdict.warnings == ())
    return done.changes[0].files[0].after.decode()


def test_what_no_function_of_the_tree_fits_becomes_one_of_the_profile() -> None:
    """It is given all flags, FOLL_HWPOISON among them, and returns the same."""
    wanted = BARE.replace("CALL", "vaddr_fault_in_locked(at, flags)")
    assert by_profile(BARE.replace("CALL", HELD)) == wanted


@pytest.mark.parametrize(
    "call",
    [
        "get_user_pages(at, 2, flags, NULL, NULL)",
        "get_user_pages(at, count(), flags, NULL, NULL)",
        "get_user_pages(at, 1, flags, NULL, &vma)",
        "get_user_pages_fast(at, 1, flags, NULL)",
        "get_user_pages_remote(mm, at, 1, flags, NULL, NULL, NULL)",
    ],
)
def test_other_calls_that_ask_for_no_pages_stay(call: str) -> None:
    """More than one page, mappings, a function that wants an array, another address space."""
    assert by_profile(BARE.replace("CALL", call)).startswith("keep: ")


def test_what_the_tree_has_comes_first() -> None:
    assert by_profile(CODE) == DONE
