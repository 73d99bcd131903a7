# SPDX-License-Identifier: GPL-2.0-only
"""Pages from an iterator that the function which takes them also drops, and the statements that do
so.

A helper that takes its pages from an iterator can be replaced by one whose references depend on the
type of the iterator. Then every release has to test that type. This is possible if the iterator is
available: in the function that takes the pages, or in its callers if these get the pages through a
parameter and pass the iterator. See :mod:`migrate.analysis.paths.balance` for the conditions on
each function.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

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
from migrate.analysis.model import Acquire, Place, Release
from migrate.analysis.paths.balance import (
    End,
    Hold,
    Taking,
    ends,
    stays_behind,
)
from migrate.analysis.paths.variables import path_of
from migrate.analysis.program.callers import Site, sites_at
from migrate.analysis.program.program import Program
from migrate.analysis.traits.droppers import Dropper, Droppers, is_array
from migrate.analysis.traits.handed_on import left_with

_ITERATOR, _PAGES = 0, 1
"""The arguments of a helper that takes pages from an iterator."""

_DEEPEST = 3
_LATER = "and their release has to find out there whether they are pinned"
_STARTERS = frozenset(
    {
        *("iov_iter_init", "iov_iter_kvec", "iov_iter_bvec", "iov_iter_xarray", "iov_iter_ubuf"),
        *("iov_iter_discard", "iov_iter_pipe", "iov_iter_folio_queue"),
        *("import_iovec", "import_ubuf", "import_single_range"),
    }
)
"""Functions that initialise an iterator."""


@dataclass(frozen=True, order=True)
class Guard:
    """A statement that drops pages, the call of `name` at `place`, and the variable `iterator` that
    the pages come from, by its name there."""

    place: Place
    function: str
    name: str
    iterator: str
    text: str


@dataclass(frozen=True)
class Balanced:
    """`acquires` whose references are dropped only by `guards`; `releases` are the calls that do
    it, in these functions or in functions that they call."""

    acquires: tuple[Place, ...]
    guards: tuple[Guard, ...]
    releases: tuple[Release, ...]


@dataclass(frozen=True)
class _Taker:
    """Calls in one function that take pages: `calls` by number, into `pages`, from `iterator`."""

    facts_of: Site
    calls: frozenset[int]
    pages: str
    iterator: str
    flag: str = ""
    foreign: bool = False


@dataclass(frozen=True)
class _Dropped:
    """How the pages of one acquire are dropped."""

    guards: frozenset[Guard]
    droppers: tuple[Dropper, ...]


class Balance:
    """Answers for one tree; `asks` is a function that says whether there is anything to drop."""

    def __init__(self, program: Program, asks: str = "") -> None:
        self.program, self.asks = program, asks
        self.droppers = Droppers(program)

    def of(self, acquires: Iterable[Acquire]) -> tuple[dict[Place, str], tuple[Balanced, ...]]:
        """How the pages of `acquires` are dropped, grouped by the statements that drop them; for
        the others why that is not known, one line without a full stop."""
        found: dict[Place, _Dropped] = {}
        reasons: dict[Place, str] = {}
        for acquire in acquires:
            one = self._of(acquire)
            if isinstance(one, str):
                reasons[acquire.place] = one
            else:
                found[acquire.place] = one
        made = []
        for places in _together(found):
            parts = [found[place] for place in places]
            wrong = self._strangers([d for part in parts for d in part.droppers])
            if wrong:
                reasons |= dict.fromkeys(places, wrong)
                continue
            guards = {guard for part in parts for guard in part.guards}
            releases = {r for part in parts for d in part.droppers for r in d.releases}
            made.append(Balanced(places, tuple(sorted(guards)), tuple(sorted(releases))))
        return reasons, tuple(made)

    def _of(self, acquire: Acquire) -> _Dropped | str:
        site = next(sites_at(self.program, acquire.place, acquire.function), None)
        invoke = self._invoke(site) if site is not None else None
        if site is None or invoke is None:
            return "the call is not in a function that is understood"
        if invoke.unclear or len(invoke.arguments) <= _PAGES:
            return "the arguments of the call are not understood"
        iterator = variable_name(invoke.arguments[_ITERATOR])
        pages = plain(invoke.arguments[_PAGES])
        inner = plain(pages.object) if isinstance(pages, AddressOf) else pages
        name = variable_name(inner)
        if not name:
            kept = invoke.sources[_PAGES].removeprefix("&")
            return f"{kept} gets them at {acquire.place}, {_LATER}"
        if not iterator:
            wrong = f"the iterator, {invoke.sources[_ITERATOR]}, is no plain variable"
            kept = left_with(site.facts.lowered, name, {invoke.number})
            return f"{wrong}, and {kept}" if kept else wrong
        taker = _Taker(site, frozenset({invoke.number}), name, iterator)
        inside = self._inside(taker)
        # A function that gets the array for the pages may drop them, too.
        given = isinstance(inside, str) and name in site.facts.parameters
        return self._out(taker, _DEEPEST) if given else inside

    # One function

    def _inside(self, taker: _Taker) -> _Dropped | str:
        """The function drops the pages that it takes."""
        lowered = taker.facts_of.facts.lowered
        wrong = self._unstable(lowered, taker)
        if wrong:
            return wrong
        droppers = list(self.droppers.of(lowered, taker.pages, taker.calls))
        if not droppers:
            kept = left_with(lowered, taker.pages, taker.calls)
            wrong = f"{lowered.function.name}() does not drop them itself"
            return f"{wrong}: {kept}, {_LATER}" if kept else wrong
        taking = self._taking(taker, droppers)
        behind = stays_behind(lowered, taking)
        if behind:
            return behind
        guards = {
            Guard(d.call.place, lowered.function.name, d.call.name, taker.iterator, d.call.text)
            for d in droppers
        }
        return _Dropped(frozenset(guards), tuple(droppers))

    def _taking(self, taker: _Taker, droppers: list[Dropper], *, out: bool = False) -> Taking:
        numbers = frozenset(d.call.number for d in droppers)
        return Taking(taker.calls, taker.pages, numbers, out, taker.flag, taker.foreign, self.asks)

    def _unstable(self, lowered: Lowered, taker: _Taker) -> str:
        """Why the variables may change between the call and the release, "" if they do not."""
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
                wrong = self.droppers.changes(call, position, given, lowered, taker.pages)
                if wrong:
                    return wrong
        return ""

    def _strangers(self, droppers: Sequence[Dropper]) -> str:
        """Other callers whose pages the called functions drop, "" if there are none."""
        own = {d.call.place for d in droppers}
        for function in {d.callee.id: d.callee for d in droppers if d.callee}.values():
            sites, closed = self.program.callers.of(function, far=True)
            if not closed:
                return f"not all callers of {function.name}() are known"
            other = next((s.call.place for s in sites if s.call.place not in own), None)
            if other is not None:
                return f"{function.name}() drops pages from elsewhere, too, at {other}"
        return ""

    # Callers that get the pages through a parameter

    def _out(self, taker: _Taker, depth: int) -> _Dropped | str:
        """The callers of the function drop the pages that it takes for them."""
        facts = taker.facts_of.facts
        name, parameters = facts.function.name, facts.parameters
        if taker.iterator not in parameters or not depth:
            return f"{name}() has the pages for others, and the iterator of its own"
        wrong = self._unstable(facts.lowered, taker)
        if wrong:
            return wrong
        flags = [p for p in parameters if self._is_flag(facts.lowered, p)]
        tried, told = taker, self._handed_out(taker)
        for flag in flags if isinstance(told, str) else ():
            tried = replace(taker, flag=flag)
            told = self._handed_out(tried)
            if not isinstance(told, str):
                break
        if isinstance(told, str):
            return told
        sites, closed = self.program.callers.of(facts.function, far=True)
        if not closed or not sites:
            return f"not all callers of {name}() are known"
        wanted = [taker.pages, taker.iterator, *([tried.flag] if tried.flag else [])]
        positions = [parameters.index(n) for n in wanted]
        guards: set[Guard] = set()
        droppers: list[Dropper] = []
        for site in sites:
            found = self._of_caller(site, positions, told)
            if isinstance(found, str):
                return found
            guards |= found.guards
            droppers += found.droppers
        return _Dropped(frozenset(guards), tuple(droppers))

    def _is_flag(self, lowered: Lowered, parameter: str) -> bool:
        """Whether only constants are stored through a parameter."""
        through = [
            i
            for i in lowered.order
            if isinstance(i, Store)
            and isinstance(plain(i.target), Load)
            and path_of(i.target) == (parameter,)
        ]
        return bool(through) and all(_is_constant(s.value) for s in through)

    def _handed_out(self, taker: _Taker) -> bool | str:
        """Whether the function may return other pages, with 0 in the flag; or what is not
        understood."""
        lowered = taker.facts_of.facts.lowered
        found = ends(lowered, self._taking(taker, [], out=True))
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

    def _of_caller(self, site: Site, positions: list[int], foreign: bool) -> _Dropped | str:
        call = self._invoke(site)
        if call is None or len(call.arguments) <= max(positions):
            return f"the call at {site.call.place} is not understood"
        given = [plain(call.arguments[p]) for p in positions]
        pages = variable_name(given[0].object) if isinstance(given[0], AddressOf) else ""
        iterator = variable_name(given[1])
        flag = ""
        if len(given) > 2:
            flag = variable_name(given[2].object) if isinstance(given[2], AddressOf) else ""
            wrong = not flag or self._sets(site.facts.lowered, flag, call.name)
            if wrong:
                return f"what {call.name}() says of the pages is not kept in one variable"
        if not pages or not iterator:
            return f"the pages or the iterator at {call.place} are no plain variables"
        taker = _Taker(site, frozenset({call.number}), pages, iterator, flag, foreign)
        return self._inside(taker)

    def _sets(self, lowered: Lowered, flag: str, callee: str) -> bool:
        """Whether anything but an initial 0 and calls of `callee` sets a flag."""
        for instruction in lowered.order:
            match instruction:
                case Store(target, value) if variable_name(target) == flag:
                    if not (instruction.initial and _is_constant(value)):
                        return True
                case Invoke() if instruction.name != callee:
                    given = (plain(a) for a in instruction.arguments)
                    if any(
                        isinstance(a, AddressOf) and variable_name(a.object) == flag for a in given
                    ):
                        return True
        return False

    def _invoke(self, site: Site) -> Invoke | None:
        lowered = site.facts.lowered
        return next((c for c in lowered.calls.values() if c.place == site.call.place), None)


def _together(found: Mapping[Place, _Dropped]) -> list[tuple[Place, ...]]:
    """Merge acquires that are dropped by the same statement."""
    groups: list[tuple[set[Place], set[Place]]] = []
    for place, dropped in found.items():
        own = {r.place for d in dropped.droppers for r in d.releases}
        places = {place}
        for other in [g for g in groups if g[1] & own]:
            groups.remove(other)
            places |= other[0]
            own |= other[1]
        groups.append((places, own))
    return [tuple(sorted(places)) for places, _ in groups]


def _value(end: End) -> str:
    return variable_name(end.value) if end.value is not None else ""


def _fails(end: End) -> bool:
    return end.value is not None and is_negative(end.value)


def _is_constant(value: Expression) -> bool:
    return isinstance(plain(value), Constant)
