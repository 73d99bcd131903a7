# SPDX-License-Identifier: GPL-2.0-only
"""How the work is shared among processes: what each of them made, and how long that took it.

    python -m bench.share LINUX [LINUX ...] [--jobs N] [--profile NAME] [--scratch DIR]
        [--record docs/performance.md]

Does what `gup-migrate` does from scan to series, builds left out, with N processes. LINUX is a git
checkout of a kernel; it is only read. What a process made is counted in acquires (pair), groups
(rewrite, and the audit of its result), commits (recipients), series (mails) and patches (style);
seconds are those of processors, with the programs that the process ran. The largest part is what
nobody can share: one folder, or one group. Memory is that of all processes while groups are made
(PSS: what they have in common counts once).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bench.record import add_record
from bench.scan import positive
from migrate.analysis.acquires.far_releases import compare_releases
from migrate.analysis.acquires.scan import scan
from migrate.analysis.model import Pairing, Place, Scan
from migrate.analysis.pairing import pair as pairing
from migrate.analysis.pairing.shares import make_groups
from migrate.analysis.pairing.traced import Traced
from migrate.analysis.program.program import Program
from migrate.base.programs.workers import Made, recording
from migrate.base.stores.alternates import borrow, check_out
from migrate.delivery.commits.make import make_commits
from migrate.delivery.commits.rejected import without_idle_api
from migrate.delivery.commits.trailers import Collected
from migrate.delivery.mail.cover import Facts
from migrate.delivery.mail.job import Material, SeriesOptions
from migrate.delivery.mail.series import write_series
from migrate.delivery.plumbing import Identity
from migrate.kernel.people.maintainers import read_maintainers
from migrate.kernel.signatures import DIRECT_NAMES
from migrate.kernel.tree import open_tree
from migrate.rewrite.fixes.first import with_fixes
from migrate.rewrite.profile.profiles import DEFAULT_PROFILE, load_profile
from migrate.rewrite.profile.verdicts import classify
from migrate.rewrite.result.audited import rewrite_audited

_EVERY_SECONDS = 0.3
_ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Run:
    """What was measured on one tree: parts that were made, groups that were made and of no use,
    and megabytes of all processes while groups were made, at most."""

    version: str
    made: list[Made] = field(default_factory=list)
    idle: int = 0
    groups: int = 0
    memory: float = 0.0


class _Forgetful(dict[str, str]):
    """A cache that ends with the run."""

    def put(self, key: str, value: str) -> None:
        self[key] = value


def measure(path: Path, jobs: int, profile_name: str, scratch: Path) -> Run:
    """Everything from scan to series on one tree."""
    tree, profile = open_tree(path), load_profile(profile_name)
    run, cache, program = Run(".".join(map(str, tree.version))), _Forgetful(), Program(tree)
    found = scan(tree, cache=cache, jobs=jobs, progress=_quiet, program=program)
    with recording() as run.made:
        with _watched(run):
            pairs = _pair(run, found, program, jobs)
        pairs = compare_releases(program, found, pairs, cache=cache, jobs=jobs)
        classification = with_fixes(tree, classify(tree, pairs, profile=profile), profile)
        maintainers = read_maintainers(tree)
        subsystem_of = maintainers.subsystem_of
        result = without_idle_api(
            rewrite_audited(tree, classification, profile, subsystem_of, jobs=jobs)
        )
        repository = borrow(tree.root, scratch / "linux")
        check_out(repository, tree.commit)
        branch = make_commits(
            tree,
            classification,
            result,
            repository=repository,
            ref="refs/heads/bench",
            identity=Identity("bench", "bench@localhost"),
            maintainers=maintainers,
            collected=Collected(),
        )
        facts = Facts(classification, result, None)
        material = Material(
            tree, facts, branch, repository, worktree=repository, maintainers=maintainers
        )
        write_series(material, scratch / "out", SeriesOptions(jobs=jobs))
    return run


def _pair(run: Run, found: Scan, program: Program, jobs: int) -> Pairing:
    """The groups, and how many were made for nothing."""
    seen: dict[Place, Traced] = {}

    def noted(*arguments: Any) -> Mapping[Place, Traced]:
        seen.update(make_groups(*arguments))
        return seen

    with patch.object(pairing, "make_groups", noted):
        pairs = pairing.pair(program.tree, found, jobs=jobs, program=program)
    done: set[Place] = set()
    for acquire in sorted(found.acquires, key=lambda a: a.name not in DIRECT_NAMES):
        if acquire.place not in done and acquire.place in seen:
            run.groups += 1
            done.update(a.place for a in seen[acquire.place].group.acquires)
    run.idle = len(seen) - run.groups
    return pairs


def _quiet(_what: str, _done: int, _total: int) -> None:
    """Nobody looks on."""


@contextmanager
def _watched(run: Run) -> Iterator[None]:
    """Have another program look at the memory of this one and its copies meanwhile."""
    argv = [sys.executable, "-m", "bench.share", "--watch", str(os.getpid())]
    with subprocess.Popen(
        argv, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        yield
        run.memory = float(child.communicate()[0] or 0)


def watch(pid: int) -> float:
    """The most megabytes that `pid` and its children had at once, until the input ends."""
    most = 0.0
    os.set_blocking(0, False)
    while sys.stdin.buffer.read(1) is None:
        most = max(most, sum(_pss(one) for one in (pid, *_children(pid))))
        time.sleep(_EVERY_SECONDS)
    return most


def _children(pid: int) -> Iterator[int]:
    """The copies of `pid`: its children that are the same program, this one left out."""
    for folder in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == pid and int(folder.name) != os.getpid():
                yield int(folder.name)


def _pss(pid: int) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def lines(run: Run, jobs: int) -> list[str]:
    """What there is to say about one tree."""
    head = "| work | parts | made by each process | CPU seconds of each process | largest part |"
    rows = [head, "| --- | --- | --- | --- | --- |"]
    for what in dict.fromkeys(made.what for made in run.made):
        parts = [made for made in run.made if made.what == what]
        size, seconds = Counter[int](), defaultdict[int, float](float)
        for made in parts:
            size[made.process] += made.size
            seconds[made.process] += made.seconds
        order = sorted(seconds, key=lambda process: -seconds[process])
        idle = [0] * (jobs - len(order))
        sizes = " ".join(str(n) for n in [*(size[p] for p in order), *idle])
        times = " ".join(f"{n:.1f}" for n in [*(seconds[p] for p in order), *idle])
        largest = max(made.seconds for made in parts)
        rows.append(f"| {what} | {len(parts)} | {sizes} | {times} | {largest:.1f} |")
    more = (
        f"{run.groups} groups, {run.idle} made for nothing;"
        f" {run.memory:.0f} MB of all processes at most while they are made."
    )
    return [f"Linux {run.version}, {jobs} processes:", "", *rows, "", more]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.share", description="Share the work.")
    parser.add_argument("linux", type=Path, nargs="*", help="a git checkout of a kernel, only read")
    parser.add_argument("--jobs", type=positive, default=8)
    parser.add_argument("--profile", default=DEFAULT_PROFILE)
    parser.add_argument("--scratch", type=Path, help="where to work, 2 GB")
    add_record(parser, "bench.share")
    parser.add_argument("--watch", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.watch:
        print(watch(arguments.watch))
        return
    text: list[str] = []
    for tree in arguments.linux:
        with tempfile.TemporaryDirectory(prefix="bench-share-", dir=arguments.scratch) as folder:
            tempfile.tempdir = folder
            run = measure(tree.resolve(), arguments.jobs, arguments.profile, Path(folder))
        text += [*([""] if text else []), *lines(run, arguments.jobs)]
        print("\n".join(lines(run, arguments.jobs)), flush=True)
        if arguments.record:  # each time, so that a bench that is stopped leaves what it has
            arguments.record.write(text)


if __name__ == "__main__":
    main()
