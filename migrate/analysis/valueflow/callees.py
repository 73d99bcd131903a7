# SPDX-License-Identifier: GPL-2.0-only
"""What a call does with pages that are passed to it: stated by a table, followed into the callee,
or unknown."""

from __future__ import annotations

from dataclasses import dataclass

from migrate.analysis.edges import Edge, EdgeKind
from migrate.analysis.frontend.kernel_api import (
    RELEASE_EFFECTS,
    Effect,
    KernelFunction,
)
from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.frontend.syntax import Function
from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.ir.model import AccessPath, Value
from migrate.analysis.model import Release, UseKind
from migrate.analysis.program.callers import Site
from migrate.analysis.program.functions import called_by, is_macro
from migrate.analysis.program.known_callee import known_callee, renamed
from migrate.analysis.program.location import CallResult, Global, Local, Member
from migrate.analysis.program.macro_sites import is_plain_macro
from migrate.analysis.program.trace import (
    ADDRESS,
    AGAIN,
    PAGE,
    PHYSICAL,
    SCATTER,
    ReleaseSite,
    State,
)
from migrate.analysis.valueflow import transfer
from migrate.analysis.valueflow.macro_values import keeps_back
from migrate.analysis.valueflow.printers import only_prints
from migrate.analysis.valueflow.stated_callee import member_called, stated_callee
from migrate.analysis.valueflow.value_edge import Point
from migrate.analysis.valueflow.walk import Walk
from migrate.kernel.signatures import LOOKUP_NAMES


@dataclass(frozen=True)
class Given:
    """Argument number `position` of a call, to which the pages of `state` are passed in `form`."""

    site: Site
    position: int
    state: State
    form: str


def argument(flow: Walk, given: Given) -> None:
    """Follow an argument into a call."""
    site, position, form = given.site, given.position, given.form
    call = site.call
    if call.unclear:
        flow.trace.gap(Gap(GapKind.CALL_ARGUMENTS_UNCLEAR, call.place), form)
    if not call.name:
        _through_pointer(flow, given)
        return
    acquired = flow.graph.is_acquire(call)
    if acquired is not None:
        if acquired == position and form == PAGE:
            flow.trace.acquires[call.place] = None
        meant = flow.program.definitions(call.name, site.facts.function.path)
        direct = call.name in flow.graph.taking or call.name in LOOKUP_NAMES
        if direct or any(is_macro(f) for f in meant):
            return
    known = stated_callee(flow.program, site, position) or flow.graph.known(site)
    if known is not None:
        _known_callee(flow, given, known)
        return
    definitions = _definitions(flow, site)
    if not definitions or flow.program.linker.is_stub(definitions):
        linked = _linked(flow, form, call.name, site.facts.function.path)
        if not linked:
            _unknown_callee(flow, form, site, position)
        definitions = (*definitions, *linked)
    for function in definitions:
        _into(flow, given, function)


def _definitions(flow: Walk, site: Site) -> tuple[Function, ...]:
    """The functions that a call by name may mean: code in a header may call functions that the
    files of the acquires define."""
    program, name = flow.program, site.call.name
    found = program.definitions(name, site.facts.function.path)
    if found:
        return found
    other = (
        renamed(program, name, site.facts.function.path)
        if knowledge().lookup(name) is not None
        else ""
    )
    if other and other != name:
        return program.definitions(other, site.facts.function.path)
    homes = dict.fromkeys(flow.trace.homes)
    return tuple(f for home in homes for f in program.definitions(name, home) if not f.static)


def _enters_far(flow: Walk, form: str) -> bool:
    """Whether callees in other folders are followed. An address or a number is only used in them,
    so no release is missed without it."""
    return form not in (ADDRESS, PHYSICAL) and flow.goes_far(form)


def _linked(flow: Walk, form: str, name: str, path: str) -> tuple[Function, ...]:
    """The functions in the whole tree that the linker may choose for the name."""
    if not _enters_far(flow, form):
        return ()
    flow.trace.wide = True
    return flow.program.linker.meant(name, path)


def _into(flow: Walk, given: Given, function: Function) -> None:
    """Follow the pages into a called function."""
    site = given.site
    call, facts = site.call, flow.program.facts(function)
    if not flow.compiled(facts.guards, call.place):
        return
    edges = flow.graph.passes(site, given.position, function)
    if not edges and only_prints(flow.program, function):
        return
    if not edges:
        unnamed = Gap(GapKind.UNNAMED_ARGUMENT, call.place, function=function.name)
        flow.trace.gap(unnamed, given.form)
        return
    flow.entered(function, site)
    passed = call.name or function.name
    flow.trace.edge(Edge(EdgeKind.PASSED, call.place, call.text, function=passed))
    for edge in edges:
        if edge.origin.location == given.state.cell and (form := edge.out_of(given.state.form)):
            flow.start(State(edge.target.location, form, copied=True))
    if (
        is_macro(function)
        and facts.returns
        and not keeps_back(flow, given.site, given.position, given.form, facts)
    ):
        caller = site.facts.function.id
        result = CallResult(caller, site.index)
        for state in list(flow.expansions.use(function.id, result, given.form)):
            flow.start(state)


def _through_pointer(flow: Walk, given: Given) -> None:
    """Follow a call through a struct member into the functions that are stored in the member."""
    stated = stated_callee(flow.program, given.site, given.position)
    if stated is not None:
        _known_callee(flow, given, stated)
        return
    far = _enters_far(flow, given.form)
    functions = flow.program.pointer_calls.meant_by(given.site, far)
    flow.trace.wide |= far
    if not functions:
        _unknown_callee(flow, given.form, given.site, given.position)
    for function in functions:
        _into(flow, given, function)


def _known_callee(flow: Walk, given: Given, known: KernelFunction) -> None:
    site, position, form = given.site, given.position, given.form
    call, facts = site.call, site.facts
    effect, count = known.effect(position), len(call.arguments)
    if effect in RELEASE_EFFECTS:
        if form in (PAGE, AGAIN) and not _is_missing(flow, site):
            _release(flow, site, position, effect)
        return
    if transfer.is_out_of_sight(known, position, form):
        _unknown_callee(flow, form, site, position)
        return
    kind = transfer.use(known, position, form)
    borrowed = effect in (Effect.EXTRA, Effect.ADOPT) and _balanced(flow, site, position)
    if kind is not None and not borrowed:
        flow.trace.use(kind, call.place, facts, call.text)
    if transfer.is_number_of(known, position, form, count):
        flow.trace.gap(Gap(GapKind.MADE_A_NUMBER, call.place, function=call.name))
    edges = flow.graph.of(facts).given(site.index, position, given.state.cell)
    for edge in edges if known.flows else ():
        gets = edge.out_of(given.state.form)
        flow.trace.found_again |= gets == AGAIN
        if gets and edge.target.location == CallResult(facts.function.id, site.index):
            flow.start(State(edge.target.location, gets))
        elif gets:
            _store_argument(flow, site, edge.target, gets)


def _is_missing(flow: Walk, site: Site) -> bool:
    """Whether this tree has no such function, and the call is under a condition: then other kernels
    have it, as those before 4.6 have page_cache_release()."""
    name, path = site.call.name, site.facts.function.path
    if not (site.call.guards | site.facts.guards) or flow.program.corpus.public_files(name):
        return False
    return not flow.program.definitions(name, path)


def _balanced(flow: Walk, site: Site, position: int) -> bool:
    """Whether the calling function takes an extra reference to the page of this argument for the
    one callee that adopts it: `get_page(page); skb_fill_page_desc(skb, i, page, ...)`."""
    page = site.call.values(position)
    calls = {Effect.EXTRA: list[int](), Effect.ADOPT: list[int]()}
    for call in site.facts.calls:
        known = known_callee(flow.program, call.name, site.facts.function.path)
        for number, values in enumerate(call.arguments if known is not None else ()):
            effect = known.effect(number) if known is not None else Effect.NOTHING
            if effect in calls and values == page:
                calls[effect].append(call.start)
    taken, adopted = calls[Effect.EXTRA], calls[Effect.ADOPT]
    return len(taken) == len(adopted) == 1 and taken[0] < adopted[0]


def _store_argument(flow: Walk, site: Site, target: Point, form: str) -> None:
    call, cell = site.call, target.location
    if isinstance(cell, Member | Global):
        flow.trace.origin(cell, site.facts.function.path)
        if form == PHYSICAL:
            flow.trace.use(UseKind.PHYSICAL_KEPT, call.place, site.facts, call.text)
            flow.trace.number_stores.setdefault(call.place, {})[cell] = None
        elif isinstance(target.value, AccessPath) and flow.outlives(target.value, site.facts):
            flow.trace.use(UseKind.STORED, call.place, site.facts, call.text)
    if form == SCATTER:
        flow.trace.use(UseKind.SCATTER, call.place, site.facts, call.text)
    flow.trace.edge(Edge(EdgeKind.PUT, call.place, call.text, str(cell), function=call.name))
    given = isinstance(cell, Local) and cell.name in site.facts.parameters
    state = State(cell, form, given and _is_filled(flow, target.value, form, site))
    flow.enter(state, site.facts, call.place)


def _is_filled(flow: Walk, value: Value, form: str, site: Site) -> bool:
    """Whether a store through a parameter is visible to the callers."""
    if form == SCATTER:
        return True
    kind = flow.program.types.at(value, site.facts) if isinstance(value, AccessPath) else None
    return kind is not None and kind.depth > 1


def _unknown_callee(flow: Walk, form: str, site: Site, position: int) -> None:
    call, facts = site.call, site.facts
    if form == ADDRESS:
        flow.trace.use(UseKind.TOUCH_DATA, call.place, facts, call.text)
    elif form == PHYSICAL:
        flow.trace.use(UseKind.PHYSICAL_KEPT, call.place, facts, call.text)
    else:
        flow.trace.use(UseKind.ESCAPES, call.place, facts, call.text)
        called = member_called(flow.program, site)
        kind, argument = GapKind.PASSED_TO_UNKNOWN, str(position + 1)
        flow.trace.gap(Gap(kind, call.place, called, call.name, argument), form)


def _release(flow: Walk, site: Site, position: int, effect: Effect) -> None:
    call, function = site.call, site.facts.function
    if is_macro(function) and not is_plain_macro(flow.program, function):
        flow.trace.gap(Gap(GapKind.MACRO_RELEASES, call.place))
    name = called_by(function)
    helper = name if site.facts.parameters else ""
    root = call.values(position)
    by_parameter = any(
        isinstance(cell := flow.program.cells.of(v, site.facts)[0], Local)
        and cell.name in site.facts.parameters
        for v in root
    )
    release = Release(
        call.place,
        name,
        call.name,
        effect is Effect.RELEASE_BULK,
        helper if by_parameter else "",
        call.text,
    )
    flow.trace.releases.setdefault(call.place, ReleaseSite(release, site, position))
