# SPDX-License-Identifier: GPL-2.0-only
"""Searches the text of files that are not analysed (:mod:`migrate.analysis.frontend.limits`).

Each acquire in one is reported, and no group that the file may affect is converted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from migrate.analysis.frontend.limits import MOST_ACQUIRES
from migrate.analysis.frontend.syntax import Source
from migrate.analysis.frontend.text.lexical import any_word, blanked
from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.model import Acquire, PinGroup, Place, Unparsed
from migrate.analysis.program.functions import Functions
from migrate.analysis.program.location import CallResult, Global, Local, Member
from migrate.analysis.program.trace import Trace
from migrate.kernel.words import whole_word

_CALL = rb"[ \t\r\n\\]*+\("


def acquires_by_words(source: Source, names: Collection[str]) -> Iterator[Acquire]:
    """Matches that look like a call of one of `names`; only their places are known."""
    text = blanked(source.text)
    opening = re.compile(_CALL)
    line = at = 0
    for match in any_word(names).finditer(text):
        line += text.count(b"\n", at, match.start())
        at = match.start()
        if opening.match(text, match.end()):
            place = Place(source.path, line + 1, at - text.rfind(b"\n", 0, at) - 1)
            yield Acquire(place, "", match.group().decode(), (), (), source.line_at(at))


def named(path: str, why: str) -> Unparsed:
    """The file as an entry of what was not understood."""
    return Unparsed(Place(path, 1, 0), "", GapKind.FILE_NOT_ANALYSED, detail=why)


def crowded(acquires: Collection[Acquire]) -> Mapping[str, str]:
    """The files with too many acquires, each with the reason in one line."""
    counts = Counter(acquire.place.path for acquire in acquires)
    return {
        path: f"it has {count} acquires, and no more than {MOST_ACQUIRES} are followed"
        for path, count in counts.items()
        if count > MOST_ACQUIRES
    }


def whole_file(path: str, why: str, acquires: Collection[Acquire]) -> PinGroup:
    """One group with all acquires of a file, about which nothing else is known."""
    ordered = tuple(sorted(acquires))
    return PinGroup(ordered[0].function, ordered, (), (), (), (named(path, why).gap,), ())


def unread_mentions(functions: Functions, trace: Trace) -> Iterator[Gap]:
    """The files that name the storage of a group, and may do anything with it."""
    for path, source in functions.unread.items():
        for word, folders in _words(functions, trace):
            near = path.startswith("include/") or functions.corpus.scope_folder(path) in folders
            if near and whole_word(word).search(source.text) is not None:
                yield Gap(GapKind.FILE_NAMES_STORAGE, Place(path, 1, 0), word, other=source.unread)
                break


def _words(functions: Functions, trace: Trace) -> Iterator[tuple[str, set[str]]]:
    """Words that may refer to the storage elsewhere, and the folders where they may do so."""
    scope_folder = functions.corpus.scope_folder
    for cell in dict.fromkeys(state.cell for state in trace.states):
        if isinstance(cell, Local | CallResult):
            yield from _function(functions, cell)
        elif isinstance(cell, Global):
            yield cell.name, {cell.folder}
        elif isinstance(cell, Member) and cell in trace.origins:
            yield cell.word, {scope_folder(trace.origins[cell])}


def _function(functions: Functions, cell: Local | CallResult) -> Iterator[tuple[str, set[str]]]:
    function = functions.function(cell.function)
    if function is not None and function.name and not function.static:
        yield function.name, {functions.corpus.scope_folder(function.path)}
