# SPDX-License-Identifier: GPL-2.0-only
"""Tables of functions: what initialisers and stores in the whole tree put into a member of a struct
of a public header.

This is the first layer of a multi-layer type analysis (Lu and Hu, "Where Does It Go?", CCS 2019): a
call through a member calls what is stored in that member of that struct, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrate.analysis.frontend.initializers import (
    InitialisedBy,
    given_to,
    initialised_by,
    sets_by_position,
)
from migrate.analysis.frontend.mentions import Mention
from migrate.analysis.frontend.syntax import Function
from migrate.analysis.ir.model import AccessPath, FunctionFacts, Value
from migrate.analysis.place import FunctionId
from migrate.analysis.program.functions import Functions
from migrate.analysis.program.include_graph import IncludeGraph
from migrate.analysis.program.linker import Linker
from migrate.analysis.program.location import Member
from migrate.analysis.program.locations import Locations
from migrate.analysis.program.type_lookup import TypeLookup


class Tables:
    """The functions in the members of public structs, each looked for once."""

    def __init__(
        self,
        functions: Functions,
        types: TypeLookup,
        cells: Locations,
        wide: IncludeGraph,
        linker: Linker,
    ) -> None:
        self._functions = functions
        self._types = types
        self._cells = cells
        self._wide = wide
        self._linker = linker
        self._known: dict[Member, tuple[Function, ...]] = {}

    def forget(self) -> None:
        """Drop all results."""
        self._known.clear()

    def held(self, cell: Member, path: str) -> tuple[Function, ...]:
        """The functions that may be in the member `cell`, as seen from `path`; none if something
        else may be, or if not all stores to it can be found."""
        if cell not in self._known:
            self._known[cell] = self._held(cell, path)
        return self._known[cell]

    def named(self, values: tuple[Value, ...], facts: FunctionFacts) -> list[Function] | None:
        """The functions that are named; None if one value is not a known function."""
        found: list[Function] = []
        for value in values:
            if not isinstance(value, AccessPath) or value.members or value.base in facts.types:
                return None
            meant = self._function(value.base, facts.function.path)
            if not meant:
                return None
            found += meant
        return found or None

    def _function(self, name: str, path: str) -> tuple[Function, ...]:
        return self._functions.definitions(name, path) or self._linker.meant(name, path)

    def _held(self, cell: Member, path: str) -> tuple[Function, ...]:
        """The functions that are stored in a member of a struct of a public header, in the whole
        tree; none if something else may be, or if not all stores to it can be found."""
        body = self._types.struct(cell.tag, path)
        files = self._cells.member_files(cell, path)
        makers = self._wide.files(body.path, cell.tag) if body is not None else None
        if files is None or makers is None:
            return ()
        found: dict[FunctionId, Function] = {}
        for meant in (*self._initial(cell, files, makers), *self._put(cell, path)):
            if not meant:
                return ()
            found |= {function.id: function for function in meant}
        return tuple(found.values())

    def _initial(
        self, cell: Member, files: tuple[str, ...], makers: tuple[str, ...]
    ) -> Iterator[tuple[Function, ...]]:
        """What each initialiser stores in the member; nothing for what is not understood."""
        for file in makers:
            source = self._functions.source(file)
            if source is not None and sets_by_position(source, cell.tag):
                yield ()
        for file in files:
            source = self._functions.source(file)
            if source is None or source.unread:
                yield ()
                continue
            for given in given_to(source, cell.word):
                owner = _owner(self._types, given.where, file) if given.where is not None else None
                if owner is not None and owner != cell:
                    continue
                if owner is None or given.value is None:
                    yield ()
                elif given.value:
                    yield self._function(given.value, file)

    def _put(self, cell: Member, path: str) -> Iterator[tuple[Function, ...]]:
        """What each store puts into the member."""
        for facts in self._cells.member_users(cell, path, far=True):
            for flow, _ in self._cells.mentions(facts, cell).targets:
                if flow.null or all(self._cells.of(v, facts)[0] == cell for v in flow.sources):
                    if not flow.null and not flow.sources:
                        yield ()
                    continue
                yield tuple(self.named(flow.sources, facts) or ())


def initialised_member(types: TypeLookup, mention: Mention, path: str) -> Member | None:
    """The member M of struct T if f is mentioned in `struct T x = { .M = f }`, or if such a T is
    inside another struct or an array that is declared there."""
    found = initialised_by(mention)
    return _owner(types, found, path) if found is not None else None


def _owner(types: TypeLookup, found: InitialisedBy, path: str) -> Member | None:
    if found.steps[-1] is None:
        return None
    kind, depth = found.type, found.depth
    tag, names = "", list[str]()
    for step in found.steps:
        if kind is None or (step is None) != (depth > 0):
            return None  # by its position, or a pointer to what is somewhere else
        if step is None:
            depth -= 1
            continue
        if kind.tag:
            tag, names = kind.tag, []
        names.append(step)
        kind = types.of_member(kind, step, path)
        depth = kind.depth if kind is not None and kind.inside else 0
    return Member(tag, tuple(names)) if tag else None
