# SPDX-License-Identifier: GPL-2.0-only
"""Whether what a macro is given may be in its value."""

from __future__ import annotations

import re

from migrate.analysis.frontend.macros import VARIADIC
from migrate.analysis.ir.model import AccessPath, FunctionFacts
from migrate.analysis.program.callers import Site
from migrate.analysis.program.trace import ADDRESS
from migrate.analysis.valueflow.graph import parameter
from migrate.analysis.valueflow.walk import Walk


def keeps_back(flow: Walk, site: Site, position: int, form: str, facts: FunctionFacts) -> bool:
    """Whether the value of a macro cannot contain the argument: the macro does not name the
    parameter, or the argument is an address and the value is loaded from there, as in `#define
    FLAGS(p) ((p)->flags & MASK)`. A macro's parameter has the type of the argument."""
    named = parameter(facts, position)
    if named != VARIADIC and not re.search(
        rf"\b{named}\b".encode(), facts.function.body.text or b""
    ):
        return True
    return form == ADDRESS and _yields_data(flow, site, position, facts)


def _yields_data(flow: Walk, site: Site, position: int, facts: FunctionFacts) -> bool:
    """Whether each value that a macro computes from an address is loaded from there."""
    if any(returned.addressed for returned in facts.returns):
        return False
    name = parameter(facts, position)
    read = [
        value
        for returned in facts.returns
        for value in returned.values
        if isinstance(value, AccessPath) and value.base == name
    ]
    paths = [
        AccessPath(outer.base, (*outer.members, *value.members))
        for outer in site.call.values(position)
        if isinstance(outer, AccessPath)
        for value in read
        if value.members
    ]
    kinds = [flow.program.types.at(path, site.facts) for path in paths]
    known = all(kind is not None and kind.depth == 0 for kind in kinds)
    return bool(read) and len(paths) == len(read) and known
