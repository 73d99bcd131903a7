# SPDX-License-Identifier: GPL-2.0-only
"""What becomes of pages that are given to a call: known, followed into, or out of sight."""

from __future__ import annotations

from migrate.analysis.edges import Edge, EdgeKind
from migrate.analysis.frontend.kernel_api import (
    RELEASE_EFFECTS,
    RESULT,
    Effect,
    KernelFunction,
    Link,
)
from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.frontend.macros import VARIADIC
from migrate.analysis.frontend.syntax import Function
from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.ir.model import AccessPath, FunctionFacts, Value
from migrate.analysis.model import Release, UseKind
from migrate.analysis.program.callers import Site
from migrate.analysis.program.functions import is_macro
from migrate.analysis.program.known_callee import known_callee, renamed
from migrate.analysis.program.location import CallResult, Global, Local, Member
from migrate.analysis.program.stated_callee import stated_callee
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
from migrate.analysis.valueflow.walk import Walk
from migrate.kernel.signatures import DIRECT_NAMES


def argument(flow: Walk, form: str, site: Site, position: int) -> None:
    """Follow what argument number `position` of a call holds in `form`."""
    call = site.call
    if call.unclear:
        flow.trace.gap(Gap(GapKind.CALL_ARGUMENTS_UNCLEAR, call.place), form)
    if not call.name:
        _through_pointer(flow, form, site, position)
        return
    acquired = flow.is_acquire(call)
    if acquired is not None:
        if acquired == position and form == PAGE:
            flow.trace.acquires[call.place] = None
        if call.name in DIRECT_NAMES:
            return
    stated = stated_callee(flow.program, site, position)
    known = stated or known_callee(flow.program, call.name, site.facts.function.path)
    if known is not None:
        _known_callee(flow, form, site, position, known)
        return
    definitions = _definitions(flow, site)
    if not definitions:
        _unknown_callee(flow, form, site)
    for function in definitions:
        _into(flow, form, site, position, function)


def _definitions(flow: Walk, site: Site) -> tuple[Function, ...]:
    """What a call by name may mean: a header may call what the files of the acquires define."""
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


def _into(flow: Walk, form: str, site: Site, position: int, function: Function) -> None:
    """The pages go into a function as argument number `position`."""
    call, facts = site.call, flow.program.facts(function)
    if not flow.compiled(facts.guards, call.place):
        return
    name = _parameter(facts, position)
    if not name:
        unnamed = Gap(GapKind.UNNAMED_ARGUMENT, call.place, function=function.name)
        flow.trace.gap(unnamed, form)
        return
    passed = call.name or function.name
    flow.trace.edge(Edge(EdgeKind.PASSED, call.place, call.text, function=passed))
    flow.start(State(Local(function.id, name), form))
    if is_macro(function) and facts.returns:
        caller = site.facts.function.id
        result = CallResult(caller, site.index)
        for state in list(flow.expansions.use(function.id, result, form)):
            flow.start(state)


def _through_pointer(flow: Walk, form: str, site: Site, position: int) -> None:
    """A call through a member of a struct of the driver's own means what is stored there."""
    stated = stated_callee(flow.program, site, position)
    if stated is not None:
        _known_callee(flow, form, site, position, stated)
        return
    functions = flow.program.pointer_calls.meant_by(site)
    if not functions:
        _unknown_callee(flow, form, site)
    for function in functions:
        _into(flow, form, site, position, function)


def _known_callee(flow: Walk, form: str, site: Site, position: int, known: KernelFunction) -> None:
    call, facts = site.call, site.facts
    effect, count = known.effect(position), len(call.arguments)
    if effect in RELEASE_EFFECTS:
        if form in (PAGE, AGAIN):
            _release(flow, site, position, effect)
        return
    if transfer.is_out_of_sight(known, position, form):
        _unknown_callee(flow, form, site)
        return
    kind = transfer.use(known, position, form)
    borrowed = effect in (Effect.EXTRA, Effect.ADOPT) and _balanced(flow, site, position)
    if kind is not None and not borrowed:
        flow.trace.use(kind, call.place, facts, call.text)
    if transfer.is_number_of(known, position, form, count):
        flow.trace.gap(Gap(GapKind.MADE_A_NUMBER, call.place, function=call.name))
    for held in transfer.forward(known, position, form, count):
        flow.trace.found_again |= held.form == AGAIN
        if held.position == RESULT:
            result = CallResult(facts.function.id, site.index)
            flow.start(State(result, held.form))
        elif held.link is not Link.BACK:  # for that see `containers_behind`
            _store_argument(flow, site, held.position, held.form)


def _balanced(flow: Walk, site: Site, position: int) -> bool:
    """Whether the function takes a reference to the page of this argument, for one callee that
    adopts it: `get_page(page); skb_fill_page_desc(skb, i, page, ...)`."""
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


def _store_argument(flow: Walk, site: Site, target: int, form: str) -> None:
    for value in site.call.values(target):
        cell, _ = flow.program.cells.of(value, site.facts)
        if isinstance(cell, Member | Global):
            flow.trace.origin(cell, site.facts.function.path)
            outlives = isinstance(value, AccessPath) and flow.outlives(value, site.facts)
            if form == PHYSICAL:
                flow.trace.use(UseKind.PHYSICAL_KEPT, site.call.place, site.facts, site.call.text)
                flow.trace.number_stores.setdefault(site.call.place, {})[cell] = None
            elif outlives:
                flow.trace.use(UseKind.STORED, site.call.place, site.facts, site.call.text)
        if form == SCATTER:
            flow.trace.use(UseKind.SCATTER, site.call.place, site.facts, site.call.text)
        call = site.call
        flow.trace.edge(Edge(EdgeKind.PUT, call.place, call.text, str(cell), function=call.name))
        given = isinstance(cell, Local) and cell.name in site.facts.parameters
        flow.start(State(cell, form, given and _is_filled(flow, value, form, site)))


def _is_filled(flow: Walk, value: Value, form: str, site: Site) -> bool:
    """Whether the callers see what is stored into a parameter."""
    if form == SCATTER:
        return True
    kind = flow.program.types.at(value, site.facts) if isinstance(value, AccessPath) else None
    return kind is not None and kind.depth > 1


def _unknown_callee(flow: Walk, form: str, site: Site) -> None:
    call, facts = site.call, site.facts
    if form == ADDRESS:
        flow.trace.use(UseKind.TOUCH_DATA, call.place, facts, call.text)
    elif form == PHYSICAL:
        flow.trace.use(UseKind.PHYSICAL_KEPT, call.place, facts, call.text)
    else:
        flow.trace.use(UseKind.ESCAPES, call.place, facts, call.text)
        flow.trace.gap(Gap(GapKind.PASSED_TO_UNKNOWN, call.place, function=call.name), form)


def _release(flow: Walk, site: Site, position: int, effect: Effect) -> None:
    call, function = site.call, site.facts.function
    if is_macro(function):
        flow.trace.gap(Gap(GapKind.MACRO_RELEASES, call.place))
    helper = function.name if site.facts.parameters else ""
    root = call.values(position)
    by_parameter = any(
        isinstance(cell := flow.program.cells.of(v, site.facts)[0], Local)
        and cell.name in site.facts.parameters
        for v in root
    )
    release = Release(
        call.place,
        function.name,
        call.name,
        effect is Effect.RELEASE_BULK,
        helper if by_parameter else "",
        call.text,
    )
    flow.trace.releases.setdefault(call.place, ReleaseSite(release, site, position))


def _parameter(facts: FunctionFacts, position: int) -> str:
    """The name of parameter number `position`; arguments of a variadic macro are its last."""
    names = facts.parameters
    if position >= len(names):
        return VARIADIC if VARIADIC in names else ""
    return names[position]
