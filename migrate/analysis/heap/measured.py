# SPDX-License-Identifier: GPL-2.0-only
"""Members that are only named to compute their offset.

`OFFSET(NAME, tag, part.member)` of include/linux/kbuild.h computes a number, like offsetof():
whatever uses the number, the member is neither read nor written where the macro is used.
"""

from __future__ import annotations

from migrate.analysis.frontend.mentions import Mention, mentions
from migrate.analysis.frontend.syntax import Function
from migrate.analysis.ir.model import FunctionFacts
from migrate.analysis.program.functions import Functions, is_macro


def is_only_measured(functions: Functions, facts: FunctionFacts, word: str) -> bool:
    """Whether `word` is only used in a function where a macro computes the offset of the member."""
    function = facts.function
    source = functions.source(function.path)
    if source is None or source.unread or is_macro(function):
        return False
    found = [m for m in mentions(source, word, function) if m.kind != "comment"]
    return bool(found) and all(_is_measured(functions, m, function.path) for m in found)


def _is_measured(functions: Functions, mention: Mention, path: str) -> bool:
    given = mention.given_to
    meant = functions.definitions(given[0], path) if given is not None else ()
    return bool(meant) and all(given and _measures(functions, m, given[1]) for m in meant)


def _measures(functions: Functions, macro: Function, position: int) -> bool:
    """Whether a macro uses its argument number `position` only in offsetof()."""
    names = functions.facts(macro).parameters
    source = functions.source(macro.path)
    if not is_macro(macro) or position >= len(names) or source is None:
        return False
    found = [m for m in mentions(source, names[position], macro) if m.at >= macro.body.start_byte]
    return bool(found) and all(m.in_offsetof for m in found)
