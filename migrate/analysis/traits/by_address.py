# SPDX-License-Identifier: GPL-2.0-only
"""Pages that are held while a hypervisor works on their data by its user addresses.

Nothing is done with such pages themselves, so that nothing else shows what they are held for. The
call must be on the way from the acquire to a release, in the function that does both, itself or
through its helpers; and it must be given what the addresses of the pages were put into.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.ir.model import AccessPath, FunctionFacts, Value
from migrate.analysis.model import Acquire, Evidence, Trait, TraitKind
from migrate.analysis.paths.waits import calls_between
from migrate.analysis.place import FunctionId
from migrate.analysis.program.callers import Site
from migrate.analysis.program.functions import is_macro
from migrate.analysis.program.program import Program

_HELPERS = 2
"""Functions around an acquire or a release that only do that."""

Bases = frozenset[str]
"""Variables of one function."""


def worked_on_by_address(
    program: Program, acquires: Iterable[tuple[Acquire, Site | None]], releases: Iterable[Site]
) -> Trait | None:
    """The trait for pages of which each acquire is followed by such a call before the release; None
    if one is not."""
    ends = _ends(program, releases)
    found: list[Trait] = []
    for acquire, site in acquires:
        if site is None or "start" not in acquire.roles or not acquire.fits:
            return None
        given = _bases(site.call.values(acquire.roles.index("start")))
        traits = list(_behind(program, site, given, ends, 0))
        if not traits or None in traits:
            return None
        found += [trait for trait in traits if trait is not None]
    return min(found, default=None)


def _ends(program: Program, releases: Iterable[Site]) -> dict[FunctionId, set[int]]:
    """The calls by which each function releases pages, itself or through helpers."""
    found: dict[FunctionId, set[int]] = {}
    fresh = list(releases)
    for _ in range(_HELPERS + 1):
        for site in fresh:
            found.setdefault(site.facts.function.id, set()).add(site.index)
        above = (program.callers.of(site.facts.function)[0] for site in fresh)
        fresh = [site for sites in above for site in sites]
    return found


def _behind(
    program: Program, site: Site, given: Bases, ends: dict[FunctionId, set[int]], depth: int
) -> Iterator[Trait | None]:
    """The work between an acquire at `site`, of addresses in `given`, and the releases: one for
    each function that does both, None for one without any."""
    facts = site.facts
    released = ends.get(facts.function.id)
    if released:
        yield _work(program, site, given, released)
        return
    sites, closed = program.callers.of(facts.function)
    if not closed or not sites or depth >= _HELPERS or is_macro(facts.function):
        yield None
        return
    for caller in sites:
        outside = frozenset(
            base
            for position, name in enumerate(facts.parameters)
            if name in given
            for base in _bases(caller.call.values(position))
        )
        yield from _behind(program, caller, outside, ends, depth + 1)


def _work(program: Program, site: Site, given: Bases, releases: set[int]) -> Trait | None:
    facts = site.facts
    tied = _tied(program, facts, given)
    for index in sorted(calls_between(facts.lowered, site.index, releases)):
        call = facts.calls[index]
        if call.name not in knowledge().by_address:
            continue
        if any(tied & _bases(values) for values in call.arguments):
            kind = TraitKind.BY_ADDRESS
            return Trait(kind, Evidence(call.place, kind.value, call.text), call.name)
    return None


def _tied(program: Program, facts: FunctionFacts, given: Bases) -> Bases:
    """`given`, and the variables into which something of them is put: by an assignment, or by a
    macro that is given both."""
    found = set(given)
    steps = [(_bases(f.sources), frozenset({f.target.base})) for f in facts.flows]
    for call in facts.calls:
        if any(map(is_macro, program.definitions(call.name, facts.function.path))):
            named = frozenset(base for values in call.arguments for base in _bases(values))
            steps.append((named, named))
    while more := {t for origins, to in steps if origins & found for t in to} - found:
        found |= more
    return frozenset(found)


def _bases(values: Iterable[Value]) -> Bases:
    return frozenset(v.base for v in values if isinstance(v, AccessPath))
