# SPDX-License-Identifier: GPL-2.0-only
"""What tracing says of every case of test_hidden_releases.py, as text, one file in data/.

`python -m tests.analysis.traced` writes it anew; look at what changed before you commit it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from migrate.analysis.gaps import Gap
from migrate.analysis.model import PinGroup, Place
from migrate.analysis.verdicts.wording import step
from tests.analysis.groups import brief
from tests.analysis.heap.test_hidden_releases import CASES, HERE, OTHERS, SHARED
from tests.analysis.memory import pairing_of

DATA = Path(__file__).parent / "data" / "hidden_releases.txt"


def cases() -> dict[str, Mapping[str, str]]:
    """The files of every case, those with releases of pages from elsewhere among them."""
    own = {n: {HERE: text} if isinstance(text, str) else text for n, text in CASES.items()}
    return own | {f"a release {n}": {HERE: SHARED + text} for n, text in OTHERS.items()}


def said(files: Mapping[str, str]) -> str:
    """All that the groups of `files` have, in lines."""
    groups = pairing_of(files).groups
    return "\n".join(line for group in groups for line in _lines(group)) + "\n"


def _lines(group: PinGroup) -> list[str]:
    return [
        *(f"acquire  {_at(a.place)} in {a.function or group.name}()" for a in group.acquires),
        *(f"release  {_at(r.place)} {r.text}" for r in group.releases),
        *(f"use      {_at(u.place)} {u.kind}" for u in group.uses),
        *(f"tie      {_at(e.place)} {step(e)}" for e in group.edges),
        *(f"in       struct {tag}" for tag in group.structs),
        *(f"gap      {_brief(gap)}" for gap in group.gaps),
    ]


def _brief(gap: Gap) -> str:
    return brief(gap).replace(f"{PurePosixPath(HERE).parent}/", "")


def _at(place: Place) -> str:
    return str(place).rpartition("/")[2]


def expected() -> dict[str, str]:
    """The file by cases."""
    parts = DATA.read_text(encoding="utf-8").split("\n# ")[1:]
    return {name: text for name, _, text in (part.partition("\n") for part in parts)}


def _write() -> None:
    """One section a case, each behind a line with its name."""
    text = "".join(f"\n# {name}\n{said(files)}" for name, files in cases().items())
    DATA.parent.mkdir(exist_ok=True)
    DATA.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(_write())
