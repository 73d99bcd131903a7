# SPDX-License-Identifier: GPL-2.0-only
"""What is known of the pages of one holder at one place, and what can be wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from migrate.analysis.model import Acquire, Place
from migrate.analysis.paths.solver import Trail


class Hold(Enum):
    """What is known of the pages."""

    NONE = "none are held"
    FAILED = "the acquire failed, and what it left where the page should be is of no use"
    ASKED = "the result of the acquire was not looked at yet"
    SOME = "fewer than asked for may be held"
    ALL = "they are held"
    GONE = "they were released"
    UNCLEAR = "nothing"


HELD = frozenset({Hold.SOME, Hold.ALL})


@dataclass(frozen=True)
class State:
    """`hold` of what `acquire` took."""

    hold: Hold = Hold.NONE
    acquire: Acquire | None = None
    result: str = ""
    """The variable that has what the acquire returned, while nothing else was stored there."""
    error: str = ""
    """The variable that had it and has an error code since."""
    zero: str = ""
    """A variable that is 0 since."""
    counted: bool = False
    """Whether what the acquire returned is known to others: stored, or returned."""
    counter: tuple[str, ...] = ()
    """Where the number of pages is that the object has, while this one is not among them."""
    fresh: frozenset[str] = frozenset()
    """Of the variables that are computed from results those that were not, of this one."""
    wanted: bool = True
    """Whether the number of pages that was asked for is still what it was."""
    released: Place | None = None
    released_text: str = ""
    unsure: bool = False
    """Whether a condition was passed that depends on the way to it: this way may be none."""


@dataclass(frozen=True)
class Held:
    """At `place` pages of `acquire` are left behind; `some` says that these are what a call took
    that got fewer than it was asked for, `freed` that the array with them is freed here;
    `member` is the one of an object that they are in, "" for others. `alone` says that this is the
    only such place, and that every way to it holds the pages."""

    place: Place
    text: str
    acquire: Acquire
    some: bool
    freed: bool
    member: str
    trail: Trail
    alone: bool = False


@dataclass(frozen=True)
class Twice:
    """At `place` a page is released that was released at `before`."""

    place: Place
    text: str
    acquire: Acquire
    before: Place
    before_text: str
    trail: Trail


@dataclass(frozen=True)
class Excess:
    """At `place` as many pages are released as `acquire` was asked for, and it got fewer; or with
    `beyond` more than it took, whatever that is."""

    place: Place
    text: str
    acquire: Acquire
    trail: Trail
    beyond: bool = False


@dataclass(frozen=True)
class Unheld:
    """At `place` a page is released that `acquire` did not take."""

    place: Place
    text: str
    acquire: Acquire
    trail: Trail


@dataclass(frozen=True)
class Stale:
    """At `place` the function is left after `acquire` failed, and what it left stands in `member`
    of an object."""

    place: Place
    text: str
    acquire: Acquire
    member: str
    trail: Trail


Wrong = Held | Twice | Excess | Unheld | Stale
