# SPDX-License-Identifier: GPL-2.0-only
"""Following one release backward also through calls by function pointers of the driver's own."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from migrate.analysis.frontend.syntax import Function, Source, name_of
from migrate.analysis.frontend.words import whole_word
from migrate.analysis.ir.model import FunctionFacts
from migrate.analysis.pairing.backward import Backward
from migrate.analysis.program.callers import Site
from migrate.analysis.program.location import Local, Member
from migrate.analysis.program.program import Program

_CODE = frozenset({"identifier", "field_identifier", "preproc_arg"})


class AuditBackward(Backward):
    """A `Backward` for which a function in an initialiser has the callers of that member."""

    def _parameter(self, cell: Local, form: str, facts: FunctionFacts) -> None:
        sites = _all_callers(self.program, facts.function)
        if sites is None:
            super()._parameter(cell, form, facts)
            return
        position = facts.parameters.index(cell.name)
        for site in sites:
            if position < len(site.call.arguments):
                self._values(site.call.values(position), form, site.facts)


def _all_callers(program: Program, function: Function) -> tuple[Site, ...] | None:
    """Every call of a function that is called by pointer, too; None when that cannot be said."""
    direct, closed = program.callers.of(function)
    if closed or program.corpus.public_files(function.name):
        return None
    members: set[str] = set()
    for path in program.files_with(function.path, function.name):
        source = program.source(path)
        if source is not None and source.unread:
            return None
        for node in _mentions(source, function.name) if source is not None else ():
            member = _initialised(node)
            if not member:
                return None
            members.add(member)
    sites = [s for m in sorted(members) for s in _pointer_calls(program, function.path, m)]
    return (*direct, *sites) if sites else None


def _mentions(source: Source, name: str) -> Iterator[Node]:
    """Where `name` stands without being called or declared."""
    for match in whole_word(name).finditer(source.text):
        node = source.root.descendant_for_byte_range(match.start(), match.end())
        if node is None or node.type not in _CODE:
            continue
        parent = node.parent
        if parent is not None and parent.type in ("call_expression", "function_declarator"):
            continue
        yield node


def _initialised(node: Node) -> str:
    """M when `node` is f in `.M = f` or `.M = &f`, else ""."""
    holder = node.parent
    if holder is not None and holder.type == "pointer_expression":
        holder = holder.parent
    if holder is None or holder.type != "initializer_pair":
        return ""
    designators = holder.children_by_field_name("designator")
    if len(designators) != 1 or designators[0].type != "field_designator":
        return ""
    return name_of(designators[0].named_children[0])


def _pointer_calls(program: Program, path: str, member: str) -> Iterator[Site]:
    """The calls through `member` of a struct that is private to the scope of `path`."""
    for name in program.files_with(path, member):
        for facts in program.functions_with(name, member):
            for index, call in enumerate(facts.calls):
                pointer = call.pointer
                if call.name or pointer is None or pointer.members[-1:] != (member,):
                    continue
                cell, _ = program.cells.of(pointer, facts)
                if isinstance(cell, Member) and not program.types.is_public(cell.tag, name):
                    yield Site(facts, index)
