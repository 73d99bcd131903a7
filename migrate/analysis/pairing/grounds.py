# SPDX-License-Identifier: GPL-2.0-only
"""Whether storage is ever given a value: by something other than storage that has none either."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.analysis.model import Place
from migrate.analysis.program.location import AbstractLocation


class Grounds:
    """What was looked at, what fills it, and what it is copied from or shared with."""

    def __init__(self) -> None:
        self._seen: dict[AbstractLocation, Place] = {}
        self._own: set[AbstractLocation] = set()
        self._filled: set[AbstractLocation] = set()
        self._from: dict[AbstractLocation, set[AbstractLocation]] = {}

    def look(self, cell: AbstractLocation, place: Place, alias: bool = False) -> None:
        """Note that all that is stored into `cell` is being looked at, from `place`; what is only
        an `alias` of something else need not be given anything."""
        self._seen.setdefault(cell, place)
        if not alias:
            self._own.add(cell)

    def give(self, cell: AbstractLocation) -> None:
        """Note that something fills `cell`."""
        self._filled.add(cell)

    def link(self, cell: AbstractLocation, other: AbstractLocation) -> None:
        """Note that `cell` has what `other` has."""
        self._from.setdefault(cell, set()).add(other)

    def linked(self, cell: AbstractLocation) -> bool:
        """Whether `cell` has what something else has."""
        return cell in self._from

    def baseless(self) -> Iterator[tuple[AbstractLocation, Place]]:
        """What was looked at and is never filled, not even by way of others."""
        based = set(self._filled)
        based |= {other for others in self._from.values() for other in others} - set(self._seen)
        while True:
            more = {c for c, others in self._from.items() if c not in based and others & based}
            if not more:
                break
            based |= more
        missing = self._own - based
        yield from ((cell, place) for cell, place in self._seen.items() if cell in missing)
