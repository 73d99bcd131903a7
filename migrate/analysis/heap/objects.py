# SPDX-License-Identifier: GPL-2.0-only
"""Which objects a pointer may point to: the calls that allocate them, or variables.

A pointer is traced back through assignments, arguments and results. If any step is not understood,
nothing is known.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from migrate.analysis.frontend.kernel_api import RESULT, Form, KernelFunction, Origin
from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.heap.fresh_memory import is_new
from migrate.analysis.heap.names.other_names import other_names
from migrate.analysis.heap.unmodelled_uses import unclear_mentions, unclear_variable
from migrate.analysis.ir.model import CALLED, AccessPath, Flow, FunctionFacts, Result, Value
from migrate.analysis.place import FunctionId, Place
from migrate.analysis.program.callers import Site
from migrate.analysis.program.functions import is_macro
from migrate.analysis.program.known_callee import known_callee
from migrate.analysis.program.location import AbstractLocation, CallResult, Local, Member
from migrate.analysis.program.program import Program
from migrate.analysis.valueflow import transfer

_LIMIT = 40
"""A pointer that goes through more locations than this is not traced to the end."""

Origins = frozenset[Place | Local]
"""Objects, each by the call that allocates it, or as a variable."""


@dataclass(frozen=True)
class _Pointer:
    """A pointer in `cell`, as seen from a function; `element` for those in an array there."""

    cell: AbstractLocation
    element: bool
    facts: FunctionFacts = field(compare=False, hash=False)


class Objects:
    """The objects behind pointers in one tree."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._known: dict[tuple[FunctionId, AccessPath], Origins | None] = {}

    def of_owner(self, loc: AccessPath, facts: FunctionFacts) -> Origins | None:
        """The objects that the last member of `loc` may belong to; None when not all are known."""
        key = (facts.function.id, loc)
        if key not in self._known:
            search = _Search(self._program)
            search.owner(loc, facts)
            self._known[key] = search.run()
        return self._known[key]


class _Search:
    """Traces one pointer back to everything that it may point to."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._found: set[Place | Local] = set()
        self._lost = False
        self._seen: set[_Pointer] = set()
        self._queue: list[_Pointer] = []

    def run(self) -> Origins | None:
        while self._queue and not self._lost:
            if len(self._seen) > _LIMIT:
                return None
            self._follow(self._queue.pop(0))
        return frozenset(self._found) if self._found and not self._lost else None

    def _lose_if(self, condition: bool) -> None:
        # No `|=`: its left side would be read before the condition, which may set it as well.
        if condition:
            self._lost = True

    def owner(self, loc: AccessPath, facts: FunctionFacts) -> None:
        """Find the object that contains the last member of `loc`."""
        if not loc.members:
            self._lost = True
            return
        self._object(AccessPath(loc.base, loc.members[:-1]), facts)

    def _object(self, loc: AccessPath, facts: FunctionFacts) -> None:
        """Find the object that `loc` is part of, or that it points to."""
        if loc.base.startswith(CALLED) and not loc.members:
            self._take((Result(int(loc.base[1:])),), facts)
            return
        kind = self._program.types.at(loc, facts)
        if kind is None:
            self._lost = True
        elif kind.depth > 0:
            self._take((loc,), facts)
        elif loc.members:
            self._object(AccessPath(loc.base, loc.members[:-1]), facts)
        elif loc.base in facts.types and loc.base not in facts.parameters:
            self._found.add(Local(facts.function.id, loc.base))
        else:
            self._lost = True

    def _take(self, values: tuple[Value, ...], facts: FunctionFacts) -> None:
        for value in self._program.types.pointers(values, facts):
            if isinstance(value, Result):
                self._add(
                    CallResult(facts.function.id, value.call),
                    False,
                    facts,
                )
                continue
            kind = self._program.types.at(value, facts)
            if kind is None:
                self._lost = True
            elif kind.depth == 0:
                self._object(value, facts)
            else:
                cell, via = self._program.cells.of(value, facts)
                self._lose_if(bool(via))
                self._add(cell, value.loaded and kind.depth > 1, facts)

    def _add(self, cell: AbstractLocation, element: bool, facts: FunctionFacts) -> None:
        pointer = _Pointer(cell, element, facts)
        if pointer not in self._seen:
            self._seen.add(pointer)
            self._queue.append(pointer)

    def _follow(self, pointer: _Pointer) -> None:
        cell, facts = pointer.cell, pointer.facts
        if isinstance(cell, CallResult):
            self._result(Site(facts, cell.call))
        elif isinstance(cell, Local):
            self._lose_if(any(True for _ in unclear_variable(self._program, cell)))
            filled = self._stored(pointer, facts)
            if cell.name in facts.parameters:
                if not pointer.element:
                    self._callers(facts, facts.parameters.index(cell.name))
            else:
                self._lose_if(not filled)
        elif isinstance(cell, Member) and not self._is_unclear(cell, facts.function.path):
            users = self._program.cells.member_users(cell, facts.function.path)
            self._lose_if(True not in {self._stored(pointer, user) for user in users})
        else:
            self._lost = True

    def _is_unclear(self, cell: Member, path: str) -> bool:
        program = self._program
        if program.types.is_public(cell.tag, path):
            return True
        files = program.cells.member_files(cell, path) or ()
        doubtful = (*unclear_mentions(program, cell, files), *other_names(program, cell, path))
        return bool(doubtful)

    def _callers(self, facts: FunctionFacts, position: int) -> None:
        sites, closed = self._program.callers.of(facts.function)
        self._lose_if(not closed or not sites or not self._is_private(facts))
        for site in sites:
            values = site.call.values(position)
            constant = position < len(site.call.sources) and site.call.sources[position] == "NULL"
            self._lose_if(not values and not constant)
            self._take(values, site.facts)

    def _is_private(self, facts: FunctionFacts) -> bool:
        """Whether no code outside of the scope of the function can call it."""
        function, program = facts.function, self._program
        if function.static and function.path.endswith(".c"):
            return True
        near = program.files_with(function.path, function.name)
        headers = [name for name in near if name.endswith(".h")]
        seeing = [program.wide.files(header, function.name) for header in headers]
        return bool(seeing) and all(s is not None and set(s) <= set(near) for s in seeing)

    # Stores of one function

    def _stored(self, pointer: _Pointer, user: FunctionFacts) -> bool:
        """Follow the stores to the pointer in one function; returns whether there are any."""
        found = self._program.cells.mentions(user, pointer.cell)
        filled = False
        for flow, via in found.targets:
            self._lose_if(bool(via))
            filled |= self._assigned(pointer, flow, user)
        for flow, _ in found.sources:
            self._lose_if(self._escapes(pointer, flow, user))
        for index, position, _ in found.arguments:
            filled |= self._given(pointer, Site(user, index), position)
        handed_out = pointer.element or any(r.addressed for r, _ in found.returns)
        self._lose_if(bool(found.returns) and handed_out)
        return filled

    def _assigned(self, pointer: _Pointer, flow: Flow, user: FunctionFacts) -> bool:
        if flow.through is not pointer.element:
            # An array of pointers may only be new memory; a store through a pointer is not a store
            # to it.
            new = bool(flow.sources) and is_new(self._program, user, flow.sources)
            self._lose_if(pointer.element and not flow.null and not new)
            return False
        if not flow.null:
            self._lose_if(not flow.sources)
            self._take(flow.sources, user)
        return True

    def _escapes(self, pointer: _Pointer, flow: Flow, user: FunctionFacts) -> bool:
        """Whether the address of the pointer itself becomes known by another name."""
        target = self._program.types.at(flow.target, user)
        for value in flow.sources:
            if not isinstance(value, AccessPath):
                continue
            if self._program.cells.of(value, user)[0] != pointer.cell:
                continue
            if pointer.element:
                if not value.loaded:
                    return True
                continue
            own = self._program.types.at(value, user)
            deeper = own is None or target is None or target.depth - flow.through > own.depth
            if deeper or flow.addressed:
                return True
        return False

    def _given(self, pointer: _Pointer, site: Site, position: int) -> bool:
        """Follow the stores of a call to the pointer that is its argument; returns whether there
        are any."""
        call, path = site.call, site.facts.function.path
        bare = any(
            isinstance(v, AccessPath) and not v.loaded
            for v in call.values(position)
            if isinstance(v, AccessPath)
            and self._program.cells.of(v, site.facts)[0] == pointer.cell
        )
        by_address = call.addressed[position] or (pointer.element and bare)
        known = known_callee(self._program, call.name, path)
        if known is not None:
            self._lose_if(known.may_set(position, len(call.arguments)))
            return False
        functions = self._program.definitions(call.name, path)
        if "for_each" in call.name or any(is_macro(f) for f in functions):
            self._lost = True
            return False
        if not by_address:
            return False
        self._lose_if(not functions)
        for function in functions:
            callee = self._program.facts(function)
            if position >= len(callee.parameters):
                self._lost = True
                continue
            inner = Local(function.id, callee.parameters[position])
            self._add(inner, True, callee)
        return bool(functions)

    # Results of calls

    def _result(self, site: Site) -> None:
        call, facts = site.call, site.facts
        known = known_callee(self._program, call.name, facts.function.path)
        if call.name in knowledge().same_memory:
            self._take(call.values(0), facts)
            return
        if known is not None:
            self._known_result(known, site)
            return
        functions = self._program.pointer_calls.meant_by(site)
        self._lose_if(not functions)
        for function in functions:
            callee = self._program.facts(function)
            self._lose_if(is_macro(function) or not callee.returns)
            for returned in callee.returns:
                self._take(returned.values, callee)

    def _known_result(self, known: KernelFunction, site: Site) -> None:
        call = site.call
        if known.hands_on:
            for move in transfer.moves(known, len(call.arguments)):
                if move.target == RESULT and any(move.into(Form.ADDRESS)):
                    self._take(call.values(move.origin), site.facts)
        elif known.allocates or known.origin is Origin.NEW:
            self._found.add(call.place)
        elif known.origin is not Origin.ERROR:
            self._lost = True
