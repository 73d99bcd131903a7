# SPDX-License-Identifier: GPL-2.0-only
"""The value flow of a group as a picture: functions as boxes, storage as labels between them.

Of all functions that the pages reach, the picture has those on a path from an acquire to a release
or to evidence for the verdict; :class:`Flows` derives them from the edges of the group.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from migrate.analysis.edges import Edge, EdgeKind
from migrate.analysis.frontend.syntax import parse
from migrate.analysis.model import PinGroup, Place, Use, Verdict
from migrate.delivery.report.model import Act, ActKind, Arrow, Box, Flow
from migrate.kernel.tree import Tree

MOST_BOXES = 12
"""A picture with more boxes would not be readable."""

_MOST_ACTS = 4
_MOST_LABELS = 2

_Key = tuple[str, str]
"""The path and the name of a function."""

_Arrows = dict[tuple[_Key, _Key], tuple[list[str], Place]]


@dataclass(frozen=True)
class _Span:
    """One function of a file: its name, its first and last line, and its text."""

    name: str
    first: int
    last: int
    text: str


class Flows:
    """Pictures of groups of one tree; each file is parsed once, and only its text is kept."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._files: dict[str, tuple[_Span, ...]] = {}

    def of(self, group: PinGroup, verdict: Verdict) -> Flow:
        """The picture of `group`: boxes in the order in which the pages reach them."""
        acts = _acts(group, verdict)
        ends = {
            key
            for key, found in acts.items()
            if any(act.kind in ("evidence", "release") for act in found)
        }
        starts = [(a.place.path, a.function) for a in group.acquires]
        arrows = self._arrows(group, acts)
        order = _on_the_way(starts, ends, arrows)
        kept = order[:MOST_BOXES]
        return Flow(
            boxes=tuple(Box(name, path, _first(acts.get((path, name), ()))) for path, name in kept),
            arrows=tuple(
                Arrow(kept.index(a), kept.index(b), tuple(labels[:_MOST_LABELS]), at.path, at.line)
                for (a, b), (labels, at) in arrows.items()
                if a in kept and b in kept
            ),
            left_out=len(order) - len(kept),
        )

    def _arrows(self, group: PinGroup, acts: Mapping[_Key, Sequence[Act]]) -> _Arrows:
        found: _Arrows = {}
        placed = [(edge, key) for edge in group.edges if (key := self._around(edge.place))]
        known = list(dict.fromkeys([*acts, *(key for _, key in placed)]))
        for source, target, label, at in (
            *_calls(placed, known),
            *self._through_members(placed, list(acts)),
        ):
            labels, _ = found.setdefault((source, target), ([], at))
            if label not in labels:
                labels.append(label)
        return found

    def _through_members(
        self, placed: Sequence[tuple[Edge, _Key]], acting: Sequence[_Key]
    ) -> Iterator[tuple[_Key, _Key, str, Place]]:
        """Arrows from functions that store the pages in a member to functions that read them there:
        by an edge, or because a function works on the pages and names the member."""
        writers: dict[str, dict[_Key, Place]] = {}
        readers: dict[str, list[_Key]] = {}
        for edge, key in placed:
            if "." in edge.target:
                writers.setdefault(edge.target, {}).setdefault(key, edge.place)
            if "." in edge.source:
                readers.setdefault(edge.source, []).append(key)
        for storage, stored in writers.items():
            word = re.compile(rf"(?:->|\.)\s*{re.escape(storage.rpartition('.')[2])}\b")
            naming = [key for key in acting if word.search(self._text(key))]
            for reader in dict.fromkeys([*readers.get(storage, ()), *naming]):
                for writer, at in stored.items():
                    if reader != writer and reader not in stored:
                        yield writer, reader, storage, at

    def _text(self, key: _Key) -> str:
        path, name = key
        return "".join(span.text for span in self._spans(path) if span.name == name)

    def _around(self, place: Place) -> _Key | None:
        for span in self._spans(place.path):
            if span.first <= place.line <= span.last:
                return place.path, span.name
        return None

    def _spans(self, path: str) -> tuple[_Span, ...]:
        if path not in self._files:
            text = self._tree.read(path)
            self._files[path] = _functions(path, text) if text is not None else ()
        return self._files[path]


def _functions(path: str, text: bytes) -> tuple[_Span, ...]:
    source = parse(path, text)
    return tuple(
        _Span(
            function.name,
            text.count(b"\n", 0, function.start) + 1,
            text.count(b"\n", 0, function.end) + 1,
            text[function.start : function.end].decode("utf-8", "replace"),
        )
        for function in source.functions
    )


def _acts(group: PinGroup, verdict: Verdict) -> dict[_Key, list[Act]]:
    """What each function does with the pages: acquire, use, release. A use on which the verdict is
    based is evidence."""
    decisive = {evidence.place for evidence in verdict.evidence}
    found: dict[_Key, list[Act]] = {}
    for a in group.acquires:
        act = Act("acquire", a.place.path, a.place.line, f"{a.name}()")
        found.setdefault((a.place.path, a.function), []).append(act)
    for use in _own(group.uses, group):
        kind: ActKind = "evidence" if use.place in decisive else "use"
        act = Act(kind, use.place.path, use.place.line, str(use.kind))
        found.setdefault((use.place.path, use.function), []).append(act)
    for r in group.releases:
        act = Act("release", r.place.path, r.place.line, f"{r.name}()")
        found.setdefault((r.place.path, r.function), []).append(act)
    return found


def _own(uses: Iterable[Use], group: PinGroup) -> Iterator[Use]:
    """Uses that are not in inline functions of the kernel's headers."""
    for use in uses:
        if not use.place.path.startswith("include/") or use.place.path in group.paths:
            yield use


def _first(acts: Sequence[Act]) -> tuple[Act, ...]:
    """A few of `acts`, in the order of the code: each call and each kind of use once; uses without
    influence on the verdict only if there is room."""
    kinds: dict[tuple[str, str], Act] = {}
    for act in sorted(acts, key=lambda a: a.line):
        kinds.setdefault((act.kind, act.text), act)
    rank = {"acquire": 0, "release": 0, "evidence": 1, "use": 2}
    kept = sorted(kinds.values(), key=lambda a: rank[a.kind])[:_MOST_ACTS]
    return tuple(sorted(kept, key=lambda a: a.line))


def _calls(
    placed: Sequence[tuple[Edge, _Key]], known: Sequence[_Key]
) -> Iterator[tuple[_Key, _Key, str, Place]]:
    """Arrows from caller to callee for what is passed, and back for what is returned."""
    for edge, key in placed:
        if edge.kind not in _LABELS or not edge.function:
            continue
        other = _named(edge.function, key, known)
        if other is None or other == key:
            continue
        ends = (key, other) if edge.kind is EdgeKind.PASSED else (other, key)
        yield *ends, _LABELS[edge.kind], edge.place


_LABELS = {
    EdgeKind.PASSED: "as an argument",
    EdgeKind.FILLED: "through an argument",
    EdgeKind.RETURNED: "as its result",
}


def _named(name: str, near: _Key, known: Sequence[_Key]) -> _Key | None:
    """The function `name` among `known`, preferably in the same file."""
    found = [key for key in known if key[1] == name]
    return min(found, key=lambda key: key[0] != near[0], default=None)


def _on_the_way(starts: Sequence[_Key], ends: set[_Key], arrows: _Arrows) -> list[_Key]:
    """`starts`, `ends` and the boxes between them, in topological order."""
    after: dict[_Key, list[_Key]] = {}
    before: dict[_Key, list[_Key]] = {}
    for one, other in arrows:
        after.setdefault(one, []).append(other)
        before.setdefault(other, []).append(one)
    wanted = _reached([*ends, *starts], before)
    placed: dict[_Key, None] = {}
    for start in reversed(list(dict.fromkeys(starts))):
        _place(start, after, placed)
    order = [key for key in reversed(placed) if key in wanted]
    return [*order, *sorted(ends - set(order))]


def _reached(start: Iterable[_Key], along: Mapping[_Key, Sequence[_Key]]) -> set[_Key]:
    found, left = set[_Key](), list(start)
    while left:
        key = left.pop()
        if key not in found:
            found.add(key)
            left += along.get(key, ())
    return found


def _place(start: _Key, after: Mapping[_Key, Sequence[_Key]], placed: dict[_Key, None]) -> None:
    """Append everything after `start`, then `start` itself: the reverse of the final order."""
    if start in placed:
        return
    seen = {start}
    stack = [(start, iter(after.get(start, ())))]
    while stack:
        here, rest = stack[-1]
        behind = next((key for key in rest if key not in seen and key not in placed), None)
        if behind is None:
            stack.pop()
            placed.setdefault(here)
        else:
            seen.add(behind)
            stack.append((behind, iter(after.get(behind, ()))))
