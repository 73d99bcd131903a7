# SPDX-License-Identifier: GPL-2.0-only
"""The kinds of objects: what a member says of an object from when others know it, and for good.

Storage in objects of one kind never holds what was put into one of another kind. The walks carry
the kinds beside the location: an entry gives them, and an exit of other kinds is none of theirs.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from migrate.analysis.ir.model import FunctionFacts
from migrate.analysis.place import FunctionId, Place
from migrate.analysis.program.location import AbstractLocation


class Kind(NamedTuple):
    """What the member says of an object; `within` is the function that makes it and never hands it
    to anybody, None for one that others know."""

    is_set: bool
    within: FunctionId | None = None


Kinds = frozenset[Kind] | None
"""The kinds that an object may be of; None for any."""


class ObjectKinds(Protocol):
    """Who knows of what kinds the objects are whose members are named at a place."""

    def at(self, cell: AbstractLocation, facts: FunctionFacts, place: Place) -> Kinds:
        """The kinds of the objects whose member `cell` an instruction of a function names."""


def are_apart(one: Kinds, two: Kinds) -> bool:
    """Whether no object is of both."""
    return one is not None and two is not None and not one & two
