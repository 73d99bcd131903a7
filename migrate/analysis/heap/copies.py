# SPDX-License-Identifier: GPL-2.0-only
"""Other names for the memory of a struct member: unions, copies of the whole struct, and casts to
another struct."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.analysis.frontend.kernel_api import RESULT, Bytes
from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.frontend.types import TypeRef
from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.heap.families import definitions_in, structs_around, with_unnamed
from migrate.analysis.heap.layout import is_behind
from migrate.analysis.ir.expressions import Cast, Variable
from migrate.analysis.ir.instructions import all_expressions
from migrate.analysis.ir.model import CALLED, AccessPath, Call, FunctionFacts, Result, Value
from migrate.analysis.program.functions import is_macro
from migrate.analysis.program.location import Member
from migrate.analysis.program.program import Program

_MACROS = 4
"""The maximum depth of macros that expand to macros."""

_PAGES = frozenset({"page", "folio"})
_PARTS = 4
"""The maximum nesting of structs."""


def other_names(program: Program, cell: Member, path: str) -> Iterator[Gap]:
    """Each way by which the member `cell` may be reached by another name.

    `path` is a file that sees its struct.
    """
    if _shares_memory(program, cell, path):
        yield Gap(GapKind.SHARED_STORAGE, subject=str(cell))
    if cell.tag:
        yield from _laid_over(program, cell, path)
        yield from _taken_for_another(program, cell, path)
    home = program.cells.home(cell, path)
    words = program.cells.holding(cell.tag, home) if cell.tag else None
    for name, moved in knowledge().copying:
        for file in _files(program, cell, path, name):
            for facts in program.functions_with(file, name, words):
                yield from _copies(program, facts, name, moved, cell.tag)
    yield from _written_over(program, cell, path)


def _written_over(program: Program, cell: Member, path: str) -> Iterator[Gap]:
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
                    kind = _copied(program, facts, number, target) if target != RESULT else None
                    if kind is not None and kind.tag in tags:
                        yield Gap(GapKind.MAY_BE_SET, call.place, str(cell), name)


def _laid_over(program: Program, cell: Member, path: str) -> Iterator[Gap]:
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


def _taken_for_another(program: Program, cell: Member, path: str) -> Iterator[Gap]:
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
            if kind is not None and kind.depth == 1 and _lies_over(program, kind.tag, cell, path):
                yield Gap(GapKind.STRUCT_CAST, flow.place, cell.tag)


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
        target = _copied(program, facts, number, moved.targets[0])
        origin = _copied(program, facts, number, moved.origins[0])
        out = origin is not None and origin.tag == tag
        into = target is not None and target.tag == tag
        if out and not into:
            yield Gap(GapKind.STRUCT_COPIED_OUT, call.place, tag)
        elif into and not out and origin is not None and _is_struct(program, origin, facts):
            yield Gap(GapKind.STRUCT_COPIED_IN, call.place, tag, other=origin.tag)


def _copied(program: Program, facts: FunctionFacts, number: int, position: int) -> TypeRef | None:
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


# Unions


def _shares_memory(program: Program, cell: Member, path: str) -> bool:
    """Whether a page may be stored into the memory of the member `cell` by another name."""
    return _is_beside_page(program, cell, path) or _is_inside_beside_page(program, cell, path)


def _is_beside_page(program: Program, cell: Member, path: str) -> bool:
    body = program.types.struct(cell.tag, path)
    for name in cell.members:
        if body is None:
            return False
        if name in body.shared:
            return True
        kind = body.members.get(name)
        body = kind.inline if kind is not None else None
    return False


def _is_inside_beside_page(program: Program, cell: Member, path: str) -> bool:
    """Whether the struct of `cell`, or one that contains it, is in a union beside a struct with
    pages."""
    if not cell.tag:
        return False
    home = program.cells.home(cell, path)
    tags, _ = structs_around(program, cell.tag, home)
    for tag in sorted(tags):
        for file in program.types.naming(tag, home):
            if b"union" not in (program.tree.read(file) or b""):
                continue
            for outer in definitions_in(program, file, tag):
                for union in with_unnamed(outer):
                    kinds = {n: program.types.resolve(union.members[n], file) for n in union.unions}
                    inside = [n for n, k in kinds.items() if k.inside and k.tag == tag]
                    others = [k for n, k in kinds.items() if n not in inside[:1]]
                    if inside and any(_may_hold_page(program, k, file) for k in others):
                        return True
    return False


def _may_hold_page(program: Program, kind: TypeRef, path: str, depth: int = _PARTS) -> bool:
    if kind.depth and not kind.inside and not kind.array:
        return kind.tag in _PAGES or kind.tag == "void"
    if kind.tag in _PAGES and kind.depth:
        return True
    body = (kind.inline or program.types.struct(kind.tag, path)) if depth else None
    members = body.members.values() if body is not None else ()
    resolved = (program.types.resolve(member, path) for member in members)
    return any(_holds_page(program, member, path, depth - 1) for member in resolved)


def _holds_page(program: Program, kind: TypeRef, path: str, depth: int) -> bool:
    """Whether a part of the union holds pages; void pointers in it count as pointing to something
    else."""
    return kind.tag != "void" and _may_hold_page(program, kind, path, depth)
