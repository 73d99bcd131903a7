# SPDX-License-Identifier: GPL-2.0-only
"""Where a location can be seen: the functions that the forward walk looks at for it, and a gap
where not all of them are known."""

from __future__ import annotations

from collections.abc import Iterable

from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.ir.model import FunctionFacts
from migrate.analysis.model import Place
from migrate.analysis.program.location import CallResult, Global, Local, Member
from migrate.analysis.program.trace import PAGE, SCATTER, State
from migrate.analysis.valueflow.walk import Walk


def seen_by(walk: Walk, state: State) -> Iterable[FunctionFacts]:
    """The functions that may name the location of `state`."""
    cell = state.cell
    if isinstance(cell, Local | CallResult):
        function = walk.program.function(cell.function)
        return (walk.program.facts(function),) if function is not None else ()
    if isinstance(cell, Member):
        return _seeing_member(walk, cell, state.form)
    if isinstance(cell, Global):
        return _seeing_global(walk, cell, state.form)
    somewhere = Place(cell.path, 1, 0)
    walk.trace.gap(Gap(GapKind.TYPE_UNKNOWN, somewhere, cell.name), state.form)
    return ()


def _seeing_member(walk: Walk, cell: Member, form: str) -> Iterable[FunctionFacts]:
    program, path = walk.program, walk.trace.origins.get(cell, "")
    stated = program.contracts.releasing(cell.dotted)
    if stated:
        walk.trace.wide |= program.types.is_public(cell.tag, path)
        users = program.cells.member_users(cell, path, far=True)
        return (user for user in users if user.function.name in stated)
    all_see = _all_see(walk, cell, form, path)
    if not all_see and not program.contracts.releases_nowhere_else(cell.dotted):
        walk.trace.gap(Gap(GapKind.PUBLIC_STRUCT, subject=str(cell)), form)
    return program.cells.member_users(cell, path, all_see, walk.numbers)


def _all_see(walk: Walk, cell: Member, form: str, path: str) -> bool:
    """Whether every file that may use a member can be looked at."""
    if not walk.program.types.is_public(cell.tag, path):
        return True
    if not walk.goes_far(form):
        return False
    walk.trace.wide = True
    return walk.program.cells.member_files(cell, path, walk.numbers) is not None


def _seeing_global(walk: Walk, cell: Global, form: str) -> Iterable[FunctionFacts]:
    program, trace = walk.program, walk.trace
    if not program.cells.is_declared(cell):
        trace.gap(Gap(GapKind.GLOBAL_UNDECLARED, subject=cell.name), form)
    elif form in (PAGE, SCATTER) and not program.is_static(cell):
        trace.wide = True
        if program.is_shared(cell):
            trace.gap(Gap(GapKind.GLOBAL_SHARED, subject=cell.name), form)
    return program.cells.global_users(cell)
