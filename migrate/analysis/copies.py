# SPDX-License-Identifier: GPL-2.0-only
"""Storage that a struct member has besides its own name: unions, and copies of the whole struct."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.analysis.cell import Cell
from migrate.analysis.fact_model import Call, FunctionFacts, Loc
from migrate.analysis.program import Program
from migrate.analysis.types import TypeRef

_COPIERS = ("memcpy", "memmove")


def other_names(program: Program, cell: Cell, path: str) -> Iterator[str]:
    """One line for each way by which the member `cell` may be reached by another name.

    `path` is a file from which its struct is seen.
    """
    if _shares(program, cell, path):
        yield f"{cell} shares its storage with another member"
    for name in _COPIERS:
        for file in _files(program, cell, path, name):
            for facts in program.functions_with(file, name):
                yield from _copies(program, facts, name, cell.scope)


def _files(program: Program, cell: Cell, path: str, name: str) -> list[str]:
    """The files that may copy the struct of `cell` with `name`; who sees only its name may."""
    home = program.cells.home(cell, path)
    naming = set(program.files_with(home, cell.scope)) if cell.scope else set()
    seeing = set(program.cells.near_files(cell, path, name))
    return [file for file in program.files_with(home, name) if file in seeing | naming]


def _shares(program: Program, cell: Cell, path: str) -> bool:
    body = program.types.struct(cell.scope, path)
    for name in cell.name.split("."):
        if body is None:
            return False
        if name in body.shared:
            return True
        kind = body.members.get(name)
        body = kind.inline if kind is not None else None
    return False


def _copies(program: Program, facts: FunctionFacts, name: str, tag: str) -> Iterator[str]:
    """The calls that copy a whole struct `tag` into something else, or something else into it."""
    for call in facts.calls:
        if call.name != name:
            continue
        target, origin = (_copied(program, facts, call, n) for n in (0, 1))
        out = origin is not None and origin.tag == tag
        into = target is not None and target.tag == tag
        if out and not into:
            yield f"struct {tag} is copied to something else at {call.place}"
        elif into and not out and origin is not None and _is_struct(program, origin, facts):
            yield f"struct {tag} is copied from struct {origin.tag} at {call.place}"


def _copied(program: Program, facts: FunctionFacts, call: Call, position: int) -> TypeRef | None:
    values = call.values(position)
    kinds = (program.types.at(value, facts) for value in values if isinstance(value, Loc))
    return next((kind for kind in kinds if kind is not None), None)


def _is_struct(program: Program, kind: TypeRef, facts: FunctionFacts) -> bool:
    return program.types.struct(kind.tag, facts.function.path) is not None
