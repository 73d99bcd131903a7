# SPDX-License-Identifier: GPL-2.0-only
"""Mentions of the storage in a trace that were not understood, and could hide a release."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.frontend.mentions import mentions
from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.heap.by_position import positional
from migrate.analysis.heap.captured import capturing, macros_with, other_variables, standing_for
from migrate.analysis.heap.macro_members import does_nothing
from migrate.analysis.heap.measured import is_only_measured
from migrate.analysis.heap.names.other_names import other_names
from migrate.analysis.ir.model import AccessPath, FunctionFacts, Value
from migrate.analysis.program.functions import is_macro, start_of
from migrate.analysis.program.location import AbstractLocation, Global, Local, Member, Untyped
from migrate.analysis.program.program import Program
from migrate.analysis.program.trace import PAGE, PHYSICAL, SCATTER, Trace
from migrate.kernel.words import whole_word

_BY_SCOPE = re.compile(
    rb"\b__(?:free|cleanup)\s*\(|\b(?:__)?cleanup(?:__)?\s*\(\s*\w+\s*\)\s*\)\s*\)"
)
"""The attributes of a variable for which a function is called at the end of its block."""

_SCOPED = ("__free", "__cleanup", "cleanup", "__cleanup__")
"""The words of which one is in it."""


def doubts(program: Program, trace: Trace, numbers: bool = False) -> Iterator[Gap]:
    """A gap for everything that may be a release and is not in the trace; with `numbers`, also for
    code that may set an address or a pfn in a struct of a public header."""
    paths = trace.origins
    for state in trace.states:
        if state.form == PHYSICAL and isinstance(state.cell, Local):
            yield from _captured(program, state.cell)
        if state.form not in (PAGE, SCATTER):
            if numbers and isinstance(state.cell, Member) and state.cell in paths:
                yield from _unclear_number(program, state.cell, paths[state.cell])
            continue
        if isinstance(state.cell, Member) and state.cell in paths:
            path = paths[state.cell]
            files = _files(program, state.cell, path, not trace.gaps)
            yield from unclear_mentions(program, state.cell, files)
            yield from other_names(program, state.cell, path)
            yield from positional(program, state.cell, path)
        elif isinstance(state.cell, Global):
            yield from other_variables(program, state.cell)
        elif isinstance(state.cell, Local):
            yield from unclear_variable(program, state.cell)
            yield from _captured(program, state.cell)


def _captured(program: Program, cell: Local) -> Iterator[Gap]:
    function = program.function(cell.function)
    if function is not None and not is_macro(function):
        yield from capturing(program, function, cell.word)


def _unclear_number(program: Program, cell: Member, path: str) -> Iterator[Gap]:
    if program.types.is_public(cell.tag, path):
        files = program.cells.member_files(cell, path, core=True)
        yield from unclear_mentions(program, cell, files or ())


def _files(program: Program, cell: Member, path: str, far: bool) -> tuple[str, ...]:
    """The files that may name a member; with `far`, in the whole tree."""
    found = None
    if far or not program.types.is_public(cell.tag, path):
        found = program.cells.member_files(cell, path)
    word = cell.word
    return found if found is not None else program.files_with(path, word)


def unclear_mentions(program: Program, cell: Member, files: tuple[str, ...]) -> Iterator[Gap]:
    """Mentions of a member's name that may be the member, in code that is not understood."""
    word = cell.word
    for name in files:
        yield from standing_for(program, name, word)
        source = program.source(name)
        if source is None or source.unread:
            continue  # see migrate.analysis.acquires.unread
        for mention in mentions(source, word):
            place = mention.place
            if mention.adds_offset(program.types.names(cell.tag, name)):
                yield Gap(GapKind.MEMBER_OFFSET_TAKEN, place, word, other=cell.tag)
            elif mention.in_macro and mention.is_behind_dot:
                if not mention.only_measured and not does_nothing(program, mention):
                    yield Gap(GapKind.MACRO_NAMES_MEMBER, place, word)
            elif mention.is_misread_member or mention.is_garbled or mention.is_of_unclear_object:
                yield Gap(GapKind.CODE_UNCLEAR, place)
            elif (
                mention.is_member
                and not mention.is_traced
                and source.function_at(mention.at) is None
            ):
                yield Gap(GapKind.CODE_OUTSIDE_FUNCTION, place)
        for facts in program.functions_with(name, word):
            if facts.incomplete:
                yield _in(GapKind.FUNCTION_TOO_DEEP, facts)
            yield from _given_as_a_word(program, facts, word)
            named = program.cells.named(facts, word)
            open_ = any(_may_be(program, other, cell, word, name) for other in named)
            if open_ and not is_only_measured(program, facts, word):
                yield _in(GapKind.MEMBER_TYPE_UNKNOWN, facts, word)


def _given_as_a_word(program: Program, facts: FunctionFacts, word: str) -> Iterator[Gap]:
    """`SET(object, member, value)`: a macro that is passed the name of the member."""
    for call in facts.calls if word not in facts.types else ():
        at = [n for n in range(len(call.arguments)) if AccessPath(word) in call.values(n)]
        for macro in program.definitions(call.name, facts.function.path) if at else ():
            if is_macro(macro) and any(_is_member(program.facts(macro), n) for n in at):
                yield Gap(GapKind.MACRO_NAMES_MEMBER, call.place, word)


def _is_member(macro: FunctionFacts, position: int) -> bool:
    """Whether a macro stores to the member that its parameter names, reads it, or passes it on."""
    name = macro.parameters[position] if position < len(macro.parameters) else ""
    touched: list[Value] = [v for flow in macro.flows for v in (flow.target, *flow.sources)]
    touched += [v for call in macro.calls for values in call.arguments for v in values]
    touched += [v for returned in macro.returns for v in returned.values]
    return any(isinstance(v, AccessPath) and name in v.members for v in touched)


def _in(kind: GapKind, facts: FunctionFacts, subject: str = "") -> Gap:
    """A gap at the beginning of a function."""
    return Gap(kind, start_of(facts.function), subject, facts.function.name)


def _may_be(program: Program, other: AbstractLocation, cell: Member, word: str, path: str) -> bool:
    if isinstance(other, Untyped):
        return other.name == word
    if not isinstance(other, Member) or other.tag == cell.tag:
        return False
    return other.name == word and program.types.struct(other.tag, path) is None


def unclear_variable(program: Program, cell: Local) -> Iterator[Gap]:
    """Release functions that are named but not called, in a function with the pages."""
    source, function = program.source(cell.function.path), program.function(cell.function)
    if source is None or function is None:
        return
    facts = program.facts(function)
    if facts.incomplete:
        yield _in(GapKind.FUNCTION_TOO_DEEP, facts)
    called = {call.start for call in facts.calls}
    for mention in mentions(source, cell.word, function):
        if mention.is_garbled if mention.kind == "identifier" else mention.is_taken_for_type:
            yield Gap(GapKind.CODE_UNCLEAR, mention.place)
    text = source.text[function.start : function.end]
    if _BY_SCOPE.search(text) or any(
        _BY_SCOPE.search(body) and whole_word(macro).search(text)
        for macro, body in macros_with(program, cell.function.path, _SCOPED)
    ):
        yield _in(GapKind.RELEASED_BY_SCOPE, facts)
    for name in knowledge().releases:
        if name.encode() not in text or name in facts.parameters:
            continue  # a parameter with that name hides the function
        for mention in mentions(source, name, function):
            if mention.at not in called and mention.kind in ("identifier", "type_identifier"):
                yield Gap(GapKind.RELEASE_NOT_CALLED, mention.place, function=name)
