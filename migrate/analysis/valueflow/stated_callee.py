# SPDX-License-Identifier: GPL-2.0-only
"""What a contract says about the effect of a call on one of its arguments."""

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
    """An entry as in the table of kernel functions, for this one argument; None if there is no
    contract."""
    if not program.contracts:
        return None
    name, member = site.call.name, member_called(program, site)
    does = (
        program.contracts.does(position, function=name, member=member) if name or member else None
    )
    if does is None:
        return None
    return KernelFunction((Effect.NOTHING,) * position + (_EFFECTS[does],))


def member_called(program: Program, site: Site) -> str:
    """The member that a call goes through, as "tag.name"; "" for a call by name, or through
    something else."""
    pointer = site.call.pointer
    if site.call.name or pointer is None or not pointer.members:
        return ""
    cell, _ = program.cells.of(pointer, site.facts)
    return cell.dotted if isinstance(cell, Member) else ""
