# SPDX-License-Identifier: GPL-2.0-only
"""Calls that copy a whole struct, or store other bytes over it."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.analysis.frontend.kernel_api import RESULT, Bytes
from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.frontend.types import TypeRef
from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.heap.families import structs_around
from migrate.analysis.ir.model import CALLED, AccessPath, FunctionFacts, Result, Value
from migrate.analysis.program.functions import is_macro
from migrate.analysis.program.location import Member
from migrate.analysis.program.program import Program

_MACROS = 4
"""The maximum depth of macros that expand to macros."""


def copied(program: Program, cell: Member, path: str) -> Iterator[Gap]:
    """The calls that copy the whole struct of `cell`, or something else over it."""
    home = program.cells.home(cell, path)
    words = program.cells.holding(cell.tag, home) if cell.tag else None
    for name, moved in knowledge().copying:
        for file in _files(program, cell, path, name):
            for facts in program.functions_with(file, name, words):
                yield from _copies(program, facts, name, moved, cell.tag)


def written_over(program: Program, cell: Member, path: str) -> Iterator[Gap]:
    """The calls that store bytes from elsewhere over a whole struct with `cell` in it, as
    copy_from_user() does."""
    if not cell.tag:
        return
    home = program.cells.home(cell, path)
    tags, _ = structs_around(program, cell.tag, home)
    words = program.cells.holding(cell.tag, home)
    for name, known in knowledge().exact.items():
        if not known.bytes.from_elsewhere:
            continue
        for file in _files(program, cell, path, name):
            for facts in program.functions_with(file, name, words):
                for number, call in enumerate(facts.calls):
                    target = known.bytes.targets[0] if call.name == name else RESULT
                    kind = _kind_at(program, facts, number, target) if target != RESULT else None
                    if kind is not None and kind.tag in tags:
                        yield Gap(GapKind.MAY_BE_SET, call.place, str(cell), name)


def _files(program: Program, cell: Member, path: str, name: str) -> list[str]:
    """The files that may copy the struct of `cell` by a call of `name`; seeing its name is enough
    for that."""
    home = program.cells.home(cell, path)
    naming = set(program.types.naming(cell.tag, home)) if cell.tag else set()
    able = set(program.cells.near_files(cell, path, name)) | naming
    if cell.tag and program.types.is_public(cell.tag, path):
        seeing = program.cells.seeing(cell.tag, path, name)
        able = able if seeing is None else able.intersection(seeing)
    return [file for file in program.files_with(home, name) if file in able]


def _copies(
    program: Program, facts: FunctionFacts, name: str, moved: Bytes, tag: str
) -> Iterator[Gap]:
    """The calls that copy a whole struct `tag`, or something else over it."""
    for number, call in enumerate(facts.calls):
        if call.name != name:
            continue
        target = _kind_at(program, facts, number, moved.targets[0])
        origin = _kind_at(program, facts, number, moved.origins[0])
        out = origin is not None and origin.tag == tag
        into = target is not None and target.tag == tag
        if out and not into:
            yield Gap(GapKind.STRUCT_COPIED_OUT, call.place, tag)
        elif into and not out and origin is not None and _is_struct(program, origin, facts):
            yield Gap(GapKind.STRUCT_COPIED_IN, call.place, tag, other=origin.tag)


def _kind_at(program: Program, facts: FunctionFacts, number: int, position: int) -> TypeRef | None:
    """The type of an argument of a call, or of the variable that gets its result."""
    if position == RESULT:
        values: tuple[Value, ...] = tuple(
            flow.target for flow in facts.flows if Result(number) in flow.sources
        )
    else:
        values = facts.calls[number].values(position)
    return next((k for v in values for k in _kinds(program, facts, v) if k is not None), None)


def _kinds(program: Program, facts: FunctionFacts, value: Value) -> Iterator[TypeRef | None]:
    """The types that a value may have. For the result of a call, that is the type that it returns;
    for a macro, the type of its expansion."""
    if isinstance(value, AccessPath):
        yield program.types.at(value, facts)
        return
    yield program.types.of(f"{CALLED}{value.call}", facts)
    for made in _made(program, facts, value.call, _MACROS):
        yield program.types.at(made, facts)


def _made(program: Program, facts: FunctionFacts, number: int, depth: int) -> Iterator[AccessPath]:
    """The value of a macro call, in terms of the calling function."""
    call = facts.calls[number]
    for macro in program.definitions(call.name, facts.function.path) if depth else ():
        if not is_macro(macro):
            continue
        inside = program.facts(macro)
        left = (value for returned in inside.returns for value in returned.values)
        for value in left:
            inner = (
                [value]
                if isinstance(value, AccessPath)
                else _made(program, inside, value.call, depth - 1)
            )
            for path in inner:
                if path.base in inside.parameters:
                    for given in call.values(inside.parameters.index(path.base)):
                        if isinstance(given, AccessPath):
                            yield AccessPath(given.base, given.members + path.members)


def _is_struct(program: Program, kind: TypeRef, facts: FunctionFacts) -> bool:
    return program.types.struct(kind.tag, facts.function.path) is not None
