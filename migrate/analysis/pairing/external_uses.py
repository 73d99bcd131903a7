# SPDX-License-Identifier: GPL-2.0-only
"""Code outside of a driver's folder that may use the storage of its pages."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from migrate.analysis.acquires.searches import Searches
from migrate.analysis.frontend.includes import may_include
from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.model import PinGroup, Place
from migrate.analysis.program.functions import is_macro
from migrate.analysis.program.location import Local, Member
from migrate.analysis.program.program import Program
from migrate.analysis.program.trace import PAGE, SCATTER, Trace
from migrate.kernel.words import whole_word


@dataclass(frozen=True)
class EntryPoint:
    """A name by which code outside of `folder` could reach the pages: a function that is not
    static, or a header with a struct that holds them; `path` is the file that defines it."""

    word: str
    path: str
    folder: str


def openings(program: Program, trace: Trace) -> tuple[EntryPoint, ...]:
    """The names by which code elsewhere could reach the storage in `trace`."""
    paths = trace.origins
    found: dict[EntryPoint, None] = {}
    for state in trace.states:
        if state.form not in (PAGE, SCATTER):
            continue
        if isinstance(state.cell, Local):
            function = program.function(state.cell.function)
            if function is None or function.static or is_macro(function):
                continue
            taken_in = state.cell.name in program.facts(function).parameters
            if taken_in or function.id in trace.handed_out:
                folder = program.corpus.scope_folder(function.path)
                found[EntryPoint(function.name, function.path, folder)] = None
        elif isinstance(state.cell, Member) and state.cell in paths:
            home = program.cells.home(state.cell, paths[state.cell])
            public = program.types.is_public(state.cell.tag, paths[state.cell])
            if home.endswith(".h") and not public:
                found[
                    EntryPoint(posixpath.basename(home), home, program.corpus.scope_folder(home))
                ] = None
    return tuple(found)


def seen_outside(
    program: Program,
    groups: Iterable[tuple[PinGroup, tuple[EntryPoint, ...]]],
    searches: Searches,
) -> dict[Place, tuple[Gap, ...]]:
    """For each group, by the place of its first acquire: the files outside of its folder that use
    one of its openings.

    There is one search for all groups.
    """
    asked = [(group, found) for group, found in groups if found and not group.gaps]
    words = {opening.word for _, found in asked for opening in found}
    headers = {word for word in words if word.endswith(".h")}
    paths = {*searches.naming(words - headers), *searches.including(headers)}
    texts = program.tree.read_many(sorted(paths))
    result = {}
    for group, found in asked:
        users = tuple(gap for opening in found for gap in _users(program, opening, texts))
        if users:
            result[group.acquires[0].place] = users
    return result


def _users(program: Program, opening: EntryPoint, texts: dict[str, bytes]) -> Iterator[Gap]:
    plain, pattern = opening.word.encode(), whole_word(opening.word)
    inside = opening.folder + "/"
    for path, text in texts.items():
        if path.startswith((inside, "include/", "tools/", "Documentation/")) or plain not in text:
            continue
        if opening.word.endswith(".h"):
            if may_include(program.tree, path, text, opening.path):
                yield Gap(GapKind.HEADER_INCLUDED_OUTSIDE, Place(path, 1, 0), other=opening.path)
        elif (
            pattern.search(text) and _calls(program, path, opening) and not _asked(program, opening)
        ):
            yield Gap(GapKind.CALLED_FROM_OUTSIDE, Place(path, 1, 0), function=opening.word)


def _asked(program: Program, opening: EntryPoint) -> bool:
    """Whether all callers in the tree that matter were already examined: for a group without gaps,
    they were examined for each function that returns pages or drops its argument."""
    source = program.source(opening.path)
    functions = source.by_name.get(opening.word, ()) if source is not None else ()
    return not program.open_world and any(program.callers.is_public(f) for f in functions)


def _calls(program: Program, path: str, opening: EntryPoint) -> bool:
    """Whether the file calls the function of the opening, and not another one with that name."""
    if program.definitions(opening.word, path):
        return any(f.path == opening.path for f in program.definitions(opening.word, path))
    for facts in program.functions_with(path, opening.word):
        if opening.word in facts.types:
            continue
        if any(call.name == opening.word for call in facts.calls):
            return True
    return False
