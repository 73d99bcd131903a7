# SPDX-License-Identifier: GPL-2.0-only
"""A function that takes pages from an iterator: whether both stay in their variables, and what it
tells its caller about the pages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from migrate.analysis.ir.expressions import (
    AddressOf,
    Constant,
    Expression,
    Load,
    is_negative,
    plain,
    variable_name,
)
from migrate.analysis.ir.instructions import Invoke, Lowered, Store, is_addressed
from migrate.analysis.paths.balance import End, Hold, Taking, ends
from migrate.analysis.paths.variables import path_of
from migrate.analysis.program.callers import Site
from migrate.analysis.traits.droppers import Dropper, Droppers, is_array

_STARTERS = frozenset(
    {
        *("iov_iter_init", "iov_iter_kvec", "iov_iter_bvec", "iov_iter_xarray", "iov_iter_ubuf"),
        *("iov_iter_discard", "iov_iter_pipe", "iov_iter_folio_queue"),
        *("import_iovec", "import_ubuf", "import_single_range"),
    }
)
"""Functions that initialise an iterator."""


@dataclass(frozen=True)
class Taker:
    """Calls in one function that take pages: `calls` by number, into `pages`, from `iterator`."""

    site: Site
    calls: frozenset[int]
    pages: str
    iterator: str
    flag: str = ""
    foreign: bool = False

    def taking(self, droppers: Iterable[Dropper], asks: str, *, out: bool = False) -> Taking:
        """The same for :mod:`migrate.analysis.paths.balance`."""
        numbers = frozenset(d.call.number for d in droppers)
        return Taking(self.calls, self.pages, numbers, out, self.flag, self.foreign, asks)


def unstable(droppers: Droppers, taker: Taker) -> str:
    """Why the variables may change between the call and the release, "" if they do not."""
    lowered = taker.site.facts.lowered
    name = lowered.function.name
    local = lowered.locals.get(taker.iterator)
    if local is None or not local.outermost or "#" in taker.iterator:
        return f"the iterator is no variable of all of {name}()"
    stored = [i for i in lowered.order if isinstance(i, Store) and not i.initial]
    if any(path_of(s.target) == (taker.iterator,) for s in stored):
        return f"{name}() has several iterators in {taker.iterator}"
    for store in lowered.order:
        match store:
            case Store(target, value) if is_array(value, lowered, taker.pages):
                if variable_name(target) != taker.pages:
                    return f"others may put pages into {taker.pages} after {store.place}"
    if is_addressed(lowered, taker.iterator):
        return f"{name}() hands out the address of {taker.iterator}"
    for call in lowered.calls.values():
        if call.name in _STARTERS and path_of(call.arguments[0])[:1] == (taker.iterator,):
            return f"{call.name}() makes another iterator of {taker.iterator}"
        if call.number in taker.calls:
            continue
        if call.unclear and re.search(rf"\b{re.escape(taker.pages)}\b", " ".join(call.sources)):
            return f"the arguments of {call.name}() are not understood at {call.place}"
        for position, given in enumerate(call.arguments):
            wrong = droppers.changes(call, position, given, lowered, taker.pages)
            if wrong:
                return wrong
    return ""


def is_flag(lowered: Lowered, parameter: str) -> bool:
    """Whether only constants are stored through a parameter."""
    through = [
        i
        for i in lowered.order
        if isinstance(i, Store)
        and isinstance(plain(i.target), Load)
        and path_of(i.target) == (parameter,)
    ]
    return bool(through) and all(_is_constant(s.value) for s in through)


def handed_out(taker: Taker, asks: str) -> bool | str:
    """Whether the function may return other pages, with 0 in the flag; or what is not
    understood."""
    lowered = taker.site.facts.lowered
    found = ends(lowered, taker.taking((), asks, out=True))
    if isinstance(found, str):
        return found
    foreign = [e for e in found if e.state.hold is Hold.FOREIGN and not _fails(e)]
    held = [e for e in found if e.state.hold in (Hold.HELD, Hold.ASKED)]
    name = lowered.function.name
    for end in held:
        if _value(end) != end.state.result:
            return f"{name}() does not return at {end.place} what it took"
    if not foreign:
        return False
    told = all(e.state.flag == "0" for e in foreign)
    told = told and all(e.state.flag == "1" for e in held)
    return True if told else f"{name}() may hand out pages from elsewhere"


def sets(lowered: Lowered, flag: str, callee: str) -> bool:
    """Whether anything but an initial 0 and calls of `callee` sets a flag."""
    for instruction in lowered.order:
        match instruction:
            case Store(target, value) if variable_name(target) == flag:
                if not (instruction.initial and _is_constant(value)):
                    return True
            case Invoke() if instruction.name != callee:
                given = (plain(a) for a in instruction.arguments)
                if any(isinstance(a, AddressOf) and variable_name(a.object) == flag for a in given):
                    return True
    return False


def _value(end: End) -> str:
    return variable_name(end.value) if end.value is not None else ""


def _fails(end: End) -> bool:
    return end.value is not None and is_negative(end.value)


def _is_constant(value: Expression) -> bool:
    return isinstance(plain(value), Constant)
