# SPDX-License-Identifier: GPL-2.0-only
"""Code that contradicts a contract, as far as the analysis understands it."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.analysis.contract import Contract, Does
from migrate.analysis.contracts.names import Names
from migrate.analysis.frontend.guards import Guards
from migrate.analysis.frontend.kernel_api import RELEASE_EFFECTS, Effect
from migrate.analysis.frontend.syntax import Function
from migrate.analysis.ir.model import Call, FunctionFacts
from migrate.analysis.model import Place, Release, UseKind
from migrate.analysis.pairing.backward import Backward
from migrate.analysis.pairing.closure import Acquires
from migrate.analysis.pairing.precision import Precision
from migrate.analysis.program.callers import Site
from migrate.analysis.program.known_callee import known_callee
from migrate.analysis.program.location import CallResult, Local, Member
from migrate.analysis.program.program import Program
from migrate.analysis.program.trace import PAGE, SCATTER, ReleaseSite, State, Trace
from migrate.analysis.program.type_lookup import CONTAINERS
from migrate.analysis.valueflow.forward import Forward

_RELEASING = (UseKind.CONSUMED, UseKind.FREED)
_KEEPING = (UseKind.STORED,)
_WRITING = (UseKind.WRITE_DATA, UseKind.DIRTY)
_DEVICE = (UseKind.DMA,)
_READING = (UseKind.READ_DATA, UseKind.TOUCH_DATA, UseKind.MAP)

_AGAINST = {
    Does.LOOKS: (*_RELEASING, *_KEEPING, *_WRITING, *_DEVICE, *_READING),
    Does.READS: (*_RELEASING, *_KEEPING, *_WRITING),
    Does.BORROWS: (*_RELEASING, *_KEEPING),
    Does.KEEPS: _RELEASING,
    Does.RELEASES: (),
}
"""The effects that contradict each statement about an argument."""

_NO_GUARDS: Guards = frozenset()

Found = tuple[Place, str] | None
"""A place, and what the code does there."""


def about_argument(names: Names, c: Contract, function: Function) -> Found:
    """Where `function` does something with an argument that contradicts a contract."""
    trace = _followed(names.known, c.argument - 1, function)
    if c.does is Does.RELEASES:
        silent = not trace.releases and not trace.gaps
        silent &= not any(kind in _RELEASING for _, kind in trace.uses)
        start = function.node.start_point
        place = Place(function.path, start[0] + 1, start[1])
        return (place, "nothing in there drops the reference") if silent else None
    assert c.does is not None
    for (place, kind), use in trace.uses.items():
        if kind in _AGAINST[c.does]:
            return place, f"{kind.value}: {use.text.rstrip(';')}"
    for place, site in trace.releases.items():
        return place, f"it is released by {site.release.name}()"
    if c.does is not Does.KEEPS and function.id in trace.handed_out:
        return Place(function.path, function.node.start_point[0] + 1, 0), "it is returned"
    return None


def _followed(known: Acquires, position: int, function: Function) -> Trace:
    facts = known.program.facts(function)
    name = facts.parameters[position]
    kind = facts.types.get(name)
    form = SCATTER if kind is not None and kind.tag in CONTAINERS else PAGE
    walk = Forward(known.graph, _NO_GUARDS)
    walk.start(State(Local(function.id, name), form))
    return walk.follow()


def about_storage(names: Names, c: Contract) -> Found:
    """Where other pages get into a member that has none according to a contract, or where a page of
    it is released although the contract says that this happens elsewhere."""
    known = names.known
    for cell, facts in _users(names, c):
        found = _filled_by_others(known, cell, facts) if c.filled else None
        if found is None and c.released_in and facts.function.name not in c.released_in:
            found = _released(names.program, cell, facts)
        if found is not None:
            return found
    return None


def _users(names: Names, c: Contract) -> Iterator[tuple[Member, FunctionFacts]]:
    """The functions of the tree that name the member of a contract, and how they see it."""
    tag, member = c.member.split(".", 1)
    word = member.split(".")[-1]
    for path in sorted({*names.files(tag)} & {*names.files(word)}):
        for facts in names.program.functions_with(path, word):
            for cell in names.program.cells.named(facts, word):
                if isinstance(cell, Member) and cell.dotted == c.member:
                    yield cell, facts


def _filled_by_others(known: Acquires, cell: Member, facts: FunctionFacts) -> Found:
    back = Backward(known.graph, Precision())
    for gap, call in back.into(cell, facts).foreign.items():
        return call.place, f"{gap.function}() is the source of other pages"
    return None


def _released(program: Program, cell: Member, facts: FunctionFacts) -> Found:
    """A release right in the function of what it reads from `cell`."""
    holds = {
        program.cells.of(flow.target, facts)[0]
        for flow, _ in program.cells.mentions(facts, cell).sources
    }
    for call in facts.calls:
        known = known_callee(program, call.name, facts.function.path)
        for position, values in enumerate(call.arguments if known is not None else ()):
            if known is None or known.effect(position) not in RELEASE_EFFECTS:
                continue
            if any(program.cells.of(v, facts)[0] in {cell, *holds} for v in values):
                return call.place, f"it is released by {call.name}()"
    return None


def about_apart(names: Names, c: Contract, function: Function) -> Found:
    """Where `function` releases pages that it never gets according to a contract: those of a call
    in it, or those that no other known code releases."""
    program = names.program
    for path in program.files_with(function.path, c.function):
        for facts in program.functions_with(path, c.function):
            for index, call in enumerate(facts.calls):
                if call.name == c.function:
                    found = _released_only_by(names.known, Site(facts, index), c.never_reaches)
                    if found is not None:
                        return found
    return None


def _released_only_by(known: Acquires, source: Site, releasing: tuple[str, ...]) -> Found:
    """A release in one of `releasing` whose source is a call, if it is in the function of the call
    itself, or if nothing else drops these pages."""
    walk = Forward(known.graph, _NO_GUARDS)
    for state in _given_by(known.program, source):
        walk.start(state)
    trace = walk.follow()
    named = [(p, r) for p, r in trace.releases.items() if r.release.function in releasing]
    here = source.facts.function.name
    for place, found in named:
        if found.release.function == here:
            return place, f"{found.release.name}() releases it right there"
    others = len(named) < len(trace.releases) or trace.gaps
    dropped = any(kind in _RELEASING for _, kind in trace.uses)
    if not named or others or dropped:
        return None
    place, found = named[0]
    return place, f"{found.release.name}() releases it, and nothing else in sight does"


def _given_by(program: Program, source: Site) -> Iterator[State]:
    """The storage that a call fills, or its result."""
    call, facts = source.call, source.facts
    known = known_callee(program, call.name, facts.function.path)
    filled = False
    for position, values in enumerate(call.arguments):
        if known is not None and known.effect(position) is Effect.FILL:
            for value in program.types.pointers(values, facts):
                filled = True
                yield State(program.cells.of(value, facts)[0], PAGE)
    if not filled:
        yield State(CallResult(facts.function.id, source.index), PAGE)


def about_sources(names: Names, c: Contract) -> Found:
    """Where a function with releases acquires pages itself that come from others according to a
    contract."""
    known = names.known
    for function in names.definitions(c.function):
        facts = names.program.facts(function)
        for call in facts.calls:
            if known.position(call) is not None and facts.function.name not in c.only_from:
                return call.place, f"{call.name}() takes pages right there"
        for source in _sources_of(known, facts):
            found = _released_only_by(known, source, (c.function,))
            if found is not None:
                place, what = found
                return place, f"{what}; the page is of {source.call.name}()"
    return None


def _sources_of(known: Acquires, facts: FunctionFacts) -> Iterator[Site]:
    """The calls from which the releases of a function may have other pages."""
    program = known.program
    for index, call in enumerate(facts.calls):
        table = known_callee(program, call.name, facts.function.path)
        for position in range(len(call.arguments) if table is not None else 0):
            if table is None or table.effect(position) not in RELEASE_EFFECTS:
                continue
            release = Release(call.place, facts.function.name, call.name, False, "", call.text)
            back = Backward(known.graph, Precision())
            found = back.follow(ReleaseSite(release, Site(facts, index), position))
            for source in found.foreign.values():
                yield from _site_of(program, source)


def _site_of(program: Program, call: Call) -> Iterator[Site]:
    source = program.source(call.place.path)
    function = source.function_at(call.start) if source is not None else None
    if function is not None:
        facts = program.facts(function)
        yield from (Site(facts, n) for n, c in enumerate(facts.calls) if c.place == call.place)
