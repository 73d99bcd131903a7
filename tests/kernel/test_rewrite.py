# SPDX-License-Identifier: GPL-2.0-only
"""The edits on real kernels, under both profiles: what converts, and what checkpatch.pl says."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from migrate.analysis.model import Action
from migrate.analysis.verdicts.left import left
from migrate.base.stores.alternates import borrow
from migrate.base.stores.git import git_output
from migrate.delivery.commits.make import make_commits, user_identity
from migrate.delivery.mail.style import check_style
from migrate.kernel.people.maintainers import THE_REST, read_maintainers
from migrate.kernel.signatures import GUP_NAMES
from migrate.kernel.tree import open_tree
from migrate.rewrite.api.deprecate import deprecation
from migrate.rewrite.model import Rewrite
from migrate.rewrite.profile.profiles import load_profile
from migrate.rewrite.result.audited import rewrite_audited
from scripts.kernel_figures import PROFILES, Analysis
from tests.kernel.conftest import KERNELS

CALL = re.compile(rb"\b(?:%s) ?\(" % "|".join(GUP_NAMES).encode())
SHARE = 0.95
"""Of the groups that are to be converted, how many have to convert whole."""


@dataclass(frozen=True)
class Rewritten:
    """The rewrite of one kernel under one profile, its last patches included."""

    analysis: Analysis
    profile: str
    rewrite: Rewrite


@pytest.fixture(scope="module", params=PROFILES)
def profile(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module", params=KERNELS)
def rewritten(
    request: pytest.FixtureRequest, analyses: Callable[[str], Analysis], profile: str
) -> Rewritten:
    analysis = analyses(str(request.param))
    target = load_profile(profile)
    subsystem_of = read_maintainers(analysis.tree).subsystem_of
    verdicts = analysis.classifications[profile]
    done = rewrite_audited(analysis.tree, verdicts, target, subsystem_of)
    last = deprecation(analysis.tree, done, target, left(verdicts))
    return Rewritten(analysis, profile, replace(done, last=last))


def test_groups_convert_whole(rewritten: Rewritten) -> None:
    verdicts = rewritten.analysis.classifications[rewritten.profile].verdicts
    wanted = [v.group for v in verdicts if v.action in (Action.PIN, Action.FOLLOW)]
    converted = {change.group for change in rewritten.rewrite.changes}
    left = {f.group: f.reason for f in rewritten.rewrite.failures}
    assert len(wanted) >= 10 and converted | set(left) == set(wanted)
    assert len(converted) >= SHARE * len(wanted), left


def test_no_flag_and_no_call_of_the_old_kind_is_added(rewritten: Rewritten) -> None:
    """FOLL_GET is for follow_page() alone."""
    verdicts = rewritten.analysis.classifications[rewritten.profile].verdicts
    follow = {v.group for v in verdicts if v.action is Action.FOLLOW}
    for change in rewritten.rewrite.changes:
        for file in change.files:
            before = set((file.before or b"").splitlines())
            for line in (n for n in file.after.splitlines() if n not in before):
                assert b"FOLL_GET" not in line or change.group in follow, (file.path, line)
                assert not CALL.search(line), (file.path, line)


def test_checkpatch_finds_nothing_new(rewritten: Rewritten, tmp_path: Path) -> None:
    root = rewritten.analysis.tree.root
    checkout = tmp_path / "linux"
    command = ["git", "clone", "-q", "--shared", "--no-checkout", str(root), str(checkout)]
    subprocess.run(command, check=True)
    for key, value in (("user.name", "Ada Tester"), ("user.email", "ada@example.org")):
        git_output(["config", key, value], cwd=checkout)
    tree = open_tree(checkout)
    maintainers = read_maintainers(tree)
    repository = borrow(checkout, tmp_path / "own")
    branch = make_commits(
        tree,
        rewritten.analysis.classifications[rewritten.profile],
        rewritten.rewrite,
        repository=repository,
        ref="refs/heads/gup-migrate/test",
        identity=user_identity(checkout),
        maintainers=maintainers,
    )
    patches = []
    for number, commit in enumerate(branch.commits):
        patches.append(tmp_path / f"{number:04d}.patch")
        text = git_output(["format-patch", "-1", "--stdout", commit.id], cwd=repository)
        patches[-1].write_bytes(text)
    assert len(patches) > 10
    report = check_style(
        root, patches, covered=lambda path: maintainers.subsystem_of(path) != THE_REST
    )
    assert [(f.patch, f.kind, f.text, f.place) for f in report.new] == []
    assert report.unchecked == ()
