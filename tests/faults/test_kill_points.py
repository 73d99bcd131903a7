# SPDX-License-Identifier: GPL-2.0-only
"""Killed at one exact moment: between two steps that together are what the next run builds on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from migrate.base.stores.git import git_output
from migrate.base.typed import own_command
from migrate.delivery.commits import publish as publishing
from migrate.delivery.commits.policy import Policy
from migrate.delivery.history import History, Version
from migrate.delivery.mail import series
from migrate.delivery.mail.job import Material
from migrate.delivery.model import Branch, Commit, Delivery
from migrate.delivery.report import write as report
from migrate.runs import handover, series_stage
from migrate.runs.output_folder import put_back, replacing
from migrate.runs.workspace import Workspace, open_workspace

SENT = Version("a", "a", 1, 1, "b", "b", "b", "t", (), digest="d1", sent="by hand")


class Killed(BaseException):
    """What no handler of the program catches."""


@contextmanager
def killed_at(
    monkeypatch: pytest.MonkeyPatch, target: Any, name: str, number: int
) -> Iterator[None]:
    """The `number`th call of `target.name` is the last thing that the program does."""
    real, calls = getattr(target, name), []

    def counted(*args: Any, **kwargs: Any) -> Any:
        calls.append(args)
        if len(calls) == number:
            raise Killed
        return real(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(target, name, counted)
        with pytest.raises(Killed):
            yield


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "checkout").mkdir()
    found = open_workspace(tmp_path / "checkout", "p", tmp_path / "ws")
    with found.locked():
        pass
    return found


def series_job(workspace: Workspace) -> Any:
    def history() -> History:
        found = workspace.load("versions", History)
        return found.value if found else History()

    branch = Branch("p", "r", "b", ())
    return SimpleNamespace(
        tree=None, rewrite=None, builds=None, branch=branch, workspace=workspace, out=workspace.out,
        outboxes=(workspace.out,),
        options=SimpleNamespace(
            tree_scripts=False, reroll=False, reply=False, unbuilt=Policy.HOLD, jobs=1
        ),
        profile=None, maintainers=None,
        decided=lambda: None, collected=lambda: None, report=lambda _: None,
        proof=lambda: None,
        has=lambda _: True,
        history=history, listener=SimpleNamespace(notice=lambda _: None, progress=lambda *_: None),
    )  # fmt: skip


@pytest.mark.parametrize(("target", "name", "number"), [
    (Path, "replace", 2), (Path, "replace", 3), (Workspace, "save", 2),
])  # fmt: skip
def test_that_a_series_was_sent_is_not_forgotten(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, target: Any, name: str, number: int
) -> None:
    """The mark is in the folder that is replaced, and the next run has to know of it."""
    told: list[History] = []

    def write(material: Material, *_: Any) -> Delivery:
        told.append(material.history)
        return Delivery("r", (), (), material.history)

    monkeypatch.setattr(series, "write_series", write)
    monkeypatch.setattr(report, "write_report", lambda *_: None)
    monkeypatch.setattr(series_stage, "mail_templates", lambda _: None)
    monkeypatch.setattr(series_stage, "_contents", lambda *_: ())
    monkeypatch.setattr(series_stage, "note_output", lambda *_: None)
    monkeypatch.setattr(Workspace, "repository", lambda _: Path())
    monkeypatch.setattr(Workspace, "worktree", lambda _, __: Path())
    workspace.save("versions", History(1, (Version(**vars(SENT) | {"sent": ""}),)), "")
    with replacing(workspace.out) as fresh:
        (fresh / "01-a").mkdir()
        (fresh / "01-a/series.json").write_text(json.dumps({"digest": "d1"}))
        (fresh / "01-a/SENT").write_text("by hand\n")
    with killed_at(monkeypatch, target, name, number):
        series_stage.make(series_job(workspace))
    put_back(workspace.out)
    series_stage.make(series_job(workspace))
    assert [h.versions for h in told] == [(SENT,), (SENT,)]
    assert sorted(p.name for p in workspace.out.parent.glob(".*")) == []


Make = Callable[[str], Branch]


@pytest.fixture
def make(mini: Path) -> Make:
    """Branches of one commit, by their message."""

    def branch(message: str) -> Branch:
        base = git_output(["rev-parse", "HEAD"], cwd=mini).decode().strip()
        argv = ["commit-tree", f"{base}^{{tree}}", "-p", base, "-m", message]
        tip = git_output(argv, cwd=mini).decode().strip()
        commit = Commit(tip, base, "", message, (), ())
        return Branch("p", "refs/heads/gup-migrate/p", base, (commit,))

    return branch


@pytest.mark.parametrize("twice", [False, True])
def test_a_branch_of_ours_is_not_taken_for_work_of_the_users(
    workspace: Workspace, mini: Path, make: Make, monkeypatch: pytest.MonkeyPatch, twice: bool
) -> None:
    """Killed when the branch had moved and before that was written down, then run otherwise."""
    said: list[str] = []
    tree = SimpleNamespace(root=mini)
    workspace.repository = lambda: mini  # type: ignore[method-assign]

    def job(message: str) -> Any:
        return SimpleNamespace(
            branch=make(message), workspace=workspace, tree=tree, out=workspace.out,
            listener=SimpleNamespace(notice=said.append), command=own_command,
        )  # fmt: skip

    handover.publish_branch(job("one"))
    with killed_at(monkeypatch, Workspace, "save", 2):
        handover.publish_branch(job("two"))
    if twice:
        with killed_at(monkeypatch, publishing, "publish", 1):
            handover.publish_branch(job("three"))
    handover.publish_branch(job("four"))
    refs = git_output(["for-each-ref", "--format=%(refname)", "refs/heads/gup-migrate"], cwd=mini)
    assert refs.decode().split() == ["refs/heads/gup-migrate/p"]
    assert said == []
