# SPDX-License-Identifier: GPL-2.0-only
"""What scan and pair cost on a real kernel, against one rule under `make coccicheck`.

    python -m bench.scan LINUX [--times 1 2 4] [--jobs N] [--scratch DIR]
        [--record docs/performance.md]

LINUX is a git checkout of a kernel; it is only read. Everything runs in one clone, one after the
other on the same machine:

coccicheck  `make coccicheck MODE=report` with bench/one_rule.cocci, function names spelled out
cold        `gup-migrate pair` with an empty workspace
warm        the same again
one edit    the same after one line more in one file with an acquire
moved on    the same after a commit that changes no C at all

With --times N the C files that name a GUP function, and the headers beside them, are in the clone
N times. Memory is that of the largest single process.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import platform
import posixpath
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bench.record import add_record
from migrate.analysis.acquires.spatch import python_option
from migrate.base.programs import process
from migrate.base.stores.alternates import borrow, check_out
from migrate.base.stores.git import git_output
from migrate.kernel.signatures import GUP_NAMES
from migrate.kernel.tree import Tree, open_tree

ROOT = Path(__file__).resolve().parent.parent
RULE = ROOT / "bench" / "one_rule.cocci"
_TIME_LIMIT = 3600.0
_NOT_COPIED = ("mm/", "include/", "Documentation/", "tools/", "scripts/", "copies/")
IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "bench"), ("EMAIL", "bench@localhost"))
}


@dataclass(frozen=True)
class Cost:
    """`wall` and `work` in seconds, by the clock and of all processors; `peak` in MB."""

    wall: float
    work: float
    peak: float


@dataclass(frozen=True)
class Line:
    """One run of the table: what, how many times the files, its cost."""

    what: str
    times: int
    cost: Cost


def measure(argv: Sequence[str], cwd: Path) -> tuple[Cost, str]:
    """The cost of a command with all that it starts, and "" or how it failed.

    It is started by a process of its own, so that nothing measured before counts.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(_measure, tuple(argv), cwd).result()


def _measure(argv: tuple[str, ...], cwd: Path) -> tuple[Cost, str]:
    start = time.monotonic()
    done = process.run(argv, cwd=cwd, timeout=_TIME_LIMIT)
    wall = time.monotonic() - start
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    good = isinstance(done, process.Finished) and done.ok
    cost = Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
    return cost, "" if good else process.describe(done)


def table(lines: Sequence[Line]) -> str:
    """The figures as a table, each run with its ratio to coccicheck on the same files."""
    base = {line.times: line.cost for line in lines if line.what == "coccicheck"}
    rows = [
        "| files | run | seconds | CPU seconds | peak MB | ratio | CPU ratio |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for line in lines:
        cost, against = line.cost, base.get(line.times)
        ratios = (
            (_ratio(cost.wall, against.wall), _ratio(cost.work, against.work))
            if against is not None
            else ("", "")
        )
        rows.append(
            f"| x{line.times} | {line.what} | {cost.wall:.1f} | {cost.work:.1f}"
            f" | {cost.peak:.0f} | {ratios[0]} | {ratios[1]} |"
        )
    return "\n".join(rows)


def _ratio(one: float, other: float) -> str:
    return f"{one / other:.2f}" if other > 0 else ""


def copies(files: Mapping[str, bytes], first: int, end: int) -> dict[str, bytes]:
    """`files` again in folders of their own, one for each number from `first` to before `end`."""
    return {
        f"copies/{number}/{path}": text
        for number in range(first, end)
        for path, text in files.items()
    }


def to_copy(tree: Tree) -> dict[str, bytes]:
    """The C files of the tree that name a GUP function, with the headers beside them."""
    named = [p for p in tree.grep(tuple(GUP_NAMES), ["*.c"]) if not p.startswith(_NOT_COPIED)]
    folders = {posixpath.dirname(path) for path in named}
    headers = [p for p in tree.files if p.endswith(".h") and posixpath.dirname(p) in folders]
    return tree.read_many([*named, *headers])


class Bench:
    """One clone, and the runs in it."""

    def __init__(self, repository: Path, scratch: Path, jobs: int) -> None:
        self.repository, self.scratch, self.jobs = repository, scratch, jobs
        self.lines: list[Line] = []

    def run(self, times: int) -> None:
        """All runs on the clone as it is now, which has the files `times` times."""
        workspace = self.scratch / f"workspace-{times}"
        self._coccicheck(times)
        self._ours("cold", times, workspace)
        self._ours("warm", times, workspace)
        edited = open_tree(self.repository).grep(["get_user_pages_fast"], ["*.c"])
        drivers = [path for path in edited if path.startswith("drivers/")]
        self._commit({(drivers or edited)[0]: b"\n/* one line more */\n"})
        self._ours("one edit", times, workspace)
        self._commit({"README": b"\n"})
        self._ours("moved on", times, workspace)
        shutil.rmtree(workspace, ignore_errors=True)

    def add(self, files: Mapping[str, bytes]) -> None:
        """Commit new files."""
        for path, text in files.items():
            place = self.repository / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text)
        git_output(["add", "-A", "-f", "copies"], cwd=self.repository)
        self._commit({})

    def _commit(self, more: Mapping[str, bytes]) -> None:
        for path, text in more.items():
            with (self.repository / path).open("ab") as file:
                file.write(text)
        argv = ["commit", "-q", "--allow-empty", "-a", "-m", "Bench"]
        git_output(argv, cwd=self.repository, env=IDENTITY)

    def _coccicheck(self, times: int) -> None:
        argv = ["make", "coccicheck", "MODE=report", f"COCCI={RULE}", f"J={self.jobs}"]
        flags = " ".join(python_option())
        self._note("coccicheck", times, [*argv, *([f"SPFLAGS={flags}"] if flags else [])])

    def _ours(self, what: str, times: int, workspace: Path) -> None:
        argv = [sys.executable, "-m", "migrate", "pair", str(self.repository)]
        self._note(what, times, [*argv, "--workspace", str(workspace), "--jobs", str(self.jobs)])

    def _note(self, what: str, times: int, argv: list[str]) -> None:
        cwd = self.repository if argv[0] == "make" else ROOT
        cost, failure = measure(argv, cwd)
        if failure:
            what = f"{what} (failed: {failure})"
        self.lines.append(Line(what, times, cost))
        print(table(self.lines[-1:]).splitlines()[-1], file=sys.stderr, flush=True)


def main() -> None:
    arguments = _arguments()
    load = os.getloadavg()[0]
    scratch = Path(tempfile.mkdtemp(prefix="bench-scan-", dir=arguments.scratch))
    try:
        tree = open_tree(arguments.linux.resolve())
        repository = borrow(tree.root, scratch / "linux")
        check_out(repository, tree.commit)
        bench = Bench(repository, scratch, arguments.jobs)
        files, there = to_copy(tree), 1
        for times in sorted(set(arguments.times)):
            if times > there:
                bench.add(copies(files, there, times))
            there = times
            bench.run(times)
            text = _figures(tree, bench, load)
            if arguments.record:  # each time, so that a bench that is stopped leaves what it has
                arguments.record.write(text.splitlines())
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    print(text)


def _figures(tree: Tree, bench: Bench, load: float) -> str:
    """All that was measured so far, and on what; `load` is that of the machine before."""
    version = ".".join(map(str, tree.version))
    machine = f"{platform.machine()}, {os.cpu_count()} processors, {bench.jobs} jobs"
    loads = f"load {load:.1f} before and {os.getloadavg()[0]:.1f} after"
    return f"Linux {version}, {machine}, {loads}\n\n{table(bench.lines)}"


def positive(text: str) -> int:
    """An argument that counts something; ValueError otherwise."""
    number = int(text)
    if number < 1:
        raise ValueError(f"{text} is less than 1")
    return number


def _arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.scan", description="Time scan and pair.")
    parser.add_argument("linux", type=Path, help="a git checkout of a kernel, only read")
    parser.add_argument("--times", type=positive, nargs="+", default=[1])
    parser.add_argument("--jobs", type=positive, default=2)
    parser.add_argument("--scratch", type=Path, help="where to work, 2 GB")
    add_record(parser, "bench.scan")
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
