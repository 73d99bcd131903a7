# SPDX-License-Identifier: GPL-2.0-only
"""What one function does with its values, as data: flows, calls, returns, accesses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from migrate.analysis.frontend.guards import Guards
from migrate.analysis.frontend.syntax import Function
from migrate.analysis.frontend.types import TypeRef
from migrate.analysis.ir.instructions import Lowered
from migrate.analysis.model import Place

TYPED, CALLED = "(", "@"
"""A base that is no variable: "(tag" is something cast to struct tag, "@n" what call n returns."""


@dataclass(frozen=True)
class AccessPath:
    """Storage as an access path: a variable and the members taken from it, pointers ignored.

    `a->b[i].c`, `&a->b.c` and `a->b.c + n` are all AccessPath("a", ("b", "c")); `*a->b.c` and
    `a->b.c[i]` are the same with `loaded`. What `x ? y : z` may be is `chosen`: no operand of
    arithmetic beside the others, so that it counts whatever they are.
    """

    base: str
    members: tuple[str, ...] = ()
    loaded: bool = False
    chosen: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Result:
    """The value that call number `call` of the function returns; `chosen` as for paths."""

    call: int
    chosen: bool = field(default=False, compare=False)


Value = AccessPath | Result


@dataclass(frozen=True)
class Flow:
    """`target = sources`; `through` says that the store goes through a pointer or into an array.

    `null` says that the source is NULL or another literal and nothing else; `guards` are the
    preprocessor conditions around it, here and in calls and returns. `carved` says that the target
    is memory behind an array, of which only the address is shared: see
    :mod:`migrate.analysis.ir.suballocation`. `addressed` says that the value has the address of
    something in it, as `&x`; so it does in returns.
    """

    target: AccessPath
    sources: tuple[Value, ...]
    through: bool
    null: bool
    place: Place
    text: str
    guards: Guards
    carved: bool = False
    addressed: bool = False


@dataclass(frozen=True)
class Call:
    """One call. `name` is "" when it goes through a pointer, then `pointer` is where that lives.

    `unclear` says that the parser did not understand the arguments, so that nobody knows which is
    which. `addressed` has for each argument whether an address is taken in it; of those that are
    not understood, each may be one.
    """

    name: str
    pointer: AccessPath | None
    arguments: tuple[tuple[Value, ...], ...]
    sources: tuple[str, ...]
    place: Place
    text: str
    start: int
    guards: Guards
    unclear: bool = False
    addressed: tuple[bool, ...] = ()

    def values(self, position: int) -> tuple[Value, ...]:
        """What the argument of this number, from 0, is made of; none where the call ends before."""
        return self.arguments[position] if position < len(self.arguments) else ()


@dataclass(frozen=True)
class Return:
    """`return values`."""

    values: tuple[Value, ...]
    place: Place
    text: str
    guards: Guards
    addressed: bool = False


CAST = 100
"""More levels than any type has."""


@dataclass(frozen=True)
class Access:
    """A read or a write through a pointer: `*p`, `p[i]`, `p->m`; `member` is m or "".

    `level` says how many times what is declared as `loc` is pointed through: 1 in `p[i]`, 2 in
    `p[i][j]`; it is CAST where a cast on the way says nothing of the declared type.
    """

    loc: AccessPath
    member: str
    write: bool
    level: int
    place: Place
    text: str


@dataclass(frozen=True)
class FunctionFacts:
    """The facts of one definition. `types` has the locals and parameters by unique name."""

    function: Function
    parameters: tuple[str, ...]
    types: dict[str, TypeRef]
    flows: tuple[Flow, ...]
    calls: tuple[Call, ...]
    returns: tuple[Return, ...]
    accesses: tuple[Access, ...]
    guards: Guards
    incomplete: bool
    """An expression was nested too deep to be read to its end."""
    lowered: Lowered = field(repr=False, compare=False)
    """The instructions that the facts are from."""

    def handed_on(self) -> Iterator[tuple[Value, bool]]:
        """Every value that goes somewhere, and whether that may be by its address."""
        for call in self.calls:
            for values, addressed in zip(call.arguments, call.addressed, strict=True):
                yield from ((value, addressed) for value in values)
        for flow in self.flows:
            yield from ((value, False) for value in flow.sources)
        for returned in self.returns:
            yield from ((value, True) for value in returned.values)
