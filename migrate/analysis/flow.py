# SPDX-License-Identifier: GPL-2.0-only
"""Following acquired pages forward, from where they are acquired to every end they have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from migrate.analysis.facts import Access, Call, Flow, FunctionFacts, Loc, Return
from migrate.analysis.guards import Guards, exclusive
from migrate.analysis.knowledge import RELEASE_EFFECTS, KernelFunction, Knowledge, knowledge
from migrate.analysis.mentions import LOADED
from migrate.analysis.model import Evidence, Place, Release, Use, UseKind
from migrate.analysis.program import Cell, Program, Site, is_macro, scope_of
from migrate.analysis.syntax import Function
from migrate.kernel.signatures import DIRECT_NAMES

PAGE, ADDRESS, PHYSICAL, SCATTER = "page", "address", "physical", "scatter"
AGAIN = "page found again"
"""A page that was looked up by an address or a page frame number of the acquired one."""

_FORMS = frozenset({PAGE, AGAIN, ADDRESS, PHYSICAL, SCATTER})
_CONTAINER_PAGE = frozenset({"bv_page", "page_link", "page"})
_CELL_LIMIT = 250
"""A group that spreads over more storage than this is not followed to its end."""

_DERIVED_LIMIT = 80
"""The same for the addresses and page frame numbers made of the pages."""

ARRAY_FUNCTIONS = frozenset(
    {"memcpy", "memmove", "memset", "memcmp", "memchr", "kmemdup", "copy_from_user", "copy_to_user"}
)
"""These touch the data of a page only when they are given its address."""

_EFFECT_USE = {
    "write": UseKind.WRITE_DATA,
    "read": UseKind.READ_DATA,
    "touch": UseKind.TOUCH_DATA,
    "map": UseKind.MAP,
    "dma": UseKind.DMA,
    "dirty": UseKind.DIRTY,
    "physical": UseKind.PHYSICAL,
    "struct": UseKind.STRUCT_PAGE,
    "manipulate": UseKind.MANIPULATED,
    "extra": UseKind.EXTRA_REFERENCE,
    "consume": UseKind.CONSUMED,
    "notifier": UseKind.NOTIFIER,
    "fill": UseKind.OTHER_SOURCE,
    "free": UseKind.FREED,
}


@dataclass(frozen=True)
class State:
    """A piece of storage and the form in which it holds the pages.

    `filled` says that a parameter was filled here, so that the callers hold the pages, too.
    """

    cell: Cell
    form: str
    filled: bool = False


@dataclass(frozen=True)
class ReleaseSite:
    """A release, and the call and argument that it is made by."""

    release: Release
    site: Site
    argument: int


@dataclass
class Trace:
    """What following some acquires forward has found."""

    states: dict[State, None] = field(default_factory=dict)
    releases: dict[Place, ReleaseSite] = field(default_factory=dict)
    uses: dict[tuple[Place, UseKind], Use] = field(default_factory=dict)
    edges: dict[Evidence, None] = field(default_factory=dict)
    gaps: dict[str, None] = field(default_factory=dict)
    soft_gaps: dict[str, None] = field(default_factory=dict)
    acquires: dict[Place, None] = field(default_factory=dict)
    handed_out: dict[str, None] = field(default_factory=dict)
    """The functions that return the pages, by :func:`migrate.analysis.program.scope_of`."""
    found_again: bool = False


class Forward:
    """Follows states through flows, calls, returns and struct members until nothing is new."""

    def __init__(
        self, program: Program, is_acquire: Callable[[Call], int | None], guards: Guards
    ) -> None:
        self.program = program
        self.known: Knowledge = knowledge()
        self.is_acquire = is_acquire
        self.guards = guards
        self.trace = Trace()
        self._queue: list[State] = []
        self._origins: dict[Cell, str] = {}
        self._derived = 0

    def start(self, state: State) -> None:
        """Follow `state`, unless that was done already."""
        if state in self.trace.states:
            return
        if state.form in (ADDRESS, PHYSICAL):
            self._derived += 1
            if self._derived > _DERIVED_LIMIT:
                self._gap("addresses of the pages spread over too many places", state.form)
                return
        self.trace.states[state] = None
        self._queue.append(state)

    def follow(self) -> Trace:
        """Follow everything that was started."""
        while self._queue:
            if len(self.trace.states) > _CELL_LIMIT:
                self._gap("the pages spread over too many places to follow them all")
                break
            state = self._queue.pop(0)
            for facts in self._functions(state):
                self._step(state, facts)
            if state.filled:
                self._to_callers(state)
        return self.trace

    # Where a cell can be seen

    def _functions(self, state: State) -> Iterator[FunctionFacts]:
        cell = state.cell
        if cell.kind in ("local", "result"):
            path, ordinal = cell.scope.rsplit("#", 1)
            source = self.program.source(path)
            if source is not None:
                yield self.program.facts(source.functions[int(ordinal)])
        elif cell.kind == "member":
            path = self._origins.get(cell, "")
            if self.program.is_public_struct(cell.scope, path):
                self._gap(f"{cell} belongs to a struct of a public header", state.form)
            yield from self.program.member_users(cell, path)
        elif cell.kind == "global":
            if not self.program.is_declared(cell):
                self._gap(f"no declaration of '{cell.name}' is in sight", state.form)
            yield from self.program.global_users(cell)
        elif cell.kind == "unknown":
            self._gap(f"the type that holds '{cell.name}' in {cell.scope} is not known", state.form)

    # One state in one function

    def _step(self, state: State, facts: FunctionFacts) -> None:
        found = self.program.mentions(facts, state.cell)
        for flow, via in found.sources:
            if self._compiled(flow.guards):
                self._flow(state, flow, via, facts)
        for index, position, via in found.arguments:
            form = _form_via(state.form, via)
            if form and self._compiled(facts.calls[index].guards):
                self._argument(form, Site(facts, index), position)
        for returned, via in found.returns:
            form = _form_via(state.form, via)
            if form and self._compiled(returned.guards):
                self._return(form, returned, facts)
        for access in found.accesses:
            self._access(state, access, facts)
        for flow, _ in found.targets:
            if state.form == PAGE and not flow.through and self._compiled(flow.guards):
                self._alias(state, flow, facts)

    def _compiled(self, guards: Guards) -> bool:
        """Whether some configuration has both this code and the acquires."""
        return not exclusive(guards, self.guards)

    def _alias(self, state: State, flow: Flow, facts: FunctionFacts) -> None:
        """`pages = object->pages`: an array that is filled through one name is filled in all."""
        for value in flow.sources:
            if not isinstance(value, Loc) or not self._is_array(flow.target, facts):
                continue
            cell, via = self.program.cell(value, facts)
            if via or cell == state.cell:
                continue
            kind = self.program.type_at(value, facts)
            if kind is None or kind.depth < 1:
                continue
            if kind.tag not in ("page", "folio", "void"):
                if state.cell.kind != "member":  # nobody else finds them by that name
                    self._gap(f"the pages live in memory of {cell} at {flow.place}")
                continue
            self._edge(flow.place, f"{state.cell} is an alias of {cell}", flow.text)
            self._reach(cell, facts)
            filled = cell.kind == "local" and cell.name in facts.parameters
            self.start(State(cell, PAGE, filled))

    def _is_array(self, loc: Loc, facts: FunctionFacts) -> bool:
        kind = self.program.type_at(loc, facts)
        return kind is not None and kind.tag in ("page", "folio") and kind.depth > 1

    def _flow(self, state: State, flow: Flow, via: str, facts: FunctionFacts) -> None:
        form = _form_via(state.form, via)
        if not form:
            return
        target, into = self.program.cell(flow.target, facts)
        if into:
            form = SCATTER
        if target == state.cell and form == state.form:
            return
        if target.kind in ("member", "global"):
            self._reach(target, facts)
            if form == PHYSICAL:
                self._use(UseKind.PHYSICAL_KEPT, flow.place, facts, flow.text)
            elif form == PAGE and self._outlives(flow.target, facts):
                self._use(UseKind.STORED, flow.place, facts, flow.text)
        self._edge(flow.place, f"{state.cell} -> {target}", flow.text)
        filled = flow.through and target.kind == "local" and target.name in facts.parameters
        if form == PHYSICAL and flow.through and filled:
            self._use(UseKind.PHYSICAL, flow.place, facts, flow.text)
        self.start(State(target, form, filled))

    def _return(self, form: str, returned: Return, facts: FunctionFacts) -> None:
        if is_macro(facts.function):
            return  # the call has its value already
        self.trace.handed_out[scope_of(facts.function)] = None
        sites, closed = self.program.callers(facts.function)
        if not closed or not sites:
            why = f"not all callers of {facts.function.name}(), which returns it, are known"
            self._gap(why, form)
        for site in sites:
            if not self._compiled(site.facts.guards | site.call.guards):
                continue
            self._edge(site.call.place, f"returned by {facts.function.name}()", site.call.text)
            if form == PAGE and self.is_acquire(site.call) is not None:
                self.trace.acquires[site.call.place] = None
            caller = scope_of(site.facts.function)
            self.start(State(Cell("result", caller, str(site.index)), form))
        if form == PHYSICAL:
            self._use(UseKind.PHYSICAL, returned.place, facts, returned.text)

    def _access(self, state: State, access: Access, facts: FunctionFacts) -> None:
        if state.form in (PAGE, AGAIN) and access.member:
            if access.member == "lru":
                self._gap(f"the page is put on a list at {access.place}")
            self._use(UseKind.STRUCT_PAGE, access.place, facts, access.text)
        elif state.form == ADDRESS:
            kind = UseKind.WRITE_DATA if access.write else UseKind.READ_DATA
            self._use(kind, access.place, facts, access.text)

    # Calls

    def _argument(self, form: str, site: Site, position: int) -> None:
        call = site.call
        if not call.name:
            self._through_pointer(form, site, position)
            return
        acquired = self.is_acquire(call)
        if acquired is not None:
            if acquired == position and form == PAGE:
                self.trace.acquires[call.place] = None
            if call.name in DIRECT_NAMES:
                return
        known = self.known.lookup(call.name)
        if known is not None and not self._shadowed(site):
            self._known_callee(form, site, position, known)
            return
        definitions = self.program.definitions(call.name, site.facts.function.path)
        if not definitions:
            self._unknown_callee(form, site, f"{call.name}()")
        for function in definitions:
            self._into(form, site, position, function)

    def _into(self, form: str, site: Site, position: int, function: Function) -> None:
        """The pages go into a function as argument number `position`."""
        call, facts = site.call, self.program.facts(function)
        if not self._compiled(facts.guards):
            return
        name = _parameter(facts, position)
        if not name:
            self._gap(f"{function.name}() takes it as an unnamed argument at {call.place}", form)
            return
        self._edge(call.place, f"passed to {function.name}()", call.text)
        self.start(State(Cell("local", scope_of(function), name), form))
        if is_macro(function) and facts.returns:
            caller = scope_of(site.facts.function)
            self.start(State(Cell("result", caller, str(site.index)), form))

    def _through_pointer(self, form: str, site: Site, position: int) -> None:
        """A call through a member of a struct of the driver's own means what is stored there."""
        pointer, facts = site.call.pointer, site.facts
        functions: tuple[Function, ...] = ()
        if pointer is not None and pointer.members:
            cell, _ = self.program.cell(pointer, facts)
            path = facts.function.path
            if cell.kind == "member" and not self.program.is_public_struct(cell.scope, path):
                functions = self.program.behind_pointer(pointer.members[-1], path)
        if not functions:
            self._unknown_callee(form, site, "a function pointer")
        for function in functions:
            self._into(form, site, position, function)

    def _shadowed(self, site: Site) -> bool:
        """A function of the same file hides the kernel's own of that name."""
        source = self.program.source(site.facts.function.path)
        functions = source.by_name.get(site.call.name, ()) if source is not None else ()
        return any(f.static for f in functions)

    def _known_callee(self, form: str, site: Site, position: int, known: KernelFunction) -> None:
        call, facts = site.call, site.facts
        effect = known.effect(position)
        if form in (PAGE, AGAIN) and call.name in ARRAY_FUNCTIONS:
            # What it works on are the pointers, not the pages behind them.
            if effect == "read" and call.name in ("memcpy", "memmove"):
                self._store_argument(site, 0, form)
            elif call.name == "kmemdup":
                result = Cell("result", scope_of(facts.function), str(site.index))
                self.start(State(result, form))
            return
        if effect in RELEASE_EFFECTS:
            if form in (PAGE, AGAIN):
                self._release(site, position, effect)
            return
        kind = _EFFECT_USE.get(effect)
        if kind is not None and not (form == PHYSICAL and kind is UseKind.PHYSICAL):
            self._use(kind, call.place, facts, call.text)
        if known.result:
            derived = form if known.result == "same" else known.result
            if derived == PAGE and form not in (PAGE, SCATTER):
                derived = AGAIN
            self.trace.found_again |= derived == AGAIN
            if derived in _FORMS and (effect or derived == form):
                result = Cell("result", scope_of(facts.function), str(site.index))
                self.start(State(result, derived))
        for target, kept in ((known.into, SCATTER), (known.through, form)):
            if target is not None and target != position and target < len(call.arguments):
                self._store_argument(site, target, kept)
        if call.name == "swap" and position == 0:
            self._store_argument(site, 1, form)

    def _store_argument(self, site: Site, target: int, form: str) -> None:
        for value in site.call.arguments[target]:
            cell, _ = self.program.cell(value, site.facts)
            if cell.kind in ("member", "global"):
                self._reach(cell, site.facts)
                if isinstance(value, Loc) and self._outlives(value, site.facts):
                    self._use(UseKind.STORED, site.call.place, site.facts, site.call.text)
            if form == SCATTER:
                self._use(UseKind.SCATTER, site.call.place, site.facts, site.call.text)
            self._edge(site.call.place, f"{site.call.name}() puts it into {cell}", site.call.text)
            self.start(State(cell, form))

    def _unknown_callee(self, form: str, site: Site, name: str) -> None:
        call, facts = site.call, site.facts
        if form == ADDRESS:
            self._use(UseKind.TOUCH_DATA, call.place, facts, call.text)
        elif form == PHYSICAL:
            self._use(UseKind.PHYSICAL_KEPT, call.place, facts, call.text)
        else:
            self._use(UseKind.ESCAPES, call.place, facts, call.text)
            self._gap(f"passed to {name} at {call.place}, which cannot be followed", form)

    def _release(self, site: Site, position: int, effect: str) -> None:
        call, function = site.call, site.facts.function
        if is_macro(function):
            self._gap(f"the macro at {call.place} releases it")
        helper = function.name if site.facts.parameters else ""
        root = call.arguments[position]
        by_parameter = any(
            self.program.cell(v, site.facts)[0].name in site.facts.parameters for v in root
        )
        release = Release(
            call.place,
            function.name,
            call.name,
            effect == "release_bulk",
            helper if by_parameter else "",
            call.text,
        )
        self.trace.releases.setdefault(call.place, ReleaseSite(release, site, position))

    def _to_callers(self, state: State) -> None:
        """The callers of a function that fills a parameter hold what it was filled with."""
        for facts in self._functions(state):
            position = facts.parameters.index(state.cell.name)
            sites, closed = self.program.callers(facts.function)
            if not closed or not sites:
                why = f"not all callers of {facts.function.name}(), which fills it, are known"
                self._gap(why, state.form)
            for site in sites:
                if position < len(site.call.arguments):
                    self._into_caller(state, site, position)

    def _into_caller(self, state: State, site: Site, position: int) -> None:
        for value in site.call.arguments[position]:
            cell, via = self.program.cell(value, site.facts)
            if cell.kind in ("member", "global"):
                self._reach(cell, site.facts)
                if isinstance(value, Loc) and self._outlives(value, site.facts):
                    self._use(UseKind.STORED, site.call.place, site.facts, site.call.text)
            passed_on = cell.kind == "local" and cell.name in site.facts.parameters
            self._edge(site.call.place, f"filled by {site.call.name}()", site.call.text)
            if self.is_acquire(site.call) is not None:
                self.trace.acquires[site.call.place] = None
            self.start(State(cell, SCATTER if via else state.form, passed_on))

    def _outlives(self, target: Loc, facts: FunctionFacts) -> bool:
        """Whether a member belongs to an object that is still there after the call."""
        kind = facts.types.get(target.base)
        return kind is None or kind.depth > 0

    # Records

    @property
    def origins(self) -> dict[Cell, str]:
        """The file from which each member or variable was first seen."""
        return self._origins

    def origin(self, cell: Cell, path: str) -> None:
        """Note the file from which `cell` was first seen, to find its struct."""
        self._origins.setdefault(cell, path)

    def _reach(self, cell: Cell, facts: FunctionFacts) -> None:
        self._origins.setdefault(cell, facts.function.path)

    def _use(self, kind: UseKind, place: Place, facts: FunctionFacts, text: str) -> None:
        use = Use(place, facts.function.name, kind, text)
        self.trace.uses.setdefault((place, kind), use)

    def _edge(self, place: Place, kind: str, text: str) -> None:
        self.trace.edges.setdefault(Evidence(place, kind, text))

    def _gap(self, why: str, form: str = PAGE) -> None:
        """What could not be followed; for an address or a pfn that matters only when pages are
        found again from one."""
        (self.trace.gaps if form in (PAGE, SCATTER) else self.trace.soft_gaps).setdefault(why)


def _parameter(facts: FunctionFacts, position: int) -> str:
    """The name of parameter number `position`; arguments of a variadic macro are its last."""
    names = facts.parameters
    if position >= len(names):
        return "__VA_ARGS__" if "__VA_ARGS__" in names else ""
    return names[position]


def _form_via(form: str, via: str) -> str:
    """The form of what is read through member `via` of a container; "" when of no interest."""
    if not via:
        return form
    if via == LOADED:
        return "" if form == ADDRESS else form  # what stands at an address is data
    if form != SCATTER:
        return ""
    if via in _CONTAINER_PAGE:
        return PAGE
    return SCATTER if via == "sgl" else ""
