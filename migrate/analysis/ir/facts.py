# SPDX-License-Identifier: GPL-2.0-only
"""The values of one function: flows, calls, returns, accesses, derived from its instructions.

This module does not know what a page is. The order of statements is kept only as the order of the
lists: this view is flow-insensitive.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from migrate.analysis.frontend.syntax import Function, Source
from migrate.analysis.frontend.types import TypeRef
from migrate.analysis.ir.expressions import (
    AddressOf,
    Element,
    Expression,
    Load,
    Member,
    has_address,
    is_null,
    parts,
)
from migrate.analysis.ir.instructions import (
    Declare,
    Evaluate,
    Invoke,
    Label,
    Leave,
    Lowered,
    Select,
    Store,
)
from migrate.analysis.ir.lowering import lower
from migrate.analysis.ir.model import Access, AccessPath, Call, Flow, FunctionFacts, Return
from migrate.analysis.ir.suballocation import confirmed, is_carved
from migrate.analysis.ir.values import Read, level, reads, target_paths, values


def extract(source: Source, function: Function) -> FunctionFacts:
    """The facts of `function`, in source order; none for a file that is not analysed."""
    return facts_of(source, lower(source, function))


def facts_of(source: Source, lowered: Lowered) -> FunctionFacts:
    """The facts in the instructions of a function."""
    types = {name: local.type for name, local in lowered.locals.items()}
    found = _Facts(source, types)
    for instruction in lowered.order:
        match instruction:
            case Store():
                found.store(instruction)
            case Invoke():
                found.invoke(instruction)
            case Leave():
                found.leave(instruction)
            case Evaluate(value):
                found.read(value)
            case Select() | Declare() | Label():
                pass
    flows, calls = tuple(found.flows), tuple(found.calls)
    return FunctionFacts(
        lowered.function,
        lowered.parameters,
        types,
        confirmed(flows, calls, types, lowered),
        calls,
        tuple(found.returns),
        tuple(found.accesses),
        lowered.guards,
        lowered.incomplete,
        lowered,
    )


@dataclass
class _Facts:
    source: Source
    types: dict[str, TypeRef]
    flows: list[Flow] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)
    accesses: list[Access] = field(default_factory=list)

    def store(self, store: Store) -> None:
        self.read(store.value)
        through = isinstance(store.target, (Load, Element, AddressOf))
        if not store.initial:
            for part in parts(store.target) if through or _is_member(store) else (store.target,):
                self.read(part)
        if store.counts:
            self._count(store, through)
            return
        sources = values(store.value)
        null = not sources and is_null(store.value)
        addressed = has_address(store.value)
        for target in target_paths(store.target):
            # In `pages += n` the target is still derived from pages.
            kept = (target,) if store.operator in ("+=", "-=") else ()
            carved = not through and not target.members and is_carved(store.value, self.types)
            made = (*kept, *sources)
            place, text = store.place, store.text
            self.flows.append(
                Flow(
                    target,
                    made,
                    through,
                    null and not kept,
                    place,
                    text,
                    store.guards,
                    carved,
                    addressed,
                )
            )
            if not store.initial:
                self._write(store, target, through)

    def _count(self, store: Store, through: bool) -> None:
        """`x++`: x is read, and written if it is behind a pointer."""
        self.read(store.target, parts_too=False)
        if through:
            for target in target_paths(store.target):
                self._write(store, target, True)

    def _write(self, store: Store, target: AccessPath, through: bool) -> None:
        place, text = store.place, store.text
        if through:
            deep = level(store.target)
            self.accesses.append(Access(target, "", True, deep, place, text))
        elif target.members and _is_member(store):
            owner = AccessPath(target.base, target.members[:-1])
            self.accesses.append(Access(owner, target.members[-1], True, 0, place, text))

    def invoke(self, invoke: Invoke) -> None:
        for argument in invoke.arguments:
            self.read(argument)
        name, pointer = invoke.name, None
        if not name:
            self.read(invoke.callee)
            pointer = next((v for v in values(invoke.callee) if isinstance(v, AccessPath)), None)
        self.calls.append(
            Call(
                name,
                pointer,
                tuple(values(argument) for argument in invoke.arguments),
                invoke.sources,
                invoke.place,
                invoke.text,
                invoke.start,
                invoke.guards,
                invoke.unclear,
                tuple(invoke.unclear or has_address(a) for a in invoke.arguments),
            )
        )

    def leave(self, leave: Leave) -> None:
        if leave.value is None:
            return
        self.read(leave.value)
        found = values(leave.value)
        if found:
            addressed = has_address(leave.value)
            self.returns.append(Return(found, leave.place, leave.text, leave.guards, addressed))

    def read(self, expression: Expression, parts_too: bool = True) -> None:
        for read in reads(expression) if parts_too else _outermost(expression):
            place, text = self.source.place_at(read.at), self.source.line_at(read.at)
            self.accesses.append(Access(read.path, read.member, False, read.level, place, text))


def _is_member(store: Store) -> bool:
    return isinstance(store.target, Member)


def _outermost(expression: Expression) -> Iterator[Read]:
    """The reads of `expression` itself, without those of its parts."""
    inside = [r for part in parts(expression) for r in reads(part)]
    return (r for r in list(reads(expression))[len(inside) :])
