# SPDX-License-Identifier: GPL-2.0-only
"""Releases of pages that are found again from an address or a page frame number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.ir.model import FunctionFacts, Result
from migrate.analysis.model import UseKind
from migrate.analysis.program.callers import Site
from migrate.analysis.program.location import CallResult, Global, Local, Member, Untyped
from migrate.analysis.program.program import Program
from migrate.analysis.program.trace import ADDRESS, PHYSICAL, Trace


def unfollowed_releases(program: Program, trace: Trace) -> tuple[Site, ...]:
    """Releases of found-again pages in the files of the trace that the trace did not reach. Empty
    unless an address or a pfn of the trace could not be followed; then they may be releases of its
    pages."""
    if not _out_of_sight(trace):
        return ()
    cells = [state.cell for state in trace.states]
    paths = {c.function.path for c in cells if isinstance(c, Local | CallResult)}
    paths |= {c.path for c in cells if isinstance(c, Untyped)}
    found = _releases(program, sorted(paths))
    return tuple(site for site in found if site.call.place not in trace.releases)


def _out_of_sight(trace: Trace) -> bool:
    if any(use.kind is UseKind.PHYSICAL_KEPT for use in trace.uses.values()):
        return True
    return any(
        s.form in (ADDRESS, PHYSICAL) and isinstance(s.cell, Member | Global | CallResult)
        for s in trace.states
    )


def _releases(program: Program, paths: Iterable[str]) -> Iterator[Site]:
    known = knowledge()
    finders = [name for name, function in known.exact.items() if function.finds_again]
    for path in paths:
        for name in finders:
            for facts in program.functions_with(path, name):
                yield from _released_here(program, facts, frozenset(finders))


def _released_here(
    program: Program, facts: FunctionFacts, finders: frozenset[str]
) -> Iterator[Site]:
    known = knowledge()
    for index, call in enumerate(facts.calls):
        function = known.lookup(call.name)
        if function is None or not function.releases:
            continue
        for value in call.values(0):
            if isinstance(value, Result):
                found = facts.calls[value.call].name in finders
            else:
                cell, _ = program.cells.of(value, facts)
                found = any(
                    isinstance(source, Result) and facts.calls[source.call].name in finders
                    for flow, _ in program.cells.mentions(facts, cell).targets
                    for source in flow.sources
                )
            if found:
                yield Site(facts, index)
