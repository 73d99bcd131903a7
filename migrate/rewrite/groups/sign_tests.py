# SPDX-License-Identifier: GPL-2.0-only
"""Tests of the sign of a count before a release that takes an unsigned one.

release_pages(pages, n) does nothing if n is negative, and an unsigned parameter would be huge:
`if (n > 0)` before the new call does the same as before.
"""

from __future__ import annotations

import re

from migrate.analysis.place import Place
from migrate.rewrite.fixes.statements import is_in_block, positive, statement_at
from migrate.rewrite.loops.counts import needs_sign_test
from migrate.rewrite.profile.counterparts import Counterparts
from migrate.rewrite.steps.steps import Request
from migrate.rewrite.text.draft import Draft
from migrate.rewrite.text.tokens import Call

_COUNT = 1
"""The position of the count for which the semantic patch is made."""

_NAMED = re.compile(r"\w+(?:(?:->|\.)\w+)*")
"""A variable or a member, on one line: nothing that is wrong to evaluate twice."""


def sign_test(
    draft: Draft, place: Place, call: Call, position: int, parts: Counterparts
) -> Request | None:
    """The request that puts `if (n > 0)` before `call`; None unless the call is a statement of its
    own, and its count a variable of the function, or a member of one, with a signed type."""
    first, end = call.arguments[position]
    count = draft.span(first, end).decode("utf-8", "replace")
    if (
        position != _COUNT
        or not _NAMED.fullmatch(count)
        or not needs_sign_test(draft, call, _COUNT, parts.program)
    ):
        return None
    statement = statement_at(draft, call.name)
    if statement is None or statement.type != "expression_statement":
        return None
    alone = [child.type for child in statement.named_children] == ["call_expression"]
    if not alone or not is_in_block(statement):
        return None  # braces would have to be added

    return positive(place, count)
