# SPDX-License-Identifier: GPL-2.0-only
"""Whether the notes in messages are worth their lines: what was judged by hand, by kind.

    python -m bench.notes

bench/notes.toml has one entry for each note in the mail of a group, and the kinds that no mail of
these kernels has. A kind stays in the program when a maintainer would keep at least :data:`SHARE`
of its notes.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from migrate.analysis.verdicts.notes import NoteKind

JUDGED = Path(__file__).with_name("notes.toml")
SHARE = 0.8


@dataclass(frozen=True)
class Judgement:
    """Whether the note of `kind` in the mail of `group` on `kernel` is worth its lines, and why."""

    kind: NoteKind
    kernel: str
    group: str
    worth: bool
    why: str


@dataclass(frozen=True)
class Unseen:
    """A kind that no mail of the judged kernels has, and why."""

    kind: NoteKind
    why: str


def read(file: Path = JUDGED) -> tuple[tuple[Judgement, ...], tuple[Unseen, ...]]:
    """What was judged, and what was not seen; a ValueError for a kind that is none."""
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    judged = [Judgement(**{**one, "kind": NoteKind(one["kind"])}) for one in data["judgement"]]
    unseen = [Unseen(NoteKind(one["kind"]), one["why"]) for one in data["unseen"]]
    return tuple(judged), tuple(unseen)


def share(kind: NoteKind, judged: Sequence[Judgement]) -> float | None:
    """Which part of the notes of `kind` is worth it, None when none was judged."""
    found = [one.worth for one in judged if one.kind is kind]
    return sum(found) / len(found) if found else None


def main() -> int:
    judged, _ = read()
    kernels = sorted({one.kernel for one in judged})
    print(f"| kind | {' | '.join(kernels)} | worth it |")
    print("| --- | " + "--- | " * len(kernels) + "--- |")
    for kind in NoteKind:
        part = share(kind, judged)
        counts = [sum(j.kind is kind and j.kernel == kernel for j in judged) for kernel in kernels]
        worth = "not seen" if part is None else f"{part:.0%}"
        print(f"| {kind} | {' | '.join(map(str, counts))} | {worth} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
