# SPDX-License-Identifier: GPL-2.0-only
"""Tables of operations of a driver's objects: which functions are in which, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from migrate.analysis.frontend.initializers import initialised, initialised_by
from migrate.analysis.frontend.mentions import Mention, mentions
from migrate.analysis.frontend.syntax import Function
from migrate.analysis.ir.expressions import AddressOf, Expression, Variable, plain
from migrate.analysis.program.functions import is_macro
from migrate.analysis.program.program import Program

_PLAIN = frozenset({"comment", "string_content", "field_identifier"})
"""Where the name of a function says nothing of what becomes of it."""


@dataclass(frozen=True)
class Table:
    """A constant struct with pointers to functions, at file scope: its name, and the members that
    have functions."""

    name: str
    path: str
    members: frozenset[tuple[str, str]]

    def has(self, function: str, member: str) -> bool:
        return (member, function) in self.members


@dataclass
class Operations:
    """The tables of a struct `tag` of a driver, of which `path` is a file."""

    program: Program
    tag: str
    path: str
    _alone: dict[str, bool] = field(default_factory=dict)

    def tables(self) -> tuple[Table, ...]:
        """All tables; none if one is no constant, is not understood, or has the name of another."""
        found = []
        for path in self.program.files_with(self.path, self.tag):
            source = self.program.source(path)
            if source is None or source.unread:
                return ()
            for table in initialised(source, self.tag):
                if not table.const or table.members is None:
                    return ()
                members = frozenset((m, f) for m, f in table.members.items() if f)
                found.append(Table(table.name, path, members))
        names = [table.name for table in found]
        return tuple(found) if len(set(names)) == len(names) else ()

    def is_only_in_tables(self, function: Function) -> bool:
        """Whether a function is named only to be called, or in tables of this struct."""
        if function.name not in self._alone:
            self._alone[function.name] = not is_macro(function) and all(
                self._is_in_table(mention, path) for mention, path in self._named(function)
            )
        return self._alone[function.name]

    def _named(self, function: Function) -> Iterator[tuple[Mention, str]]:
        for path in self.program.files_with(function.path, function.name):
            source = self.program.source(path)
            for mention in mentions(source, function.name) if source is not None else ():
                if mention.kind in _PLAIN:
                    continue
                if mention.holder not in ("call_expression", "function_declarator"):
                    yield mention, path

    def _is_in_table(self, mention: Mention, path: str) -> bool:
        found = initialised_by(mention)
        if mention.source.function_at(mention.at) is not None:
            return False  # a table that is not looked at
        if found is None or found.type is None or found.depth:
            return False
        return self.program.types.resolve(found.type, path).tag == self.tag


def table_named(tables: tuple[Table, ...], value: Expression) -> Table | None:
    """The table whose address is an expression."""
    inner = plain(value)
    if not isinstance(inner, AddressOf) or not isinstance(inner.object, Variable):
        return None
    return next((t for t in tables if t.name == inner.object.name), None)
