# SPDX-License-Identifier: GPL-2.0-only
"""Commits on the miniature kernel, built for real: what is said of objects, what it costs."""

from __future__ import annotations

import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from migrate.base.errors import Refusal
from migrate.base.programs import process
from migrate.base.stores.alternates import borrow
from migrate.base.stores.git import git_output
from migrate.delivery.builds.branch import build_branch, build_full
from migrate.delivery.builds.routes import Router
from migrate.delivery.compile import make
from migrate.delivery.compile.model import BuildOptions, Unroutable
from migrate.delivery.model import Branch, BuildReport, BuildStatus, Commit, ObjectBuild
from migrate.kernel.kbuild import toolchains

SLATE = "drivers/block/slate/slate_drv.c"
CHUTE = "drivers/misc/chute/chute_dma.c"
KEEL = "drivers/misc/keel/keel_region.c"
BROKEN = "int broken(void) { return nothing_of_that_name; }\n"
UNUSED = "static int never_called(void) { return 1; }\n"


class Cache(dict[str, str]):
    """The database's table, in memory."""

    def get(self, key: str) -> str | None:  # type: ignore[override]
        return super().get(key)

    def put(self, key: str, value: str) -> None:
        self[key] = value


class World:
    """A kernel with commits on it, and a place to build them in."""

    def __init__(self, tree: Path, room: Path) -> None:
        self.tree = tree
        self.room = room
        self.builds = room / "builds"
        self.cache = Cache()
        self.base = self.git("rev-parse", "HEAD")

    def git(self, *args: str) -> str:
        return git_output(args, cwd=self.tree).decode().strip()

    def append(self, path: str, text: str) -> None:
        with (self.tree / path).open("a") as file:
            file.write(text)

    def commit(self, message: str = "Change something") -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def change(self, path: str, text: str) -> str:
        """A commit that adds `text` at the end of `path`."""
        self.append(path, text)
        return self.commit()

    def branch(self) -> Branch:
        ids = [self.base, *self.git("rev-list", "--reverse", f"{self.base}..HEAD").split()]
        commits = []
        for parent, commit in pairwise(ids):
            names = self.git("diff-tree", "-r", "--no-commit-id", "--name-only", commit)
            paths = tuple(names.split())
            commits.append(Commit(commit, parent, "SUBSYSTEM", "subject", ("group",), paths))
        return Branch("vaddr-pin", "refs/heads/gup-migrate/test", self.base, tuple(commits))

    @property
    def worktree(self) -> Path:
        return borrow(self.tree, self.room / "own")

    def build(self, *, tool: str = "", **options: object) -> BuildReport:
        return build_branch(
            self.branch(),
            worktree=self.worktree,
            builds=self.builds,
            cache=self.cache,
            options=replace(BuildOptions(jobs=2), **options),  # type: ignore[arg-type]
            progress=lambda *_: None,
            tool=tool,
        )

    def compiled(self) -> list[str]:
        """The objects that the last run compiled, from make's own output, sorted."""
        logs = [p.read_text() for p in self.builds.glob("*/*.log")]
        return sorted(o for log in logs for o in re.findall(r"^  CC .*?(\S+)$", log, re.M))


@pytest.fixture
def world(mini: Path, tmp_path: Path) -> World:
    return World(mini, tmp_path / "room")


@pytest.fixture
def stand_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """`stand_ins(prefix)`: have a cross compiler of that prefix, which is the machine's own."""

    def install(prefix: str) -> None:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        script = folder / f"{prefix}gcc"
        script.write_text('#!/bin/sh\nexec gcc "$@"\n')
        script.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    return install


def by_commit(report: BuildReport, commit: str) -> list[ObjectBuild]:
    return [o for o in report.objects if o.commit == commit]


def only(report: BuildReport) -> ObjectBuild:
    (found,) = report.objects
    return found


def test_a_good_commit_is_built(world: World) -> None:
    commit = world.change(SLATE, "int slate_more(void);\nint slate_more(void) { return 1; }\n")
    report = world.build()
    assert report.tip == commit
    found = only(report)
    assert (found.commit, found.path, found.arch) == (commit, SLATE, "x86_64")
    assert (found.status, found.output, found.reason) == (BuildStatus.BUILT, "", "")
    assert found.seconds > 0
    assert world.compiled() == ["drivers/block/slate/slate_drv.o"]


def test_an_error_fails_with_its_own_words_only(world: World) -> None:
    world.change(CHUTE, "int chute_more;\n")
    bad = world.change(SLATE, UNUSED + BROKEN)
    world.change(KEEL, "int keel_more;\n")
    report = world.build()
    status = {o.path: o.status for o in report.objects}
    assert status == {
        CHUTE: BuildStatus.BUILT,
        SLATE: BuildStatus.FAILED,
        KEEL: BuildStatus.BUILT,
    }
    (failed,) = by_commit(report, bad)
    assert "nothing_of_that_name" in failed.output
    assert f"{SLATE}:" in failed.output
    assert str(world.room) not in failed.output
    assert "never_called" not in failed.output, "a warning next to an error is not the reason"


def test_what_failed_before_does_not_count(world: World) -> None:
    world.append(SLATE, BROKEN)
    world.base = world.commit("Break the base")
    world.change(SLATE, "int harmless;\n")
    found = only(world.build())
    assert (found.status, found.output) == (BuildStatus.FAILED_BEFORE, "")


def test_an_error_that_is_mended_is_built(world: World) -> None:
    good = (world.tree / SLATE).read_text()
    world.append(SLATE, BROKEN)
    world.base = world.commit("Break the base")
    (world.tree / SLATE).write_text(good)
    world.commit()
    assert only(world.build()).status is BuildStatus.BUILT


def test_a_new_warning_is_told(world: World) -> None:
    world.change(SLATE, UNUSED)
    found = only(world.build())
    assert found.status is BuildStatus.WARNED
    assert "never_called" in found.output and "-Wunused-function" in found.output


def test_a_warning_that_moves_is_no_news(world: World) -> None:
    world.append(SLATE, UNUSED)
    world.base = world.commit("Warn at the base")
    text = (world.tree / SLATE).read_text()
    (world.tree / SLATE).write_text("/* Some\n * more\n * lines. */\n" + text)
    world.commit()
    found = only(world.build())
    assert (found.status, found.output) == (BuildStatus.BUILT, "")


def test_the_same_warning_twice_is_news(world: World) -> None:
    world.append(SLATE, "int slate_a(void);\nint slate_a(void) { int unused; return 1; }\n")
    world.base = world.commit("Warn at the base")
    world.change(SLATE, "int slate_b(void);\nint slate_b(void) { int unused; return 1; }\n")
    found = only(world.build())
    assert found.status is BuildStatus.WARNED
    assert "slate_b" in found.output and "slate_a" not in found.output


def test_extra_warnings_only_on_request(world: World) -> None:
    world.append(SLATE, "int slate_old(void) { return 1; }\n")
    world.base = world.commit("Already warns with W=1")
    world.change(SLATE, "int slate_new(void) { return 1; }\n")
    assert only(world.build()).status is BuildStatus.BUILT
    found = only(world.build(warnings="1"))
    assert found.status is BuildStatus.WARNED
    assert "slate_new" in found.output and "slate_old" not in found.output
    assert only(world.build()).status is BuildStatus.BUILT


def test_sparse_on_request_is_heard(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sparse of ours that finds one word; what it found before is no news."""
    sparse = tmp_path / "bin/sparse"
    sparse.parent.mkdir()
    sparse.write_text("""#!/bin/sh
test "$1" = --version && echo v0.6.4 && exit
for source; do :; done
grep -n address_space "$source" | sed "s|:.*|:1: warning: different address spaces|" \\
    | sed "s|^|$source:|" >&2
""")
    sparse.chmod(0o755)
    monkeypatch.setenv("PATH", f"{sparse.parent}:{os.environ['PATH']}")
    world.change(SLATE, "/* address_space */\n")
    world.change(CHUTE, "int harmless;\n")
    assert {o.status for o in world.build().objects} == {BuildStatus.BUILT}
    found = {o.path: o for o in world.build(sparse=True).objects}
    assert found[SLATE].status is BuildStatus.WARNED
    assert "different address spaces" in found[SLATE].output
    assert found[CHUTE].status is BuildStatus.BUILT
    world.build(sparse=True)
    assert world.compiled() == []
    sparse.write_text(sparse.read_text().replace("v0.6.4", "v0.6.5"))
    world.build(sparse=True)
    assert len(world.compiled()) > 0, "another sparse may find something else"


@pytest.mark.parametrize("kind", ["FAIL", "WARN"])
def test_told_at_the_base(world: World, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setenv(kind, "drivers/block/slate/slate_drv.o")
    world.change(SLATE, "int harmless;\n")
    wanted = {"FAIL": BuildStatus.FAILED_BEFORE, "WARN": BuildStatus.BUILT}
    assert only(world.build()).status is wanted[kind]


@pytest.mark.parametrize("kind", ["FAIL", "WARN"])
def test_told_by_the_commit(world: World, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setenv(f"{kind}_IF_PINNED", "drivers/block/slate/slate_drv.o")
    world.change(SLATE, "/* unpin_user_page() */\n")
    wanted = {"FAIL": BuildStatus.FAILED, "WARN": BuildStatus.WARNED}
    found = only(world.build())
    assert found.status is wanted[kind]
    assert "told to" in found.output


def test_objects_of_other_makefiles(world: World) -> None:
    world.change("drivers/staging/scanfab/hw/scan_engine.c", "int scan_more;\n")
    world.change("virt/mvm/async_fault.c", "int mvm_more;\n")
    report = world.build()
    assert [o.status for o in report.objects] == [BuildStatus.BUILT] * 2
    assert world.compiled() == [
        "arch/x86/mvm/../../../virt/mvm/async_fault.o",
        "drivers/staging/scanfab/hw/scan_engine.o",
    ]


def test_a_header_affects_the_objects_of_the_series_that_include_it(world: World) -> None:
    header = world.change("include/linux/spool.h", "int spool_extra(int);\n")
    world.change(SLATE, "int harmless;\n")
    world.change("drivers/block/spool/spool_stage.c", "int harmless;\n")
    report = world.build()
    assert [o.path for o in by_commit(report, header)] == ["drivers/block/spool/spool_stage.c"]
    assert {o.status for o in report.objects} == {BuildStatus.BUILT}


def test_a_header_that_breaks_an_object_of_the_series(world: World) -> None:
    header = world.change("include/linux/spool.h", "#error this header is broken\n")
    later = world.change("drivers/block/spool/spool_stage.c", "int harmless;\n")
    report = world.build()
    (broken,) = by_commit(report, header)
    assert broken.status is BuildStatus.FAILED and "spool.h" in broken.output
    (after,) = by_commit(report, later)
    assert after.status is BuildStatus.FAILED_BEFORE


def test_a_header_only_commit_without_any_object_is_named(world: World) -> None:
    world.change("include/linux/spool.h", "int spool_extra(int);\n")
    found = only(world.build())
    assert (found.path, found.status) == ("include/linux/spool.h", BuildStatus.NOT_BUILDABLE)
    assert "no object of the series" in found.reason


def test_a_file_that_no_makefile_lists_is_named(world: World) -> None:
    world.change("drivers/misc/orphan.c", "int orphan;\n")
    found = only(world.build())
    assert found.status is BuildStatus.NOT_BUILDABLE
    assert "no makefile" in found.reason


def test_nothing_to_be_done_is_not_built(world: World) -> None:
    """The makefile lists the object, and has a rule for it that makes nothing."""
    rule = "\nobj-y += lonely.o\ndrivers/misc/keel/lonely.o: ;\n"
    world.append("drivers/misc/keel/Makefile", rule)
    (world.tree / "drivers/misc/keel/lonely.c").write_text("int lonely;\n")
    world.base = world.commit("A rule that does nothing")
    world.change("drivers/misc/keel/lonely.c", "int more;\n")
    found = only(world.build())
    assert found.status is BuildStatus.NOT_BUILDABLE
    assert "lonely.o" in found.reason


def test_an_object_that_lies_there_already_is_compiled_again(world: World) -> None:
    world.change(SLATE, "int harmless;\n")
    world.build()
    world.cache.clear()
    assert only(world.build()).status is BuildStatus.BUILT
    assert world.compiled() == ["drivers/block/slate/slate_drv.o"]


def test_another_architecture_by_its_folder(world: World, stand_ins: Callable[[str], None]) -> None:
    stand_ins("aarch64-linux-gnu-")
    world.change("arch/arm64/kernel/tags.c", "int harmless;\n")
    world.change(SLATE, "int harmless;\n")
    found = {o.path: (o.arch, o.status) for o in world.build().objects}
    assert found["arch/arm64/kernel/tags.c"] == ("arm64", BuildStatus.BUILT)
    assert found[SLATE] == ("x86_64", BuildStatus.BUILT)


def test_a_missing_cross_compiler_is_named_with_its_package(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    which = toolchains.shutil.which
    monkeypatch.setattr(
        toolchains.shutil, "which", lambda name: None if "aarch64" in name else which(name)
    )
    world.change("arch/arm64/kernel/tags.c", "int harmless;\n")
    world.change(SLATE, "int harmless;\n")
    found = {o.path: o for o in world.build().objects}
    missing = found["arch/arm64/kernel/tags.c"]
    assert missing.status is BuildStatus.NOT_BUILDABLE
    assert missing.reason == (
        "arm64: no compiler aarch64-linux-gnu-gcc; Debian: gcc-aarch64-linux-gnu"
    )
    assert found[SLATE].status is BuildStatus.BUILT


def test_a_compiler_that_is_installed_later_is_seen(
    world: World, stand_ins: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    which = toolchains.shutil.which
    world.change("arch/arm64/kernel/tags.c", "int harmless;\n")
    with monkeypatch.context() as before:
        before.setattr(
            toolchains.shutil, "which", lambda name: None if "aarch64" in name else which(name)
        )
        assert only(world.build()).status is BuildStatus.NOT_BUILDABLE
    stand_ins("aarch64-linux-gnu-")
    assert only(world.build()).status is BuildStatus.BUILT


def test_an_architecture_that_was_not_asked_for(world: World) -> None:
    world.change("arch/arm64/kernel/tags.c", "int harmless;\n")
    found = only(world.build(architectures=("x86_64",)))
    assert (found.status, found.reason) == (BuildStatus.NOT_BUILDABLE, "arm64 was not asked for")


def test_several_architectures_on_request(world: World, stand_ins: Callable[[str], None]) -> None:
    stand_ins("aarch64-linux-gnu-")
    world.change(SLATE, "int harmless;\n")
    report = world.build(architectures=("x86_64", "arm64"))
    assert {(o.arch, o.status) for o in report.objects} == {
        ("arm64", BuildStatus.BUILT),
        ("x86_64", BuildStatus.BUILT),
    }


def test_what_the_assembler_said_at_the_parent_already_is_the_reason(world: World) -> None:
    world.append(SLATE, 'void odd(void) { asm(".warning \\"odd\\""); }\n')
    world.append(CHUTE, 'void bad(void) { asm("no_such_thing"); }\n')
    world.base = world.commit("Be odd, and bad")
    world.change(SLATE, "int harmless;\n")
    world.change(CHUTE, "int harmless;\n")
    found = {o.path: o for o in world.build().objects}
    assert (found[SLATE].status, found[SLATE].output) == (BuildStatus.BUILT, "")
    assert found[CHUTE].status is BuildStatus.FAILED_BEFORE
    assert "Error: no such instruction" in found[CHUTE].reason


def test_another_version_of_the_tool_looks_for_routes_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.change(SLATE, "int harmless;\n")
    with monkeypatch.context() as patched:
        patched.setattr(Router, "routes", lambda _, paths: {p: (no_route(p),) for p in paths})
        first = world.build(tool="1")
    again = world.build(tool="1")
    for report in (first, again):
        assert [(o.status, o.reason) for o in report.objects] == [
            (BuildStatus.NOT_BUILDABLE, "nobody knows")
        ]
    assert [o.status for o in world.build(tool="2").objects] == [BuildStatus.BUILT]


def no_route(path: str) -> Unroutable:
    return Unroutable(path, "", "nobody knows")


def test_a_configuration_that_cannot_be_made_costs_its_architecture_only(
    world: World, stand_ins: Callable[[str], None]
) -> None:
    stand_ins("aarch64-linux-gnu-")
    world.append("arch/arm64/Makefile", "$(error the toolchain is not for this machine)\n")
    world.base = world.commit("Break one architecture")
    world.change("arch/arm64/kernel/tags.c", "int harmless;\n")
    world.change(SLATE, "int harmless;\n")
    report = world.build()
    found = {o.path: o for o in report.objects}
    assert found[SLATE].status is BuildStatus.BUILT and not report.final
    broken = found["arch/arm64/kernel/tags.c"]
    assert broken.status is BuildStatus.NOT_BUILDABLE
    assert broken.reason.startswith("arm64: make allmodconfig failed: ")
    assert "not for this machine" in broken.reason
    (log,) = re.findall(r"log: (\S+\.log)\)", broken.reason)
    assert "not for this machine" in Path(log).read_text()


def test_a_commit_that_stops_make_before_any_object_has_failed(world: World) -> None:
    """As when what a header breaks is compiled by the kernel's own preparations."""
    world.append(
        "arch/x86/Makefile",
        "ifneq ($(filter %.o,$(MAKECMDGOALS)),)\n"
        "$(if $(shell grep ruin $(srctree)/include/linux/spool.h),$(error no more))\n"
        "endif\n",
    )
    world.base = world.commit("Look at a header first")
    good = world.change(SLATE, "int harmless;\n")
    stops = world.change("include/linux/spool.h", "/* ruin */\n")
    later = world.change(KEEL, "int harmless;\n")
    report = world.build()
    assert [o.status for o in by_commit(report, good)] == [BuildStatus.BUILT]
    assert {(o.path, o.status) for o in by_commit(report, stops)} == {
        (KEEL, BuildStatus.FAILED),
        (SLATE, BuildStatus.FAILED),
    }
    (after,) = by_commit(report, later)
    assert after.status is BuildStatus.FAILED_BEFORE
    assert "x86_64: make stopped before any object" in after.output and "no more" in after.output


def test_stop_at_the_first_failure(world: World) -> None:
    first = world.change(CHUTE, "int harmless;\n")
    bad = world.change(SLATE, BROKEN)
    world.change(KEEL, "int harmless;\n")
    report = world.build(keep_going=False)
    assert [o.commit for o in report.objects] == [first, bad]


class TestCost:
    """What is compiled a second time, and what is not."""

    def test_a_second_run_compiles_nothing(self, world: World) -> None:
        world.change(CHUTE, "int harmless;\n")
        world.change(SLATE, BROKEN)
        world.change(KEEL, UNUSED)
        first = world.build()
        second = world.build()
        assert world.compiled() == [] and list(world.builds.glob("*/*.log")) == []
        assert [replace(o, seconds=0.0) for o in first.objects] == list(second.objects)

    def test_a_reworded_message_compiles_nothing(self, world: World) -> None:
        world.change(CHUTE, "int harmless;\n")
        world.change(SLATE, BROKEN)
        world.build()
        world.git("commit", "-q", "--amend", "-m", "Better words")
        report = world.build()
        assert world.compiled() == []
        assert by_commit(report, world.git("rev-parse", "HEAD"))[0].status is BuildStatus.FAILED

    def test_one_edited_commit_compiles_what_depends_on_it(self, world: World) -> None:
        world.change(CHUTE, "int harmless;\n")
        world.change(SLATE, "int harmless;\n")
        world.build()
        world.append(SLATE, "int once_more;\n")
        world.git("commit", "-q", "-a", "--amend", "--no-edit")
        world.build()
        assert world.compiled() == ["drivers/block/slate/slate_drv.o"]

    def test_an_edited_header_compiles_what_includes_it(self, world: World) -> None:
        world.change("include/linux/spool.h", "int spool_extra(int);\n")
        world.change(CHUTE, "int harmless;\n")
        world.change("drivers/block/spool/spool_stage.c", "int harmless;\n")
        world.build()
        tip = world.git("rev-parse", "HEAD")
        world.git("checkout", "-q", f"{world.base}^0")
        world.change("include/linux/spool.h", "int spool_extra(long);\n")
        world.git("cherry-pick", f"{tip}~2..{tip}")
        world.build()
        assert set(world.compiled()) == {"drivers/block/spool/spool_stage.o"}

    def test_a_clean_object_is_not_built_at_the_parent(self, world: World) -> None:
        for path in (CHUTE, SLATE, KEEL):
            world.change(path, "int harmless;\n")
        world.build()
        assert len(world.compiled()) == 3

    @pytest.mark.parametrize("how", ["compiler", "configuration", "arguments"])
    def test_what_changes_a_result_reuses_nothing(
        self, world: World, monkeypatch: pytest.MonkeyPatch, how: str, tmp_path: Path
    ) -> None:
        world.change(SLATE, "int harmless;\n")
        world.build()
        if how == "compiler":
            (tmp_path / "new").mkdir()
            other = tmp_path / "new/gcc"
            real = toolchains.shutil.which("gcc")
            other.write_text(f'#!/bin/sh\nexec {real} "$@"\n')
            other.chmod(0o755)
            monkeypatch.setenv("PATH", f"{other.parent}:{os.environ['PATH']}")
            world.build()
        elif how == "configuration":
            world.build(instrumentation=True)
        else:
            world.build(warnings="1")
        assert "drivers/block/slate/slate_drv.o" in world.compiled()

    def test_another_launcher_reuses_everything(
        self, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.change(SLATE, "int harmless;\n")
        world.build()
        (tmp_path / "bin").mkdir()
        launcher = tmp_path / "bin/launch"
        launcher.write_text('#!/bin/sh\nexec "$@"\n')
        launcher.chmod(0o755)
        monkeypatch.setenv("PATH", f"{launcher.parent}:{os.environ['PATH']}")
        world.build(compiler_launcher="launch")
        assert world.compiled() == []

    def test_an_edited_configuration_is_put_right(self, world: World) -> None:
        world.change(SLATE, "int harmless;\n")
        world.build()
        config = world.builds / "x86_64/allmodconfig/.config"
        made = config.read_text()
        config.write_text("CONFIG_NET=y\n")
        world.change(CHUTE, "int harmless;\n")
        assert {o.status for o in world.build().objects} == {BuildStatus.BUILT}
        assert world.compiled() == ["drivers/misc/chute/chute_dma.o"]
        assert _settings(config.read_text()) == _settings(made)

    def test_a_lost_build_folder_does_not_lose_results(self, world: World) -> None:
        world.change(SLATE, "int harmless;\n")
        world.build()
        subprocess.run(["rm", "-rf", str(world.builds)], check=True)
        assert only(world.build()).status is BuildStatus.BUILT
        assert world.compiled() == []


def test_the_launcher_is_what_compiles(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    launcher = tmp_path / "bin/launch"
    launcher.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/launched\nexec "$@"\n')
    launcher.chmod(0o755)
    monkeypatch.setenv("PATH", f"{launcher.parent}:{os.environ['PATH']}")
    world.change(SLATE, "int harmless;\n")
    assert only(world.build(compiler_launcher="launch")).status is BuildStatus.BUILT
    assert "slate_drv" in (tmp_path / "launched").read_text()


@pytest.mark.parametrize(
    "words", ["launch: no server", "gcc: fatal error: Killed signal terminated program cc1"]
)
def test_a_compiler_that_does_not_work_is_not_the_commits_fault(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    (tmp_path / "bin").mkdir()
    launcher = tmp_path / "bin/launch"
    launcher.write_text(f"""#!/bin/sh
case "$*" in *slate_drv*) echo "{words}" >&2; exit 1;; esac
exec "$@"
""")
    launcher.chmod(0o755)
    monkeypatch.setenv("PATH", f"{launcher.parent}:{os.environ['PATH']}")
    world.change(SLATE, "int harmless;\n")
    world.change(CHUTE, "int harmless;\n")
    found = {o.path: o for o in world.build(compiler_launcher="launch").objects}
    assert found[CHUTE].status is BuildStatus.BUILT
    assert found[SLATE].status is BuildStatus.NOT_BUILDABLE
    assert words in found[SLATE].reason and ".log" in found[SLATE].reason
    launcher.write_text('#!/bin/sh\nexec "$@"\n')
    again = {o.path: o for o in world.build(compiler_launcher="launch").objects}
    assert again[SLATE].status is BuildStatus.BUILT


def test_a_launcher_or_sparse_that_is_not_installed(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    world.change(SLATE, "int harmless;\n")
    with pytest.raises(Refusal, match="nowhere-to-be-found is not installed"):
        world.build(compiler_launcher="nowhere-to-be-found")
    with pytest.raises(Refusal, match="W=e is not a warning level"):
        world.build(warnings="e")
    with pytest.raises(Refusal, match=r"vax is not known\. Choose from: x86_64"):
        world.build(architectures=("x86_64", "vax"))
    (tmp_path / "git").symlink_to(str(shutil.which("git")))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refusal, match="sparse is not installed"):
        world.build(sparse=True)


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (lambda a: process.TimedOut(a, 9.0, b"  CC  x.o\n", b""), "make was stopped after 9 s"),
        (lambda a: process.TooMuchOutput(a, 99), "make was stopped after 99 bytes of output"),
        (lambda a: process.Finished(a, -9, b"  CC  x.o\n", b"", 1.0), "was killed by signal 9"),
        (lambda a: process.Finished(a, 2, b"\xff\0\x1b[31m", b"", 1.0), "make stopped before"),
    ],
    ids=["hangs", "floods", "killed for memory", "writes garbage"],
)
def test_a_make_that_misbehaves_costs_its_objects_alone(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    end: Callable[[tuple[str, ...]], process.Outcome],
    words: str,
) -> None:
    """What it had half written is not taken for an object; the next run builds it."""
    world.change(SLATE, "int harmless;\n")
    world.change(CHUTE, "int harmless;\n")
    target = "drivers/block/slate/slate_drv.o"
    half = world.builds / "x86_64/allmodconfig" / target
    real = process.run

    def run(argv: Sequence[str], **options: Any) -> process.Outcome:
        if target not in argv:
            assert not any(a.endswith(".o") for a in argv) or options["timeout"] <= 3900
            return real(argv, **options)
        if words.startswith(("make was", "was")):
            half.parent.mkdir(parents=True, exist_ok=True)
            half.write_text("half")
        return end(tuple(argv))

    with monkeypatch.context() as patch:
        patch.setattr(process, "run", run)
        found = {o.path: o for o in world.build().objects}
    assert found[SLATE].status is BuildStatus.NOT_BUILDABLE
    assert words in found[SLATE].reason and ".log" in found[SLATE].reason
    assert not half.exists()
    assert CHUTE in found
    again = {o.path: o.status for o in world.build().objects}
    assert again == {SLATE: BuildStatus.BUILT, CHUTE: BuildStatus.BUILT}


def test_a_make_that_starts_itself_anew_for_ever_is_stopped(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """make 4.4 did so in a kernel of ours: it says nothing, and would come to no end."""
    makefile = world.tree / "Makefile"
    loop = "\ninclude again.mk\nagain.mk: FORCE\n\t@sleep 0.1; touch $@\nFORCE:\n"
    makefile.write_text(makefile.read_text() + loop)
    world.base = world.commit("Let make never end")
    world.change(SLATE, "int harmless;\n")
    monkeypatch.setattr(make, "_SILENCE", 3.0)
    built = only(world.build())
    assert built.status is BuildStatus.NOT_BUILDABLE
    assert "make was stopped after 3 s in which it said nothing" in built.reason


def test_a_make_that_is_killed_leaves_nothing_that_counts(world: World, project: Path) -> None:
    """Killed with SIGKILL while an object is being written: the half file is not believed."""
    stop = world.room.parent / "stop"
    build = world.tree / "scripts/told.sh"
    half = 'echo half > "$object"; sleep 60'
    build.write_text(build.read_text().replace("exit 0\n", f"test ! -e {stop} || {{ {half}; }}\n"))
    assert half in build.read_text()
    world.base = world.commit("Let make be slow")
    world.change(SLATE, "int harmless;\n")
    stop.touch()
    script = textwrap.dedent(
        f"""
        import sys
        sys.path[:0] = [{str(project)!r}]
        from pathlib import Path
        from tests.delivery.builds.test_branch import World
        world = World(Path({str(world.tree)!r}), Path({str(world.room)!r}))
        world.base = {world.base!r}
        world.build()
        """
    )
    child = subprocess.Popen([sys.executable, "-c", script], start_new_session=True)
    half_written = world.builds / "x86_64/allmodconfig/drivers/block/slate/slate_drv.o"
    assert _appears(half_written, seconds=60)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    for pid in _with_argument(str(world.builds)):
        os.kill(pid, signal.SIGKILL)
    stop.unlink()
    # What the killed make was writing besides, newer than everything that it is made from.
    generated = world.builds / "x86_64/allmodconfig/include/generated/autoconf.h"
    generated.write_text("#define CONFIG_HALF_A_LI")
    generated.with_name("half.h").write_text("int half")
    assert half_written.read_text() == "half\n"
    assert only(world.build()).status is BuildStatus.BUILT
    assert half_written.stat().st_size > len("half\n")
    assert "HALF_A_LI" not in generated.read_text() and not generated.with_name("half.h").exists()
    assert list(world.builds.glob("*/*.running")) == []


class Disk:
    """A disk of a few kilobytes for `folder`: a tmpfs, or where nothing may be mounted a limit
    on the size of files, which stops every program at the same places with other words."""

    def __init__(self, folder: Path, kilobytes: int, *, mounted: bool) -> None:
        self.folder = folder
        folder.mkdir()
        self._mounted = mounted and self._mount(f"size={kilobytes}k")
        self._soft, self._hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        if not self._mounted:
            self._limit(max(kilobytes, SMALLEST_LIMIT) * 1024)

    def make_room(self) -> None:
        if self._mounted:
            assert self._mount("remount,size=8m")
        self._limit(self._soft)

    def close(self) -> None:
        self._limit(self._soft)
        if self._mounted:
            subprocess.run(["umount", str(self.folder)], check=True)

    def _mount(self, options: str) -> bool:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.folder)]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def _limit(self, size: int) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, self._hard))


SMALLEST_LIMIT = 128
"""Kilobytes; git's index has to fit, which lies on a disk of its own when one is mounted."""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int, bool], Disk]]:
    """`small_disk(kilobytes, mounted)`: a disk of that size."""
    made: list[Disk] = []

    def make(kilobytes: int, mounted: bool) -> Disk:
        made.append(Disk(tmp_path / "small", kilobytes, mounted=mounted))
        return made[0]

    yield make
    for disk in made:
        disk.close()


@pytest.mark.parametrize(
    ("kilobytes", "mounted"),
    [(4, True), (16, True), (32, True), (64, True), (96, True), (128, False), (320, False)],
)
def test_a_full_disk_is_one_clear_line_and_the_next_run_recovers(
    world: World, small_disk: Callable[[int, bool], Disk], kilobytes: int, mounted: bool
) -> None:
    world.change(SLATE, "int harmless;\n")
    # The object itself takes more than any of these disks has.
    world.append(CHUTE, "char chute_room[400000] = { 1 };\n")
    world.commit()
    disk = small_disk(kilobytes, mounted)
    world.builds = disk.folder
    words = "No space left|File too large|File size limit exceeded"
    with pytest.raises(Refusal, match=f"^({words}) on the disk of "):
        world.build()
    disk.make_room()
    assert {o.status for o in world.build().objects} == {BuildStatus.BUILT}


def _settings(config: str) -> list[str]:
    return [line for line in config.splitlines() if line.startswith("CONFIG_")]


def _appears(path: Path, seconds: float) -> bool:
    """Whether `path` is there in time, with something in it: a shell makes it before it writes."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if path.exists() and path.stat().st_size:
            return True
        time.sleep(0.05)
    return False


def _with_argument(text: str) -> Iterator[int]:
    """Processes of this test, which are those that name its own temporary folder."""
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if text.encode() in entry.read_bytes():
                yield int(entry.parent.name)
        except OSError:
            continue


def test_the_whole_tree_of_one_architecture(world: World) -> None:
    world.change(SLATE, "int harmless;\n")
    room = {"worktree": world.worktree, "builds": world.builds, "options": BuildOptions(jobs=2)}
    full = build_full(world.branch(), "x86_64", **room)  # type: ignore[arg-type]
    assert full.ok and full.errors == ()
    assert len(world.compiled()) > 20
    world.change(SLATE, BROKEN)
    broken = build_full(world.branch(), "x86_64", **room)  # type: ignore[arg-type]
    assert not broken.ok
    assert any("nothing_of_that_name" in error for error in broken.errors)
    with pytest.raises(Refusal, match="vax is not known"):
        build_full(world.branch(), "vax", **room)  # type: ignore[arg-type]
