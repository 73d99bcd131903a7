# SPDX-License-Identifier: GPL-2.0-only
"""Releases that the walk forward did not reach, and that may drop the pages of the group.

Such a release finds its page again, by an address or a page frame number; or it takes it from a
struct member in which no code of the driver ever puts one. The page has come there by another name
then: the object was stored as a void pointer and taken out as another struct, it is another member
of a union, or plain bytes.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from migrate.analysis.frontend.kernel_api import RELEASE_EFFECTS, Effect
from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.frontend.mentions import mentions
from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.heap.by_position import by_position, initial_stores
from migrate.analysis.ir.model import FunctionFacts, Result, Value
from migrate.analysis.model import UseKind
from migrate.analysis.program.callers import Site
from migrate.analysis.program.functions import is_macro
from migrate.analysis.program.known_callee import known_callee
from migrate.analysis.program.location import (
    AbstractLocation,
    CallResult,
    Global,
    Local,
    Member,
    Untyped,
)
from migrate.analysis.program.program import Program
from migrate.analysis.program.trace import ADDRESS, PHYSICAL, Trace

_ONE_DRIVER = 1100
"""A folder with more files than this, and those below it, is not one driver."""

_NAMES = 3
"""Variables that a page or an array goes through in a function, so many."""


def unfollowed_releases(program: Program, trace: Trace) -> tuple[Site, ...]:
    """Releases of found-again pages in the files of the trace that the trace did not reach. Empty
    unless an address or a pfn of the trace could not be followed; then they may be releases of its
    pages."""
    if not _out_of_sight(trace):
        return ()
    cells = [state.cell for state in trace.states]
    paths = {c.function.path for c in cells if isinstance(c, Local | CallResult)}
    paths |= {c.path for c in cells if isinstance(c, Untyped)}
    found = [*_releases(program, sorted(paths))]
    if _keeps_numbers(trace):
        found += _releases_of_kept(program, sorted(paths))
    return tuple(site for site in found if site.call.place not in trace.releases)


def _keeps_numbers(trace: Trace) -> bool:
    return any(use.kind is UseKind.PHYSICAL_KEPT for use in trace.uses.values())


def _out_of_sight(trace: Trace) -> bool:
    return _keeps_numbers(trace) or any(
        s.form in (ADDRESS, PHYSICAL) and isinstance(s.cell, Member | Global | CallResult)
        for s in trace.states
    )


def _releases(program: Program, paths: Iterable[str]) -> Iterator[Site]:
    """The releases in files of pages that are found again in the same function."""
    finders = frozenset(name for name, known in knowledge().exact.items() if known.finds_again)
    for facts in _finding(program, paths, finders):
        yield from _released_here(program, facts, finders)


def _finding(
    program: Program, paths: Iterable[str], finders: frozenset[str]
) -> Iterator[FunctionFacts]:
    for path in paths:
        for name in sorted(finders):
            yield from program.functions_with(path, name)


def _releases_of_kept(program: Program, paths: Iterable[str]) -> Iterator[Site]:
    """The releases in files of pages in members into which pages are stored that are found by a
    number alone."""
    exact = knowledge().exact.items()
    finders = frozenset(n for n, known in exact if known.finds_again and not known.takes_address)
    finding = _finding(program, paths, finders)
    kept = {cell for facts in finding for cell in _kept(program, facts, finders)}
    for path in paths if kept else ():
        for name in knowledge().releases:
            for facts in program.functions_with(path, name):
                for index, values in _dropped(program, facts, name):
                    if kept & set(_members(program, facts, values, _NAMES)):
                        yield Site(facts, index)


def _kept(program: Program, facts: FunctionFacts, finders: frozenset[str]) -> Iterator[Member]:
    """The members into which a function stores pages that it finds again."""
    for flow in facts.flows:
        stored = flow.through or flow.target.members
        if stored and any(_is_found(program, facts, v, finders) for v in flow.sources):
            yield from _members(program, facts, (flow.target,), _NAMES)


def _dropped(
    program: Program, facts: FunctionFacts, name: str
) -> Iterator[tuple[int, tuple[Value, ...]]]:
    """The calls of release function `name`, each with an argument that it releases."""
    known = known_callee(program, name, facts.function.path)
    for index, call in enumerate(facts.calls if known is not None else ()):
        for position, values in enumerate(call.arguments if call.name == name else ()):
            if known is not None and known.effect(position) in RELEASE_EFFECTS:
                yield index, values


def _released_here(
    program: Program, facts: FunctionFacts, finders: frozenset[str]
) -> Iterator[Site]:
    known = knowledge()
    for index, call in enumerate(facts.calls):
        function = known.lookup(call.name)
        if function is None or not function.releases:
            continue
        if any(_is_found(program, facts, value, finders) for value in call.values(0)):
            yield Site(facts, index)


def _is_found(
    program: Program, facts: FunctionFacts, value: Value, finders: frozenset[str]
) -> bool:
    """Whether a value is a page that the function finds again, also by way of a variable."""
    if isinstance(value, Result):
        return facts.calls[value.call].name in finders
    cell, _ = program.cells.of(value, facts)
    return any(
        isinstance(source, Result) and facts.calls[source.call].name in finders
        for flow, _ in program.cells.mentions(facts, cell).targets
        for source in flow.sources
    )


# Members that nothing fills


def unfilled_releases(program: Program, trace: Trace) -> Iterator[Gap]:
    """Each release near the code of a trace that drops a page of a member that nothing fills; none
    if the pages only go through variables of functions, for no object has them then."""
    if all(isinstance(cell, Local | CallResult) for cell in _cells(trace)):
        return
    paths = {c.function.path for c in _cells(trace) if isinstance(c, Local | CallResult)}
    paths |= set(trace.origins.values())
    own = {c.dotted for c in _cells(trace) if isinstance(c, Member)}
    for name in knowledge().releases:
        files = {file for path in paths for file in _near(program, path, name)}
        for file in sorted(files):
            for facts in program.functions_with(file, name):
                yield from _in_function(program, facts, name, own)


def _near(program: Program, path: str, name: str) -> tuple[str, ...]:
    """The files with the word `name` that may be of the driver of `path`. A large folder, such as
    fs/, has many drivers, of which one that is in the folder itself has no file below it."""
    files = program.files_with(path, name)
    folder = posixpath.dirname(path)
    scope = program.corpus.scope_folder(path)
    if scope != folder or program.corpus.size(scope) <= _ONE_DRIVER:
        return files
    return tuple(file for file in files if posixpath.dirname(file) == folder)


def _cells(trace: Trace) -> Iterator[AbstractLocation]:
    return (state.cell for state in trace.states)


def _in_function(program: Program, facts: FunctionFacts, name: str, own: set[str]) -> Iterator[Gap]:
    """The releases by function `name` of pages in members other than `own`."""
    if is_macro(facts.function):
        return
    for index, values in _dropped(program, facts, name):
        for cell in _members(program, facts, values, _NAMES):
            if cell.dotted in own or _is_taken(program, facts, cell):
                continue
            if not _may_be_filled(program, cell, facts.function.path):
                yield Gap(GapKind.RELEASE_UNFILLED, facts.calls[index].place, cell.dotted)


def _is_taken(program: Program, facts: FunctionFacts, cell: Member) -> bool:
    """Whether a function takes a reference of its own to a page in a member."""
    uses = program.cells.mentions(facts, cell).arguments
    given = (
        (known_callee(program, facts.calls[n].name, facts.function.path), at) for n, at, _ in uses
    )
    return any(known is not None and known.effect(at) is Effect.EXTRA for known, at in given)


def _members(
    program: Program, facts: FunctionFacts, values: tuple[Value, ...], depth: int
) -> Iterator[Member]:
    """The members that `values` are read from, also by a local variable."""
    for value in program.types.pointers(values, facts):
        cell, via = program.cells.of(value, facts)
        if isinstance(cell, Member) and not via:
            yield cell
        elif isinstance(cell, Local) and depth and cell.name not in facts.parameters:
            for flow, _ in program.cells.mentions(facts, cell).targets:
                yield from _members(program, facts, flow.sources, depth - 1)


def _may_be_filled(program: Program, cell: Member, path: str) -> bool:
    """Whether any code may store into a member. True for one of a struct that others may see."""
    kind = program.types.struct(cell.tag, path) if cell.tag else None
    if kind is None or program.types.is_public(cell.tag, path):
        return True
    for facts in program.cells.member_users(cell, path):
        if any(True for _ in _fills(program, facts, cell, _NAMES)):
            return True
    return _is_named_unclearly(program, cell, path) or _is_initialised(program, cell, path)


def _is_named_unclearly(program: Program, cell: Member, path: str) -> bool:
    """Whether a macro names the member, or a function names one like it of an unknown type."""
    for file in program.cells.member_files(cell, path) or ():
        source = program.source(file)
        if source is None or source.unread:
            return True
        if any(m.in_macro and m.is_behind_dot for m in mentions(source, cell.word)):
            return True
        for facts in program.functions_with(file, cell.word):
            if any(isinstance(c, Untyped) for c in program.cells.named(facts, cell.word)):
                return True
    return False


def _is_initialised(program: Program, cell: Member, path: str) -> bool:
    """Whether an initialiser sets members of the struct by their position."""
    home = program.cells.home(cell, path)
    for word in sorted(program.types.names(cell.tag, home)):
        for file in program.files_with(home, word):
            for facts in program.functions_with(file, word):
                if any(by_position(store) for store in initial_stores(facts, {cell.tag})):
                    return True
    return False


def _fills(
    program: Program, facts: FunctionFacts, cell: AbstractLocation, depth: int
) -> Iterator[AbstractLocation]:
    """`cell`, once for each way in which a function may store there, or behind it."""
    uses = program.cells.mentions(facts, cell)
    for flow, _ in uses.targets:
        if not flow.null and (flow.through or isinstance(cell, Member)):
            yield cell
    for index, position, _ in uses.arguments:
        call = facts.calls[index]
        known = known_callee(program, call.name, facts.function.path)
        count = len(call.arguments)
        if known is None or known.may_set(position, count) or known.bytes.sets(position):
            yield cell
    for flow, _ in uses.sources if depth else ():
        named, _ = program.cells.of(flow.target, facts)
        if isinstance(named, Local) and not flow.through:
            yield from _fills(program, facts, named, depth - 1)
        else:
            yield cell
