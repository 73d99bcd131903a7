# SPDX-License-Identifier: GPL-2.0-only
"""What a walk through the functions of a group shows that its reviewer should know."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.frontend.syntax import Source
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
            assert source is not None
            if program.facts(function).incomplete:
                continue  # nested too deep to walk through; the group says so
            for count in negative_counts(
                source, function, places, partial(_count_position, source)
            ):
                evidence = Evidence(count.place, TraitKind.NEGATIVE_COUNT.value, count.text)
                yield Trait(TraitKind.NEGATIVE_COUNT, evidence, count.variable)
            for found in held_pages(source, function, places):
                held = isinstance(found, Held)
                kind = TraitKind.LEFT_BEHIND if held else TraitKind.RELEASED_TWICE
                yield Trait(kind, Evidence(found.place, kind.value, found.text))


def _count_position(source: Source, name: str) -> int | None:
    """The argument that counts the pages of a bulk release, or of a function with such a loop."""
    function = knowledge().lookup(name)
    if function is not None:
        return 1 if function.effect(0) == "release_bulk" else None
    return counted_releases(source, name)
