# SPDX-License-Identifier: GPL-2.0-only
"""The calls of a function in macros of its driver, as `#define start(d) start_from(d, __func__)`:
the callers of the function are then the users of the macro."""

from __future__ import annotations

from migrate.analysis.frontend.mentions import Mention
from migrate.analysis.frontend.syntax import name_of
from migrate.analysis.ir.model import FunctionFacts
from migrate.analysis.program.functions import Functions, file_of, is_macro, is_plain_macro
from migrate.kernel.words import whole_word


def calls_in_macro(functions: Functions, mention: Mention) -> tuple[tuple[FunctionFacts, int], ...]:
    """The calls in the macro whose body mentions a function, each as the facts of the macro and a
    number; none if the macro may use that name in any other way, or is not the only one."""
    above = mention.node.parent
    named = above.child_by_field_name("name") if above is not None else None
    if above is None or above.type != "preproc_function_def" or named is None:
        return ()
    found = functions.definitions(name_of(named), mention.source.path)
    if len(found) != 1 or not is_macro(found[0]) or file_of(found[0].path) != mention.source.path:
        return ()
    if not is_plain_macro(functions, found[0]):
        return ()
    facts, word = functions.facts(found[0]), mention.word
    calls = tuple((facts, n) for n, c in enumerate(facts.calls) if c.name == word and not c.unclear)
    written = sum(1 for _ in whole_word(word).finditer(found[0].body.text or b""))
    return calls if len(calls) == written and not facts.incomplete else ()
