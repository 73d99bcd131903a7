# SPDX-License-Identifier: GPL-2.0-only
"""How long the build stage takes to say that a kernel does not build on this machine.

    python -m bench.unbuildable LINUX... [--workspaces PREFIX] [--jobs N]
                                [--record docs/build-routing.md]

Does everything up to the commits first, then measures `gup-migrate build` with a gcc in front of
PATH that links no program of the build (`scripts/mod/modpost` and the like), as gcc 10 did with the
scripts/dtc of Linux 5.3; other versions that are installed do no better. LINUX is a git checkout of
a kernel; it is only read. The workspace of LINUX is PREFIX and the name of its folder, and is kept;
without PREFIX it is new, and removed.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.record import add_record
from bench.scan import positive
from migrate.kernel.tree import open_tree

_LINK = "ld: error: this gcc links no program of the build"
_COMMITS = "commits were not built"
_VERSIONS = range(4, 20)
_MADE = (0, 3)  # 3: some groups are left to people
_MAKE = """#!/bin/sh
echo >> {count}
exec {make} "$@"
"""
_GCC = """#!/bin/sh
case " $* " in
*" -c "*|*" -E "*|*" -S "*) ;;
*" -o scripts/kconfig/"*|*" -o scripts/basic/"*) ;;
*" -o scripts/"*|*" -o tools/"*) echo '{words}' >&2; exit 1 ;;
esac
exec {gcc} "$@"
"""


@dataclass(frozen=True)
class Said:
    """What came of one build: the line about commits, and how often make was started. `busy` are
    the seconds of processors in it, which do not depend on what else the machine does."""

    kernel: str
    seconds: float
    busy: float
    load: float
    makes: int
    code: int
    line: str


def shims(folder: Path) -> Path:
    """The programs that stand before the real ones; where every make leaves a line."""
    count = folder / "makes"
    count.touch()
    compilers = ("gcc", *(f"gcc-{n}" for n in _VERSIONS))
    for name, text in (*((name, _GCC) for name in compilers), ("make", _MAKE)):
        path, real = folder / name, shutil.which(name)
        if real is None:
            continue
        if name != "gcc" and Path(real).samefile(shutil.which("gcc") or real):
            path.symlink_to("gcc")
            continue
        path.write_text(text.format(words=_LINK, count=count, gcc=real, make=real))
        path.chmod(0o755)
    return count


def measure(tree: Path, workspace: Path, folder: Path, jobs: int) -> Said:
    """One build that cannot succeed, of a tree whose commits are made."""

    def command(name: str) -> Sequence[str]:
        where = (str(tree), "--workspace", str(workspace), "--jobs", str(jobs))
        return (sys.executable, "-m", "migrate", name, *where)

    if subprocess.run(command("commit"), check=False).returncode not in _MADE:
        raise SystemExit("there is nothing to build")
    count = shims(folder)
    start, before = time.monotonic(), _of_programs()
    done = subprocess.run(
        command("build"),
        check=False,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"},
    )
    seconds, busy = time.monotonic() - start, _of_programs() - before
    kernel = ".".join(map(str, open_tree(tree).version))
    line = next((x for x in done.stdout.splitlines() if _COMMITS in x), "nothing")
    load = os.getloadavg()[0]
    return Said(kernel, seconds, busy, load, len(count.read_text()), done.returncode, line)


def _of_programs() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def document(found: Sequence[Said]) -> list[str]:
    """The table of what was said, and after how long."""
    head = ("kernel", "seconds", "of processors", "load", "calls of make", "exit code", "said")
    return [f"| {' | '.join(head)} |", "| --- " * len(head) + "|", *(_row(said) for said in found)]


def _row(s: Said) -> str:
    cells = (
        s.kernel,
        f"{s.seconds:.0f}",
        f"{s.busy:.0f}",
        f"{s.load:.1f}",
        s.makes,
        s.code,
        s.line,
    )
    return f"| {' | '.join(map(str, cells))} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("trees", type=Path, nargs="+", metavar="LINUX")
    parser.add_argument("--jobs", type=positive, default=os.cpu_count() or 1)
    parser.add_argument("--workspaces", metavar="PREFIX", help="where workspaces are kept")
    add_record(parser, "bench.unbuildable")
    arguments = parser.parse_args()
    found: list[Said] = []
    with tempfile.TemporaryDirectory(prefix="bench-unbuildable-") as scratch:
        for tree in arguments.trees:
            workspace = Path((arguments.workspaces or f"{scratch}/ws-") + tree.resolve().name)
            folder = Path(scratch, f"shims-{len(found)}")
            folder.mkdir()
            found.append(measure(tree.resolve(), workspace, folder, arguments.jobs))
    print("\n".join(document(found)))
    if arguments.record:
        arguments.record.write(document(found))


if __name__ == "__main__":
    main()
