# SPDX-License-Identifier: GPL-2.0-only
"""What could hide a release from the trace: mentions of its storage that were not understood."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.frontend.syntax import Source, is_unclear, name_of, parse, strip
from migrate.analysis.frontend.words import whole_word
from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.heap.captured import capturing, standing_for
from migrate.analysis.heap.copies import other_names
from migrate.analysis.ir.model import FunctionFacts
from migrate.analysis.program.functions import is_macro, start_of
from migrate.analysis.program.location import AbstractLocation, Local, Member, Untyped
from migrate.analysis.program.program import Program
from migrate.analysis.program.trace import PAGE, PHYSICAL, SCATTER, Trace

_TAKEN = rb"\+\s*(?:__builtin_)?offsetof\s*\(\s*(?:struct\s+)?"
"""How the place of a member of the struct that follows is added to something."""


def doubts(program: Program, trace: Trace, numbers: bool = False) -> tuple[Gap, ...]:
    """Everything that may be a release and is not in the trace; with `numbers` those
    that may set an address or a pfn in a struct of a public header are among them."""
    paths = trace.origins
    found: dict[Gap, None] = {}
    for state in trace.states:
        if state.form == PHYSICAL and isinstance(state.cell, Local):
            found |= dict.fromkeys(_captured(program, state.cell))
        if state.form not in (PAGE, SCATTER):
            if numbers and isinstance(state.cell, Member) and state.cell in paths:
                found |= dict.fromkeys(_unclear_number(program, state.cell, paths[state.cell]))
            continue
        if isinstance(state.cell, Member) and state.cell in paths:
            path = paths[state.cell]
            files = _files(program, state.cell, path, not trace.gaps)
            found |= dict.fromkeys(unclear_mentions(program, state.cell, files))
            found |= dict.fromkeys(other_names(program, state.cell, path))
        elif isinstance(state.cell, Local):
            found |= dict.fromkeys(unclear_variable(program, state.cell))
            found |= dict.fromkeys(_captured(program, state.cell))
    return tuple(found)


def _captured(program: Program, cell: Local) -> Iterator[Gap]:
    function = program.function(cell.function)
    if function is not None and not is_macro(function):
        yield from capturing(program, function, cell.word)


def _unclear_number(program: Program, cell: Member, path: str) -> Iterator[Gap]:
    if program.types.is_public(cell.tag, path):
        files = program.cells.member_files(cell, path, core=True)
        yield from unclear_mentions(program, cell, files or ())


def _files(program: Program, cell: Member, path: str, far: bool) -> tuple[str, ...]:
    """The files that may name a member; with `far` those of the whole tree."""
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
        for match in whole_word(word).finditer(source.text):
            node = source.root.descendant_for_byte_range(match.start(), match.end())
            if node is None:
                continue
            place = source.place(node)
            names = program.types.names(cell.tag, name)
            if _takes_place(source, match.start(), names):
                yield Gap(GapKind.MEMBER_OFFSET_TAKEN, place, word, other=cell.tag)
            elif node.type == "preproc_arg" and _is_member(source, match.start()):
                if _only_measures(node, word):
                    continue
                yield Gap(GapKind.MACRO_NAMES_MEMBER, place, word)
            elif _misread(source, node, match.start()) or _is_garbled(node):
                yield Gap(GapKind.CODE_UNCLEAR, place)
            elif _is_use(node) and source.function_at(match.start()) is None:
                if _is_traced(node):
                    continue
                yield Gap(GapKind.CODE_OUTSIDE_FUNCTION, place)
        for facts in program.functions_with(name, word):
            if facts.incomplete:
                yield _in(GapKind.FUNCTION_TOO_DEEP, facts)
            for other in program.cells.named(facts, word):
                if _may_be(program, other, cell, word, name):
                    yield _in(GapKind.MEMBER_TYPE_UNKNOWN, facts, word)


def _in(kind: GapKind, facts: FunctionFacts, subject: str = "") -> Gap:
    """A gap that has no place of its own in its function."""
    return Gap(kind, start_of(facts.function), subject, facts.function.name)


def _is_member(source: Source, at: int) -> bool:
    return source.text[:at].rstrip(b" \t\r\n\\").endswith((b"->", b"."))


def _only_measures(body: Node, word: str) -> bool:
    """Whether a macro names the member of no object, as `&((struct x *)0)->m` in its size."""
    text = (body.text or b"").replace(b"\\\n", b" \n")
    queue = [parse("", b"int x = " + text + b";").root]
    members = []
    while queue:
        node = queue.pop()
        queue.extend(node.named_children)
        named = node.child_by_field_name("field")
        if node.type == "ERROR" or (node.type == "identifier" and name_of(node) == word):
            return False
        if node.type == "field_expression" and named is not None and name_of(named) == word:
            members.append(node.child_by_field_name("argument"))
    return bool(members) and all(owner is not None and _is_nothing(owner) for owner in members)


def _is_nothing(owner: Node) -> bool:
    """Whether `owner` is the null pointer as a pointer to a struct."""
    owner = strip(owner)
    value = owner.child_by_field_name("value") if owner.type == "cast_expression" else None
    return value is not None and strip(value).text == b"0"


def _misread(source: Source, node: Node, at: int) -> bool:
    """Behind an arrow stands a member, whatever the parser made of it."""
    if node.type in ("field_identifier", "comment", "string_content"):
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


def _is_unread(node: Node) -> bool:
    """Whether a variable stands where the parser left out code, or made some up."""
    if node.type != "identifier":
        return False
    current: Node | None = node
    while current is not None and not current.type.endswith("_statement"):
        above = current.parent
        if current.type == "argument_list" and is_unclear(current):
            return True
        if current.type == "ERROR" and above is not None and above.type == "expression_statement":
            return True
        current = above
    return _is_garbled(node)


def _is_type(node: Node) -> bool:
    """Whether the parser took a variable for a type: behind a macro, a call is a declaration."""
    holder = node.parent
    if node.type != "type_identifier" or holder is None:
        return False
    return not holder.type.endswith("_specifier")


def _takes_place(source: Source, at: int, names: frozenset[str]) -> bool:
    """Whether it is the member of an offsetof() that is added to a pointer: with the sum anybody
    gets at it without its name."""
    start = max(source.text.rfind(mark, 0, at) for mark in (b";", b"{", b"}", b"\n#"))
    before = source.text[start + 1 : at]
    tags = b"|".join(re.escape(name.encode()) for name in sorted(names))
    taken = re.search(_TAKEN + rb"(?:" + tags + rb")\s*,\s*$", before)
    return taken is not None and b"*)" in before[: taken.start()]


def _is_use(node: Node) -> bool:
    holder = node.parent
    return (
        node.type == "field_identifier" and holder is not None and holder.type == "field_expression"
    )


def _is_traced(node: Node) -> bool:
    """`__entry->m` is a member of what a trace event records, whose struct its macro declares."""
    holder = node.parent.child_by_field_name("argument") if node.parent is not None else None
    return holder is not None and holder.type == "identifier" and name_of(holder) == "__entry"


def _may_be(program: Program, other: AbstractLocation, cell: Member, word: str, path: str) -> bool:
    if isinstance(other, Untyped):
        return other.name == word
    if not isinstance(other, Member) or other.tag == cell.tag:
        return False
    return other.name == word and program.types.struct(other.tag, path) is None


def unclear_variable(program: Program, cell: Local) -> Iterator[Gap]:
    """Release functions that are named without being called, where the pages are."""
    source, function = program.source(cell.function.path), program.function(cell.function)
    if source is None or function is None:
        return
    facts = program.facts(function)
    if facts.incomplete:
        yield _in(GapKind.FUNCTION_TOO_DEEP, facts)
    called = {call.start for call in facts.calls}
    variable = whole_word(cell.word)
    for match in variable.finditer(source.text, function.start, function.end):
        node = source.root.descendant_for_byte_range(match.start(), match.end())
        if node is not None and (
            _is_garbled(node) if node.type == "identifier" else _is_type(node)
        ):
            yield Gap(GapKind.CODE_UNCLEAR, source.place(node))
    text = source.text[function.start : function.end]
    if b"__free(" in text:
        yield _in(GapKind.RELEASED_BY_SCOPE, facts)
    for name in knowledge().releases:
        if name.encode() not in text or name in facts.parameters:
            continue  # a parameter by that name hides the function
        for match in whole_word(name).finditer(source.text, function.start, function.end):
            node = source.root.descendant_for_byte_range(match.start(), match.end())
            if node is None or match.start() in called:
                continue
            if node.type not in ("identifier", "type_identifier"):
                continue
            yield Gap(GapKind.RELEASE_NOT_CALLED, source.place(node), function=name)
