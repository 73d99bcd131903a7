# SPDX-License-Identifier: GPL-2.0-only
"""The acquires that a change may affect.

A finding is reported if one of its places is in an added line. Places are in code: functions and
macro bodies. So a new member of a struct in include/ causes no finding, and a new inline function
causes one only where it is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from migrate.analysis.frontend.syntax import Source
from migrate.analysis.model import Acquire
from migrate.analysis.program.program import Program

_PUBLIC = "include/"
_CORE = "mm/"
_MOST_NAMES = 16
"""The maximum number of added functions and macros in headers, with those that use them; beyond it,
the whole tree is examined."""

_DEFINE = re.compile(rb"^[ \t]*#[ \t]*define[ \t]+(\w+)(?:[^\\\n]|\\\n|\\[^\n])*", re.M)


def near(
    program: Program, acquires: tuple[Acquire, ...], added: Mapping[str, frozenset[int]]
) -> tuple[Acquire, ...]:
    """The acquires in drivers that have one of the lines `added`, by file, or that use something
    from an added line in a header for the whole kernel. All acquires if a file of mm/ has added
    lines, or if too much in such headers is new."""
    if any(path.startswith(_CORE) for path in added):
        return acquires
    names = _new_names(program, {p: n for p, n in added.items() if p.startswith(_PUBLIC)})
    if len(names) > _MOST_NAMES:
        return acquires
    paths = {*added, *(path for name in names for path in program.wide.mentioning(name))}
    folders = {program.corpus.scope_folder(path) for path in paths}
    return tuple(a for a in acquires if program.corpus.scope_folder(a.place.path) in folders)


def _new_names(program: Program, added: Mapping[str, frozenset[int]]) -> set[str]:
    """The functions and macros in headers that have added lines, and those in headers that use one
    of them. Incomplete if there are too many."""
    found = {name for path, lines in added.items() for name in _names(program, path, lines)}
    fresh = list(found)
    while fresh and len(found) <= _MOST_NAMES:
        name = fresh.pop()
        for header in program.corpus.public_files(name):
            for other, text in _code(program, header):
                if other not in found and name.encode() in text:
                    found.add(other)
                    fresh.append(other)
    return found


def _names(program: Program, path: str, lines: frozenset[int]) -> Iterator[str]:
    """The functions and macros of one header that have one of `lines`."""
    source = program.source(path)
    for name, start, end in _spans(source):
        assert source is not None
        rows = range(source.place_at(start).line, source.place_at(end - 1).line + 1)
        if not lines.isdisjoint(rows):
            yield name


def _code(program: Program, path: str) -> Iterator[tuple[str, bytes]]:
    """The functions and macros of a header, with their text."""
    source = program.source(path)
    for name, start, end in _spans(source):
        yield name, source.text[start:end] if source is not None else b""


def _spans(source: Source | None) -> Iterator[tuple[str, int, int]]:
    """The functions and macros of a file, with the offsets of their first byte and of the byte
    behind them."""
    if source is None:
        return
    for function in source.functions:
        yield function.name, function.start, function.end
    for match in _DEFINE.finditer(source.text):
        yield match[1].decode(), match.start(), match.end()
