# SPDX-License-Identifier: GPL-2.0-only
"""What could hide a release from the trace: mentions of its storage that were not understood."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from migrate.analysis.cell import Cell
from migrate.analysis.copies import other_names
from migrate.analysis.corpus import whole_word
from migrate.analysis.knowledge import knowledge
from migrate.analysis.program import Program
from migrate.analysis.syntax import Function, Source
from migrate.analysis.trace import PAGE, SCATTER, Trace


def doubts(program: Program, trace: Trace) -> tuple[str, ...]:
    """One line for each thing that may be a release and is not in the trace."""
    paths = trace.origins
    found: dict[str, None] = {}
    for state in trace.states:
        if state.form not in (PAGE, SCATTER):
            continue
        if state.cell.kind == "member" and state.cell in paths:
            path = paths[state.cell]
            found |= dict.fromkeys(_unclear_mentions(program, state.cell, path))
            found |= dict.fromkeys(other_names(program, state.cell, path))
        elif state.cell.kind == "local":
            found |= dict.fromkeys(_passed_on(program, state.cell))
    return tuple(found)


def _unclear_mentions(program: Program, cell: Cell, path: str) -> Iterator[str]:
    """Mentions of a member's name that may be the member, in code that is not understood."""
    word = cell.name.rsplit(".", 1)[-1]
    for name in program.files_with(program.cells.home(cell, path), word):
        source = program.source(name)
        if source is None:
            continue
        for match in whole_word(word).finditer(source.text):
            node = source.root.descendant_for_byte_range(match.start(), match.end())
            if node is None:
                continue
            place = source.place(node)
            if node.type == "preproc_arg" and _is_member(source, match.start()):
                yield f"a macro at {place} names member '{word}'"
            elif _misread(source, node, match.start()) or _is_garbled(node):
                yield f"the code at {place} is not understood"
            elif _is_use(node) and source.function_at(match.start()) is None:
                yield f"the code around {place} is not understood"
        for facts in program.functions_with(name, word):
            if facts.incomplete:
                yield f"{facts.function.name}() is nested too deep to be understood"
            for other in program.cells.all(facts):
                if _may_be(program, other, cell, word, name):
                    yield f"the type that holds '{word}' in {facts.function.name}() is not known"


def _is_member(source: Source, at: int) -> bool:
    return source.text[:at].rstrip().endswith((b"->", b"."))


def _misread(source: Source, node: Node, at: int) -> bool:
    """Behind an arrow stands a member, whatever the parser made of it."""
    if node.type in ("field_identifier", "comment", "string_content", "preproc_arg"):
        return False
    return source.text[:at].endswith(b"->")


def _is_garbled(node: Node) -> bool:
    """Whether `node` is in a declaration that the parser did not understand whole."""
    if node.type in ("comment", "string_content", "preproc_arg"):
        return False
    current: Node | None = node
    while current is not None and not current.type.endswith("_statement"):
        if current.type == "declaration":
            return any(child.type == "ERROR" for child in current.children)
        current = current.parent
    return False


def _is_use(node: Node) -> bool:
    holder = node.parent
    return (
        node.type == "field_identifier" and holder is not None and holder.type == "field_expression"
    )


def _may_be(program: Program, other: Cell, cell: Cell, word: str, path: str) -> bool:
    if other.kind == "unknown":
        return other.name == word
    if other.kind != "member" or other.scope == cell.scope:
        return False
    return other.name == word and program.types.struct(other.scope, path) is None


def _passed_on(program: Program, cell: Cell) -> Iterator[str]:
    """Release functions that are named without being called, where the pages are."""
    path, ordinal = cell.scope.rsplit("#", 1)
    source = program.source(path)
    if source is None:
        return
    function: Function = source.functions[int(ordinal)]
    facts = program.facts(function)
    if facts.incomplete:
        yield f"{function.name}() is nested too deep to be understood"
    called = {call.start for call in facts.calls}
    variable = whole_word(cell.name.split("#")[0])
    for match in variable.finditer(source.text, function.start, function.end):
        node = source.root.descendant_for_byte_range(match.start(), match.end())
        if node is not None and node.type == "identifier" and _is_garbled(node):
            yield f"the code at {source.place(node)} is not understood"
    text = source.text[function.start : function.end]
    if b"__free(" in text:
        yield f"{function.name}() has variables that release what they hold by themselves"
    for name in knowledge().releases:
        if name.encode() not in text:
            continue
        for match in whole_word(name).finditer(source.text, function.start, function.end):
            node = source.root.descendant_for_byte_range(match.start(), match.end())
            if node is None or match.start() in called:
                continue
            if node.type not in ("identifier", "type_identifier"):
                continue
            yield f"{name} is named but not called at {source.place(node)}"
