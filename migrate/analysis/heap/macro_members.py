# SPDX-License-Identifier: GPL-2.0-only
"""Macros that name a member, but do nothing with the pages in it: they only ask for a number, as
`#define LEN(d, i) sg_dma_len(&(d)->sg[i])`."""

from __future__ import annotations

from migrate.analysis.frontend.kernel_api import Effect
from migrate.analysis.frontend.macro_uses import Given, given_in_macro
from migrate.analysis.frontend.mentions import Mention
from migrate.analysis.program.known_callee import known_callee
from migrate.analysis.program.program import Program


def does_nothing(program: Program, mention: Mention) -> bool:
    """Whether a macro that names the member `mention` does nothing with the pages in it."""
    path = mention.source.path
    given = given_in_macro(mention) if not path.startswith("include/") else None
    return given is not None and all(_asks_number(program, one, path) for one in given)


def _asks_number(program: Program, given: Given, path: str) -> bool:
    """Whether a function of the kernel's API gets a member, and does nothing with pages."""
    name, position = given
    known = known_callee(program, name, path)
    if known is None or known.flows or known.has_value or known.bytes.targets:
        return False
    return known.effect(position) is Effect.NOTHING
