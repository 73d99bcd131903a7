# SPDX-License-Identifier: GPL-2.0-only
"""The room that a run takes: memory of the tool itself, and its workspace.

    python -m bench.room LINUX [--arch ARCH] [--scratch DIR] [--record docs/performance.md]

Runs `gup-migrate run` on a clone, with a workspace of its own; LINUX is only read. Memory is the
most that the process of the tool ever had, as the kernel counts it, without spatch and compilers;
the workspace is measured at the end, build folders apart. With an ARCH that no compiler is
installed for, nothing is compiled, and everything else is as it is. The exit code is 1 when one of
the limits is passed.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.record import add_record

MOST_MEMORY = 1500
MOST_DISK = 2000
"""Megabytes."""

_EVERY_SECONDS = 0.5


@dataclass(frozen=True)
class Room:
    """Megabytes of memory, of the workspace without build folders, and of build folders."""

    memory: float
    workspace: float
    builds: float
    seconds: float


def measure(tree: Path, workspace: Path, options: list[str]) -> Room:
    """Run to the end; stops everything when the run fails."""
    start = time.monotonic()
    argv = [sys.executable, "-m", "migrate", "run", *options, str(tree), "--workspace"]
    child = subprocess.Popen([*argv, str(workspace)])
    peak = 0.0
    while child.poll() is None:
        peak = max(peak, _peak(child.pid))
        time.sleep(_EVERY_SECONDS)
    if child.returncode not in (0, 3):
        sys.exit("The run failed.")
    builds = _size(workspace / "builds")
    return Room(peak, _size(workspace) - builds, builds, time.monotonic() - start)


def _clone(tree: Path, folder: Path) -> Path:
    """A repository with the objects of `tree`, nothing checked out, and a name for commits."""
    clone = folder / tree.name
    argv = ["git", "clone", "-q", "--shared", "--no-checkout", str(tree.resolve()), str(clone)]
    subprocess.run(argv, check=True)
    for key, value in (("user.name", "Kim Tester"), ("user.email", "kim@example.org")):
        subprocess.run(["git", "-C", str(clone), "config", key, value], check=True)
    return clone


def _peak(pid: int) -> float:
    """The most memory that the process has had so far; 0 when it is gone."""
    try:
        found = re.search(r"^VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.M)
    except OSError:
        return 0.0
    return int(found[1]) * 1024 / 1e6 if found else 0.0


def _size(folder: Path) -> float:
    """What `folder` takes on the disk."""
    total = 0
    for directory, _, names in os.walk(folder):
        for name in names:
            total += Path(directory, name).lstat().st_blocks * 512
    return total / 1e6


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("tree", type=Path, metavar="LINUX")
    parser.add_argument("--arch", help="only this architecture is built")
    parser.add_argument("--scratch", type=Path, help="where to work")
    add_record(parser, "bench.room")
    arguments = parser.parse_args()
    options = ["--arch", arguments.arch] if arguments.arch else []
    with tempfile.TemporaryDirectory(prefix="bench-room-", dir=arguments.scratch) as folder:
        found = measure(_clone(arguments.tree, Path(folder)), Path(folder) / "workspace", options)
    built = f"built for {arguments.arch} alone" if arguments.arch else "built for what there is"
    lines = [
        f"Linux {arguments.tree.name}, {built}: {found.seconds:.0f} s",
        f"memory of the tool itself, at most: {found.memory:.0f} MB (limit {MOST_MEMORY} MB)",
        f"workspace at the end: {found.workspace:.0f} MB (limit {MOST_DISK} MB),"
        f" and {found.builds:.0f} MB of build folders",
    ]
    print("\n".join(lines))
    if arguments.record:
        arguments.record.write(["```", *lines, "```"])
    return 0 if found.memory < MOST_MEMORY and found.workspace < MOST_DISK else 1


if __name__ == "__main__":
    sys.exit(main())
