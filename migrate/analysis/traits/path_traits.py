# SPDX-License-Identifier: GPL-2.0-only
"""What a walk through the functions of a group shows that its reviewer should know."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from migrate.analysis.frontend.kernel_api import Effect
from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.frontend.syntax import Function
from migrate.analysis.model import Acquire, Evidence, Trait, TraitKind
from migrate.analysis.paths.held_pages import Held, held_pages
from migrate.analysis.paths.negative_counts import negative_counts
from migrate.analysis.paths.release_loops import counted_releases
from migrate.analysis.program.program import Program


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
            for count in negative_counts(facts.lowered, places, position):
                evidence = Evidence(count.place, TraitKind.NEGATIVE_COUNT.value, count.text)
                yield Trait(TraitKind.NEGATIVE_COUNT, evidence, count.variable)
            for found in held_pages(facts.lowered, places):
                held = isinstance(found, Held)
                kind = TraitKind.LEFT_BEHIND if held else TraitKind.RELEASED_TWICE
                yield Trait(kind, Evidence(found.place, kind.value, found.text))


def _count_position(program: Program, function: Function, name: str) -> int | None:
    """The argument that counts the pages of a bulk release, or of a function with such a loop."""
    known = knowledge().lookup(name)
    if known is not None:
        return 1 if known.effect(0) is Effect.RELEASE_BULK else None
    return own_release_loop(program, function, name)


def own_release_loop(program: Program, function: Function, name: str) -> int | None:
    """The parameter of the function `name` in the file of `function` that says how many pages it
    releases; see :func:`migrate.analysis.paths.release_loops.counted_releases`."""
    source = program.source(function.path)
    functions = source.by_name.get(name, ()) if source is not None else ()
    if len(functions) != 1:
        return None
    return counted_releases(program.facts(functions[0]).lowered)
