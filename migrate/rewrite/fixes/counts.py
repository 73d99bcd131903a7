# SPDX-License-Identifier: GPL-2.0-only
"""Fixes a release that may get an error code as its number of pages: its sign is tested first."""

from __future__ import annotations

from migrate.analysis.ir.expressions import Variable
from migrate.analysis.ir.lowering import lower
from migrate.rewrite.fixes.remedy import Case, Remedy
from migrate.rewrite.fixes.statements import is_in_block, is_lone_branch, positive, statement_at
from migrate.rewrite.loops.counts import is_unsigned, type_of
from migrate.rewrite.model import Line
from migrate.rewrite.steps.sites import NoSite


def sign_test(case: Case) -> Remedy | NoSite:
    """`if (n > 0)` before a call whose count is the plain variable `n`."""
    found = case.called(case.finding.place)
    if found is None:
        in_loop = case.finding.text.startswith(("for", "while", "}"))
        return NoSite("a loop counts up to it" if in_loop else "its comparison has to be signed")
    release, call = found
    if len(call.arguments) < 2:
        return NoSite(f"{release}() has no count")
    count = case.arguments(call)[1]
    if not count.isidentifier() or not has_a_sign(case, count):
        return NoSite(f"'{count}' is not a signed variable")
    statement = statement_at(case.draft, call.name)
    if statement is None or not (is_in_block(statement) or is_lone_branch(statement)):
        return NoSite(f"{release}() is not a statement of its own")
    name = case.acquires[0][1]
    return Remedy(
        (positive(case.finding.place, count),),
        f"check the sign of a count before {release}()",
        f"If {name}() fails in {case.finding.function}(), '{count}' is a negative error code, which"
        f" {release}() takes as an unsigned number of pages. Only call it if there are pages to"
        " release.",
        _lines(case, release),
    )


def has_a_sign(case: Case, name: str) -> bool:
    """Whether `name` is a variable of the function that can be negative."""
    function = case.function
    if function is None:
        return False
    lowered = lower(case.draft.source, function)
    kind = type_of(lowered, Variable(name, True), case.parts.program, case.draft.path)
    return kind is not None and kind.depth == 0 and not is_unsigned(kind.tag)


def _lines(case: Case, release: str) -> tuple[Line, ...]:
    finding = case.finding
    here = Line(finding.place.path, finding.place.line, finding.function, release)
    return (here, *(Line(p.path, p.line, finding.function, name) for p, name in case.acquires))
