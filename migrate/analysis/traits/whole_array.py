# SPDX-License-Identifier: GPL-2.0-only
"""Whether a release drops every page of an array, from the first on.

Of a loop that begins where another one has stopped, or that ends at what another one has counted,
the pages before or behind stay with somebody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from migrate.analysis.ir.expressions import (
    Binary,
    Element,
    Expression,
    Variable,
    is_zero,
    plain,
    variable_name,
)
from migrate.analysis.ir.instructions import Instruction, Invoke, Lowered, Store
from migrate.analysis.paths.release_loops import natural_loops
from migrate.analysis.paths.variables import path_of


def from_the_first(lowered: Lowered, call: Invoke, pages: str) -> bool:
    """Whether a release drops the page in the variable `pages`, or, in a loop, every page of the
    array from the first to the last."""
    for argument in call.arguments:
        if path_of(argument)[:1] != (pages,):
            continue
        inner = plain(argument)
        if isinstance(inner, Variable):
            return not gets_a_count(lowered, call, pages)
        if isinstance(inner, Element) and variable_name(inner.array) == pages:
            return inner.index is not None and _all_of_them(lowered, call, inner.index)
    return False


def gets_a_count(lowered: Lowered, call: Invoke, pages: str) -> bool:
    """Whether a call that drops the pages in a variable gets a number that something has counted,
    which may be only some of them."""
    names = {variable_name(argument) for argument in call.arguments} - {pages, ""}
    return any(_is_counted(lowered, name) for name in names)


def _is_counted(lowered: Lowered, name: str) -> bool:
    return any(store.operator != "=" for _, _, store in _stores(lowered, name))


def _all_of_them(lowered: Lowered, call: Invoke, index: Expression) -> bool:
    name, body = variable_name(index), _loop_around(lowered, call)
    if not name or not body:
        return False
    stores = list(_stores(lowered, name))
    if not all(store.counts or is_zero(store.value) for _, _, store in stores):
        return False
    inside = all(block in body for block, _, _ in stores)
    if name in lowered.parameters and inside:
        return {store.operator for _, _, store in stores} == {"--"}
    if any(store.operator == "--" for _, _, store in stores):
        return False
    counted = [(b, n + 1) for b, n, store in stores if store.counts and b not in body]
    left = [(e.target, 0) for e in lowered.edges if e.source in body and e.target not in body]
    begins = not _arrives(lowered, [(0, 0), *counted, *left], name, body)
    return begins and not _ends_at_a_count(lowered, name, body)


def _loop_around(lowered: Lowered, call: Invoke) -> frozenset[int]:
    """The blocks of the innermost loop that the call is in."""
    blocks = [n for n, block in enumerate(lowered.blocks) if call in block.instructions]
    around = [body for body in natural_loops(lowered) if body.issuperset(blocks) and blocks]
    return min(around, key=len, default=frozenset())


def _stores(lowered: Lowered, name: str) -> Iterator[tuple[int, int, Store]]:
    """The stores to a variable, each with its block and its place there."""
    for number, block in enumerate(lowered.blocks):
        for at, instruction in enumerate(block.instructions):
            if isinstance(instruction, Store) and variable_name(instruction.target) == name:
                yield number, at, instruction


def _arrives(
    lowered: Lowered, starts: Iterable[tuple[int, int]], name: str, body: frozenset[int]
) -> bool:
    """Whether a way leads from one of `starts` into `body` on which the variable is not set
    to 0."""
    queue, seen = list(starts), set[int]()
    while queue:
        block, at = queue.pop()
        if any(_clears(i, name) for i in lowered.blocks[block].instructions[at:]):
            continue
        for number in lowered.successors[block]:
            target = lowered.edges[number].target
            if target in body:
                return True
            if target not in seen:
                seen.add(target)
                queue.append((target, 0))
    return False


def _clears(instruction: Instruction, name: str) -> bool:
    return (
        isinstance(instruction, Store)
        and not instruction.counts
        and variable_name(instruction.target) == name
    )


def _ends_at_a_count(lowered: Lowered, index: str, body: frozenset[int]) -> bool:
    """Whether the loop goes up to a variable that something counts: it may be a part."""
    for edge in lowered.edges:
        value = edge.condition.value if edge.condition is not None else None
        if edge.source not in body or edge.target in body or not isinstance(value, Binary):
            continue
        ends = {variable_name(plain(side)) for side in (value.left, value.right)} - {index, ""}
        if any(_is_counted(lowered, end) for end in ends):
            return True
    return False
