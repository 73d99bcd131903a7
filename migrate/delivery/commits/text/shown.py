# SPDX-License-Identifier: GPL-2.0-only
"""The lines of code that a message shows for its reason: where the pages are used, and how."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from migrate.analysis.edges import EdgeKind
from migrate.analysis.model import Evidence, PinGroup
from migrate.base.prose import clean

_LINE_WIDTH = 71
_SHOWN = 2
"""Lines of evidence in a message; `explain` and the report have all of them."""


def shown_lines(evidence: Iterable[Evidence], group: PinGroup) -> tuple[str, ...]:
    """The lines of `evidence` that are easiest to check, in the form of a message; a call of GUP is
    not evidence of how the pages are used."""
    acquires = {(a.place.path, a.place.line) for a in group.acquires}
    nearer = (_as_called(one, group) for one in evidence)
    found = [e for e in nearer if (e.place.path, e.place.line) not in acquires]
    return tuple(line for e in _first(found, group) for line in _lines_of(e))


def _as_called(one: Evidence, group: PinGroup) -> Evidence:
    """For a line of an inline function in a header: the line that calls that function."""
    if not _in_header(one.place.path):
        return one
    functions = {use.function for use in group.uses if use.place == one.place}
    calls = [
        edge
        for edge in group.edges
        if edge.kind is EdgeKind.PASSED
        and edge.function in functions
        and not _in_header(edge.place.path)
    ]
    if not calls:
        return one
    first = min(calls, key=lambda edge: (_distance(edge.place.path, group), edge.place))
    return replace(one, place=first.place, text=first.text)


def _in_header(path: str) -> bool:
    return path.endswith(".h")


def _first(evidence: Iterable[Evidence], group: PinGroup) -> Sequence[Evidence]:
    """First those in the files of the acquires, then those in their folders: distant code is
    hardest to check."""
    unique = list({str(e.place): e for e in evidence}.values())
    return sorted(unique, key=lambda one: _distance(one.place.path, group))[:_SHOWN]


def _distance(path: str, group: PinGroup) -> int:
    files = {a.place.path for a in group.acquires}
    folders = {PurePosixPath(file).parent for file in files}
    return (path not in files) + (PurePosixPath(path).parent not in folders)


def _lines_of(evidence: Evidence) -> Iterator[str]:
    """A line of code in a message: after its place if that fits, else below it and shortened."""
    text = " ".join(clean(evidence.text).split())
    one = f"{evidence.place}: {text}"
    if len(one) <= _LINE_WIDTH:
        yield one
        return
    yield f"{evidence.place}:"
    yield "  " + (text if len(text) < _LINE_WIDTH - 2 else f"{text[: _LINE_WIDTH - 5]}...")
