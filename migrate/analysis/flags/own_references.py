# SPDX-License-Identifier: GPL-2.0-only
"""Pages that are stored together with a reference of their own.

    slot->page = pages[i];
    get_page(pages[i]);

What is taken out of `slot->page` later and dropped is that reference; the one of the acquire is
dropped where the pages were kept besides. The two count as one only if the page is stored in one
member, if the reference is taken on every path on which it is stored, and if whoever drops it takes
it out of the member: then it is dropped once. The same is done to references that a callee adopts,
in :mod:`migrate.analysis.valueflow.callees`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import Enum

from migrate.analysis.flags.terms import every_way
from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.ir.expressions import (
    Element,
    Expression,
    Load,
    Member,
    Variable,
    plain,
    subexpressions,
)
from migrate.analysis.ir.instructions import (
    Declare,
    Instruction,
    Invoke,
    Leave,
    Lowered,
    Store,
    is_addressed,
)
from migrate.analysis.ir.model import AccessPath, FunctionFacts
from migrate.analysis.model import Place, UseKind
from migrate.analysis.paths.solver import Plain, solve
from migrate.analysis.place import FunctionId
from migrate.analysis.program import location
from migrate.analysis.program.functions import is_macro
from migrate.analysis.program.program import Program
from migrate.analysis.program.trace import ReleaseSite, Trace


@dataclass(frozen=True)
class OwnReferences:
    """The places where pages are stored with a reference of their own, in which members, and where
    these are taken."""

    stores: frozenset[Place] = frozenset()
    taken: frozenset[Place] = frozenset()
    cells: frozenset[location.Member] = frozenset()

    def are_dropped_once(self, program: Program, releases: Iterable[ReleaseSite]) -> bool:
        """Whether `releases`, all there are of the members, each take the page out of one: the
        function stores something else there, and has no other of them."""
        functions = [found.site.facts for found in releases]
        alone = len({facts.function.id for facts in functions}) == len(functions)
        return (
            bool(functions)
            and alone
            and all(
                any(program.cells.mentions(facts, cell).targets for cell in self.cells)
                for facts in functions
            )
        )


def is_elsewhere(program: Program, found: ReleaseSite, here: AbstractSet[FunctionId]) -> bool:
    """Whether a release finds pages where they were kept, after the functions `here` that took them
    have returned: they are not passed to its function, and that is called by others, too. If the
    reference of the acquire is dropped before, those of their own are all that holds the pages, and
    what is done with their data cannot be left out."""
    function = found.site.facts.function
    if found.release.reached_by_helper or function.id in here:
        return False
    sites, closed = program.callers.of(function)
    callers = {site.facts.function.id for site in sites}
    return not closed or not callers or not callers <= here


def own_references(program: Program, trace: Trace) -> OwnReferences:
    """Those among the extra references of a group."""
    places = {place for place, kind in trace.uses if kind is UseKind.EXTRA_REFERENCE}
    stores: set[Place] = set()
    taken: set[Place] = set()
    cells: set[location.Member] = set()
    for facts in _functions(program, trace, places):
        for call in facts.lowered.calls.values():
            if call.place not in places or not (found := _with(program, facts, call)):
                continue
            stores |= {store.place for store in found}
            taken.add(call.place)
            cells |= _cells(program, facts, found)
    return OwnReferences(frozenset(stores), frozenset(taken), frozenset(cells))


def _functions(program: Program, trace: Trace, places: set[Place]) -> Iterator[FunctionFacts]:
    for path in sorted({place.path for place in places}):
        source = program.source(path)
        names = {use.function for use in trace.uses.values() if use.place in places}
        for function in source.functions if source is not None else ():
            if function.name in names and not is_macro(function):
                yield program.facts(function)


def _with(program: Program, facts: FunctionFacts, call: Invoke) -> list[Store]:
    """The stores of the page whose reference a call takes; none if they have it only on some
    paths."""
    lowered = every_way(facts.lowered)
    if call.name not in knowledge().takes_reference or len(call.arguments) != 1 or call.unclear:
        return []
    page = call.arguments[0]
    if lowered is None or not _is_steady(lowered, page):
        return []
    others = [c for c in lowered.calls.values() if c.arguments == call.arguments and c != call]
    if any(c.name in knowledge().takes_reference for c in others):
        return []
    stores = [i for i in lowered.order if isinstance(i, Store) and plain(i.value) == page]
    kept = [i for i in stores if isinstance(i.target, Member)]
    if not kept or len(kept) != len(stores) or len(_cells(program, facts, kept)) != 1:
        return []
    solution = solve(_Taken(page, call), lowered, Taken.NOTHING)
    missed = any(_Taken(page, call).leaves_out(i, state) for i, state, _ in solution.before())
    fine = solution.settled and not missed
    return kept if fine else []


def _cells(program: Program, facts: FunctionFacts, stores: list[Store]) -> set[location.Member]:
    """The members that some stores name; a local struct is not one of another object."""
    places = {i.place for i in stores}
    targets = [f.target for f in facts.flows if f.place in places]
    cells = {program.cells.of(t, facts)[0] for t in targets if isinstance(t, AccessPath)}
    members = {cell for cell in cells if isinstance(cell, location.Member)}
    return members if members == cells and len(targets) == len(stores) else set()


def _is_steady(lowered: Lowered, page: Expression) -> bool:
    """Whether only visible code of the function changes the variables by which the page is
    named."""
    names = [e.name for e in subexpressions(page) if isinstance(e, Variable)]
    known = all(name in lowered.locals and not lowered.locals[name].lasting for name in names)
    parts = (Variable, Element, Load)
    simple = all(
        isinstance(e, parts) or not list(subexpressions(e))[1:] for e in subexpressions(page)
    )
    return bool(names) and known and simple and not any(is_addressed(lowered, n) for n in names)


class Taken(Enum):
    """What happened to the page that the variables name now."""

    NOTHING = "neither"
    STORED = "stored, and no reference taken yet"
    TAKEN = "a reference taken"


@dataclass(frozen=True)
class _Taken(Plain[Taken]):
    page: Expression
    call: Invoke

    def transfer(self, instruction: Instruction, state: Taken) -> Taken:
        if instruction == self.call:
            return Taken.TAKEN
        if self._is_kept(instruction):
            return state if state is Taken.TAKEN else Taken.STORED
        return Taken.NOTHING if self._is_changed(instruction) else state

    def leaves_out(self, instruction: Instruction, state: Taken) -> bool:
        """Whether a page stays stored without a reference."""
        ends = isinstance(instruction, Leave) or self._is_changed(instruction)
        return state is Taken.STORED and ends

    def _is_kept(self, instruction: Instruction) -> bool:
        return isinstance(instruction, Store) and plain(instruction.value) == self.page

    def _is_changed(self, instruction: Instruction) -> bool:
        """Whether the variables may name another page behind an instruction."""
        variables = {e for e in subexpressions(self.page) if isinstance(e, Variable)}
        match instruction:
            case Store(target, value):
                behind = isinstance(target, Element | Load)
                return target in variables or (behind and plain(value) != self.page)
            case Declare(variable):
                return variable in variables
            case Invoke(arguments=arguments):
                return instruction != self.call and bool(variables & set(map(plain, arguments)))
        return False
