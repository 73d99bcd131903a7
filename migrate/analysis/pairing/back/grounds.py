# SPDX-License-Identifier: GPL-2.0-only
"""Whether storage ever gets a value, other than from storage that never gets one."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.analysis.model import Place
from migrate.analysis.program.location import AbstractLocation


class Grounds:
    """The examined storage, what fills it, and what it is copied from or shared with."""

    def __init__(self) -> None:
        self._seen: dict[AbstractLocation, Place] = {}
        self._own: set[AbstractLocation] = set()
        self._filled: set[AbstractLocation] = set()
        self._from: dict[AbstractLocation, set[AbstractLocation]] = {}

    def look(self, cell: AbstractLocation, place: Place, alias: bool = False) -> None:
        """Record that all stores to `cell` are being examined, from `place`; an `alias` need not be
        filled."""
        self._seen.setdefault(cell, place)
        if not alias:
            self._own.add(cell)

    def give(self, cell: AbstractLocation) -> None:
        """Record that something fills `cell`."""
        self._filled.add(cell)

    def link(self, cell: AbstractLocation, other: AbstractLocation) -> None:
        """Record that `cell` has the value of `other`."""
        self._from.setdefault(cell, set()).add(other)

    def linked(self, cell: AbstractLocation) -> bool:
        """Whether `cell` has the value of something else."""
        return cell in self._from

    def baseless(self) -> Iterator[tuple[AbstractLocation, Place]]:
        """The examined storage that is never filled, not even through others."""
        based = set(self._filled)
        based |= {other for others in self._from.values() for other in others} - set(self._seen)
        while True:
            more = {c for c, others in self._from.items() if c not in based and others & based}
            if not more:
                break
            based |= more
        missing = self._own - based
        yield from ((cell, place) for cell, place in self._seen.items() if cell in missing)
