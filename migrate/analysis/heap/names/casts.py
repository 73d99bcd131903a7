# SPDX-License-Identifier: GPL-2.0-only
"""Structs whose memory is used as another struct: by a cast, or through a void pointer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.heap.names.layout import is_behind
from migrate.analysis.heap.own_memory import stores_to
from migrate.analysis.ir.expressions import Binary, Cast, Constant, Variable
from migrate.analysis.ir.instructions import Instruction, Store, all_expressions, is_addressed
from migrate.analysis.ir.model import CALLED, AccessPath, Call, Flow, FunctionFacts, Value
from migrate.analysis.program.functions import is_macro
from migrate.analysis.program.location import Member
from migrate.analysis.program.program import Program


def laid_over(program: Program, cell: Member, path: str) -> Iterator[Gap]:
    """The casts of a pointer to the struct of `cell` to a pointer to another struct that is no part
    of it."""
    home = program.cells.home(cell, path)
    for file in program.types.naming(cell.tag, home):
        source = program.source(file)
        for facts in _functions(program, file, cell.tag, home) if source is not None else ():
            if not any(k.tag == cell.tag for k in facts.types.values()):
                continue
            casts = (e for e in all_expressions(facts.lowered) if isinstance(e, Cast))
            for cast in casts:
                if source is not None and _is_other(program, cast, cell, facts):
                    yield Gap(GapKind.STRUCT_CAST, source.place_at(cast.at), cell.tag)


def taken_for_another(program: Program, cell: Member, path: str) -> Iterator[Gap]:
    """Where a function gets the struct of `cell` as a void pointer, and uses it as another
    struct."""
    home = program.cells.home(cell, path)
    for file in program.types.naming(cell.tag, home):
        for facts in _functions(program, file, cell.tag, home):
            for call in facts.calls:
                for position, values in enumerate(call.arguments):
                    if _is_given(program, call, position, values, facts, cell.tag):
                        for callee in program.definitions(call.name, file):
                            yield from _untyped(program, program.facts(callee), position, cell)


def _is_given(
    program: Program,
    call: Call,
    position: int,
    values: tuple[Value, ...],
    facts: FunctionFacts,
    tag: str,
) -> bool:
    """Whether an argument of a call is a pointer to a struct `tag`.

    If the argument is the result of another call, its type is looked up only if the function takes
    a void pointer: finding the definitions of all functions that a file calls would take hundreds
    of headers.
    """
    addressed = position < len(call.addressed) and call.addressed[position]
    results = [v for v in values if isinstance(v, AccessPath) and v.base.startswith(CALLED)]
    others = [v for v in values if v not in results]
    if any(_is_object(program, v, facts, tag, addressed) for v in others):
        return True
    callees = program.definitions(call.name, facts.function.path) if results else ()
    return any(_takes_anything(program.facts(callee), position) for callee in callees) and any(
        _is_object(program, v, facts, tag, addressed) for v in results
    )


def _is_object(
    program: Program, value: Value, facts: FunctionFacts, tag: str, addressed: bool
) -> bool:
    """Whether a value points to a struct `tag`, or is one whose address is taken (`addressed`)."""
    kind = program.types.at(value, facts) if isinstance(value, AccessPath) else None
    return kind is not None and kind.tag == tag and kind.depth == (0 if addressed else 1)


def _untyped(program: Program, facts: FunctionFacts, position: int, cell: Member) -> Iterator[Gap]:
    """Where a function stores its void pointer number `position` into a pointer to another struct
    than that of `cell`, unless it is a part of that."""
    path = facts.function.path
    if not _takes_anything(facts, position):
        return
    name = facts.parameters[position]
    for flow in facts.flows:
        if AccessPath(name) in flow.sources and not flow.addressed:
            kind = program.types.at(flow.target, facts)
            if kind is None or kind.depth != 1 or _leads_before(facts, flow):
                continue
            if _lies_over(program, kind.tag, cell, path):
                yield Gap(GapKind.STRUCT_CAST, flow.place, cell.tag)


def _leads_before(facts: FunctionFacts, flow: Flow) -> bool:
    """Whether a variable only gets the pointer to lead to what lies before the object, as in `head
    = p; head--;` for a head that an allocator puts before its memory."""
    name = flow.target.base
    if flow.target.members or is_addressed(facts.lowered, name):
        return False
    match stores_to(facts, name):
        case (Store(value=Binary("-", _, Constant(steps))) as only,):
            return only.place == flow.place and steps.strip("0").isdecimal()
        case (first, Store(value=Constant(steps), operator="--" | "-=") as second):
            together = any(
                following == [first, second]
                for block in facts.lowered.blocks
                for following in _pairs(block.instructions)
            )
            return first.place == flow.place and together and steps.strip("0").isdecimal()
    return False


def _pairs(instructions: Sequence[Instruction]) -> Iterator[list[Instruction]]:
    """Each instruction with the next one."""
    return (list(instructions[n : n + 2]) for n in range(len(instructions) - 1))


def _takes_anything(facts: FunctionFacts, position: int) -> bool:
    """Whether parameter number `position` of a function is a void pointer."""
    name = facts.parameters[position] if position < len(facts.parameters) else ""
    given = facts.types.get(name)
    if is_macro(facts.function) or given is None:
        return False
    return (given.tag, given.depth) == ("void", 1)


def _functions(program: Program, file: str, tag: str, home: str) -> tuple[FunctionFacts, ...]:
    """The functions of a file that mention struct `tag`, or a typedef or member of that type."""
    words = sorted(program.types.names(tag, home))
    found = (facts for word in words for facts in program.functions_with(file, word))
    return tuple({facts.function.id: facts for facts in found}.values())


def _is_other(program: Program, cast: Cast, cell: Member, facts: FunctionFacts) -> bool:
    """Whether a cast is to another struct that is long enough to overlap with the member `cell`."""
    path, value, tag = facts.function.path, cast.operand, cell.tag
    kind = program.types.resolve(cast.type, path) if cast.type is not None else None
    if kind is None or not isinstance(value, Variable) or kind.tag == tag:
        return False
    given = facts.types.get(value.name)
    if given is None or (given.tag, given.depth) != (tag, 1):
        return False
    return _lies_over(program, kind.tag, cell, path)


def _lies_over(program: Program, tag: str, cell: Member, path: str) -> bool:
    """Whether a struct `tag` at the address of the struct of `cell` is another struct, and overlaps
    with that member."""
    if tag == cell.tag or program.types.struct(tag, path) is None:
        return False
    if _has(program, tag, cell.tag, path) or _has(program, cell.tag, tag, path):
        return False
    return not is_behind(program, cell, tag, path)


def _has(program: Program, outer: str, tag: str, path: str, depth: int = 4) -> bool:
    """Whether struct `outer` contains a struct `tag`, not only a pointer to one."""
    body = program.types.struct(outer, path) if depth else None
    inside = [k for k in body.members.values() if k.inside] if body is not None else []
    parts = {program.types.resolve(k, path).tag for k in inside}
    return tag in parts or any(_has(program, part, tag, path, depth - 1) for part in parts if part)
