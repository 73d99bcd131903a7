# SPDX-License-Identifier: GPL-2.0-only
"""What an audit of a branch of ten commits costs, in a workspace that knows the base.

    python -m bench.gate LINUX [--workspace DIR] [--record docs/audit-in-ci.md]

LINUX is only read: the branches are made in a clone of it, which is removed. Each commit adds a
function with an acquire to a driver that has one, half of them with a mistake: ten commits to one
driver, and ten to as many. Printed are seconds, and seconds of processor time, of the audit that
makes the workspace warm, of `audit --since`, for the first time and again, and of `audit --mbox`.
Processor time is what counts on a machine that does other things, too.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.record import add_record
from migrate.kernel.signatures import GUP_NAMES, PIN_NAMES
from migrate.kernel.tree import open_tree

_COMMITS = 10
_FOUND = (0, 3)
_FUNCTION = """
int bench_gate_{number}(unsigned long start)
{{
	struct page *page;

	if (pin_user_pages_fast(start, 1, FOLL_WRITE, &page) != 1)
		return -EFAULT;
	set_page_dirty_lock(page);
	{release}(page);
	return 0;
}}
"""


@dataclass(frozen=True)
class Cost:
    """One command: seconds, seconds of processor time, and how many findings it had."""

    what: str
    seconds: float
    processor: float
    findings: int


def _git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=Bench", "-c", "user.email=bench@example.org")
    done = subprocess.run(
        ["git", *who, *words], cwd=folder, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


def branch(tree: Path, base: str, drivers: int) -> None:
    """Ten commits on top of `base`, in so many drivers."""
    _git(tree, "checkout", "-q", "--detach", base)
    found = open_tree(tree).grep((*GUP_NAMES, *PIN_NAMES), ("drivers/*.c",))
    chosen = found[len(found) // 2 :: max(1, len(found) // 2 // drivers)][:drivers]
    for number, path in enumerate(chosen * (_COMMITS // len(chosen))):
        release = "put_page" if number % 2 else "unpin_user_page"
        with (tree / path).open("a", encoding="utf-8") as file:
            file.write(_FUNCTION.format(number=number, release=release))
        _git(tree, "commit", "-q", "-a", "-m", f"{path}: add a function")


def timed(what: str, words: Sequence[str]) -> Cost:
    """Run an audit and measure it with all that it starts."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = [sys.executable, "-m", "migrate", "audit", *words, "--format", "github"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in _FOUND:
        raise SystemExit(done.returncode)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(what, time.monotonic() - start, used, len(done.stdout.splitlines()))


def measured(linux: Path, scratch: Path, workspace: Path) -> Iterator[Cost]:
    tree = scratch / "linux"
    _git(scratch, "clone", "-q", "--shared", str(linux.resolve()), str(tree))
    base = _git(tree, "rev-parse", "HEAD").strip()
    options = (str(tree), "--workspace", str(workspace))
    yield timed("the base", options)
    series = scratch / "series.mbox"
    for drivers in (1, _COMMITS):
        where = "one driver" if drivers == 1 else f"{drivers} drivers"
        branch(tree, base, drivers)
        tip = _git(tree, "rev-parse", "HEAD").strip()
        for again in ("", ", again"):
            yield timed(f"`--since`, {where}{again}", (*options, "--since", base))
        series.write_text(_git(tree, "format-patch", "--stdout", f"{base}..{tip}"), "utf-8")
        given = ("--rev", base, "--mbox", str(series))
        yield timed(f"`--mbox`, {where}", (*options, *given))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("linux", type=Path, metavar="LINUX")
    parser.add_argument("--workspace", type=Path, metavar="DIR", help="kept; a new one else")
    add_record(parser, "bench.gate")
    args = parser.parse_args()
    lines = ["| audit | seconds | of processor time | findings |", "| --- " * 4 + "|"]
    print(*lines, sep="\n")
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        workspace = args.workspace or scratch / "workspace"
        for cost in measured(args.linux, scratch, workspace):
            line = f"| {cost.what} | {cost.seconds:.0f} | {cost.processor:.0f} | {cost.findings} |"
            print(line, flush=True)
            lines.append(line)
    if args.record:
        args.record.write(lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
