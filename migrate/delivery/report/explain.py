# SPDX-License-Identifier: GPL-2.0-only
"""Why a group has its verdict, as notes like those of a compiler."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from migrate.analysis.model import Action, Classification, PinGroup, Place, Verdict
from migrate.analysis.verdicts.wording import sentences, step
from migrate.base.errors import Refusal
from migrate.base.typed import own_command
from migrate.delivery.report.advice import in_a_sentence, what_to_do
from migrate.delivery.report.code import decode_lines
from migrate.kernel.tree import Tree

_MOST = 8
"""The number of entries of a list that are shown."""

_WHERE = re.compile(r"(?P<path>.*?)(?::(?P<what>\w+))?(?::\d+)?\Z", re.S)


@dataclass(frozen=True)
class Note:
    """One message; without a `path` it belongs to the one before. `column` counts from 0 in bytes,
    `caret` in characters of `source`; `source` is None if there is no line to show."""

    severity: str
    text: str
    path: str = ""
    line: int = 0
    column: int = 0
    source: str | None = None
    caret: int = 0


def explain(
    tree: Tree,
    classification: Classification,
    where: str,
    *,
    command: Callable[..., str] = own_command,
) -> tuple[Note, ...]:
    """Notes on every group that touches `where`, a FILE, FILE:LINE or FILE:FUNCTION.

    Refuses a place without a group, with the nearest one that has a group; `command` spells the
    command to type then, from its name and arguments.
    """
    path, what = _split(where)
    found = [
        (group, verdict)
        for group, verdict in classification.pairs()
        if any(_touches(place, function, path, what) for place, function in _places(group))
    ]
    if not found:
        raise _nothing(classification, where, path, command)
    return tuple(
        note for group, verdict in found for note in notes_on(tree, group, verdict, command)
    )


def _split(where: str) -> tuple[str, str]:
    match = _WHERE.match(where)
    assert match is not None, "every string matches"
    return str(PurePosixPath(match["path"])), match["what"] or ""


def _places(group: PinGroup) -> Iterator[tuple[Place, str]]:
    yield from ((a.place, a.function) for a in group.acquires)
    yield from ((r.place, r.function) for r in group.releases)
    yield from ((u.place, u.function) for u in group.uses)


def _touches(place: Place, function: str, path: str, what: str) -> bool:
    if place.path != path:
        return False
    return not what or what == function or (what.isdigit() and int(what) == place.line)


def _nothing(
    classification: Classification, where: str, path: str, command: Callable[..., str]
) -> Refusal:
    known = sorted(
        {
            name
            for group in classification.groups
            for place, function in _places(group)
            for name in (place.path, f"{place.path}:{function}")
        }
    )
    near = [name for name in known if name.startswith(path + ":")]
    near = near or difflib.get_close_matches(where, known, n=1, cutoff=0.4)
    try_this = f"Try: {command('explain', PurePosixPath(near[0]))}" if near else ""
    hint = try_this or f"See them all: {command('classify')}"
    return Refusal(f"There is no group at {where}.", hint)


def notes_on(
    tree: Tree, group: PinGroup, verdict: Verdict, command: Callable[..., str] = own_command
) -> Iterator[Note]:
    """Everything needed to judge one group: what should happen and why, what to do about it, then
    the code in the order in which pages are acquired, passed on, used and released. Long lists are
    cut, with the number of further entries. `command` is as for :func:`explain`."""
    case = f" (CASE {verdict.case})" if verdict.case else ""
    first = group.acquires[0] if group.acquires else None
    severity = "warning" if verdict.action is Action.MANUAL else "note"
    head = f"{verdict.action}{case}: {in_a_sentence(group, verdict)}"
    yield note_at(tree, first.place, severity, head) if first else Note(severity, head)
    for text, at_gap in what_to_do(group, verdict, command):
        place = group.gaps[0].place if at_gap else None
        yield note_at(tree, place, "note", text) if place else Note("note", text)
    yield Note("note", f"group {group.name}, {grounds(verdict)}")
    for contract in group.contracts:
        yield Note("note", f"stated, not proved: {contract}: {contract.why}")
    for warning in verdict.warnings:
        yield Note("warning", warning)
    yield from _few(
        _gap_notes(group), "place that could not be followed", "places that could not be followed"
    )
    evidence = dict.fromkeys((e.place, f"evidence: {e.kind}") for e in verdict.evidence)
    yield from _few(_noted(tree, evidence), "piece of evidence", "pieces of evidence")
    acquires = {a.place: f"acquired here by {a.name}()" for a in group.acquires}
    if len(acquires) > 1:
        yield from (note_at(tree, place, "note", text) for place, text in acquires.items())
    shown = {e.place for e in verdict.evidence} | set(acquires)
    steps = [(e.place, step(e)) for e in group.edges if _near(e.place, group)]
    yield from _few(_noted(tree, steps), "step", "steps")
    uses = [(u.place, f"used here: {u.kind}") for u in group.uses]
    near = [(place, text) for place, text in uses if _near(place, group) and place not in shown]
    yield from _few(_noted(tree, near), "use", "uses")
    for release in group.releases:
        by = f", through {release.reached_by_helper}()" if release.reached_by_helper else ""
        yield note_at(tree, release.place, "note", f"released here by {release.name}(){by}")


def grounds(verdict: Verdict) -> str:
    """Who decided, and the confidence of the rules; decisions of people have none."""
    if verdict.confidence is None:
        return f"decided by the {verdict.decided_by}"
    return f"rule '{verdict.rule}', confidence {verdict.confidence}, decided by rules"


def _gap_notes(group: PinGroup) -> list[Note]:
    return [Note("warning", f"not followed: {gap}") for gap in sentences(group.gaps)]


def _noted(tree: Tree, found: Iterable[tuple[Place, str]]) -> list[Note]:
    return [note_at(tree, place, "note", text) for place, text in dict.fromkeys(found)]


def _few(notes: list[Note], one: str, many: str) -> Iterator[Note]:
    """The first of `notes`, and the number of the others."""
    yield from notes[:_MOST]
    left = len(notes) - _MOST
    if left > 0:
        yield Note("note", f"{left} more {one if left == 1 else many}; classify --json has all")


def _near(place: Place, group: PinGroup) -> bool:
    """Whether this is the group's own code and not an inline function of the kernel's headers."""
    return not place.path.startswith("include/") or place.path in group.paths


def note_at(tree: Tree, place: Place, severity: str, text: str) -> Note:
    """A note on the line of `place`, with a caret below the column."""
    lines = decode_lines(tree.read(place.path) or b"")
    if not 1 <= place.line <= len(lines):
        return Note(severity, text, place.path, place.line, place.column)
    source = lines[place.line - 1]
    before = source.encode("utf-8", "replace")[: place.column]
    caret = len(before.decode("utf-8", "ignore"))
    return Note(severity, text, place.path, place.line, place.column, source, caret)
