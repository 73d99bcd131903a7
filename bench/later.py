# SPDX-License-Identifier: GPL-2.0-only
"""What the tool makes of a kernel, beside what people made of it later.

    python -m bench.later LINUX [--facts bench/later-5.3.toml] [--workspace DIR]
                            [--profile NAME] [--jobs N] [--record docs/accuracy.md]
                            [--contracts bench/contracts-5.3.toml]

LINUX is a git checkout of the kernel that the facts are about; it is only read. Each direct call of
GUP, but for GUP itself and its tests, has a row in the facts: whether people pinned it later, or
left it a plain reference, and where that can be seen. Neither the rewrite nor a build is run.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.record import add_record, show
from migrate.kernel.signatures import DIRECT_NAMES

FACTS = Path(__file__).parent / "later-5.3.toml"
ACTIONS = ("pin", "follow", "keep", "manual")
_IMPLEMENTATION = frozenset({"implementation"})
Key = tuple[str, str]


@dataclass(frozen=True)
class Fact:
    """What people did with the `calls` of GUP in one function, and who says so."""

    path: str
    function: str
    people: str
    seen: str
    calls: int = 1
    judged: str = ""

    @property
    def key(self) -> Key:
        return self.path, self.function


@dataclass(frozen=True)
class Row:
    """One call, with what the tool decided and by which rule."""

    fact: Fact
    action: str
    rule: str

    @property
    def right(self) -> bool:
        """Whether it is as people have it, or judged to be no harm."""
        if self.fact.people == "pinned":
            return self.action == "pin"
        return self.action in ("keep", "follow", "pin") and not self.harm

    @property
    def harm(self) -> bool:
        """Whether something is changed that people left, and nobody has judged it."""
        return self.fact.people == "left" and self.action == "pin" and not self.fact.judged


def read_facts(path: Path) -> tuple[Fact, ...]:
    """The facts of a file; a TypeError for a key that no fact has."""
    return tuple(Fact(**entry) for entry in tomllib.loads(path.read_text("utf-8"))["site"])


def rows(facts: Iterable[Fact], classified: Mapping[str, Any]) -> Iterator[Row]:
    """The facts beside a classification, call by call; a ValueError when the two have different
    calls."""
    decided: dict[Key, list[tuple[str, str]]] = defaultdict(list)
    verdicts = {v["group"]: v for v in classified["verdicts"]}
    for group in classified["groups"]:
        verdict = verdicts[group["name"]]
        for acquire in group["acquires"]:
            if acquire["name"] in DIRECT_NAMES and verdict["rule"] not in _IMPLEMENTATION:
                key = acquire["place"]["path"], acquire["function"]
                decided[key].append((verdict["action"], verdict["rule"]))
    known = {fact.key: fact for fact in facts}
    counted = {key: len(found) for key, found in decided.items()}
    if counted != {key: fact.calls for key, fact in known.items()}:
        odd = [k for k in counted.keys() | known.keys() if counted.get(k) != _calls(known.get(k))]
        raise ValueError(f"not the calls of the facts: {sorted(odd)}")
    for key in sorted(decided):
        yield from (Row(known[key], *found) for found in decided[key])


def _calls(fact: Fact | None) -> int | None:
    return fact.calls if fact is not None else None


def table(found: Sequence[Row], version: str, profile: str) -> list[str]:
    """The lines of the section."""
    counts = Counter((row.fact.people, row.action) for row in found)
    lines = [
        f"## Linux {version}, beside what people did later",
        "",
        f"Direct calls of GUP with the profile {profile}, GUP itself and its tests left out; what",
        "people did, and where that can be seen, is in `bench/later-5.3.toml`.",
        "",
        f"| people | {' | '.join(ACTIONS)} | of |",
        f"| --- |{' --- |' * (len(ACTIONS) + 1)}",
    ]
    for people in ("pinned", "left"):
        row = [counts[people, action] for action in ACTIONS]
        lines.append(f"| {people} | {' | '.join(map(str, row))} | {sum(row)} |")
    right, harm = sum(row.right for row in found), [row for row in found if row.harm]
    manual = sum(row.action == "manual" for row in found)
    return [
        *lines,
        "",
        f"- Right: {right} of {len(found)}. That is a pin where people pinned; elsewhere none, or"
        " one that was judged.",
        f"- Left to a person: {manual}.",
        f"- Harm, a pin where people left a plain reference and nobody has judged it: {len(harm)}.",
        "",
        "| call | function | people | tool | rule | seen |",
        "| --- | --- | --- | --- | --- | --- |",
        *(_line(row) for row in found if not row.right or row.fact.judged),
    ]


def _line(row: Row) -> str:
    fact = row.fact
    judged = f"; judged: {fact.judged}" if fact.judged and row.action == "pin" else ""
    cells = (fact.path, fact.function, fact.people, row.action, row.rule, fact.seen + judged)
    return f"| {' | '.join(cells)} |"


def _classified(
    linux: Path, workspace: str, profile: str, jobs: int, contracts: Path | None
) -> Mapping[str, Any]:
    argv = [sys.executable, "-m", "migrate", "classify", str(linux), "--json"]
    argv += ["--workspace", workspace, "--profile", profile, "--jobs", str(jobs)]
    argv += ["--contracts", str(contracts.absolute())] if contracts is not None else []
    ran = subprocess.run(argv, stdout=subprocess.PIPE, check=False)
    if ran.returncode:
        sys.exit(f"It failed on {linux.name}.")
    read: Mapping[str, Any] = json.loads(ran.stdout)
    return read


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("linux", type=Path)
    parser.add_argument("--facts", type=Path, default=FACTS)
    parser.add_argument("--workspace", help="a workspace to keep")
    parser.add_argument("--profile", default="vaddr-pin")
    parser.add_argument("--contracts", type=Path, help="a file of facts, as for gup-migrate")
    parser.add_argument("--jobs", type=int, default=1)
    add_record(parser, "bench.later")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-later-") as scratch:
        workspace = arguments.workspace or f"{scratch}/workspace"
        stated, jobs = arguments.contracts, arguments.jobs
        found = _classified(arguments.linux, workspace, arguments.profile, jobs, stated)
    version = arguments.facts.stem.partition("-")[2]
    lines = table(tuple(rows(read_facts(arguments.facts), found)), version, arguments.profile)
    show(lines, arguments.record)
    return 0


if __name__ == "__main__":
    sys.exit(main())
