# SPDX-License-Identifier: GPL-2.0-only
"""The kinds of objects: the value of a member that never changes once other code can reach the
object.

Storage in objects of one kind never holds what was stored into one of another kind. The walks carry
the kinds beside the location: a store sets them, and a read from objects of other kinds is not
followed.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from migrate.analysis.ir.model import FunctionFacts
from migrate.analysis.place import FunctionId, Place
from migrate.analysis.program.location import AbstractLocation


class Kind(NamedTuple):
    """The value of the member in an object; `within` is the function that allocates the object and
    never passes it on, None if other code can reach it."""

    is_set: bool
    within: FunctionId | None = None


Kinds = frozenset[Kind] | None
"""The kinds that an object may have; None for any."""


class ObjectKinds(Protocol):
    """The interface to the kinds of objects whose members are named at a place."""

    def at(self, cell: AbstractLocation, facts: FunctionFacts, place: Place) -> Kinds:
        """The kinds of the objects whose member `cell` is named by an instruction of a function."""


def are_apart(one: Kinds, two: Kinds) -> bool:
    """Whether no object can have kinds of both."""
    return one is not None and two is not None and not one & two
