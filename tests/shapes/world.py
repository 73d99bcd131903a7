# SPDX-License-Identifier: GPL-2.0-only
"""The shapes of kernel-fixtures/shapes as one kernel tree, and what is expected of each.

A folder there is a shape when it has an `expected.toml`; everything else in it goes into the
tree by its own path. Lines of C end in marks: `acquire: a` and `release: a` say to which group
a call belongs (calls of a helper over GUP are acquires, too), `unparsed` that it is to be
listed as not understood, `maybe unparsed` that it may be, as versions of spatch differ.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

SHAPES = Path(__file__).resolve().parents[2] / "kernel-fixtures" / "shapes"
PROFILES = ("vaddr-pin", "pin-user-pages")
KEYS = {"complete", "gap", "case", "warnings", *PROFILES}

_MARK = re.compile(r"/\* (acquire|release): (\w+) \*/|/\* ((?:maybe )?unparsed) \*/")
_WITH_MARK = re.compile(rf"[ \t]*(?:{_MARK.pattern})")
"""Real code has no marks, and a comment in a loop keeps it from being folded."""

Line = tuple[str, int]
"""Path in the tree and line number, from 1."""


@dataclass(frozen=True)
class ExpectedGroup:
    """What must be true of one group.

    `verdicts` are the accepted actions by profile, `cases` the accepted CASEs of a verdict other
    than manual. `complete` asks for no gap at all, `gap` for words that gaps must contain,
    `warnings` for exactly the warnings that contain these words; None asks for nothing.
    """

    name: str
    acquires: frozenset[Line]
    releases: frozenset[Line]
    verdicts: dict[str, tuple[str, ...]]
    cases: tuple[str, ...]
    complete: bool
    gap: tuple[str, ...]
    warnings: tuple[str, ...] | None


@dataclass(frozen=True)
class Shape:
    """One folder: `row` is the number of its row, "extra", "mistake" or "counter"."""

    name: str
    row: int | str
    files: tuple[str, ...]
    groups: tuple[ExpectedGroup, ...]
    unparsed: frozenset[Line]
    maybe_unparsed: frozenset[Line]


@cache
def shapes() -> tuple[Shape, ...]:
    """All shapes, sorted by name."""
    return tuple(_shape(p.parent) for p in sorted(SHAPES.glob("*/expected.toml")))


def _shape(folder: Path) -> Shape:
    data = tomllib.loads((folder / "expected.toml").read_text())
    files = _sources(folder)
    marks: dict[tuple[str, str], set[Line]] = {}
    for name in files:
        for number, line in enumerate((folder / name).read_text().splitlines(), 1):
            for kind, group, unparsed in _MARK.findall(line):
                marks.setdefault((kind or unparsed, group), set()).add((name, number))
    wanted: dict[str, dict[str, Any]] = data["groups"]
    marked = {group for _, group in marks if group}
    assert marked == set(wanted), f"{folder.name}: marks {marked} do not fit {set(wanted)}"
    groups = tuple(_group(name, entry, marks) for name, entry in wanted.items())
    unparsed, maybe = (frozenset(marks.get((k, ""), ())) for k in ("unparsed", "maybe unparsed"))
    return Shape(folder.name, data["row"], files, groups, unparsed, maybe)


def _sources(folder: Path) -> tuple[str, ...]:
    paths = [p for p in folder.rglob("*") if p.is_file() and p.name != "expected.toml"]
    return tuple(sorted(str(p.relative_to(folder)) for p in paths))


def _group(
    name: str, entry: dict[str, Any], marks: dict[tuple[str, str], set[Line]]
) -> ExpectedGroup:
    assert set(entry) <= KEYS, f"unknown keys in {name}: {set(entry) - KEYS}"
    warnings = entry.get("warnings")
    return ExpectedGroup(
        name,
        frozenset(marks[("acquire", name)]),
        frozenset(marks.get(("release", name), ())),
        {profile: tuple(entry[profile]) for profile in PROFILES},
        tuple(entry.get("case", ())),
        bool(entry.get("complete", False)),
        tuple(entry.get("gap", ())),
        tuple(warnings) if warnings is not None else None,
    )


def make_tree(target: Path) -> Path:
    """A git checkout at `target` with the skeleton and every shape, in one commit."""
    shutil.copytree(SHAPES / "skeleton", target)
    for shape in shapes():
        for name in shape.files:
            copy = target / name
            assert not copy.exists(), f"two shapes have {name}"
            copy.parent.mkdir(parents=True, exist_ok=True)
            text = (SHAPES / shape.name / name).read_text()
            copy.write_text(_WITH_MARK.sub("", text))
    commit_all(target, "Import the shapes")
    return target


def commit_all(folder: Path, message: str) -> None:
    """Make `folder` a git checkout with all that is in it in one commit."""
    who = ("-c", "user.name=Kim Tester", "-c", "user.email=kim@example.org")
    commit = ("-c", "commit.gpgSign=false", "commit", "-q", "-m", message)
    for args in (("init", "-q"), ("add", "-A", "-f"), commit):
        subprocess.run(["git", "-C", str(folder), *who, *args], check=True, capture_output=True)
