# SPDX-License-Identifier: GPL-2.0-only
"""Abstract locations: the pieces of storage that may hold pages.

One location stands for all that the analysis does not tell apart: a member for that member of all
objects of a struct, a variable for every call of its function. This is a field-based heap, as in
Heintze and Tardieu, "Ultra-fast Aliasing Analysis using CLA" (2001).
"""

from __future__ import annotations

from dataclasses import dataclass

from migrate.analysis.place import FunctionId


@dataclass(frozen=True, order=True)
class Local:
    """A variable or parameter of a function; `name` is that of its facts, in which a second
    variable of the same name is `name#2`."""

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
    """What is no variable of the function that names it, as the files of `folder` see it."""

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
    """A member of every struct `tag`; of unnamed structs inside it by all names on the way.

    A struct that a .c file defines is that file's own, `home`: another may have one by the same
    tag. Those of headers have none.
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
        """All names, as C has them."""
        return ".".join(self.members)

    @property
    def dotted(self) -> str:
        """The tag and all names, as a contract has them."""
        return f"{self.tag}.{self.name}"

    def __str__(self) -> str:
        return f"struct {self.dotted}"


@dataclass(frozen=True, order=True)
class CallResult:
    """What call number `call` of a function returns."""

    function: FunctionId
    call: int

    def __str__(self) -> str:
        return "the result"


@dataclass(frozen=True, order=True)
class Untyped:
    """A member of something in file `path` whose type is not known."""

    path: str
    name: str

    def __str__(self) -> str:
        return self.name


AbstractLocation = Local | Global | Member | CallResult | Untyped
"""The closed set of kinds."""
