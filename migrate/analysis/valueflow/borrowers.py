# SPDX-License-Identifier: GPL-2.0-only
"""Structs that lend pages to code that takes no reference, such as an iov_iter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeGuard

from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.ir.model import FunctionFacts
from migrate.analysis.model import Place, UseKind
from migrate.analysis.program.functions import file_of
from migrate.analysis.program.location import AbstractLocation, CallResult, Local, Member
from migrate.analysis.program.program import Program
from migrate.analysis.program.trace import Trace
from migrate.analysis.valueflow.transfer import EFFECT_USE


def is_borrowed(cell: AbstractLocation) -> TypeGuard[Member]:
    """Whether the caller that stores something in `cell` keeps the reference."""
    return isinstance(cell, Member) and cell.tag in knowledge().borrowers


def asks_for_copy(cell: AbstractLocation) -> bool:
    """Whether page frames whose numbers are stored in `cell` are only copied, before their pages
    are released."""
    return isinstance(cell, Member) and cell.tag in knowledge().copied_frames


def use_of(cell: Member) -> UseKind:
    """The use of the pages that are stored in `cell`, a member of such a struct."""
    return EFFECT_USE[knowledge().borrowers[cell.tag].use]


def lenders(trace: Trace) -> Iterator[tuple[Member, str]]:
    """Each member to which the pages of `trace` were lent, with each file whose scope may have lent
    them: for a store in a public header, all that had the pages."""
    holding = {*trace.homes, *trace.origins.values()} | {
        file_of(state.cell.function.path)
        for state in trace.states
        if isinstance(state.cell, Local | CallResult)
    }
    callers = sorted(path for path in holding if not path.startswith("include/"))
    for cell, path in trace.lent.items():
        for lender in callers if path.startswith("include/") else (path,):
            yield cell, lender


def released_through(program: Program, trace: Trace) -> Iterator[Place]:
    """Releases of pages in a member that the pages of `trace` were lent to, in the scope of the
    code that lends them."""
    releases = frozenset(knowledge().releases)
    for cell, path in lenders(trace):
        for facts in program.cells.member_users(cell, path, beside=releases):
            found = program.cells.mentions(facts, cell)
            given = {index for index, _, _ in found.arguments}
            for flow, _ in found.sources:
                target, _ = program.cells.of(flow.target, facts)
                if isinstance(target, Local):
                    mentions = program.cells.mentions(facts, target)
                    given |= {index for index, _, _ in mentions.arguments}
            yield from _releases(facts, given)


def _releases(facts: FunctionFacts, calls: set[int]) -> Iterator[Place]:
    for index in sorted(calls):
        known = knowledge().lookup(facts.calls[index].name)
        if known is not None and known.releases:
            yield facts.calls[index].place
