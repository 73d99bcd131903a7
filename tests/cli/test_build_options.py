# SPDX-License-Identifier: GPL-2.0-only
"""How the options of builds get from the command line to make, and what they make stale."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from migrate.base.errors import Refusal
from migrate.base.stores.stage_file import Stored
from migrate.cli.main import invoke
from migrate.cli.request import Request
from migrate.delivery.compile.choices import launcher_jobs
from migrate.delivery.compile.jobs import JobServer
from migrate.delivery.compile.make import Kernel
from migrate.delivery.compile.model import BuildOptions
from migrate.delivery.model import Branch, BuildReport, BuildStatus, Commit, ObjectBuild
from migrate.kernel.kbuild.toolchains import Choice, Toolchain, architectures
from migrate.kernel.tree import Tree
from migrate.runs import rejecting, stages
from migrate.runs.job import Job, Options
from migrate.runs.workspace import open_workspace


class Told(list[str]):
    def notice(self, line: str) -> None:
        self.append(line)


def job(folder: Path, options: BuildOptions) -> Job:
    (folder / "linux").mkdir(exist_ok=True)
    workspace = open_workspace(folder / "linux", "p", folder / "ws")
    profile: Any = SimpleNamespace(name="p")
    listener: Any = Told()
    tree = Tree(folder / "linux", "c")
    return Job(tree, workspace, profile, Options(1, build=options), listener)


@pytest.fixture
def asked_job(monkeypatch: pytest.MonkeyPatch, mini: Path, tmp_path: Path) -> Any:
    """`asked_job(*arguments)`: the job of such a command line."""
    seen: list[Job] = []

    def keep(job: Job, _last: str) -> None:
        seen.append(job)
        raise Refusal("far enough.", "Stop.")

    monkeypatch.setattr("migrate.runs.pipeline.run", keep)

    def ask(*arguments: str) -> Job:
        with pytest.raises(Refusal, match="far enough"):
            invoke([*arguments, str(mini), "--workspace", str(tmp_path / "ws")])
        return seen[-1]

    return ask


@pytest.fixture
def asked(asked_job: Any) -> Any:
    """`asked(*arguments)`: its options of builds."""
    return lambda *arguments: asked_job(*arguments).options.build


@pytest.mark.parametrize("command", ["run", "build", "series"])
def test_every_option_reaches_the_build(asked: Any, command: str) -> None:
    plain = asked(command, "-j", "3")
    assert plain == BuildOptions(jobs=3)
    everything = asked(
        *(command, "-j", "3", "--build-jobs", "40", "--arch", "arm64,x86_64", "-W", "12"),
        *("--sparse", "--instrumented", "--compiler-launcher", "icecc", "--stop"),
        *("--cc", "x86_64=gcc-11,arm64=my-gcc", "--cross-compile", "arm=arm-", "--llvm"),
    )
    assert everything == BuildOptions(
        jobs=40,
        warnings="12",
        sparse=True,
        instrumentation=True,
        compiler_launcher="icecc",
        architectures=("arm64", "x86_64"),
        keep_going=False,
        choice=Choice((("arm64", "my-gcc"), ("x86_64", "gcc-11")), (("arm", "arm-"),), llvm=True),
    )


def test_a_compiler_without_an_architecture_is_refused(mini: Path) -> None:
    with pytest.raises(Refusal, match="--cc gcc-11 names no architecture") as refusal:
        invoke(["build", str(mini), "--cc", "gcc-11"])
    assert refusal.value.next_step == "Give it as in --cc x86_64=gcc-11."


@pytest.mark.parametrize("command", ["run", "series"])
def test_scripts_of_the_tree_can_be_forbidden(asked_job: Any, command: str) -> None:
    assert asked_job(command).options.tree_scripts
    other = asked_job(command, "--no-tree-scripts")
    assert not other.options.tree_scripts


def test_distcc_says_how_many_jobs_its_machines_take(tmp_path: Path) -> None:
    assert launcher_jobs(None) is None
    program = tmp_path / "distcc"
    program.write_text('#!/bin/sh\ntest "$1" = -j && echo 24\n')
    program.chmod(0o755)
    assert launcher_jobs(str(program)) == 24
    program.write_text("#!/bin/sh\necho no hosts; exit 1\n")
    assert launcher_jobs(str(program)) is None
    assert launcher_jobs("icecc") is None


def test_the_next_command_has_the_same_options() -> None:
    request = Request(keep_going=False, sparse=True, warnings="1", build_jobs=9)
    assert request.command("build") == "gup-migrate build --warnings 1 --sparse --stop"
    assert request.command("commit") == "gup-migrate commit"


CHANGES: list[dict[str, Any]] = [
    {"warnings": "1"},
    {"instrumentation": True},
    {"architectures": ("arm64",)},
    {"keep_going": False},
    {"choice": Choice((("x86_64", "gcc"),))},
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda c: next(iter(c)))
def test_what_changes_results_makes_them_stale(tmp_path: Path, change: dict[str, Any]) -> None:
    plain = job(tmp_path, BuildOptions(jobs=1))
    other = job(tmp_path, replace(BuildOptions(jobs=1), **change))
    for j in (plain, other):
        j.__dict__["toolchains"] = "gcc"
    assert stages.BUILD.depends(plain) != stages.BUILD.depends(other)


def test_who_compiles_makes_nothing_stale(tmp_path: Path) -> None:
    plain = job(tmp_path, BuildOptions(jobs=1))
    other = job(tmp_path, BuildOptions(jobs=64, compiler_launcher="env"))
    for j in (plain, other):
        j.__dict__["toolchains"] = "gcc"
    assert stages.BUILD.depends(plain) == stages.BUILD.depends(other)


def _broken(status: BuildStatus) -> BuildReport:
    item = ObjectBuild("c" * 40, "a.c", "x86_64", status, "a.c:1: error: odd", "", 0.0)
    return BuildReport("c" * 40, (item,))


def _with_builds(job: Job, status: BuildStatus) -> Job:
    commit = Commit("c" * 40, "b" * 40, "S", "misc: Pin it", ("g",), ("a.c",))
    branch = Branch("p", "refs/heads/x", "b" * 40, (commit,))
    job.results["commit"] = Stored(branch, "", "")
    job.results["build"] = Stored(_broken(status), "", "")
    return job


def test_stop_ends_at_the_first_commit_that_does_not_build(tmp_path: Path) -> None:
    stopped = _with_builds(job(tmp_path, BuildOptions(keep_going=False)), BuildStatus.FAILED)
    stopped.__dict__["toolchains"] = "gcc"
    with pytest.raises(Refusal) as refusal:
        rejecting.stop_at_failure(stopped)
    assert 'a.c does not build for x86_64 at commit cccccccccccc ("misc: Pin it")' in str(
        refusal.value
    )
    assert "--stop" in refusal.value.next_step
    assert stopped.listener == ["a.c:1: error: odd"]
    rejecting.stop_at_failure(_with_builds(stopped, BuildStatus.WARNED))


@pytest.mark.parametrize(
    ("mine", "extra"), [("", "1"), ("CCACHE_DEPEND", None), ("CCACHE_NODEPEND", None)]
)
def test_ccache_need_not_preprocess_unless_the_user_wants_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mine: str, extra: str | None
) -> None:
    seen: list[list[str]] = []

    def run(argv: list[str], **_: object) -> object:
        seen.append([str(a) for a in argv])
        raise KeyboardInterrupt

    monkeypatch.setattr("migrate.base.programs.process.run", run)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setenv("CCACHE_NAMESPACE", "mine-")
    for name in ("CCACHE_DEPEND", "CCACHE_NODEPEND"):
        monkeypatch.delenv(name, raising=False)
    if mine:
        monkeypatch.setenv(mine, "1")
    for launcher in ("distcc", "ccache", None):
        chain = Toolchain(architectures()[0], "", "gcc", "12", "gcc 12")
        options = BuildOptions(compiler_launcher=launcher)
        kernel = Kernel(tmp_path, tmp_path / "b", chain, options)
        with pytest.raises(KeyboardInterrupt):
            kernel.make(["a.o"], JobServer("", (0, 1)), log=tmp_path / "log")
        assert "CC=ccache gcc" in seen[-1]
        assert ("CCACHE_DEPEND=1" in seen[-1]) is (extra is not None)
        assert ("CCACHE_PREFIX=distcc" in seen[-1]) is (launcher == "distcc")
        assert "CCACHE_PREFIX=ccache" not in seen[-1]
        # An image has parts that no list of what was read names; nobody's setting changes that.
        with pytest.raises(KeyboardInterrupt):
            kernel.make(["image"], JobServer("", (0, 1)), log=tmp_path / "log", image=True)
        assert "CC=ccache gcc" in seen[-1] and "CCACHE_NODEPEND=1" in seen[-1]
        assert "CCACHE_NAMESPACE=mine-gup-migrate-images" in seen[-1]
        assert "CCACHE_DEPEND=1" not in seen[-1]
        assert ("CCACHE_DEPEND" in seen[-1]) is (mine == "CCACHE_DEPEND"), "unset where it is set"
