# SPDX-License-Identifier: GPL-2.0-only
"""Names that a use of the storage does not show: macros that name variables which are not their
arguments, as in `#define DROP put_page(page)`, and variables that are initialised with the address
of another one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migrate.analysis.frontend.mentions import mentions
from migrate.analysis.frontend.syntax import Function
from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.ir.expressions import AddressOf, CallResult, subexpressions
from migrate.analysis.ir.instructions import Invoke
from migrate.analysis.ir.model import CALLED, AccessPath, FunctionFacts
from migrate.analysis.model import Place
from migrate.analysis.program.functions import Functions
from migrate.analysis.program.location import Global
from migrate.analysis.program.program import Program
from migrate.kernel.words import whole_word

_DEFINE = re.compile(
    rb"[ \t]*#[ \t]*define[ \t]+(?P<name>\w+)(?P<given>\([^)\n]*\))?(?P<body>.*)", re.S
)

_NO_VARIABLE = re.compile(rb"(?:->|\.)\s*\w+|\boffsetof\s*\([^()]*\)")


def capturing(functions: Functions, function: Function, name: str) -> Iterator[Gap]:
    """Each macro that is used in `function` and names its variable `name`."""
    source = functions.source(function.path)
    text = source.text[function.start : function.end] if source is not None else b""
    for macro, place in _naming(functions, function.path, name):
        if macro != name and whole_word(macro).search(text):
            yield Gap(GapKind.MACRO_NAMES_VARIABLE, place, name, function.name)


def standing_for(functions: Functions, path: str, word: str) -> Iterator[Gap]:
    """Each macro near `path` that is another name for the member `word`."""
    for macro, place in _naming(functions, path, word, alone=True):
        if macro != word and _is_member(functions, path, macro):
            yield Gap(GapKind.MACRO_STANDS_FOR_MEMBER, place, word)


def macros_with(
    functions: Functions, path: str, words: tuple[str, ...]
) -> Iterator[tuple[str, bytes]]:
    """The name and the body of each macro that a file may use whose body has one of `words`."""
    texts = functions.corpus.scope(path)
    for word in words:
        for file in functions.files_with(path, word):
            if file == path or file.endswith(".h"):
                for match, _ in _defines(file, texts[file], word):
                    yield match["name"].decode(), match["body"]


def _is_member(functions: Functions, path: str, macro: str) -> bool:
    pattern = re.compile(rb"(?:->|\.)\s*" + re.escape(macro.encode()) + rb"\b")
    texts = functions.corpus.scope(path)
    return any(pattern.search(texts[file]) for file in functions.files_with(path, macro))


def _naming(
    functions: Functions, path: str, word: str, alone: bool = False
) -> Iterator[tuple[str, Place]]:
    """The macros that a file may use whose definition has `word`, but not as a member or a
    parameter; with `alone`, only macros that expand to nothing but the word."""
    pattern, texts = whole_word(word), functions.corpus.scope(path)
    for file in functions.files_with(path, word):
        seen = file == path or file.endswith(".h")
        for match, place in _defines(file, texts[file], word) if seen else ():
            body = _NO_VARIABLE.sub(b"", match["body"])
            if alone and body.strip(b" \t()") != word.encode():
                continue
            if pattern.search(body) and not pattern.search(match["given"] or b""):
                yield match["name"].decode(), place


def _defines(file: str, text: bytes, word: str) -> Iterator[tuple[re.Match[bytes], Place]]:
    """The macros of a file with `word` in their definitions."""
    end = 0
    for found in whole_word(word).finditer(text):
        if found.start() < end:
            continue
        start = _line_start(text, found.start())
        end = _line_end(text, found.end())
        match = _DEFINE.match(text, start, end)
        if match is not None:
            yield match, Place(file, text.count(b"\n", 0, start) + 1, 0)


def _line_start(text: bytes, at: int) -> int:
    """Where the line of `at` starts, together with the lines before it that end with a
    backslash."""
    start = text.rfind(b"\n", 0, at) + 1
    while start > 1 and text[start - 2 : start] == b"\\\n":
        start = text.rfind(b"\n", 0, start - 1) + 1
    return start


def _line_end(text: bytes, at: int) -> int:
    end = text.find(b"\n", at)
    while end > 0 and text[end - 1 : end] == b"\\":
        end = text.find(b"\n", end + 1)
    return end if end >= 0 else len(text)


# Variables of a file


def other_variables(program: Program, cell: Global) -> Iterator[Gap]:
    """Each way by which the variable `cell` may be reached by another name."""
    for path in program.files_with(f"{cell.folder}/", cell.name):
        source = program.source(path)
        if source is None or source.unread:
            continue
        for mention in mentions(source, cell.name):
            if mention.is_initial_value and source.function_at(mention.at) is None:
                yield Gap(GapKind.CODE_OUTSIDE_FUNCTION, mention.place)
        for macro, place in _naming(program, path, cell.name):
            for user in program.files_with(path, macro):
                for facts in program.functions_with(user, macro):
                    if cell.name not in facts.types and _goes_by(facts, macro):
                        name = facts.function.name
                        yield Gap(GapKind.MACRO_NAMES_VARIABLE, place, cell.name, name)


def _goes_by(facts: FunctionFacts, macro: str) -> bool:
    """Whether a function stores to the expansion of a macro, or takes its address. Macros without
    arguments are not expanded in the function, so each mention counts."""
    calls = {n for n, call in enumerate(facts.calls) if call.name == macro}
    bases = {macro, *(f"{CALLED}{n}" for n in calls)}
    if any(flow.target.base in bases for flow in facts.flows):
        return True
    read = [value for flow in facts.flows for value in flow.sources]
    read += [value for call in facts.calls for values in call.arguments for value in values]
    read += [value for returned in facts.returns for value in returned.values]
    if any(isinstance(value, AccessPath) and value.base == macro for value in read):
        return True
    given = (a for i in facts.lowered.order if isinstance(i, Invoke) for a in i.arguments)
    taken = (e.object for a in given for e in subexpressions(a) if isinstance(e, AddressOf))
    return any(
        isinstance(e, CallResult) and e.call in calls for o in taken for e in subexpressions(o)
    )
