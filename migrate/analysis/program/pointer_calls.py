# SPDX-License-Identifier: GPL-2.0-only
"""Calls through members of a driver's own structs: what they mean, and whom they make a caller."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tree_sitter import Node

from migrate.analysis.frontend.syntax import Function, Source, name_of, nodes
from migrate.analysis.frontend.types import base_type, pointer_depth
from migrate.analysis.frontend.words import whole_word
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

    def of(self, function: Function) -> tuple[Site, ...] | None:
        """The calls through the members that initialisers set to `function`; None when it is named
        in another way, or when such a member is read for anything but to call it."""
        members: dict[Member, str] = {}
        for path in self._functions.files_with(function.path, function.name):
            source = self._functions.source(path)
            for node in _named(source, function.name) if source is not None else ():
                cell = _initialised(self._types, node, path)
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


def _named(source: Source, name: str) -> Iterator[Node]:
    """Where `name` stands without being called, declared or exported."""
    for match in whole_word(name).finditer(source.text):
        node = source.root.descendant_for_byte_range(match.start(), match.end())
        if node is None or node.type in _HARMLESS or is_export(source, match.start()):
            continue
        parent = node.parent
        if parent is None or parent.type not in ("call_expression", "function_declarator"):
            yield node


_Step = str | None
"""A member, or None for an element of an array."""


def _initialised(types: TypeLookup, node: Node, path: str) -> Member | None:
    """The member M of struct T when `node` is f in `struct T x = { .M = f }`, or when such a T
    stands in another struct or in an array of what is declared there."""
    found = _steps(node)
    if found is None or found[0][-1] is None:
        return None
    steps, declarator, declaration = found
    kind, depth = base_type(declaration, path), pointer_depth(declarator)
    if any(n.type == "pointer_declarator" for n in nodes(declarator)):
        return None
    tag, names = "", list[str]()
    for step in steps:
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


def _steps(node: Node) -> tuple[list[_Step], Node, Node] | None:
    """From the outside in, by what the value `node` is reached in an initialiser; with the
    declarator and the declaration that it belongs to."""
    holder = node.parent
    if holder is not None and holder.type == "pointer_expression":
        holder = holder.parent
    if node.type != "identifier" or holder is None or holder.type != "initializer_pair":
        return None
    steps: list[_Step] = []
    while holder is not None and holder.type in ("initializer_pair", "initializer_list"):
        above = holder.parent
        if holder.type == "initializer_pair":
            steps[:0] = [
                name_of(d.named_children[0]) if d.type == "field_designator" else None
                for d in holder.children_by_field_name("designator")
            ]
        elif above is not None and above.type == "initializer_list":
            steps.insert(0, None)
        holder = above
    declarator = holder.child_by_field_name("declarator") if holder is not None else None
    if holder is None or holder.type != "init_declarator" or declarator is None:
        return None
    return (steps, declarator, holder.parent) if steps and holder.parent is not None else None
