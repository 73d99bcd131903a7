# SPDX-License-Identifier: GPL-2.0-only
"""The local variables of a function that may hold pages, and what is computed from others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.ir.expressions import CallResult, Expression, Variable, parts
from migrate.analysis.ir.instructions import Invoke, Lowered, Store

IsAcquire = Callable[[Invoke], bool]


@dataclass(frozen=True)
class PageVariable:
    """One local variable for pages. `names` has it, its aliases, and what is derived from it;
    `single` says that it is one pointer to one page and has no alias; `depends` are variables
    that are computed from what an acquire returns."""

    names: frozenset[str]
    single: bool
    depends: frozenset[str]


def page_variables(lowered: Lowered, is_acquire: IsAcquire) -> Iterator[PageVariable]:
    """Each local of type `struct page *`, or an array of those; parameters are not local.

    What keeps its value from call to call is left out, and what has a cleanup function of its own.
    """
    found = {
        local.name: local.type.depth
        for local in lowered.locals.values()
        if local.type.tag == "page" and local.type.depth > 0
        if not (local.parameter or local.lasting or local.cleaned)
    }
    links = tuple(_links(lowered, is_acquire))
    results = {
        name for name, value in plain_stores(lowered) if _is_result(lowered, value, is_acquire)
    }
    depends = _closure(results, links) - results
    for name in sorted(found):
        names = _closure({name}, links) - depends - results
        single = found[name] == 1 and names & found.keys() == {name}
        yield PageVariable(frozenset(names), single, frozenset(depends))


def plain_stores(lowered: Lowered) -> Iterator[tuple[str, Expression]]:
    """Each variable that something is stored to, with the value."""
    for instruction in lowered.order:
        if not isinstance(instruction, Store) or instruction.counts:
            continue
        if isinstance(instruction.target, Variable):
            yield instruction.target.name, instruction.value


def own_names(lowered: Lowered) -> frozenset[str]:
    """The parameters and variables that are gone when the function is left."""
    return frozenset(local.name for local in lowered.locals.values() if not local.lasting)


def _is_result(lowered: Lowered, value: Expression, is_acquire: IsAcquire) -> bool:
    call = lowered.call_of(value)
    return call is not None and is_acquire(call)


def _links(lowered: Lowered, is_acquire: IsAcquire) -> Iterator[tuple[str, str]]:
    """(from, to): the value of one variable goes into another, as it is or derived."""
    for target, value in plain_stores(lowered):
        for name in _values(lowered, value, is_acquire):
            yield name, target


def _values(lowered: Lowered, value: Expression, is_acquire: IsAcquire) -> Iterator[str]:
    """The variables of which an expression has the value or something derived."""
    inner: Iterable[Expression] = parts(value)
    if isinstance(value, Variable):
        yield value.name
    elif isinstance(value, CallResult):
        call = lowered.calls[value.call]
        function = knowledge().lookup(call.name)
        if is_acquire(call) or (function is not None and not function.has_value):
            return
        inner = call.arguments
    for part in inner:
        yield from _values(lowered, part, is_acquire)


def _closure(start: set[str], links: tuple[tuple[str, str], ...]) -> set[str]:
    found = set(start)
    while True:
        more = {to for origin, to in links if origin in found} - found
        if not more:
            return found
        found |= more
