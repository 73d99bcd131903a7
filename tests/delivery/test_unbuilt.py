# SPDX-License-Identifier: GPL-2.0-only
"""What no compiler has built is counted, and goes only as far as the user wants."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from migrate.base.errors import ExitCode
from migrate.cli.tables import exit_code
from migrate.delivery.commits.policy import Policy
from migrate.delivery.commits.unbuilt import delivered, summary, unbuilt, why_held
from migrate.delivery.model import Branch, BuildReport, BuildStatus, Commit, ObjectBuild
from tests.delivery.test_series import BETA, GAMMA, ONE, deliver, mails

if TYPE_CHECKING:
    from conftest import Tiny

API = Commit("a", "0", "MM", "mm/gup: introduce it", (), ("include/linux/mm.h", "mm/gup.c"))
TEXT = Commit("t", "a", "DOC", "Documentation: say so", (), ("Documentation/core-api/x.rst",))
CODE = Commit("c", "t", "NET", "net: pin", ("g",), ("net/c.c",))
MORE = Commit("m", "c", "FS", "fs: pin", ("h",), ("fs/m.c", "fs/n.c"))
LAST = Commit("l", "m", "X", "checkpatch: warn", (), ("scripts/checkpatch.pl",), last=True)
BRANCH = Branch("p", "refs/heads/x", "0", (API, TEXT, CODE, MORE, LAST))


def built(commit: str, status: BuildStatus = BuildStatus.BUILT, reason: str = "") -> ObjectBuild:
    return ObjectBuild(commit, "x.c", "x86_64", status, "", reason, 0)


def no_way(commit: str, reason: str = "no compiler (log: /home/zoe/x.log)") -> ObjectBuild:
    return built(commit, BuildStatus.NOT_BUILDABLE, reason)


def report(*rows: ObjectBuild) -> BuildReport:
    return BuildReport("l", rows)


def test_text_alone_is_never_built_and_code_without_an_object_is_not_built() -> None:
    missing = unbuilt(BRANCH, report(built("a"), built("c")))
    assert [item.commit for item in missing] == [MORE]
    assert missing[0].reasons == ("no object is made from what it changes",)


def test_one_architecture_is_enough() -> None:
    rows = (built("a"), no_way("c"), built("c"), no_way("m"), built("m", BuildStatus.WARNED))
    assert unbuilt(BRANCH, report(*rows)) == ()


def test_what_fails_at_the_parent_was_not_built_either() -> None:
    rows = (built("a"), built("c"), built("m", BuildStatus.FAILED_BEFORE))
    assert [i.reasons for i in unbuilt(BRANCH, report(*rows))] == [
        ("failed at the parent already",)
    ]


def test_reasons_are_grouped_and_lead_to_no_log() -> None:
    rows = (no_way("a"), no_way("c"), no_way("c", "no bus"), no_way("m"))
    assert summary(BRANCH, report(*rows)) == (
        "3 of 5 commits were not built: 3 no compiler, 1 no bus"
    )
    assert summary(BRANCH, report(built("a"), built("c"), built("m"))) == ""
    assert summary(BRANCH, None) == ""


def test_without_the_api_nothing_is_left() -> None:
    missing = unbuilt(BRANCH, report(built("c"), built("m")))
    assert [item.commit for item in missing] == [API]
    assert delivered(BRANCH.commits, missing) == []


def test_commits_that_were_not_built_leave_the_others_there() -> None:
    missing = unbuilt(BRANCH, report(built("a"), built("c")))
    assert delivered(BRANCH.commits, missing) == [API, TEXT, CODE, LAST]


def test_a_series_is_held_for_its_own_commits_and_for_the_api() -> None:
    missing = unbuilt(BRANCH, report(no_way("a"), no_way("c"), built("m")))
    assert why_held([CODE], missing) == (
        "not built: net: pin: no compiler",
        "not built, which this needs: mm/gup: introduce it: no compiler",
    )
    assert why_held([MORE], missing)[0].startswith("not built, which this needs:")
    assert why_held([API, TEXT], missing) == ("not built: mm/gup: introduce it: no compiler",)


def job(*rows: ObjectBuild) -> Any:
    return SimpleNamespace(
        has=lambda _: True,
        rewrite=SimpleNamespace(failures=()),
        rejections=lambda: SimpleNamespace(items=()),
        branch=BRANCH,
        builds=report(*rows),
    )


def test_the_exit_code_says_so() -> None:
    assert exit_code(job(built("a"), built("c"), built("m"))) is ExitCode.DONE
    assert exit_code(job(built("a"), built("c"), no_way("m"))) is ExitCode.PARTIAL


def beta_alone(branch: Branch) -> BuildReport:
    """Everything is built but what is in `BETA`."""
    return BuildReport(
        branch.tip,
        tuple(no_way(c.id) if BETA in c.paths else built(c.id) for c in branch.commits),
    )


def folders(out: Path) -> dict[str, bool]:
    """The series, and whether each is held."""
    return {p.name[3:]: (p / "HOLD").exists() for p in sorted(out.iterdir()) if p.is_dir()}


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (Policy.HOLD, {"alpha-driver": False, "beta-driver": True}),
        (Policy.DELIVER, {"alpha-driver": False, "beta-driver": False}),
        (Policy.LEAVE_OUT, {"alpha-driver": False}),
    ],
)
def test_each_policy(tiny: Tiny, tmp_path: Path, policy: Policy, expected: dict[str, bool]) -> None:
    out = tmp_path / "out"
    deliver(tiny, out, ONE, BETA, GAMMA, builds=beta_alone, unbuilt=policy)
    assert folders(out) == expected
    letters = {p.name[3:]: mails(p)[0].get_content() for p in out.iterdir() if p.is_dir()}
    said = "This patch was not compiled on any architecture:\n\n  "
    assert {name for name, text in letters.items() if said in text} == set(expected) - {
        "alpha-driver"
    }
    assert "/home/zoe" not in "".join(letters.values())


def test_a_held_series_is_not_sent(tiny: Tiny, tmp_path: Path) -> None:
    deliver(tiny, tmp_path / "out", BETA, builds=beta_alone)
    (folder,) = (tmp_path / "out").iterdir()
    done = subprocess.run(
        ["sh", "send.sh", "--really-send"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1 and not (folder / "SENT").exists()
    assert "send.sh: not sent: not built: net: beta: " in done.stderr


def nothing(branch: Branch) -> BuildReport:
    return BuildReport(branch.tip, tuple(no_way(c.id) for c in branch.commits))


@pytest.mark.parametrize("policy", Policy)
def test_an_api_that_was_not_built(tiny: Tiny, tmp_path: Path, policy: Policy) -> None:
    def api_alone(branch: Branch) -> BuildReport:
        return BuildReport(
            branch.tip, tuple(no_way(c.id) if c.is_api else built(c.id) for c in branch.commits)
        )

    out = tmp_path / "out"
    out.mkdir()
    deliver(tiny, out, ONE, BETA, api=True, builds=api_alone, unbuilt=policy)
    names: Iterable[str] = ("api", "alpha-driver", "beta-driver")
    if policy is Policy.LEAVE_OUT:
        names = ()
    assert folders(out) == dict.fromkeys(names, policy is Policy.HOLD)


def test_nothing_at_all_may_be_left(tiny: Tiny, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    _, delivery = deliver(
        tiny, tmp_path / "out", ONE, BETA, builds=nothing, unbuilt=Policy.LEAVE_OUT
    )
    assert delivery.series == () and list((tmp_path / "out").iterdir()) == []
