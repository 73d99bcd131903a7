# SPDX-License-Identifier: GPL-2.0-only
"""Abstract locations: the storage that may hold pages.

One location represents everything that the analysis does not distinguish: a member that of all
objects of the struct, a variable every call of its function. This is a field-based heap, as in
Heintze and Tardieu, "Ultra-fast Aliasing Analysis using CLA" (2001).

The kind of an object is the value of a member that never changes once other code can reach it.
Storage in objects of one kind never holds what was stored into one of another kind. The walks carry
the kinds beside the location: a store sets them, and a read from objects of other kinds is not
followed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from migrate.analysis.ir.model import FunctionFacts
from migrate.analysis.place import FunctionId, Place


@dataclass(frozen=True, order=True)
class Local:
    """A variable or parameter of a function; `name` is that in its facts, where a second variable
    of the same name is `name#2`."""

    function: FunctionId
    name: str

    @property
    def word(self) -> str:
        """The name in the source."""
        return self.name.partition("#")[0]

    def __str__(self) -> str:
        return self.word


@dataclass(frozen=True, order=True)
class Global:
    """A variable that is not local to the function that names it, as seen by the files of
    `folder`."""

    folder: str
    name: str

    @property
    def word(self) -> str:
        """The name in the source."""
        return self.name

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, order=True)
class Member:
    """A member of every struct `tag`; for unnamed structs inside it with all names on the way.

    `home` is the .c file that defines the struct, since another file may have one with the same
    tag; it is empty for structs of headers.
    """

    tag: str
    members: tuple[str, ...]
    home: str = ""

    @property
    def word(self) -> str:
        """The last name in the source."""
        return self.members[-1]

    @property
    def name(self) -> str:
        """All names, in C notation."""
        return ".".join(self.members)

    @property
    def dotted(self) -> str:
        """The tag and all names, as in a contract."""
        return f"{self.tag}.{self.name}"

    def __str__(self) -> str:
        return f"struct {self.dotted}"


@dataclass(frozen=True, order=True)
class CallResult:
    """The result of call number `call` in a function."""

    function: FunctionId
    call: int

    def __str__(self) -> str:
        return "the result"


@dataclass(frozen=True, order=True)
class Untyped:
    """A member of an object in file `path` whose type is not known."""

    path: str
    name: str

    def __str__(self) -> str:
        return self.name


AbstractLocation = Local | Global | Member | CallResult | Untyped
"""The closed set of kinds."""


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
