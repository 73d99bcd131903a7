# SPDX-License-Identifier: GPL-2.0-only
"""Excerpts of code with the places of a group marked, and diffs of its edits."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Literal

from migrate.analysis.model import PinGroup, Place, Verdict
from migrate.delivery.report.model import Code, CodeLine, Diff, Mark, Spot
from migrate.kernel.tree import Tree
from migrate.rewrite.model import FileChange, GroupChange

_AROUND = 4
"""Lines shown before and after each marked line."""

_CLOSE = 3
"""Excerpts that are at most this many lines apart are joined."""

_LONGEST_LINE = 400

_Kind = Literal["acquire", "use", "release", "evidence"]


def spot(place: Place, function: str, kind: str, text: str) -> Spot:
    """A place in the form of the report."""
    return Spot(place.path, place.line, place.column, function, kind, text)


def excerpts(tree: Tree, group: PinGroup, verdict: Verdict) -> tuple[Code, ...]:
    """The lines of `tree` around every place of the group, by file in the order of paths."""
    marks: dict[str, dict[int, list[Mark]]] = {}
    for place, kind, text in _places(group, verdict):
        line = marks.setdefault(place.path, {}).setdefault(place.line, [])
        if not any(m.text == text for m in line):
            line.append(Mark(kind, place.column, text))
    contents = tree.read_many(sorted(marks))
    return tuple(
        Code(path, _window(decode_lines(contents[path]), marks[path]))
        for path in sorted(marks)
        if path in contents
    )


def diffs_of(change: GroupChange) -> tuple[Diff, ...]:
    """The edits of the group, by file."""
    return tuple(Diff(file.path, unified(file)) for file in change.all_files)


def unified(file: FileChange) -> str:
    """A unified diff without the header; equal beginnings and ends are skipped, for speed."""
    before, after = decode_lines(file.before or b""), decode_lines(file.after)
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    head = max(0, head - 3)
    tail = 0
    while tail < min(len(before), len(after)) - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    tail = max(0, tail - 3)
    diff = difflib.unified_diff(
        before[head : len(before) - tail], after[head : len(after) - tail], lineterm=""
    )
    return "\n".join(_shift(line, head) for line in list(diff)[2:])


def decode_lines(data: bytes) -> list[str]:
    """Lines as in git: only a line feed ends one."""
    lines = data.decode("utf-8", "replace").split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def _shift(line: str, by: int) -> str:
    """Correct the line numbers of a hunk header for the skipped beginning."""
    if not line.startswith("@@"):
        return line
    old, new = line.split(" ")[1:3]
    return f"@@ -{_moved(old, by)} +{_moved(new, by)} @@"


def _moved(span: str, by: int) -> str:
    start, comma, count = span[1:].partition(",")
    return f"{int(start) + by}{comma}{count}"


def _places(group: PinGroup, verdict: Verdict) -> Iterable[tuple[Place, _Kind, str]]:
    """The places of a group with their descriptions; for evidence that is also a use, the evidence
    is first."""
    for acquire in group.acquires:
        yield acquire.place, "acquire", f"acquired by {acquire.name}()"
    for release in group.releases:
        by = f", reached by {release.reached_by_helper}()" if release.reached_by_helper else ""
        yield release.place, "release", f"released by {release.name}(){by}"
    for evidence in verdict.evidence:
        yield evidence.place, "evidence", evidence.kind
    for use in group.uses:
        yield use.place, "use", str(use.kind)


def _window(lines: list[str], marks: dict[int, list[Mark]]) -> tuple[CodeLine, ...]:
    shown: set[int] = set()
    last = 0
    for number in sorted(marks):
        first = max(1, number - _AROUND)
        if last and first - last <= _CLOSE + 1:
            first = last + 1
        last = min(len(lines), number + _AROUND)
        shown.update(range(first, last + 1))
    return tuple(
        CodeLine(number, lines[number - 1][:_LONGEST_LINE], tuple(marks.get(number, ())))
        for number in sorted(shown)
    )
