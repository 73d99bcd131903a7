# SPDX-License-Identifier: GPL-2.0-only
"""Author dates: those of the making, and the same ones when a run is repeated."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from migrate.runs import dates
from migrate.runs.workspace import Workspace, open_workspace


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    (tmp_path / "checkout").mkdir()
    return open_workspace(tmp_path / "checkout", "p", tmp_path / "ws")


def test_the_first_one_to_ask_says_when(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: 1_700_000_000.9)
    with workspace.locked():
        first = dates.date_of(workspace, "a")
        assert re.fullmatch(r"1700000000 [+-]\d{4}", first)
        monkeypatch.setattr("time.time", lambda: 1_800_000_000.0)
        assert dates.date_of(workspace, "a") == first
        assert dates.date_of(workspace, "b").startswith("1800000000 ")
        for n in range(200):
            dates.date_of(workspace, str(n))
        found = workspace.load("dates", dates.Dates)
    assert found is not None and len(found.value.made) < 60


def test_the_clock_of_reproducible_builds_is_heeded(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1234567890")
    with workspace.locked():
        assert dates.date_of(workspace, "a") == "1234567890 +0000"
