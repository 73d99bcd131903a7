# SPDX-License-Identifier: GPL-2.0-only
"""Calls through members of a driver's own structs: what they mean, and whom they make a caller."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from migrate.analysis.frontend.initializers import initialised_by
from migrate.analysis.frontend.mentions import Mention, mentions
from migrate.analysis.frontend.syntax import Function, Source, members_set
from migrate.analysis.program.callers import Site, is_export
from migrate.analysis.program.functions import Functions
from migrate.analysis.program.location import Member, Untyped
from migrate.analysis.program.locations import Locations
from migrate.analysis.program.type_lookup import TypeLookup

_HARMLESS = frozenset({"comment", "string_content", "field_identifier", "type_identifier"})


class PointerCalls:
    """The functions behind members that hold functions, and the calls through such members."""

    def __init__(self, functions: Functions, types: TypeLookup, cells: Locations) -> None:
        self._functions = functions
        self._types = types
        self._cells = cells

    def meant_by(self, site: Site) -> tuple[Function, ...]:
        """The definitions that a call may mean, by its name or by the member it goes through;
        none when anybody may have set that member."""
        call, path = site.call, site.facts.function.path
        if call.name:
            return self._functions.definitions(call.name, path)
        if call.pointer is None or not call.pointer.members:
            return ()
        cell, _ = self._cells.of(call.pointer, site.facts)
        if not isinstance(cell, Member) or self._types.is_public(cell.tag, path):
            return ()
        return self._functions.behind_pointer(call.pointer.members[-1], path)

    def put_into(self, tag: str, member: str, path: str) -> tuple[Function, ...]:
        """The functions that initialisers of the file `path` put into a member of struct `tag`."""
        source = self._functions.source(path)
        found: dict[str, Function] = {}
        for name in members_set(source, member) if source is not None else ():
            for mention in _named(source, name) if name and source is not None else ():
                cell = _initialised(self._types, mention, path)
                if cell is not None and (cell.tag, cell.name) == (tag, member):
                    meant = self._functions.definitions(name, path)
                    found |= {f"{f.path}:{f.ordinal}": f for f in meant}
        return tuple(found.values())

    def of(self, function: Function) -> tuple[Site, ...] | None:
        """The calls through the members that initialisers set to `function`; None when it is named
        in another way, or when such a member is read for anything but to call it."""
        members: dict[Member, str] = {}
        for path in self._functions.files_with(function.path, function.name):
            source = self._functions.source(path)
            for mention in _named(source, function.name) if source is not None else ():
                cell = _initialised(self._types, mention, path)
                if cell is None or self._types.is_public(cell.tag, path):
                    return None
                members[replace(cell, home=self._types.own_file(cell.tag, path))] = path
        sites: list[Site] = []
        for cell, path in members.items():
            found = self._calls(cell, path)
            if not found:
                return None
            sites.extend(found)
        return tuple(sites) if members else None

    def _calls(self, cell: Member, path: str) -> list[Site] | None:
        """Every call through the member `cell`; None when what it holds may go elsewhere."""
        sites: list[Site] = []
        for facts in self._cells.member_users(cell, path):
            found = self._cells.mentions(facts, cell)
            if found.sources or found.arguments or found.returns:
                return None
            if any(isinstance(other, Untyped) for other in self._cells.named(facts, cell.word)):
                return None
            for index, call in enumerate(facts.calls):
                if call.name or call.pointer is None or call.pointer.members[-1:] != (cell.word,):
                    continue
                target, _ = self._cells.of(call.pointer, facts)
                if isinstance(target, Untyped):
                    return None
                if target == cell:
                    sites.append(Site(facts, index))
        return sites


def _named(source: Source, name: str) -> Iterator[Mention]:
    """Where `name` stands without being called, declared or exported."""
    for mention in mentions(source, name):
        if mention.kind in _HARMLESS or is_export(source, mention.at):
            continue
        if mention.holder not in ("call_expression", "function_declarator"):
            yield mention


def _initialised(types: TypeLookup, mention: Mention, path: str) -> Member | None:
    """The member M of struct T when f is mentioned in `struct T x = { .M = f }`, or when such a T
    stands in another struct or in an array of what is declared there."""
    found = initialised_by(mention)
    if found is None or found.steps[-1] is None:
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
