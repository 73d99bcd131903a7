# SPDX-License-Identifier: GPL-2.0-only
"""Objects that get a table of operations while they are new, as their class.

    object->ops->release(object);

A function that is only in one table, and is only called so, works on objects with that table, and
never on those with another. What it stores into its object is not found in the others, as for a
flag in :mod:`migrate.analysis.flags.object_kinds`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from migrate.analysis.flags.flag_members import MemberSlot
from migrate.analysis.flags.made_through import MadeThrough
from migrate.analysis.flags.object_kinds import KindsOfObjects
from migrate.analysis.flags.operations import Operations, Table, table_named
from migrate.analysis.flags.slots import slots
from migrate.analysis.flags.terms import every_way
from migrate.analysis.frontend.types import TypeRef
from migrate.analysis.heap.closed_members import member_type
from migrate.analysis.heap.may_alias import MayAlias
from migrate.analysis.ir.expressions import Expression, Variable
from migrate.analysis.ir.instructions import Invoke, Leave, Lowered, Store
from migrate.analysis.ir.model import AccessPath, FunctionFacts
from migrate.analysis.place import FunctionId, Place
from migrate.analysis.program import location
from migrate.analysis.program.callers import Site
from migrate.analysis.program.functions import is_macro
from migrate.analysis.program.location import Kind, Kinds
from migrate.analysis.program.program import Program
from migrate.analysis.program.visible_stores import is_set_unseen

_CALLERS = 3
"""The maximum number of functions that pass an object on before one of them uses it."""

_MOST = 6
"""Tables to try for one member."""


def all_kinds(
    program: Program, apart: MayAlias, cell: location.Member, path: str
) -> Iterator[KindsOfObjects]:
    """Each way to distinguish objects with pages in `cell`: by a flag, or by a table. Their struct
    is visible in the file `path`."""
    for slot in slots(program, cell, path):
        yield KindsOfObjects(program, apart, slot, path)
    for table in _tables(program, cell, path)[:_MOST]:
        yield table.kinds(program, apart, cell, path)


@dataclass(frozen=True)
class _OwnTable:
    """One of the tables that a member of a struct may point to."""

    word: str
    tag: str
    table: Table

    def kinds(
        self, program: Program, apart: MayAlias, cell: location.Member, path: str
    ) -> KindsByTable:
        slot = MemberSlot(cell, replace(cell, members=(self.word,)))
        return KindsByTable(program, apart, slot, path, table=self.table, tag=self.tag)


def _tables(program: Program, cell: location.Member, path: str) -> list[_OwnTable]:
    """The tables with a function that uses pages in `cell`, if there are others as well."""
    body = program.types.struct(cell.tag, path)
    if body is None or len(cell.members) != 1 or program.types.is_public(cell.tag, path):
        return []
    users = {facts.function.name for facts in program.cells.member_users(cell, path)}
    found = []
    for word, kind in body.members.items():
        tag = _pointed(program, kind, body.path)
        tables = Operations(program, tag, path).tables() if tag else ()
        if len(tables) > 1:
            using = (t for t in tables if any(f in users for _, f in t.members))
            found += [_OwnTable(word, tag, table) for table in using]
    return found


def _pointed(program: Program, kind: TypeRef, path: str) -> str:
    """The tag of the driver's own struct that a member points to."""
    known = program.types.resolve(kind, path)
    if not known.tagged or known.depth != 1 or known.array or not known.tag:
        return ""
    return "" if program.types.is_public(known.tag, path) else known.tag


@dataclass
class KindsByTable(KindsOfObjects):
    """The kinds of objects by whether they have `table`, a struct `tag`."""

    table: Table = field(kw_only=True)
    tag: str = field(kw_only=True)
    _of_parameters: dict[tuple[FunctionId, str], Kinds] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.operations = Operations(self.program, self.tag, self.path)
        self.tables = self.operations.tables()
        self.made = MadeThrough(self.program, self.slot.flag.word)

    def _may_tell(self) -> bool:
        kind = member_type(self.program, self.slot.flag, self.path)
        return kind is not None and _pointed(self.program, kind, self.path) == self.tag

    def _of_owner(
        self, facts: FunctionFacts, lowered: Lowered, owner: Expression
    ) -> dict[Place, Kinds]:
        if not isinstance(owner, Variable):
            return {}
        kinds = self._of_variable(facts, lowered, owner, 0)
        named = (i for i in lowered.order if isinstance(i, Store | Invoke | Leave))
        return {i.place: kinds for i in named} if kinds is not None else {}

    def _of_variable(
        self, facts: FunctionFacts, lowered: Lowered, owner: Variable, depth: int
    ) -> Kinds:
        """The kinds of the object in a variable, which is the same everywhere in the function."""
        local = lowered.locals.get(owner.name)
        if local is None or local.lasting:
            return None
        if local.parameter:
            return self._of_parameter(facts, lowered, owner, depth)
        given = self.made.given(facts, lowered, owner)
        table = table_named(self.tables, given) if given is not None else None
        return frozenset({Kind(table == self.table)}) if table is not None else None

    def _of_parameter(
        self, facts: FunctionFacts, lowered: Lowered, owner: Variable, depth: int
    ) -> Kinds:
        key = (facts.function.id, owner.name)
        if key not in self._of_parameters:
            self._of_parameters[key] = None  # ends the recursion of a function that calls itself
            self._of_parameters[key] = self._passed(facts, lowered, owner, depth)
        return self._of_parameters[key]

    def _passed(self, facts: FunctionFacts, lowered: Lowered, owner: Variable, depth: int) -> Kinds:
        """The kinds of the objects that all callers pass in a parameter."""
        stored = any(isinstance(i, Store) and i.target == owner for i in lowered.order)
        changed = stored or is_set_unseen(self.program, lowered, owner)
        function = facts.function
        if changed or depth > _CALLERS or not self.operations.is_only_in_tables(function):
            return None
        sites, closed = self.program.callers.of(function)
        position = facts.parameters.index(owner.name)
        found: set[Kind] = set()
        for site in sites:
            kinds = self._at_call(site, function.name, position, depth)
            if kinds is None:
                return None
            found |= kinds
        return frozenset(found) if closed and found else None

    def _at_call(self, site: Site, function: str, position: int, depth: int) -> Kinds:
        """The kinds of the object that a call passes as argument number `position`."""
        facts, call = site.facts, site.call
        values = call.values(position)
        if call.unclear or len(values) != 1 or is_macro(facts.function):
            return None
        (given,) = values
        if not isinstance(given, AccessPath):
            return None
        if not call.name:
            return self._by_call(call.pointer, given, function)
        lowered = every_way(facts.lowered)
        if given.members or lowered is None or call.name != function:
            return None
        return self._of_variable(facts, lowered, Variable(given.base, True), depth + 1)

    def _by_call(self, pointer: AccessPath | None, given: AccessPath, function: str) -> Kinds:
        """The kinds of `x` in a call `x->ops->function(x)`: those with a table that has it."""
        if pointer is None or len(pointer.members) < 2:
            return None
        *owner, word, member = pointer.members
        same = pointer.base == given.base and tuple(owner) == given.members
        if not same or word != self.slot.flag.word:
            return None
        having = [table for table in self.tables if table.has(function, member)]
        return frozenset(Kind(table == self.table) for table in having) or None
