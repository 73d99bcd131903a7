# SPDX-License-Identifier: GPL-2.0-only
"""Where a function stores pages that it acquires, and the variables derived from others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.ir.expressions import (
    AddressOf,
    Binary,
    CallResult,
    Element,
    Expression,
    Load,
    Member,
    Variable,
    parts,
    plain,
)
from migrate.analysis.ir.instructions import Invoke, Local, Lowered, Store

IsAcquire = Callable[[Invoke], bool]


Path = tuple[str, ...]
"""A variable with the members that are taken from it, with or without a dereference."""


@dataclass(frozen=True)
class Holder:
    """Where pages are stored: a local variable, a parameter, or a member of an object that one
    points to.

    `names` has the local variables that are aliases of it or derived from it, including itself if
    it is a variable; `single` says that it is a pointer to one page without an alias; `own` that it
    does not outlive the function; `depends` are variables that are computed from the result of an
    acquire.
    """

    path: Path
    names: frozenset[str]
    single: bool
    own: bool
    depends: frozenset[str]

    def is_base(self, value: Expression) -> bool:
        """Whether an access path starts at the pages: `pages[i]`, `*pages`, `demo->pages + 1`."""
        return _starts(value, self.path, self.names)

    def is_owner(self, value: Expression) -> bool:
        """Whether `value` is the object of which the pages are a member, or its address."""
        path = path_of(value)
        return bool(path) and len(path) < len(self.path) and self.path[: len(path)] == path


def path_of(value: Expression) -> Path:
    """The variable and the members of an access path, () for anything else."""
    members: list[str] = []
    current = plain(value)
    while True:
        match current:
            case Variable(name):
                return (name, *reversed(members))
            case Member(inner, name):
                members.append(name)
                current = plain(inner)
            case Load(inner) | AddressOf(inner) | Element(inner):
                current = plain(inner)
            case Binary("+" | "-", left, _):
                current = plain(left)
            case _:
                return ()


def _starts(value: Expression, path: Path, names: frozenset[str]) -> bool:
    found = path_of(value)
    return bool(found) and (found[0] in names or (len(path) > 1 and found[: len(path)] == path))


def holders(
    lowered: Lowered, is_acquire: IsAcquire, filled: Iterable[Expression]
) -> Iterator[Holder]:
    """Each local variable for pages, and each location in `filled`, which the acquires of the
    function fill.

    Static variables and variables with a cleanup function are left out.
    """
    links = tuple(_links(lowered, is_acquire))
    results = {
        name for name, value in plain_stores(lowered) if _is_result(lowered, value, is_acquire)
    }
    depends = _closure(results, links) - results
    variables = {(x.name,) for x in lowered.locals.values() if _is_for_pages(x)}
    for path in sorted({path_of(value) for value in filled} - {()} | variables):
        local = lowered.locals.get(path[0])
        if local is None or local.lasting or local.cleaned:
            continue
        if len(path) > 1:
            names = _aliases(lowered, path, links)
            yield Holder(path, names - depends - results, False, False, frozenset(depends))
            continue
        names = frozenset(_closure({path[0]}, links) - depends - results) & own_names(lowered)
        pages = {n for n in names if n in lowered.locals and lowered.locals[n].type.tag == "page"}
        single = local.type.depth == 1 and not local.parameter and pages == {path[0]}
        yield Holder(path, names, single, not local.parameter, frozenset(depends))


def _is_for_pages(local: Local) -> bool:
    return local.type.tag == "page" and local.type.depth > 0 and not local.parameter


def _aliases(lowered: Lowered, path: Path, links: tuple[tuple[str, str], ...]) -> frozenset[str]:
    """The variables that get the pages of a member, and those derived from them."""
    direct = {
        name
        for name, value in plain_stores(lowered)
        if any(_starts(part, path, frozenset()) for part in lowered.behind(value))
    }
    return frozenset(_closure(direct, links)) & own_names(lowered)


def plain_stores(lowered: Lowered) -> Iterator[tuple[str, Expression]]:
    """Each variable to which something is stored, with the value."""
    for instruction in lowered.order:
        if not isinstance(instruction, Store) or instruction.counts:
            continue
        if isinstance(instruction.target, Variable):
            yield instruction.target.name, instruction.value


def own_names(lowered: Lowered) -> frozenset[str]:
    """The parameters and variables that do not outlive the function."""
    return frozenset(local.name for local in lowered.locals.values() if not local.lasting)


def _is_result(lowered: Lowered, value: Expression, is_acquire: IsAcquire) -> bool:
    call = lowered.call_of(value)
    return call is not None and is_acquire(call)


def _links(lowered: Lowered, is_acquire: IsAcquire) -> Iterator[tuple[str, str]]:
    """(from, to): the value of one variable flows into another, unchanged or derived."""
    for target, value in plain_stores(lowered):
        for name in _values(lowered, value, is_acquire):
            yield name, target


def _values(lowered: Lowered, value: Expression, is_acquire: IsAcquire) -> Iterator[str]:
    """The variables whose value, or a derived one, an expression has."""
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
