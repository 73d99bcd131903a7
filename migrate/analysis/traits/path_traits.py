# SPDX-License-Identifier: GPL-2.0-only
"""What a walk through the functions of a group shows that its reviewer should know."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from migrate.analysis.frontend.kernel_api import Effect
from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.frontend.syntax import Function
from migrate.analysis.ir.expressions import Expression
from migrate.analysis.ir.instructions import Lowered
from migrate.analysis.ir.model import AccessPath, FunctionFacts
from migrate.analysis.model import Acquire, Evidence, Trait, TraitKind
from migrate.analysis.paths.held.held_pages import held_pages
from migrate.analysis.paths.held_state import Held, Twice
from migrate.analysis.paths.negative_counts import NegativeCount, negative_counts
from migrate.analysis.paths.release_loops import counted_releases
from migrate.analysis.paths.variables import path_of
from migrate.analysis.program.program import Program

_KINDS: dict[type, TraitKind] = {
    Held: TraitKind.LEFT_BEHIND,
    Twice: TraitKind.RELEASED_TWICE,
}

_FREED_BY_ADDRESS = ("free_page", "free_pages")


def path_traits(program: Program, acquires: tuple[Acquire, ...]) -> Iterator[Trait]:
    """Traits of single ways through the functions that acquire."""
    places = {a.place: a for a in acquires}
    for path, name in dict.fromkeys((a.place.path, a.function) for a in acquires):
        source = program.source(path)
        for function in source.by_name.get(name, ()) if source is not None else ():
            facts = program.facts(function)
            if facts.incomplete:
                continue  # nested too deep to walk through; the group says so
            position = partial(_count_position, program, function)
            type_of = partial(number_type, program, facts)
            counts = negative_counts(facts.lowered, places, position, type_of)
            yield from dict.fromkeys(_of_error(count) for count in counts)
            find = partial(lowered_in, program, path)
            again = partial(found_again, program, path)
            for found in held_pages(facts.lowered, places, find, again):
                kind = _KINDS.get(type(found))
                if kind is not None:
                    yield Trait(kind, Evidence(found.place, kind.value, found.text))


def _of_error(count: NegativeCount) -> Trait:
    if count.passed is not None:
        kind, at = TraitKind.ERROR_PASSES, count.passed
        return Trait(kind, Evidence(at.place, kind.value, at.text), "")
    kind = TraitKind.NEGATIVE_COUNT
    return Trait(kind, Evidence(count.place, kind.value, count.text), count.variable)


def number_type(program: Program, facts: FunctionFacts, value: Expression) -> str:
    """The type of a variable or a member as written, "" for a pointer and for an unknown type."""
    path = path_of(value)
    kind = program.types.at(AccessPath(path[0], path[1:]), facts) if path else None
    return kind.tag if kind is not None and kind.depth == 0 else ""


def lowered_in(program: Program, path: str, name: str) -> Lowered | None:
    """The one function by that name in a file; None for none, and for several."""
    source = program.source(path) if name else None
    functions = source.by_name.get(name, ()) if source is not None else ()
    return program.facts(functions[0]).lowered if len(functions) == 1 else None


def found_again(program: Program, path: str) -> bool:
    """Whether any code beside the file `path` finds pages by the addresses of their data, or frees
    them by those: where none does, who is given an address cannot release the page."""
    finders = (n for n, f in knowledge().exact.items() if f.finds_again)
    return any(program.files_with(path, name) for name in (*finders, *_FREED_BY_ADDRESS))


def _count_position(program: Program, function: Function, name: str) -> int | None:
    """The argument that counts the pages of a bulk release, or of a function with such a loop."""
    known = knowledge().lookup(name)
    if known is not None:
        return 1 if known.effect(0) is Effect.RELEASE_BULK else None
    return own_release_loop(program, function, name)


def own_release_loop(program: Program, function: Function, name: str) -> int | None:
    """The parameter of the function `name` in the file of `function` that says how many pages it
    releases; see :func:`migrate.analysis.paths.release_loops.counted_releases`."""
    callee = lowered_in(program, function.path, name)
    return counted_releases(callee) if callee is not None else None
