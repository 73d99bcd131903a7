# SPDX-License-Identifier: GPL-2.0-only
"""How many callers of GUP are left outside of mm/, by kernel and profile, and what stops them.

    python -m bench.left LINUX... [--workspaces PREFIX] [--jobs N] [--record docs/left.md]

Runs `gup-migrate left --json` on each tree with each profile that the tree has what it needs for;
LINUX is only read. Neither the rewrite nor a build is run: what would fail there counts as
converted.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.record import add_record
from migrate.analysis.verdicts.left import CONVERTED
from migrate.rewrite.profile.profiles import profile_names

_REFUSED = 1


@dataclass(frozen=True)
class Count:
    """The calls of one kind before and after, and how many each reason stops."""

    before: int
    after: int
    stops: tuple[tuple[str, int], ...]


def count(calls: Sequence[Mapping[str, Any]]) -> Count:
    """What `left --json` says of the direct calls, or of those of helpers."""
    stops = Counter(call["stop"] for call in calls if call["stop"] != CONVERTED)
    ordered = sorted(stops.items(), key=lambda item: (-item[1], item[0]))
    return Count(len(calls), sum(stops.values()), tuple(ordered))


def rows(name: str, profile: str, found: Mapping[str, Any]) -> Iterator[str]:
    """The lines of the table for one tree and profile."""
    direct, helpers = count(found["direct"]), count(found["helpers"])
    why = "; ".join(f"{number}: {stop}" for stop, number in direct.stops)
    yield (
        f"| {name} | `{profile}` | {direct.before} | {direct.after} | {helpers.before}"
        f" | {helpers.after} | {why} |"
    )


def _left(tree: Path, profile: str, workspace: str, jobs: int) -> Mapping[str, Any] | None:
    """None for a profile that the tree is too old for."""
    argv = [sys.executable, "-m", "migrate", "left", str(tree), "--profile", profile, "--json"]
    argv += ["--workspace", workspace, "--jobs", str(jobs)]
    ran = subprocess.run(argv, stdout=subprocess.PIPE, check=False)
    if ran.returncode == _REFUSED:
        return None
    if ran.returncode:
        sys.exit(f"It failed on {tree.name}.")
    read: Mapping[str, Any] = json.loads(ran.stdout)
    return read


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("trees", type=Path, nargs="+", metavar="LINUX")
    parser.add_argument("--workspaces", help="the beginning of the paths of workspaces to keep")
    parser.add_argument("--jobs", type=int, default=1)
    add_record(parser, "bench.left")
    arguments = parser.parse_args()
    lines = [
        "| kernel | profile | direct calls before | after | calls of helpers before | after"
        " | what stops the direct ones |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    with tempfile.TemporaryDirectory(prefix="bench-left-") as folder:
        prefix = arguments.workspaces or f"{folder}/"
        for tree in arguments.trees:
            for profile in profile_names():
                found = _left(tree, profile, f"{prefix}{tree.name}", arguments.jobs)
                if found is not None:
                    lines += rows(tree.name.removeprefix("linux-"), profile, found)
                    print(lines[-1], flush=True)
    if arguments.record:
        arguments.record.write(lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
