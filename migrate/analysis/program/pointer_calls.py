# SPDX-License-Identifier: GPL-2.0-only
"""Calls through members of a driver's own structs: their callees, and the callers of the functions
in these members."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.frontend.mentions import Mention, mentions, stored_to
from migrate.analysis.frontend.syntax import Function, Source, members_set
from migrate.analysis.ir.model import AccessPath, FunctionFacts
from migrate.analysis.place import FunctionId
from migrate.analysis.program.callers import Callers, Site, is_export
from migrate.analysis.program.functions import Functions
from migrate.analysis.program.location import Member, Untyped
from migrate.analysis.program.locations import Locations
from migrate.analysis.program.tables import Tables, initialised_member
from migrate.analysis.program.type_lookup import TypeLookup

_HARMLESS = frozenset(
    {"comment", "string_content", "system_lib_string", "field_identifier", "type_identifier"}
)


class PointerCalls:
    """The functions in members that hold functions, and the calls through such members."""

    def __init__(
        self, functions: Functions, types: TypeLookup, cells: Locations, tables: Tables
    ) -> None:
        self._functions = functions
        self._types = types
        self._cells = cells
        self._tables = tables
        self._nearby: dict[tuple[str, str], tuple[Function, ...]] = {}
        self.callers: Callers
        """Set by the constructor of both."""

    def forget(self) -> None:
        """Drop all results."""
        self._nearby.clear()

    def meant_by(self, site: Site, far: bool = False) -> tuple[Function, ...]:
        """The definitions that a call may mean, by its name or through a member or a parameter;
        none if unknown code may have set that. With `far` the tree is searched for stores to a
        member of a struct of a public header, and for the callers of a public function."""
        call, path = site.call, site.facts.function.path
        if call.name:
            return self._functions.definitions(call.name, path)
        if call.pointer is None:
            return ()
        if not call.pointer.members:
            return self._given(call.pointer.base, site.facts, far)
        cell, _ = self._cells.of(call.pointer, site.facts)
        if not isinstance(cell, Member):
            return ()
        if self._types.is_public(cell.tag, path):
            closed = far and not self._functions.open_world
            return self._tables.held(cell, path) if closed else ()
        return self._set_nearby(call.pointer.members[-1], path)

    def _set_nearby(self, member: str, path: str) -> tuple[Function, ...]:
        """The functions that initialisers and assignments in the scope of `path` store in a member;
        none if one of them stores something else."""
        key, functions = (member, path), self._functions
        if key not in self._nearby:
            found: dict[FunctionId, Function] = {}
            known = True
            for name in functions.corpus.setting_files(path, member):
                source = functions.source(name)
                for target in members_set(source, member) if source is not None else ():
                    meant = functions.definitions(target, name)
                    known &= bool(meant) or target == "NULL"
                    found |= {function.id: function for function in meant}
            self._nearby[key] = tuple(found.values()) if known else ()
        return self._nearby[key]

    def put_into(self, tag: str, member: str, path: str) -> tuple[Function, ...]:
        """The functions that initialisers in the file `path` store in a member of struct `tag`."""
        source = self._functions.source(path)
        found: dict[str, Function] = {}
        for name in members_set(source, member) if source is not None else ():
            for mention in _named(source, name) if name and source is not None else ():
                cell = initialised_member(self._types, mention, path)
                if cell is not None and (cell.tag, cell.name) == (tag, member):
                    meant = self._functions.definitions(name, path)
                    found |= {f"{f.path}:{f.ordinal}": f for f in meant}
        return tuple(found.values())

    def _given(
        self, name: str, facts: FunctionFacts, far: bool, above: frozenset[FunctionId] = frozenset()
    ) -> tuple[Function, ...]:
        """The functions that all callers pass as the parameter `name`, also indirectly, except for
        callers in `above`; none if one passes something else."""
        id = facts.function.id
        if name not in facts.parameters or any(f.target.base == name for f in facts.flows):
            return ()
        sites, closed = self.callers.of(facts.function, far)
        position, found = facts.parameters.index(name), dict[FunctionId, Function]()
        for site in sites if closed and id not in above else ():
            values, there = site.call.values(position), site.facts
            meant: Iterable[Function] = self._tables.named(values, there) or ()
            if len(values) == 1 and isinstance(values[0], AccessPath) and not values[0].members:
                meant = meant or self._given(values[0].base, there, far, above | {id})
            found |= {function.id: function for function in meant}
            if not meant:
                return ()
        return tuple(found.values())

    def of(self, function: Function, paths: tuple[str, ...], far: bool) -> tuple[Site, ...] | None:
        """The calls through the members that initialisers and stores in the files `paths` set to
        `function`; None if it is named in another way, or if such a member is read other than to
        call it. With `far`, members of structs of public headers count, too."""
        members = self.members(function, paths)
        if members is None:
            return None
        sites: list[Site] = []
        for cell, path in members.items():
            if not far and self._types.is_public(cell.tag, path):
                return None
            found = self._calls(cell, path, far)
            if not found:
                return None
            sites.extend(found)
        return tuple(sites) if members else None

    def members(self, function: Function, paths: tuple[str, ...]) -> dict[Member, str] | None:
        """The members that initialisers and stores in the files `paths` set to `function`, each
        with such a file; None if it is named in another way."""
        members: dict[Member, str] = {}
        for path in paths:
            source = self._functions.source(path)
            for mention in _named(source, function.name) if source is not None else ():
                cell = initialised_member(self._types, mention, path) or self._stored(mention)
                if cell is None:
                    return None
                members[replace(cell, home=self._types.own_file(cell.tag, path))] = path
        return members

    def lends(self, function: Function) -> bool:
        """Whether a function is only in members of the kernel's tables through which pages are
        lent, so that who calls it there releases none."""
        if self.callers.is_public(function):
            return False
        paths = self._functions.files_with(function.path, function.name)
        members = self.members(function, paths) or {}
        lent_by = knowledge().lent_by
        tags = {cell.tag: path for cell, path in members.items()}
        known = all(self._types.is_public(tag, path) for tag, path in tags.items())
        return bool(members) and known and all(cell.dotted in lent_by for cell in members)

    def _stored(self, mention: Mention) -> Member | None:
        """The member M of struct T if f is mentioned in `x->M = f`."""
        named = stored_to(mention)
        function = mention.source.function_at(mention.at)
        if named is None or function is None:
            return None
        word = mention.word
        targets = {
            self._cells.of(flow.target, facts)[0]
            for facts in (self._functions.facts(function),)
            for flow in facts.flows
            if AccessPath(word) in flow.sources and flow.target.members[-1:] == (named,)
        }
        target = targets.pop() if len(targets) == 1 else None
        return target if isinstance(target, Member) and target.tag else None

    def _calls(self, cell: Member, path: str, far: bool) -> list[Site] | None:
        """Every call through the member `cell`; None if its value may go elsewhere."""
        sites: list[Site] = []
        files = self._cells.member_files(cell, path)
        if files is None or any(self._is_passed(file, cell.word) for file in files):
            return None
        for facts in self._cells.member_users(cell, path, far):
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

    def _is_passed(self, path: str, member: str) -> bool:
        """Whether a macro may use the member by its name: the word is an argument of one, or in its
        expansion."""
        source = self._functions.source(path)
        if source is None or source.unread:
            return source is not None
        for mention in mentions(source, member):
            if mention.in_macro and mention.is_behind_dot:
                return True
            if mention.kind != "identifier" or mention.holder != "argument_list":
                continue
            function = source.function_at(mention.at)
            known = self._functions.facts(function).types if function is not None else {}
            if member not in known and member not in source.by_name:
                return True
        return False


def _named(source: Source, name: str) -> Iterator[Mention]:
    """Where `name` stands without being called, declared or exported."""
    for mention in mentions(source, name):
        if mention.kind in _HARMLESS or is_export(source, mention.at):
            continue
        if mention.holder not in ("call_expression", "function_declarator"):
            yield mention
