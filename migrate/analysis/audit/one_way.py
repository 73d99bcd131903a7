# SPDX-License-Identifier: GPL-2.0-only
"""Whether a release is reached independently of the state of an object.

Code that keeps pins and plain references in one place distinguishes them by something else. A
release is unconditional if no condition on the path to it, in its function and in its callers, can
be that test: only loop conditions and comparisons of pointers with NULL are allowed.
"""

from __future__ import annotations

from migrate.analysis.frontend.syntax import Function
from migrate.analysis.ir.expressions import Binary, Expression, Variable, is_zero, plain
from migrate.analysis.ir.instructions import Lowered
from migrate.analysis.model import Release
from migrate.analysis.program.callers import sites_at
from migrate.analysis.program.program import Program

_DEEPEST = 3


def is_unconditional(program: Program, release: Release) -> bool:
    """Whether `release` is executed for all pages that reach it, as far as conditions are
    concerned."""
    sites = list(sites_at(program, release.place, release.function))
    return len(sites) == 1 and _reached(
        program, sites[0].facts.function, sites[0].facts.lowered, sites[0].call.start, _DEEPEST
    )


def _reached(
    program: Program, function: Function, lowered: Lowered, start: int, depth: int
) -> bool:
    if any(not _says_nothing(lowered, c.value) for c in lowered.conditions if c.start < start):
        return False
    sites, closed = program.callers.of(function)
    if not sites:
        return True
    if not closed or not depth:
        return False
    return all(
        _reached(program, s.facts.function, s.facts.lowered, s.call.start, depth - 1) for s in sites
    )


def _says_nothing(lowered: Lowered, value: Expression) -> bool:
    """Whether it tests a counter, or whether a pointer in a variable is NULL."""
    inner = plain(value)
    if isinstance(inner, Binary) and inner.operator in ("<", ">", "<=", ">="):
        return True
    if isinstance(inner, Binary) and inner.operator in ("==", "!="):
        sides = (plain(inner.left), plain(inner.right))
        inner = next((s for s in sides if not is_zero(s)), inner)
    if not isinstance(inner, Variable):
        return False
    local = lowered.locals.get(inner.name)
    return local is not None and local.type.depth > 0
