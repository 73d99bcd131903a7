# SPDX-License-Identifier: GPL-2.0-only
"""Code between an acquire and a release: calls, and loops in which the code may wait for a user of
the pages.

A loop is a natural loop of the control flow graph (Aho, Lam, Sethi, Ullman: Compilers, 9.6),
including loops made by goto; a loop around both calls, or around the release, is not a waiting
loop.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from migrate.analysis.ir.instructions import Invoke, Lowered


def loops_between(lowered: Lowered, acquire: int, release: int) -> bool:
    """Whether there may be a loop between call number `acquire` and call number `release`."""
    looping = lowered.looping
    blocks = {
        i.number: n
        for n, b in enumerate(looping.blocks)
        for i in b.instructions
        if isinstance(i, Invoke)
    }
    start, end = blocks[acquire], blocks[release]
    if start == end and acquire < release:
        return False
    onward = _next(looping)
    behind = _reached(onward, onward(start), start)
    return any(
        not {start, end} & loop and loop & behind and end in _reached(onward, loop, start)
        for loop in natural_loops(looping)
    )


def calls_between(lowered: Lowered, acquire: int, releases: Collection[int]) -> frozenset[int]:
    """The calls on the paths from call number `acquire` to one of `releases`, wherever they are in
    the source; a path that passes the acquire again is a different one."""
    looping = lowered.looping
    called = [[i.number for i in b.instructions if isinstance(i, Invoke)] for b in looping.blocks]
    home = {number: block for block, numbers in enumerate(called) for number in numbers}
    start = home[acquire]
    ends = {home[n] for n in releases if home[n] != start or n < acquire}
    onward, backward = _next(looping), _before(looping)
    behind = _reached(onward, onward(start), start)
    ahead = _reached(backward, {n for end in ends for n in backward(end)}, start)
    found = {n for block in behind & ahead for n in called[block]}
    for end in ends & behind - ahead:
        last = max(n for n in releases if home[n] == end)
        found.update(n for n in called[end] if n <= last)
    later = [n for n in releases if home[n] == start and n > acquire]
    leaves = bool(behind & (ahead | ends))
    found.update(
        n for n in called[start] if n > acquire and (leaves or n <= max(later, default=acquire))
    )
    return frozenset(found)


def natural_loops(lowered: Lowered) -> Iterator[frozenset[int]]:
    """The blocks of each loop: for a back edge, those that lead to its source without passing its
    target."""
    backward = _before(lowered)
    for source, target in _edges_back(lowered):
        yield _reached(backward, {source}, target) | {target}


def _edges_back(lowered: Lowered) -> Iterator[tuple[int, int]]:
    """The edges to a block that is on the stack of a depth-first search."""
    onward = _next(lowered)
    seen, path = {0}, {0}
    stack = [(0, iter(sorted(onward(0))))]
    while stack:
        block, targets = stack[-1]
        target = next(targets, None)
        if target is None:
            path.discard(block)
            stack.pop()
        elif target in path:
            yield block, target
        elif target not in seen:
            seen.add(target)
            path.add(target)
            stack.append((target, iter(sorted(onward(target)))))


def _before(lowered: Lowered) -> Callable[[int], Collection[int]]:
    into: dict[int, set[int]] = {}
    for edge in lowered.edges:
        into.setdefault(edge.target, set()).add(edge.source)
    return lambda block: into.get(block, ())


def _next(lowered: Lowered) -> Callable[[int], Collection[int]]:
    return lambda block: {lowered.edges[n].target for n in lowered.successors[block]}


def _reached(
    onward: Callable[[int], Collection[int]], first: Collection[int], without: int
) -> frozenset[int]:
    """The blocks that can be reached from `first`, including these, without passing `without`."""
    found, queue = set[int](), list(first)
    while queue:
        block = queue.pop()
        if block not in found and block != without:
            found.add(block)
            queue.extend(onward(block))
    return frozenset(found)
