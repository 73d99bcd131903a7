# SPDX-License-Identifier: GPL-2.0-only
"""What one file can do to the machine: each hostile file in the miniature kernel, alone.

    python -m bench.hostile [NAME...] [--scratch DIR] [--record docs/faults.md]

Runs `gup-migrate rewrite`, which scans, pairs and classifies first, and `gup-migrate audit` with
2 GB of address space for each process, one after the other. Memory is the most that the process of
the tool had, as the kernel counts it, and time is the processor's, in the tool's own code, without
spatch and git. The exit code is 1 when a command fails, when an acquire of the file is not in the
result exactly once, or when a limit is passed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.record import add_record
from tests.end_to_end.world import World, copy_program, make_few_callers, make_world
from tests.faults.hostile import FOLDER, FULL, Hostile, Maker

MOST_MEMORY = 1500
"""Megabytes."""
MOST_SECONDS = 120
_ADDRESS_SPACE = 2_000_000_000
_COMMANDS = ("rewrite", "audit")
_DONE = (0, 3)
_EVERY_SECONDS = 0.05
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Used:
    """Megabytes and seconds of the tool's own process, and how it ended."""

    memory: float
    seconds: float
    code: int
    last: str


@dataclass(frozen=True)
class Row:
    """One hostile file, in megabytes, and what became of it."""

    name: str
    size: float
    used: tuple[Used, ...]
    outcome: str

    @property
    def ok(self) -> bool:
        return self.outcome.startswith("ok") and all(
            u.memory < MOST_MEMORY and u.seconds < MOST_SECONDS for u in self.used
        )

    def __str__(self) -> str:
        numbers = "".join(f"{u.memory:7.0f}{u.seconds:6.0f}" for u in self.used)
        return f"{self.name:25}{self.size:6.1f}{numbers}  {self.outcome}"


def measure(world: World, maker: Maker, number: int) -> Row:
    """Put the file into the tree, run the commands, and take it out again."""
    hostile = maker(number)
    for path, text in hostile.files.items():
        place = world.tree / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text)
    world.git("add", "-A", "-f")
    world.git("commit", "-qm", maker.__name__)
    workspace = world.home / f"workspace-{maker.__name__}"
    used = tuple(_run(world, command, workspace) for command in _COMMANDS)
    size = sum(map(len, hostile.files.values())) / 1e6
    row = Row(maker.__name__.replace("_", " "), size, used, _outcome(workspace, hostile, used))
    world.git("reset", "-q", "--hard", "HEAD~1")
    subprocess.run(["rm", "-rf", str(workspace)], check=True)
    return row


def _run(world: World, command: str, workspace: Path) -> Used:
    said = world.home / "said"
    with said.open("wb") as out:
        child = subprocess.Popen(
            world.command(command, workspace=workspace),
            cwd=world.home,
            env=world.env,
            stdout=out,
            stderr=subprocess.STDOUT,
            preexec_fn=_little_room,
        )
        memory = seconds = 0.0
        while child.poll() is None:
            memory, seconds = max(memory, _peak(child.pid)), max(seconds, _seconds(child.pid))
            time.sleep(_EVERY_SECONDS)
    with said.open("rb") as text:
        text.seek(max(0, said.stat().st_size - 2000))
        lines = text.read().decode("utf-8", "replace").strip().splitlines()
    return Used(memory, seconds, child.returncode, lines[-1] if lines else "")


def _little_room() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CPU, (3 * MOST_SECONDS, 3 * MOST_SECONDS))


def _peak(pid: int) -> float:
    found = re.search(r"^VmHWM:\s+(\d+) kB", _proc(pid, "status"), re.M)
    return int(found[1]) * 1024 / 1e6 if found else 0.0


def _seconds(pid: int) -> float:
    fields = _proc(pid, "stat").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS if len(fields) > 12 else 0.0


def _proc(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except OSError:
        return ""


def _outcome(workspace: Path, hostile: Hostile, used: Sequence[Used]) -> str:
    """How the commands ended, and what became of the acquires of the file."""
    for name, one in zip(_COMMANDS, used, strict=True):
        if one.code not in _DONE:
            return f"{name} exits {one.code}: {one.last}"[:100]
    found = list((workspace / "profiles").glob("*/classify.json"))
    data = json.loads(found[0].read_text()) if found else {}
    data = data.get("value", data)
    actions = {v["group"]: v["action"] for v in data["verdicts"]}
    places: Counter[str] = Counter()
    verdicts: Counter[str] = Counter()
    for group in data["groups"]:
        for acquire in group["acquires"]:
            place = acquire["place"]
            if place["path"].startswith(FOLDER):
                places[f"{place['path']}:{place['line']}:{place['column']}"] += 1
                verdicts[actions[group["name"]]] += 1
    if len(places) != hostile.acquires or set(places.values()) != {1}:
        return f"{len(places)} of {hostile.acquires} acquires in the result"
    return "ok: " + ", ".join(f"{n} {action}" for action, n in sorted(verdicts.items()))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these files")
    parser.add_argument("--scratch", type=Path, help="where to work")
    add_record(parser, "bench.hostile")
    arguments = parser.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="bench-hostile-", dir=arguments.scratch) as name:
        world = make_world(Path(name) / "home", copy_program(Path(name) / "code"))
        make_few_callers(world)
        for maker, number in FULL.items():
            if not arguments.names or maker.__name__ in arguments.names:
                rows.append(measure(world, maker, number))
                print(rows[-1], "" if rows[-1].ok else "  <-- not ok", flush=True)
    head = f"{'file':25}{'MB':>6}" + "".join(f"{c} MB  s".rjust(14) for c in _COMMANDS)
    lines = [f"{head}  outcome", *map(str, rows)]
    lines.append(
        f"{sum(row.ok for row in rows)} of {len(rows)} within {MOST_MEMORY} MB and"
        f" {MOST_SECONDS} s, with every acquire in the result exactly once"
    )
    print("\n".join(lines[-1:]))
    if arguments.record:
        arguments.record.write(["```", *lines, "```"])
    return 0 if all(row.ok for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
