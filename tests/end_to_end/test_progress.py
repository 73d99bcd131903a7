# SPDX-License-Identifier: GPL-2.0-only
"""Each phase of a run has its own line, in few words, be there something to count or not."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import migrate
from migrate.base import progress
from migrate.cli.status_line import Phase, drawn
from migrate.delivery.builds.results import Results
from tests.end_to_end.world import ROOT, make_few_callers, make_world

pytestmark = pytest.mark.xdist_group("progress")

PHASES = {
    "scan": (
        "reading the headers of GUP",
        "searching the tree for callers",
        "files read by spatch",
    ),
    "pair": ("reading headers", "acquires followed", "searching for who else sees the pages"),
    "classify": (),
    "rewrite": ("groups edited", "audit of the result: reading", "audit of the result"),
    "commit": ("writing commits",),
    "build": ("checking the tree out", "reading makefiles and Kconfig", "configuring", "preparing"),
    "series": (
        "recipients of patches",
        "commits of series",
        "mails of series",
        "style of patches",
        "writing the report",
    ),
}


@dataclass
class Told:
    """A listener that remembers the phases of each stage."""

    stage: str = ""
    said: dict[str, list[tuple[str, int, int]]] = field(default_factory=dict)

    def started(self, stage: str) -> None:
        self.stage = stage
        self.said[stage] = []

    def reused(self, stage: str, _summary: str) -> None:
        raise AssertionError(stage)

    def finished(self, stage: str, summary: str, seconds: float) -> None:
        pass

    def progress(self, what: str, done: int, total: int) -> None:
        self.said[self.stage].append((what, done, total))

    def notice(self, line: str) -> None:
        pass


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    """What a whole run says, its builds looked at all the time."""
    monkeypatch.setattr(progress, "_EVERY", 0.01)
    world = make_world(tmp_path / "home", ROOT)
    make_few_callers(world)
    listener = Told()
    migrate.run(world.tree, workspace=world.workspace, output=tmp_path / "out", listener=listener)
    return listener


def test_each_phase_is_named_and_fits(told: Told) -> None:
    for stage, phases in PHASES.items():
        names = [what for what, _, _ in told.said[stage]]
        for phase in phases:
            assert any(name.startswith(phase) for name in names), f"{stage}: {phase}"
        for what, done, total in told.said[stage]:
            assert 0 <= done <= total
            line = drawn(Phase(stage, what, 0.0, 0, done, total, 3599.0), 3600.0, 80)
            assert f"{stage:<9} {what}  " in line, "nothing of it is cut at 80 columns"


def test_objects_are_counted_while_make_runs(tmp_path: Path) -> None:
    said: list[tuple[str, int, int]] = []
    folder = SimpleNamespace(path=tmp_path)
    site: Any = SimpleNamespace(
        branch=SimpleNamespace(base="b" * 40, commits=()), folder_of=lambda _: folder
    )
    results = Results(site, None, lambda *a: said.append(a))  # type: ignore[arg-type]
    results._wanted = set(range(20))  # type: ignore[arg-type]
    results._known = dict.fromkeys(range(7))  # type: ignore[arg-type]
    archs = ["x86_64", "arm64", "s390"]
    units: Any = [SimpleNamespace(arch=a, target=f"{n}.o") for n, a in enumerate(archs)]
    old = tmp_path / "0.o"
    old.touch()
    started = old.stat().st_mtime_ns
    results._tell("c" * 40, units, started)
    for name in ("1.o", "2.o"):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, ns=(started + 1, started + 1))
        results._tell("c" * 40, units, started)
    results._tell("b" * 40, units[1:2], started)
    where = "objects at cccccccccccc, arm64, s390 and 1 more"
    assert said == [
        ("preparing arm64, s390 and 1 more", 0, 0),
        (where, 8, 20),
        (where, 9, 20),
        ("objects at the base, arm64", 8, 20),
    ]
