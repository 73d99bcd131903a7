# SPDX-License-Identifier: GPL-2.0-only
"""Functions of a file that release as many pages, one by one, as an unsigned parameter says."""

from __future__ import annotations

from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.ir.expressions import Binary, Variable
from migrate.analysis.ir.instructions import Edge, Invoke, Lowered, all_expressions

_UNSIGNED = frozenset(
    {
        "unsigned",
        "unsigned int",
        "unsigned long",
        "unsigned long long",
        "u32",
        "u64",
        "uint32_t",
        "uint64_t",
        "size_t",
    }
)


def counted_releases(lowered: Lowered) -> int | None:
    """The parameter that says how often a loop of the function releases a page.

    None when there is none, when it is signed, so that the loop ends at once for an error code,
    or when the function does anything else with it: that may be a test.
    """
    for position, name in enumerate(lowered.parameters):
        local = lowered.locals.get(name)
        if local is None or local.type.depth or " ".join(local.type.tag.split()) not in _UNSIGNED:
            continue
        if _only_counts(lowered, Variable(name)):
            return position
    return None


def _only_counts(lowered: Lowered, parameter: Variable) -> bool:
    """Whether `parameter` is nothing but the end of a loop that releases."""
    uses = sum(expression == parameter for expression in all_expressions(lowered))
    ends = [e for e in lowered.edges if e.truth and _is_end(e, parameter)]
    return uses == len(ends) == 1 and _releases(lowered, ends[0])


def _is_end(edge: Edge, parameter: Variable) -> bool:
    value = edge.condition.value if edge.condition is not None else None
    return isinstance(value, Binary) and value.operator in ("<", "!=") and value.right == parameter


def _releases(lowered: Lowered, into: Edge) -> bool:
    """Whether the loop whose body `into` leads to releases."""
    body = _reached(lowered, into.target, into.source)
    if into.source not in body:
        return False
    loop = (n for n in body if into.source in _reached(lowered, n, into.source))
    return any(
        _is_release(instruction)
        for number in loop
        for instruction in lowered.blocks[number].instructions
        if isinstance(instruction, Invoke)
    )


def _reached(lowered: Lowered, start: int, end: int) -> set[int]:
    """The blocks on the ways from `start` on that do not go on behind `end`."""
    found, queue = {start}, [start]
    while queue:
        block = queue.pop()
        for number in lowered.successors[block] if block != end else ():
            target = lowered.edges[number].target
            if target not in found:
                found.add(target)
                queue.append(target)
    return found


def _is_release(call: Invoke) -> bool:
    known = knowledge().lookup(call.name)
    return known is not None and known.releases
