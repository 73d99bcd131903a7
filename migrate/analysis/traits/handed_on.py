# SPDX-License-Identifier: GPL-2.0-only
"""Where a function leaves the pages that it takes: the place at which a person has to keep with
them what says how they are dropped."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from migrate.analysis.frontend.kernel_api import RESULT
from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.ir.expressions import (
    Element,
    Expression,
    Load,
    Member,
    Variable,
    plain,
    variable_name,
)
from migrate.analysis.ir.instructions import Instruction, Invoke, Lowered, Store
from migrate.analysis.paths.callee_releases import HARMLESS
from migrate.analysis.paths.variables import path_of


def left_with(lowered: Lowered, pages: str, taking: Collection[int]) -> str:
    """The first store or call by which pages leave the function, in words as "sg_set_page() gets
    them at PLACE"; "" if none is seen. The calls with the numbers `taking` put the pages into the
    variable `pages`."""
    after = _behind(lowered, taking)
    return next(_ways(lowered, after, _names(lowered, after, pages), taking), "")


def _behind(lowered: Lowered, taking: Collection[int]) -> tuple[Instruction, ...]:
    """The instructions that may be executed after one of the calls, in the order of the source."""
    queue: list[int] = []
    seen: set[int] = set()
    found: list[Instruction] = []
    for number, block in enumerate(lowered.blocks):
        for at, instruction in enumerate(block.instructions):
            if isinstance(instruction, Invoke) and instruction.number in taking:
                found += block.instructions[at + 1 :]
                queue.append(number)
    while queue:
        for edge in lowered.successors[queue.pop()]:
            target = lowered.edges[edge].target
            if target not in seen:
                seen.add(target)
                found += lowered.blocks[target].instructions
                queue.append(target)
    return tuple(sorted(found, key=lambda instruction: instruction.start))


def _ways(
    lowered: Lowered,
    after: Sequence[Instruction],
    names: Collection[str],
    taking: Collection[int],
) -> Iterator[str]:
    for instruction in after:
        match instruction:
            case Store(target, value) if _is_page(value, names) and _is_far(target, names, lowered):
                yield f"{_written(target)} gets them at {instruction.place}"
            case Invoke(number, arguments=arguments) if number not in taking and instruction.name:
                given = [n for n, a in enumerate(arguments) if _is_page(a, names)]
                if any(_passes_on(instruction.name, position) for position in given):
                    yield f"{instruction.name}() gets them at {instruction.place}"


def _passes_on(name: str, position: int) -> bool:
    """Whether a function may keep the page in an argument, or put it where others find it."""
    known = knowledge().lookup(name)
    if known is None:
        return True
    kept = any(f.origin == position and f.target not in (RESULT, position) for f in known.flows)
    return kept or (known.effect(position) not in HARMLESS and not known.releases)


def _names(lowered: Lowered, after: Sequence[Instruction], pages: str) -> frozenset[str]:
    """The variable, and the local pointers to a page that are set from it."""
    names = {pages}
    for instruction in after:
        match instruction:
            case Store(Variable(name), value) if _is_page(value, names):
                local = lowered.locals.get(name)
                if local is not None and local.type.tag == "page" and local.type.depth == 1:
                    names.add(name)
    return frozenset(names)


def _is_page(value: Expression, names: Collection[str]) -> bool:
    """Whether a value is one of the pages, or where they are in the array."""
    inner = plain(value)
    if isinstance(inner, Element):
        inner = plain(inner.array)
    return variable_name(inner) in names or path_of(value) in {(name,) for name in names}


def _is_far(target: Expression, names: Collection[str], lowered: Lowered) -> bool:
    """Whether something is stored where it outlives the function."""
    path = path_of(target)
    inner = plain(target)
    while isinstance(inner, Member) and not inner.arrow:
        inner = plain(inner.object)
    here = isinstance(inner, Variable) and inner.name in lowered.locals
    return bool(path) and path[0] not in names and not here


def _written(target: Expression) -> str:
    """A target as in the source, without the indices of arrays."""
    match plain(target):
        case Variable() as variable:
            return variable.written
        case Member(inner, name, arrow):
            return f"{_written(inner)}{'->' if arrow else '.'}{name}"
        case Element(array):
            return f"{_written(array)}[]"
        case Load(pointer):
            return f"*{_written(pointer)}"
    return "what is not understood"
