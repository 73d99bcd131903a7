# SPDX-License-Identifier: GPL-2.0-only
"""Who is taken out when an object does not build."""

from __future__ import annotations

import pytest

from migrate.analysis.model import Action, Classification, Confidence, PinGroup, Verdict
from migrate.delivery.commits.rejected import (
    Rejection,
    Rejections,
    blame,
    decided,
    without,
    without_idle_api,
)
from migrate.delivery.model import Branch, BuildReport, BuildStatus, Commit, ObjectBuild
from migrate.rewrite.model import ApiChange, FileChange, GroupChange, GroupFailure, Rewrite

API = ApiChange(("mm: add it",), ("Body.",), ((FileChange("include/linux/mm.h", b"", b"x"),),))


def change(name: str, *paths: str) -> GroupChange:
    return GroupChange(name, "S", tuple(FileChange(p, b"a", b"b") for p in paths), (), ())


REWRITE = Rewrite(
    "base",
    "p",
    API,
    (change("a", "d/a.c"), change("b", "d/b.c", "d/b.h"), change("c", "e/c.c")),
    (),
)
BRANCH = Branch(
    "p",
    "refs/heads/x",
    "base",
    (
        Commit("0", "base", "MM", "api", (), ("include/linux/mm.h",)),
        Commit("1", "0", "D", "d", ("a", "b"), ("d/a.c", "d/b.c", "d/b.h")),
        Commit("2", "1", "E", "e", ("c",), ("e/c.c",)),
        Commit("3", "2", "MM", "last", (), ("include/linux/mm.h",), last=True),
    ),
)


def built(commit: str, path: str, status: BuildStatus, output: str = "error: x") -> ObjectBuild:
    return ObjectBuild(commit, path, "x86_64", status, output, "", 1.0)


def blamed(*objects: ObjectBuild) -> list[str]:
    return [r.group for r in blame(BRANCH, REWRITE, BuildReport("2", objects))]


@pytest.mark.parametrize("path", ["d/a.o", "d/a.c"])
def test_the_group_that_edits_the_file_goes(path: str) -> None:
    assert blamed(built("1", path, BuildStatus.FAILED)) == ["a"]


@pytest.mark.parametrize(
    "status", [BuildStatus.BUILT, BuildStatus.FAILED_BEFORE, BuildStatus.NOT_BUILDABLE]
)
def test_nobody_goes_for_what_is_not_our_doing(status: BuildStatus) -> None:
    assert blamed(built("1", "d/a.o", status)) == []


def test_a_new_warning_is_enough() -> None:
    assert blamed(built("2", "e/c.o", BuildStatus.WARNED)) == ["c"]


def test_an_object_that_nobody_edits_takes_its_commit_along() -> None:
    assert blamed(built("1", "d/user_of_b_h.o", BuildStatus.FAILED)) == ["a", "b"]


def test_nothing_goes_out_without_the_api() -> None:
    assert blamed(built("0", "mm/gup.o", BuildStatus.FAILED)) == ["a", "b", "c"]
    # An object that a group edits later is not that group's fault here.
    failed = built("0", "e/c.o", BuildStatus.FAILED)
    assert blamed(failed) == ["a", "b", "c"]
    reasons = {r.reason for r in blame(BRANCH, REWRITE, BuildReport("2", (failed,)))}
    assert reasons == {"With the new API alone, e/c.o does not build for x86_64: error: x"}
    assert blamed(built("0", "mm/gup.o", BuildStatus.WARNED)) == []


def test_nobody_goes_for_what_comes_after_all_of_them() -> None:
    assert blamed(built("3", "d/a.o", BuildStatus.FAILED)) == []


def test_an_object_of_no_commit_of_the_branch_is_nobodys_fault() -> None:
    assert blamed(built("9", "e/c.o", BuildStatus.FAILED)) == []


def test_the_reason_is_what_the_compiler_said() -> None:
    output = "\n".join(f"line {n}" for n in range(50))
    (rejection,) = blame(
        BRANCH, REWRITE, BuildReport("2", (built("2", "e/c.o", BuildStatus.FAILED, output),))
    )
    assert "e/c.o does not build for x86_64: line 0\nline 1\n" in rejection.reason
    assert "line 49" not in rejection.reason
    assert rejection.objects[0].output == output


def test_verdicts_of_what_went_are_manual_with_the_reason() -> None:
    groups = tuple(PinGroup(n, (), (), (), (), ()) for n in "abc")
    verdicts = tuple(Verdict(n, Action.PIN, "5", "r", "w", None, (), (), "author") for n in "abc")
    before = Classification("base", "p", groups, verdicts)
    gone = Rejections((Rejection("b", "does not build", ()),))
    assert [v.action for v in without(before, gone).verdicts] == ["pin", "manual", "pin"]
    after = decided(before, gone, (GroupFailure("c", "lost a comment"),)).verdicts
    assert [(v.action, v.rule) for v in after] == [
        ("pin", "r"),
        ("manual", "build"),
        ("manual", "rewrite"),
    ]
    assert [v.reason for v in after] == ["w", "does not build", "lost a comment"]
    assert (after[1].confidence, after[1].decided_by) == (Confidence.LOW, "rules")
    assert (after[0].confidence, after[0].decided_by) == (None, "author")


def test_an_api_that_nobody_uses_is_not_proposed() -> None:
    assert without_idle_api(REWRITE) is REWRITE
    idle = Rewrite("base", "p", API, (), ())
    assert without_idle_api(idle).api == ApiChange((), (), ())
