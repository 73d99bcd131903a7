# SPDX-License-Identifier: GPL-2.0-only
"""What `build` costs on a real kernel, against kbuild alone and against `git rebase --exec`.

    python -m bench.build LINUX [--jobs N] [--scratch DIR] [--rename OLD NEW]
        [--record docs/performance.md] [PATH...]

LINUX is a git checkout of a kernel; it is only read. Every PATH becomes one commit that renames
put_page() to unpin_user_page() in it. Everything is measured in this one run, one after the
other on the same machine: wall time and processor time of all children.

cold    the commits from an empty folder and an empty cache
raw     `make -k` of the same objects with the same configurations, from empty folders, once each
config  what making those configurations costs by itself, which cold does as well
warm    the same branch again
rebase  what `git rebase --exec make` would cost: an incremental make of two commits, multiplied
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.record import add_record
from migrate.base.programs import process
from migrate.base.stores.alternates import borrow, check_out
from migrate.base.stores.git import git_output
from migrate.delivery.builds.branch import build_branch
from migrate.delivery.compile.model import BuildOptions
from migrate.delivery.model import Branch, BuildReport, BuildStatus, Commit
from migrate.kernel.kbuild.toolchains import architectures, build_settings, find_toolchain
from migrate.kernel.tree import Tree

PATHS = (
    "drivers/misc/bcm-vk/bcm_vk_sg.c",
    "drivers/block/ublk_drv.c",
    "drivers/misc/vmw_vmci/vmci_queue_pair.c",
    "drivers/misc/vmw_vmci/vmci_context.c",
    "drivers/virt/nitro_enclaves/ne_misc_dev.c",
    "kernel/events/uprobes.c",
    "mm/memory.c",
    "arch/powerpc/kvm/e500_mmu.c",
    "drivers/virt/fsl_hypervisor.c",
    "arch/s390/kvm/interrupt.c",
    "arch/arm64/kernel/mte.c",
    "fs/exec.c",
    "security/tomoyo/domain.c",
    "virt/kvm/kvm_main.c",
    "arch/powerpc/kvm/book3s_64_mmu_hv.c",
    "drivers/gpu/drm/radeon/radeon_ttm.c",
    "drivers/staging/media/atomisp/pci/hmm/hmm_bo.c",
    "net/rds/ib_rdma.c",
    "drivers/misc/sgi-gru/grufault.c",
)
_TIME_LIMIT = 4 * 3600.0
IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "bench"), ("EMAIL", "bench@localhost"))
}


class Cache(dict[str, str]):
    """The database's table, in memory."""

    def get(self, key: str) -> str | None:  # type: ignore[override]
        return super().get(key)

    def put(self, key: str, value: str) -> None:
        self[key] = value


@dataclass(frozen=True)
class Cost:
    """Seconds: `wall` by the clock, `work` of processors, children included."""

    wall: float
    work: float

    def __str__(self) -> str:
        return f"{self.wall:7.1f} s by the clock, {self.work:7.1f} s of processors"

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.wall + other.wall, self.work + other.work)

    def times(self, factor: float) -> Cost:
        return Cost(self.wall * factor, self.work * factor)


def measured(what: Callable[[], object]) -> Cost:
    def work() -> float:
        times = os.times()
        return times.user + times.system + times.children_user + times.children_system

    start, before = time.monotonic(), work()
    what()
    return Cost(time.monotonic() - start, work() - before)


def make_branch(repository: Path, paths: Sequence[str], rename: tuple[str, str]) -> Branch:
    """One commit a path, on top of what is checked out."""
    base = parent = git_output(["rev-parse", "HEAD"], cwd=repository).decode().strip()
    commits = []
    for path in paths:
        file = repository / path
        text = file.read_text()
        changed = re.sub(rf"\b{rename[0]}\b", rename[1], text)
        if changed == text:
            print(f"left out, has no {rename[0]}: {path}")
            continue
        file.write_text(changed)
        message = f"{path}: {rename[1]}"
        git_output(["commit", "-q", "-a", "-m", message], cwd=repository, env=IDENTITY)
        commit = git_output(["rev-parse", "HEAD"], cwd=repository).decode().strip()
        commits.append(Commit(commit, parent, path, message, (), (path,)))
        parent = commit
    return Branch("bench", "HEAD", base, tuple(commits))


def compiled(builds: Path) -> int:
    """Objects that the logs of the last run say were compiled for the branch."""
    logs = [p.read_text() for p in builds.glob("*/*.log") if ".config." not in p.name]
    targets = [o for log in logs for o in re.findall(r"^  CC .*?(\S+\.o)$", log, re.M)]
    return len(targets)


@dataclass(frozen=True)
class Call:
    """One make of the cold run: where it builds, with which configuration, and what."""

    folder: Path
    config: Path
    arguments: tuple[str, ...]
    objects: tuple[str, ...]


def raw_calls(report: BuildReport, builds: Path, scratch: Path) -> list[Call]:
    """The same objects, with the same configurations, as plain calls of make in new folders."""
    calls = []
    for arch in architectures():
        paths = {o.path for o in report.objects if o.arch == arch.name}
        toolchain = find_toolchain(arch)
        if not paths or toolchain is None:
            continue
        for config in sorted((builds / arch.name).glob("*.config")):
            built = builds / arch.name / config.name.removesuffix(".config")
            objects = tuple(o for o in _objects(paths, arch.source) if (built / o).exists())
            if not objects:
                continue
            folder = scratch / "raw" / arch.name / built.name
            folder.mkdir(parents=True)
            arguments = (
                f"O={folder}",
                f"ARCH={arch.name}",
                f"CROSS_COMPILE={toolchain.prefix}",
                f"CC={toolchain.compiler}",
                *(f"{name}=" for name in build_settings().make_off),
            )
            calls.append(Call(folder, config, arguments, objects))
    return calls


def _objects(paths: set[str], source: str) -> list[str]:
    names = []
    for path in sorted(paths):
        name = re.sub(r"\.c$", ".o", path)
        names.append(f"arch/{source}/kvm/../../../{name}" if name.startswith("virt/kvm/") else name)
    return names


def make_config(worktree: Path, call: Call) -> None:
    """Make the configuration that the tool started from, then put the tool's own in its place."""
    base = call.folder.name.partition("+")[0]
    make(worktree, call, 1, [base])
    shutil.copy(call.config, call.folder / ".config")


def make(worktree: Path, call: Call, jobs: int, goals: Sequence[str] = ()) -> None:
    """Make, with its output thrown away; a failure is told, because it would cost less time."""
    argv = ["make", "-k", f"-j{jobs}", *call.arguments, *(goals or call.objects)]
    done = process.run(argv, cwd=worktree, timeout=_TIME_LIMIT)
    if not isinstance(done, process.Finished) or not done.ok:
        print(f"make in {call.folder.name}: {process.describe(done)}")


def rebase_cost(
    worktree: Path, branch: Branch, call: Call, jobs: int, sample: int, goals: Sequence[str]
) -> Cost:
    """An incremental make of `goals` after each of the first `sample` commits."""
    check_out(worktree, branch.base)
    make(worktree, call, jobs, goals)

    def steps() -> None:
        for commit in branch.commits[:sample]:
            check_out(worktree, commit.id)
            make(worktree, call, jobs, goals)

    return measured(steps)


def main() -> None:
    arguments = _arguments()
    jobs = arguments.jobs
    scratch = Path(tempfile.mkdtemp(prefix="bench-build-", dir=arguments.scratch))
    os.environ["CCACHE_DIR"] = str(scratch / "ccache")
    try:
        repository = borrow(arguments.linux.resolve(), scratch / "linux")
        head = git_output(["rev-parse", "HEAD"], cwd=arguments.linux).decode().strip()
        check_out(repository, head)
        branch = make_branch(repository, arguments.paths or PATHS, tuple(arguments.rename))
        lines = _measure(branch, repository, scratch, jobs, arguments.folder)
        if arguments.record:
            version = ".".join(map(str, Tree(repository, head).version))
            title = f"Linux {version}, {datetime.date.today():%Y-%m-%d}:"
            arguments.record.write([title, "", "```", *lines, "```"])
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _measure(branch: Branch, repository: Path, scratch: Path, jobs: int, folder: str) -> list[str]:
    """Measure everything; the lines that were printed meanwhile."""
    lines: list[str] = []

    def say(text: str) -> None:
        print(text, flush=True)
        lines.extend(text.splitlines())

    cache = Cache()
    builds = scratch / "builds"
    reports: list[BuildReport] = []

    def build() -> None:
        reports.append(
            build_branch(
                branch,
                worktree=repository,
                builds=builds,
                cache=cache,
                options=BuildOptions(jobs=jobs),
                progress=lambda *_: None,
            )
        )

    load = os.getloadavg()[0]
    say(f"{platform.machine()}, {os.cpu_count()} processors, {jobs} jobs, load {load:.1f} before")
    cold = measured(build)
    objects = reports[0].objects
    good = sum(o.status is BuildStatus.BUILT for o in objects)
    archs = sorted({o.arch for o in objects})
    where = f"{len(objects)} objects ({', '.join(archs)})"
    say(f"{len(branch.commits)} commits, {where}, {good} built")
    for item in objects:
        if item.status is not BuildStatus.BUILT:
            say(f"  {item.path} ({item.arch}): {item.status} {item.reason}")
    say(f"cold    {cold}")

    calls = raw_calls(reports[0], builds, scratch)
    count = sum(len(call.objects) for call in calls)
    configs = raw = Cost(0.0, 0.0)
    for call in calls:
        configs += measured(partial(make_config, repository, call))
        raw += measured(partial(make, repository, call, jobs))
    say(f"raw     {raw}, {count} objects\nconfig  {configs}, the configurations for raw")
    say(f"cold / (raw + config): {_ratio(cold, raw + configs)}")
    say(f"cold / raw:            {_ratio(cold, raw)}")

    warm = measured(build)
    say(f"warm    {warm}, {compiled(builds)} compiles")
    per_commit = warm.wall / len(branch.commits)
    say(f"        {per_commit * 40:.1f} s by the clock for 40 commits at this rate")

    sample = 2
    native = next(call for call in calls if call.folder.name == "allmodconfig")
    some = rebase_cost(repository, branch, native, jobs, sample, [folder])
    whole = some.times(len(branch.commits) / sample)
    say(
        f"rebase  {whole}\n        one architecture, `make {folder}` only, measured on {sample}"
        f" commits and multiplied by {len(branch.commits) / sample:g}"
    )
    return lines


def _ratio(one: Cost, other: Cost) -> str:
    return f"{one.wall / other.wall:.2f} by the clock, {one.work / other.work:.2f} of processors"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("linux", type=Path, help="a git checkout of a kernel, only read")
    parser.add_argument("paths", nargs="*", help="files to make a commit for each")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    add_record(parser, "bench.build")
    parser.add_argument("--scratch", type=Path, help="where to work, several GB")
    parser.add_argument("--rename", nargs=2, default=["put_page", "unpin_user_page"])
    parser.add_argument(
        "--folder",
        default="drivers/misc/",
        help="what the incremental make of `git rebase --exec` makes; the whole tree takes hours",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
