# SPDX-License-Identifier: GPL-2.0-only
"""The calls of a function in macros of its driver, as `#define start(d) start_from(d, __func__)`:
the callers of the function are then the users of the macro."""

from __future__ import annotations

from migrate.analysis.frontend.mentions import Mention
from migrate.analysis.frontend.syntax import Function
from migrate.analysis.ir.model import FunctionFacts
from migrate.analysis.program.functions import Functions, called_by, file_of, is_macro
from migrate.kernel.words import whole_word


def calls_in_macro(functions: Functions, mention: Mention) -> tuple[tuple[FunctionFacts, int], ...]:
    """The calls in the macro whose body mentions a function, each as the facts of the macro and a
    number; none if the macro may use that name in any other way, or is not the only one."""
    name, path = mention.macro, mention.source.path
    found = functions.definitions(name, path) if name else ()
    if len(found) != 1 or not is_macro(found[0]) or file_of(found[0].path) != path:
        return ()
    source = functions.source(found[0].path)
    if source is None or not is_plain_macro(functions, found[0]):
        return ()
    facts, word = functions.facts(found[0]), mention.word
    calls = tuple((facts, n) for n, c in enumerate(facts.calls) if c.name == word and not c.unclear)
    written = sum(1 for _ in whole_word(word).finditer(source.text))
    return calls if len(calls) == written and not facts.incomplete else ()


def is_plain_macro(functions: Functions, macro: Function) -> bool:
    """Whether a macro belongs to a driver, has one definition, and uses neither # nor ##."""
    source = functions.source(macro.path)
    home, name = file_of(macro.path), called_by(macro)
    if source is None or source.origin is None or source.origin.body is None:
        return False
    if home.startswith("include/") or functions.definitions(name, home) != (macro,):
        return False
    return list(functions.corpus.macro_files(name, home)) == [home]
