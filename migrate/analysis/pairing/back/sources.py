# SPDX-License-Identifier: GPL-2.0-only
"""Where the pages of a release come from: the ends of the backward walk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from migrate.analysis.frontend.kernel_api import Effect, KernelFunction, Origin
from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.ir.model import Call
from migrate.analysis.model import Place
from migrate.analysis.program.callers import Site
from migrate.analysis.program.location import AbstractLocation
from migrate.analysis.program.trace import ADDRESS, PAGE, PHYSICAL, SCATTER
from migrate.analysis.valueflow import transfer


@dataclass
class Sources:
    """The acquires that pages come from, and the sources that are no acquires."""

    acquires: dict[Place, Site] = field(default_factory=dict)
    foreign: dict[Gap, Call] = field(default_factory=dict)
    """Sources of other pages: a gap without its place, and the first such call."""
    numbers: set[Gap] = field(default_factory=set)
    """Those in `foreign` that are only a number which an unknown function returns."""
    unknown: dict[Gap, Place] = field(default_factory=dict)
    """Sources that could not be followed: a gap without its place, and the first such place."""
    apart: Callable[[Call], bool] = lambda _: False
    """Whether a contract states that the result of a call is not what is dropped."""

    @property
    def known(self) -> bool:
        """Whether all pages are known to come from the acquires."""
        return not (self.foreign or self.unknown)

    @property
    def known_but_numbers(self) -> bool:
        """Whether no page may be from elsewhere but by a number that a function returns."""
        return not self.unknown and self.foreign.keys() <= self.numbers

    def lost(self, gap: Gap, place: Place) -> None:
        """Record a source that could not be followed from `place`."""
        self.unknown.setdefault(gap, place)

    def other(self, kind: GapKind, call: Call) -> None:
        """Record `call` as a source of other pages."""
        if not self.apart(call):
            self.foreign.setdefault(Gap(kind, function=call.name), call)

    def add(self, other: Sources) -> None:
        """Add the sources of another backward walk."""
        self.acquires |= other.acquires
        self.foreign |= other.foreign
        self.numbers |= other.numbers
        self.unknown |= other.unknown

    # Calls as sources

    def result_of_known(self, call: Call, known: KernelFunction, form: str) -> None:
        """Record the source if a function of the kernel's API returns it in `form`."""
        if known.origin in (Origin.OTHER, Origin.STORED, Origin.NEW):
            self.other(GapKind.FROM_OTHER_CALL, call)
        elif known.allocates and form == ADDRESS:
            self.other(GapKind.FROM_ALLOCATED_MEMORY, call)

    def result_of_unknown(self, call: Call, form: str, alone: bool) -> None:
        """Record as a source what an unknown function returns; a number that is not `alone` may be
        an offset that is added to that of a page."""
        gap = Gap(GapKind.FROM_OTHER_CALL, function=call.name)
        if form in (PAGE, SCATTER, ADDRESS):
            self.numbers.discard(gap)
            self.other(GapKind.FROM_OTHER_CALL, call)
        elif alone:
            if gap not in self.foreign:
                self.numbers.add(gap)
            self.other(GapKind.FROM_OTHER_CALL, call)

    def filled_by_known(
        self, call: Call, position: int, known: KernelFunction, form: str, cell: AbstractLocation
    ) -> bool:
        """Whether a function of the kernel's API fills its argument `cell` by itself."""
        if known.effect(position) is Effect.FILL:
            self.other(GapKind.OTHER_CALL_FILLS, call)
            return True
        sets = known.bytes.sets(position)
        filled = sets and transfer.works_on_pointers(known, position, form)
        if filled and known.bytes.from_elsewhere:
            self.lost(Gap(GapKind.MAY_BE_SET, subject=str(cell), function=call.name), call.place)
        for move in transfer.moves(known, len(call.arguments)):
            if move.target != position or move.flow.walks or not any(move.into(form)):
                continue
            filled = True
            if sets and not call.values(move.origin):
                self.lost(Gap(GapKind.COPIED_NO_VARIABLE, subject=str(cell)), call.place)
        return filled

    def filled_by_unknown(
        self, call: Call, position: int, form: str, cell: AbstractLocation
    ) -> bool:
        """Whether a function without a known definition may fill its argument `cell`."""
        if not call.addressed[position]:
            return False
        if form == PAGE:
            self.other(GapKind.OTHER_CALL_MAY_FILL, call)
            return True
        if form in (ADDRESS, PHYSICAL):
            self.lost(Gap(GapKind.MAY_BE_SET, None, str(cell), call.name), call.place)
            return True
        return False
