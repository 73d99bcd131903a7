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

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from migrate.analysis.ir.expressions import AddressOf, plain, variable_name
from migrate.analysis.ir.instructions import Invoke
from migrate.analysis.model import Acquire, Place, Release
from migrate.analysis.paths.balance import stays_behind
from migrate.analysis.program.callers import Site, sites_at
from migrate.analysis.program.program import Program
from migrate.analysis.traits.droppers import Dropper, Droppers
from migrate.analysis.traits.handed_on import left_with
from migrate.analysis.traits.takers import Taker, handed_out, is_flag, sets, unstable

_ITERATOR, _PAGES = 0, 1
"""The arguments of a helper that takes pages from an iterator."""

_DEEPEST = 3
_LATER = "and their release has to find out there whether they are pinned"


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
        taker = Taker(site, frozenset({invoke.number}), name, iterator)
        inside = self._inside(taker)
        # A function that gets the array for the pages may drop them, too.
        given = isinstance(inside, str) and name in site.facts.parameters
        return self._out(taker, _DEEPEST) if given else inside

    # One function

    def _inside(self, taker: Taker) -> _Dropped | str:
        """The function drops the pages that it takes."""
        lowered = taker.site.facts.lowered
        wrong = unstable(self.droppers, taker)
        if wrong:
            return wrong
        droppers = list(self.droppers.of(lowered, taker.pages, taker.calls))
        if not droppers:
            kept = left_with(lowered, taker.pages, taker.calls)
            wrong = f"{lowered.function.name}() does not drop them itself"
            return f"{wrong}: {kept}, {_LATER}" if kept else wrong
        taking = taker.taking(droppers, self.asks)
        behind = stays_behind(lowered, taking)
        if behind:
            return behind
        guards = {
            Guard(d.call.place, lowered.function.name, d.call.name, taker.iterator, d.call.text)
            for d in droppers
        }
        return _Dropped(frozenset(guards), tuple(droppers))

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

    def _out(self, taker: Taker, depth: int) -> _Dropped | str:
        """The callers of the function drop the pages that it takes for them."""
        facts = taker.site.facts
        name, parameters = facts.function.name, facts.parameters
        if taker.iterator not in parameters or not depth:
            return f"{name}() has the pages for others, and the iterator of its own"
        wrong = unstable(self.droppers, taker)
        if wrong:
            return wrong
        flags = [p for p in parameters if is_flag(facts.lowered, p)]
        tried, told = taker, handed_out(taker, self.asks)
        for flag in flags if isinstance(told, str) else ():
            tried = replace(taker, flag=flag)
            told = handed_out(tried, self.asks)
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
            wrong = not flag or sets(site.facts.lowered, flag, call.name)
            if wrong:
                return f"what {call.name}() says of the pages is not kept in one variable"
        if not pages or not iterator:
            return f"the pages or the iterator at {call.place} are no plain variables"
        taker = Taker(site, frozenset({call.number}), pages, iterator, flag, foreign)
        return self._inside(taker)

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
