# SPDX-License-Identifier: GPL-2.0-only
"""What code that can be read says against a contract, as the analysis itself reads it."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.analysis.contract import Contract, Does
from migrate.analysis.contracts.names import Names
from migrate.analysis.frontend.guards import Guards
from migrate.analysis.frontend.kernel_api import RELEASE_EFFECTS, Origin
from migrate.analysis.frontend.syntax import Function
from migrate.analysis.ir.model import Call, FunctionFacts
from migrate.analysis.model import Place, UseKind
from migrate.analysis.pairing.backward import Backward
from migrate.analysis.pairing.closure import Acquires
from migrate.analysis.pairing.precision import Precision
from migrate.analysis.program.known_callee import known_callee
from migrate.analysis.program.location import Local, Member
from migrate.analysis.program.program import Program
from migrate.analysis.program.trace import PAGE, SCATTER, State, Trace
from migrate.analysis.program.type_lookup import CONTAINERS
from migrate.analysis.valueflow.forward import Forward
from migrate.analysis.valueflow.graph import ValueFlowGraph

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
"""What must not be done to an argument of which a person says this."""

_NO_GUARDS: Guards = frozenset()

Found = tuple[Place, str] | None
"""A place, and what is done there."""


def about_argument(program: Program, c: Contract, function: Function) -> Found:
    """What `function` does with an argument that it should not do, by a contract on that."""
    trace = _followed(program, c.argument - 1, function)
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


def _followed(program: Program, position: int, function: Function) -> Trace:
    facts = program.facts(function)
    name = facts.parameters[position]
    kind = facts.types.get(name)
    form = SCATTER if kind is not None and kind.tag in CONTAINERS else PAGE
    walk = Forward(ValueFlowGraph(program, _is_no_acquire), _NO_GUARDS)
    walk.start(State(Local(function.id, name), form))
    return walk.follow()


def _is_no_acquire(_call: Call) -> None:
    return None


def about_storage(names: Names, c: Contract) -> Found:
    """Where pages of anybody else get into a member that is said to have none, or where one is
    released that is said to be released elsewhere."""
    known = Acquires(names.program, names.scan.acquires)
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


def about_sources(names: Names, c: Contract) -> Found:
    """Where a function with releases takes pages itself that are said to come from others."""
    known = Acquires(names.program, names.scan.acquires)
    for function in names.definitions(c.function):
        facts = names.program.facts(function)
        for call in facts.calls:
            if known.position(call) is not None and facts.function.name not in c.only_from:
                return call.place, f"{call.name}() takes pages right there"
            table = known_callee(names.program, call.name, function.path)
            if table is not None and table.origin in (Origin.NEW, Origin.OTHER):
                return call.place, f"{call.name}() is the source of other pages"
    return None
