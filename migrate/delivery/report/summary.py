# SPDX-License-Identifier: GPL-2.0-only
"""The acquires by directory of the kernel, and by maintainer with their pending work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from email.utils import parseaddr
from pathlib import PurePosixPath

from migrate.delivery.model import Series
from migrate.delivery.report.model import Area, Person, Row


def areas_of(rows: Iterable[Row]) -> tuple[Area, ...]:
    """Every directory that has an acquire, sorted by name."""
    counts = Counter((row.area, row.state) for row in rows)
    names = sorted({area for area, _ in counts})
    return tuple(
        Area(n, counts[n, "converted"], counts[n, "kept"], counts[n, "manual"]) for n in names
    )


def area_of(path: str) -> str:
    """The first two directories of a path, which is how people name parts of the kernel."""
    return "/".join(path.split("/")[:-1][:2]) or "."


def people_of(rows: Iterable[Row], series: Sequence[Series]) -> tuple[Person, ...]:
    """Everybody who maintains a file of `rows`, sorted by the amount to review; an acquire counts
    for each of its maintainers, or for nobody if there is none."""
    mine: dict[str, list[Row]] = {}
    for row in rows:
        for name in row.maintainers or ("",):
            mine.setdefault(name, []).append(row)
    found = [_person(name, theirs, series) for name, theirs in mine.items()]
    return tuple(sorted(found, key=lambda p: (-p.converted, -p.manual, not p.name, p.name)))


def _person(name: str, rows: Sequence[Row], series: Sequence[Series]) -> Person:
    address = parseaddr(name)[1].lower()
    to = [s for s in series if address and address in {a.lower() for a in (*s.to, *s.cc)}]
    states = [row.state for row in rows]
    return Person(
        name,
        states.count("converted"),
        states.count("kept"),
        states.count("manual"),
        tuple(PurePosixPath(s.directory).name for s in to),
    )
