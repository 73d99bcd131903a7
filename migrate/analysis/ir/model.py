# SPDX-License-Identifier: GPL-2.0-only
"""The values of one function as data: flows, calls, returns, accesses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from migrate.analysis.frontend.guards import Guards
from migrate.analysis.frontend.syntax import Function
from migrate.analysis.frontend.types import TypeRef
from migrate.analysis.ir.instructions import Lowered
from migrate.analysis.model import Place

TYPED, CALLED = "(", "@"
"""A base that is not a variable: "(tag" is a cast to struct tag, "@n" the result of call n."""


@dataclass(frozen=True)
class AccessPath:
    """Storage as an access path: a variable and the members taken from it, pointers ignored.

    `a->b[i].c`, `&a->b.c` and `a->b.c + n` are all AccessPath("a", ("b", "c")); `*a->b.c` and
    `a->b.c[i]` are the same with `loaded`. The alternatives of `x ? y : z` are `chosen`: they are
    not operands of arithmetic, so they count whatever their type is.
    """

    base: str
    members: tuple[str, ...] = ()
    loaded: bool = False
    chosen: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Result:
    """The result of call number `call` in the function; `chosen` as for paths."""

    call: int
    chosen: bool = field(default=False, compare=False)


Value = AccessPath | Result


@dataclass(frozen=True)
class Flow:
    """`target = sources`; `through` says that the store is through a pointer or into an array.

    `null` says that the source is NULL or another literal and nothing else; `guards` are the
    preprocessor conditions around it, also in calls and returns. `carved` says that the target is
    memory after an array, with which it shares only the allocation: see
    :mod:`migrate.analysis.ir.suballocation`. `addressed` says that the value contains an address,
    as in `&x`; also in returns.
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
    """One call. `name` is "" for a call through a pointer; then `pointer` is the storage of the
    pointer.

    `unclear` says that the parser did not understand the arguments, so that their positions are
    unknown. `addressed` says for each argument whether it takes an address; an argument that is not
    understood may do so.
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
        """The values of the argument with this number, from 0; none if the call has fewer
        arguments."""
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

    `level` is how often the declared variable `loc` is dereferenced: 1 in `p[i]`, 2 in `p[i][j]`;
    it is CAST if a cast in between hides the declared type.
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
    """An expression was nested too deeply to be lowered completely."""
    lowered: Lowered = field(repr=False, compare=False)
    """The instructions from which the facts are derived."""

    def handed_on(self) -> Iterator[tuple[Value, bool]]:
        """Every value that is passed on, and whether that may be by its address."""
        for call in self.calls:
            for values, addressed in zip(call.arguments, call.addressed, strict=True):
                yield from ((value, addressed) for value in values)
        for flow in self.flows:
            yield from ((value, False) for value in flow.sources)
        for returned in self.returns:
            yield from ((value, True) for value in returned.values)
