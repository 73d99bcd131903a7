# SPDX-License-Identifier: GPL-2.0-only
"""Each way by which a struct member may be reached by another name: unions, copies of the whole
struct, and casts to another struct."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.heap.names.casts import laid_over, taken_for_another
from migrate.analysis.heap.names.copies import copied, written_over
from migrate.analysis.heap.names.unions import shares_memory
from migrate.analysis.program.location import Member
from migrate.analysis.program.program import Program


def other_names(program: Program, cell: Member, path: str) -> Iterator[Gap]:
    """Each way by which the member `cell` may be reached by another name.

    `path` is a file that sees its struct.
    """
    if shares_memory(program, cell, path):
        yield Gap(GapKind.SHARED_STORAGE, subject=str(cell))
    if cell.tag:
        yield from laid_over(program, cell, path)
        yield from taken_for_another(program, cell, path)
    yield from copied(program, cell, path)
    yield from written_over(program, cell, path)
