# SPDX-License-Identifier: GPL-2.0-only
"""The flags that may tell what kind an object with pages is of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from migrate.analysis.flags.asked import Asked, all_asked
from migrate.analysis.flags.flag_members import MemberSlot
from migrate.analysis.heap.closed_members import member_type
from migrate.analysis.ir.expressions import Member, Variable
from migrate.analysis.ir.instructions import Store
from migrate.analysis.ir.model import FunctionFacts
from migrate.analysis.program import location
from migrate.analysis.program.program import Program
from migrate.analysis.program.type_lookup import CONTAINERS

_MOST_SLOTS = 6
"""The maximum number of flags to try for one member."""


def holds_pages(program: Program, cell: location.Member, path: str) -> bool:
    """Whether a member of a struct is or points to pages, or to a container of pages."""
    if program.types.is_public(cell.tag, path) and program.open_world:
        return False
    kind = member_type(program, cell, path)
    if kind is None:
        return False
    return kind.tag in CONTAINERS or (kind.tag == "page" and kind.depth > 0)


def slots(program: Program, cell: location.Member, path: str) -> tuple[MemberSlot, ...]:
    """The flags that functions test where they use an array of pages in `cell`."""
    found: dict[MemberSlot, None] = {}
    for facts in program.cells.member_users(cell, path, far=True):
        for part in _questions(program, facts):
            if not isinstance(part.flag, Member) or not isinstance(part.flag.object, Variable):
                continue
            kind = facts.types.get(part.flag.object.name)
            if kind is not None and kind.tag == cell.tag and part.flag.name != cell.word:
                flag = replace(cell, members=(part.flag.name,))
                found[MemberSlot(cell, flag, part.test)] = None
    return tuple(found)[:_MOST_SLOTS]


def _questions(program: Program, facts: FunctionFacts) -> Iterator[Asked]:
    """The tests in the conditions of a function, and those whose results its variables hold."""
    for condition in facts.lowered.conditions:
        yield from all_asked(program, condition.value, facts.function.path)
    for i in facts.lowered.order:
        if isinstance(i, Store) and isinstance(i.target, Variable):
            yield from all_asked(program, i.value, facts.function.path)
