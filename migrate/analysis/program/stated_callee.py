# SPDX-License-Identifier: GPL-2.0-only
"""What a person says that a call does with one of its arguments."""

from __future__ import annotations

from migrate.analysis.contract import Does
from migrate.analysis.frontend.kernel_api import Effect, KernelFunction
from migrate.analysis.program.callers import Site
from migrate.analysis.program.location import Member
from migrate.analysis.program.program import Program

_EFFECTS = {
    Does.LOOKS: Effect.STRUCT,
    Does.READS: Effect.READ,
    Does.BORROWS: Effect.TOUCH,
    Does.KEEPS: Effect.TOUCH,
    Does.RELEASES: Effect.CONSUME,
}


def stated_callee(program: Program, site: Site, position: int) -> KernelFunction | None:
    """The call as the table of kernel functions would have it, for this one argument; None when
    nobody has said anything about it."""
    if not program.contracts:
        return None
    call = site.call
    if call.name:
        does = program.contracts.does(position, function=call.name)
    elif call.pointer is not None and call.pointer.members:
        cell, _ = program.cells.of(call.pointer, site.facts)
        named = cell.dotted if isinstance(cell, Member) else ""
        does = program.contracts.does(position, member=named) if named else None
    else:
        does = None
    if does is None:
        return None
    return KernelFunction((Effect.NOTHING,) * position + (_EFFECTS[does],))
