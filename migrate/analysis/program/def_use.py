# SPDX-License-Identifier: GPL-2.0-only
"""The mentions of a storage location in a function.

An expression is resolved only if it contains a word of the storage: resolving all others would need
the types of many irrelevant files.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from migrate.analysis.ir.model import CALLED, Access, AccessPath, Flow, FunctionFacts, Return, Value
from migrate.analysis.program.location import AbstractLocation, CallResult, Member
from migrate.analysis.program.type_lookup import TypeLookup


@dataclass
class DefUse:
    """One function's mentions of one cell; `via` is the container member it is reached through,
    or :data:`LOADED` for what a plain pointer points to.

    `sources` are flows out of the cell, `targets` flows into it; an argument is the number of
    the call, the position, and via.
    """

    sources: list[tuple[Flow, str]] = field(default_factory=list)
    targets: list[tuple[Flow, str]] = field(default_factory=list)
    arguments: list[tuple[int, int, str]] = field(default_factory=list)
    returns: list[tuple[Return, str]] = field(default_factory=list)
    accesses: list[Access] = field(default_factory=list)


LOADED = "*"

_Argument = tuple[int, int]
"""The number of a call, and the position."""

_Entry = tuple[str, Value, Flow | _Argument | Return | Access]
"""The word, the value, and the fact that contains it."""


class Names(Protocol):
    """Resolves values to storage; see :mod:`migrate.analysis.program.locations`."""

    def of(self, value: Value, facts: FunctionFacts) -> tuple[AbstractLocation, str]: ...


class Index:
    """The mentions in one function, by the words in the expressions."""

    def __init__(self, cells: Names, types: TypeLookup, facts: FunctionFacts) -> None:
        self._cells = cells
        self._types = types
        self._facts = facts
        self._entries: dict[str, list[_Entry]] = {}
        self._known: dict[AbstractLocation, DefUse] = {}
        for entry in _entries(facts):
            for word in _words(entry[1]):
                self._entries.setdefault(word, []).append(entry)

    def of(self, cell: AbstractLocation) -> DefUse:
        """The mentions of `cell` in the function."""
        if cell not in self._known:
            found = self._known[cell] = DefUse()
            for kind, value, fact in self._entries.get(_word(cell), ()):
                named, via = self._cells.of(value, self._facts)
                if named == cell:
                    self._add(found, kind, fact, via or self._loaded(kind, value))
        return self._known[cell]

    def _loaded(self, kind: str, value: Value) -> str:
        if kind in ("target", "access") or not isinstance(value, AccessPath) or not value.loaded:
            return ""
        found = self._types.at(value, self._facts)
        return LOADED if found is not None and found.depth <= 1 else ""

    @staticmethod
    def _add(found: DefUse, kind: str, fact: Flow | _Argument | Return | Access, via: str) -> None:
        if isinstance(fact, Flow):
            (found.targets if kind == "target" else found.sources).append((fact, via))
        elif isinstance(fact, Return):
            found.returns.append((fact, via))
        elif isinstance(fact, Access):
            found.accesses.append(fact)
        else:
            found.arguments.append((*fact, via))


def _entries(facts: FunctionFacts) -> Iterator[_Entry]:
    for flow in facts.flows:
        for value in dict.fromkeys(flow.sources):
            yield "source", value, flow
        yield "target", flow.target, flow
    for number, call in enumerate(facts.calls):
        for position, values in enumerate(call.arguments):
            for value in dict.fromkeys(values):
                yield "argument", value, (number, position)
    for returned in facts.returns:
        for value in dict.fromkeys(returned.values):
            yield "return", value, returned
    for access in facts.accesses:
        yield "access", access.loc, access


def _words(value: Value) -> set[str]:
    """Every word that can name the storage of `value`."""
    if isinstance(value, AccessPath):
        return {value.base, *value.members}
    return {f"{CALLED}{value.call}"}


def _word(cell: AbstractLocation) -> str:
    if isinstance(cell, CallResult):
        return f"{CALLED}{cell.call}"
    return cell.word if isinstance(cell, Member) else cell.name
