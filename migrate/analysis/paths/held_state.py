# SPDX-License-Identifier: GPL-2.0-only
"""The state of the pages of one holder at one place, and the possible findings."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from migrate.analysis.ir.expressions import Expression
from migrate.analysis.model import Acquire, Place
from migrate.analysis.paths.solver import Trail


class Hold(Enum):
    """The state of the pages."""

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
    """The state `hold` of the pages that `acquire` took."""

    hold: Hold = Hold.NONE
    acquire: Acquire | None = None
    result: str = ""
    """The variable with the result of the acquire, until something else is stored in it."""
    error: str = ""
    """The variable that had the result and is known to be an error code."""
    zero: str = ""
    """A variable that is known to be 0."""
    counted: bool = False
    """Whether the result of the acquire is known elsewhere: stored, or returned."""
    counter: tuple[str, ...] = ()
    """The location of the number of pages in the object, as long as it does not include this
    one."""
    fresh: frozenset[str] = frozenset()
    """Those of the variables computed from results that were not computed from this one."""
    wanted: bool = True
    """Whether the number of requested pages is unchanged."""
    released: Place | None = None
    released_text: str = ""
    released_count: Expression | None = None
    """How many pages of an array that release drops, None for one page."""
    earlier: bool = False
    """Whether the rounds before, of a loop that fills an array, took pages that are held."""
    offered: Hold | None = None
    """The state before a call that keeps the pages if it succeeds, until its result is known."""
    answer: str = ""
    """The variable with the result of that call."""
    unsure: bool = False
    """Whether the path has passed a correlated condition: then it may be infeasible."""


@dataclass(frozen=True)
class Held:
    """At `place` pages of `acquire` are leaked; `some` says that the acquire got fewer pages than
    requested and these are leaked, `freed` that the array with them is freed here; `member` is the
    member of the object that holds them, "" for other storage. `alone` says that this is the only
    such place, and that the pages are held on every path to it."""

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
    """At `place` a page is released that was already released at `before`."""

    place: Place
    text: str
    acquire: Acquire
    before: Place
    before_text: str
    trail: Trail


@dataclass(frozen=True)
class Excess:
    """At `place` as many pages are released as were requested from `acquire`, which got fewer; or
    with `beyond`, more than it took, however many these are."""

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
    """At `place` the function returns after `acquire` failed, and its leftover value stays in
    `member` of an object."""

    place: Place
    text: str
    acquire: Acquire
    member: str
    trail: Trail


Wrong = Held | Twice | Excess | Unheld | Stale
