# SPDX-License-Identifier: GPL-2.0-only
"""The order of the stages: what is run, what is reused, and what does not build goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from migrate.base.errors import Refusal
from migrate.kernel.tree import Tree
from migrate.runs import pipeline, rejecting, stages
from migrate.runs.job import Job, Options
from migrate.runs.stages import Stage
from migrate.runs.workspace import open_workspace


@dataclass(frozen=True)
class Value:
    """The result of every fake stage."""

    text: str


@dataclass
class Told:
    """A listener that remembers."""

    events: list[str] = field(default_factory=list)

    def started(self, stage: str) -> None:
        self.events.append(f"run {stage}")

    def reused(self, stage: str, _summary: str) -> None:
        self.events.append(f"reuse {stage}")

    def finished(self, stage: str, summary: str, seconds: float) -> None:
        pass

    def progress(self, what: str, done: int, total: int) -> None:
        pass

    def notice(self, line: str) -> None:
        self.events.append(line)


@dataclass
class World:
    """What the fake stages look at; changing it is what a user does between two runs."""

    tmp: Path
    config: str = "gcc"
    broken: set[str] = field(default_factory=set)
    rejected: list[str] = field(default_factory=list)
    output: bool = True
    final: bool = True
    fail_in: str = ""

    def job(self) -> Job:
        (self.tmp / "linux").mkdir(exist_ok=True)
        workspace = open_workspace(self.tmp / "linux", "p", self.tmp / "ws")
        profile: Any = SimpleNamespace(name="p")
        return Job(Tree(self.tmp / "linux", "c1"), workspace, profile, Options(1), Told())

    def run(self, last: str = "series", commit: str = "c1") -> list[str]:
        job = self.job()
        job.tree = Tree(job.tree.root, commit)
        with job.workspace.locked():
            pipeline.run(job, last)
        assert isinstance(job.listener, Told)
        return job.listener.events


def _make(world: World, name: str) -> Callable[[Job], Value]:
    def make(job: Job) -> Value:
        if world.fail_in == name:
            raise OSError("cut off")
        return Value(f"{name} of {job.tree.commit} without {sorted(world.rejected)}")

    return make


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(tmp_path)
    extra: dict[str, Callable[[Job], tuple[str, ...]]] = {
        "rewrite": lambda _: tuple(made.rejected),
        "build": lambda _: (made.config,),
    }
    order = tuple(
        Stage(
            name,
            Value,
            _make(made, name),
            lambda _job, value: value.text,
            extra.get(name, lambda _: ()),
            (lambda _job, _value: made.output) if name == "series" else (lambda _job, _value: True),
            (lambda _value: made.final) if name == "build" else (lambda _value: True),
        )
        for name in pipeline.NAMES
    )

    def reject(_job: Job) -> bool:
        fresh = sorted(made.broken - set(made.rejected))[:1]
        made.rejected += fresh
        return bool(fresh)

    monkeypatch.setattr(pipeline, "ORDER", order)
    monkeypatch.setattr(stages, "BUILD", order[5])
    monkeypatch.setattr(rejecting, "reject_failed", reject)
    monkeypatch.setattr(stages, "check_environment", lambda _job, _wanted: None)
    return made


def ran(events: list[str]) -> list[str]:
    return [e.removeprefix("run ") for e in events if e.startswith("run ")]


def test_the_order_is_that_of_the_design() -> None:
    assert pipeline.NAMES == ("scan", "pair", "classify", "rewrite", "commit", "build", "series")


def test_everything_runs_once_and_then_nothing(world: World) -> None:
    assert ran(world.run()) == list(pipeline.NAMES)
    assert world.run() == [f"reuse {name}" for name in pipeline.NAMES]


def test_only_what_is_needed_runs(world: World) -> None:
    assert ran(world.run("classify")) == ["scan", "pair", "classify"]
    assert ran(world.run("commit")) == ["rewrite", "commit"]


def test_another_commit_makes_everything_stale(world: World) -> None:
    world.run()
    assert ran(world.run(commit="c2")) == list(pipeline.NAMES)


def test_a_change_makes_what_follows_it_stale(world: World) -> None:
    world.run()
    world.config = "clang"
    assert ran(world.run()) == ["build"], "the same result upstream keeps what is downstream"
    world.config = "gcc"
    world.output = False
    assert ran(world.run()) == ["build", "series"]


def test_another_version_of_the_tool_makes_everything_stale(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.run()
    monkeypatch.setattr(pipeline, "tool_identity", lambda: "other")
    assert ran(world.run()) == list(pipeline.NAMES)


def test_a_damaged_stage_file_is_made_anew(world: World) -> None:
    world.run()
    path = world.job().workspace.stage_path("rewrite")
    path.write_text(path.read_text().replace("rewrite of", "rewrite 0f"))
    assert ran(world.run()) == ["rewrite"]


def test_an_interrupted_run_goes_on_where_it_was(world: World) -> None:
    world.fail_in = "commit"
    with pytest.raises(OSError, match="cut off"):
        world.run()
    world.fail_in = ""
    assert ran(world.run()) == ["commit", "build", "series"]


def test_what_does_not_build_is_taken_out_until_all_builds(world: World) -> None:
    world.broken = {"a", "b"}
    again = ["rewrite", "commit", "build"]
    assert ran(world.run()) == ["scan", "pair", "classify", *again, *again, *again, "series"]
    assert world.rejected == ["a", "b"]
    assert ran(world.run()) == []


def test_a_build_that_something_on_the_machine_stopped_is_asked_again(world: World) -> None:
    world.run("build")
    world.final = False
    assert ran(world.run("build")) == ["build"]
    assert ran(world.run()) == ["build", "series"]
    assert ran(world.run()) == ["build"], "it says the same, so the series stay"
    assert set(pipeline.states(world.job()).values()) == {"done"}, "but there is a result to show"
    assert not pipeline.is_ready(world.job(), "build") and pipeline.is_ready(world.job(), "commit")
    world.final = True
    assert ran(world.run()) == []


def test_build_alone_takes_out_what_does_not_build(world: World) -> None:
    world.broken = {"a"}
    world.run("build")
    assert world.rejected == ["a"]


def test_taking_out_comes_to_an_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rejecting, "reject_failed", lambda _job: True)
    with pytest.raises(Refusal, match="rounds"):
        world.run()


def test_states_say_what_is_done_stale_or_missing(world: World) -> None:
    world.run("rewrite")
    job = world.job()
    assert list(pipeline.states(job).values()) == ["done"] * 4 + ["missing"] * 3
    world.rejected.append("x")
    assert pipeline.states(world.job())["rewrite"] == "stale"
    job = world.job()
    job.tree = Tree(job.tree.root, "c2")
    assert list(pipeline.states(job).values()) == ["stale"] * 4 + ["missing"] * 3


def test_load_later_takes_over_what_fits_and_nothing_else(world: World) -> None:
    world.run("commit")
    world.rejected.append("x")
    job = world.job()
    pipeline.load_later(job)
    assert sorted(job.results) == ["classify", "pair", "scan"]
