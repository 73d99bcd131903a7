# SPDX-License-Identifier: GPL-2.0-only
"""Options of the last run: each that lasts comes back as it was, whatever its kind."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from migrate.cli.remembered import keep_options, kind_of, lasting_options, with_last_options
from migrate.cli.request import Request
from migrate.runs.asked import Asked, is_output, note_output, output_folders, recall, remember
from migrate.runs.workspace import Workspace, open_workspace


def other(name: str, default: Any, there: Path) -> Any:
    """A value of the option that is not its default."""
    kind = kind_of(name)
    if issubclass(kind, Enum):
        return next(value for value in kind if value is not default)
    return {str: "pin-user-pages", bool: not default, Path: there}[kind]


@pytest.fixture
def request_of(mini: Path, tmp_path: Path) -> Request:
    return Request(mini, workspace=tmp_path / "workspace")


@pytest.fixture
def workspace(request_of: Request) -> Workspace:
    return open_workspace(request_of.tree, request_of.profile, request_of.workspace)


def kept(request: Request, workspace: Workspace, command: str = "run") -> Request:
    with workspace.locked():
        keep_options(request, command, workspace)
    found, _ = with_last_options(Request(request.tree, workspace=request.workspace))
    return found


@pytest.mark.parametrize("name", lasting_options("run"))
def test_an_option_comes_back(
    name: str, request_of: Request, workspace: Workspace, tmp_path: Path
) -> None:
    there = tmp_path / "there"
    there.touch()
    value = other(name, lasting_options("run")[name], there)
    wanted = replace(request_of, **{name: value})
    assert kept(wanted, workspace) == wanted
    assert kept(request_of, workspace) == request_of, "the default, too"


def test_a_choice_that_there_is_no_more_does_not_count(
    request_of: Request, workspace: Workspace
) -> None:
    (choice,) = (n for n in lasting_options("run") if issubclass(kind_of(n), Enum))
    with workspace.locked():
        remember(workspace, {choice: "nothing such"})
    assert with_last_options(request_of) == (request_of, Asked({}, {}))


def test_a_path_is_remembered_whole(
    request_of: Request, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = kept(replace(request_of, output=Path("out"), profile="mine"), workspace)
    assert found.output == tmp_path / "out"
    assert found.profile == request_of.profile, "there is no such folder any more"


def test_a_command_leaves_alone_what_it_does_not_take(
    request_of: Request, workspace: Workspace, tmp_path: Path
) -> None:
    first = replace(request_of, output=tmp_path / "out", revision="v1")
    kept(first, workspace)
    found = kept(request_of, workspace, "scan")
    assert (found.output, found.revision) == (tmp_path / "out", "HEAD")


def test_what_is_named_counts_even_with_its_default(
    request_of: Request, workspace: Workspace
) -> None:
    kept(replace(request_of, profile="pin-user-pages"), workspace)
    found, taken = with_last_options(replace(request_of, given=frozenset({"profile"})))
    assert found.profile == request_of.profile
    assert not taken


def test_nothing_is_taken_over_of_a_workspace_that_is_not_there(request_of: Request) -> None:
    assert with_last_options(request_of) == (request_of, Asked({}, {}))


def test_output_folders_are_those_that_are_there(workspace: Workspace, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    with workspace.locked():
        for folder in (first, second, first):
            note_output(workspace, folder, "one", "result")
        assert output_folders(workspace) == (second, first)
        assert is_output(workspace, second, "one", "result")
        assert not is_output(workspace, second, "another", "result")
        note_output(workspace, first, "another", "result")
        assert not is_output(workspace, first, "one", "result")
        second.rmdir()
        note_output(workspace, first, "another", "result")
        assert output_folders(workspace) == (first,)


def test_what_was_asked_for_is_text_and_truth(workspace: Workspace) -> None:
    with workspace.locked():
        remember(workspace, {"revision": "v1", "comments": False, "output": None})
        remember(workspace, {"comments": None, "deprecate": True})
    assert recall(workspace) == Asked({"revision": "v1"}, {"deprecate": True})
