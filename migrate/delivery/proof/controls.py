# SPDX-License-Identifier: GPL-2.0-only
"""Releases that are spoiled on purpose, to check that this is noticed: otherwise a proof proves
nothing.

In a scratch copy one release of each group is reverted to its form before the conversion, or
removed. Groups do not share releases, so one build and one boot cover all groups; a group with
several releases takes several. Groups that only look a page up have the same releases as before, so
each of these is removed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from migrate.delivery.proof.model import (
    Control,
    ControlOutcome,
    GroupProof,
    Line,
    Outcome,
    Spoiling,
)
from migrate.delivery.proof.seen.places import Hunk, new_line
from migrate.kernel.tree import Tree

_CAUGHT = (Outcome.HELD, Outcome.FOREIGN)
_DROPPED = b"gup_prove_dropped()"
"""Replaces a removed release: it reports that this place is reached."""


@dataclass(frozen=True)
class Spoiled:
    """One release of `group` to be spoiled."""

    group: str
    release: Line
    spoiling: Spoiling


@dataclass(frozen=True)
class Round:
    """The releases that one build spoils; each is of another group."""

    spoiled: tuple[Spoiled, ...]


def rounds(
    proofs: Iterable[GroupProof], lookups: frozenset[str] = frozenset()
) -> tuple[Round, ...]:
    """Every release of a proved group that was executed is reverted once, and one of each group is
    removed; those of `lookups` are all removed."""
    proved = [p for p in proofs if p.outcome is Outcome.PROVED]
    releases = {p.group: sorted({pair.release for pair in p.pairs}) for p in proved}
    most = max((len(lines) for lines in releases.values()), default=0)
    back = [
        Round(
            tuple(
                Spoiled(
                    group, lines[n], Spoiling.DROPPED if group in lookups else Spoiling.TURNED_BACK
                )
                for group, lines in releases.items()
                if n < len(lines)
            )
        )
        for n in range(most)
    ]
    dropped = tuple(
        Spoiled(g, lines[0], Spoiling.DROPPED) for g, lines in releases.items() if g not in lookups
    )
    return (*back, Round(dropped)) if dropped else tuple(back)


@dataclass(frozen=True)
class NotSpoiled:
    """Why a release could not be spoiled."""

    reason: str


@dataclass(frozen=True)
class Names:
    """The functions that take pins, those that release them, and those that drop plain
    references."""

    acquires: tuple[str, ...]
    releases: tuple[str, ...]
    drops: tuple[str, ...] = ()


def spoil(
    text: bytes, base: bytes, wanted: Sequence[Spoiled], hunks: Sequence[Hunk], names: Names
) -> tuple[bytes, dict[Spoiled, NotSpoiled]]:
    """The converted file `text` with each of `wanted` spoiled, and those that could not be.

    `base` is the file before the conversion, and `hunks` the changes between them.
    """
    new, old = text.splitlines(keepends=True), base.splitlines(keepends=True)
    failed: dict[Spoiled, NotSpoiled] = {}
    # A release that several groups share is spoiled once.
    done: dict[tuple[int, int, int, int], str] = {}
    # From the end, so that earlier line numbers stay valid.
    for item in sorted(wanted, key=lambda s: s.release, reverse=True):
        hunk = next((h for h in hunks if h.has_old(item.release.line)), None)
        if hunk is None:
            at = new_line(hunks, item.release.line)
            # A plain reference, or one that was released as a pin before the conversion.
            lines, calls = (at - 1, at, 0, 0), (*names.releases, *names.drops)
            if item.spoiling is Spoiling.TURNED_BACK or not calls:
                failed[item] = NotSpoiled("the conversion did not change its line")
                continue
        else:
            lines, calls = _lines(hunk, item.release.line), names.releases
        if lines not in done:
            done[lines] = _spoil_lines(
                new, old, item.spoiling, lines, replace(names, releases=calls)
            )
        if done[lines]:
            failed[item] = NotSpoiled(done[lines])
    return b"".join(new), failed


def spoil_round(
    tried: Round, base: Tree, tip: Tree, hunks: Mapping[str, Sequence[Hunk]], names: Names
) -> tuple[dict[str, bytes], dict[Spoiled, NotSpoiled]]:
    """The files of `tip` that a round spoils, and the releases that could not be spoiled; `hunks`
    are the changes of the conversion of `base`, by path."""
    by_path: dict[str, list[Spoiled]] = {}
    for item in tried.spoiled:
        by_path.setdefault(item.release.path, []).append(item)
    before, after = base.read_many(by_path), tip.read_many(by_path)
    files: dict[str, bytes] = {}
    failed: dict[Spoiled, NotSpoiled] = {}
    for path, items in by_path.items():
        changed = hunks.get(path, ())
        files[path], bad = spoil(after[path], before[path], items, changed, names)
        failed |= bad
    return files, failed


def unbuilt(tried: Round, objects: Collection[str]) -> dict[Spoiled, NotSpoiled]:
    """The releases of a round in files whose `objects` did not compile: a reverted release may need
    a variable that the conversion has removed."""
    return {
        item: NotSpoiled("its file does not compile with that release alone spoiled")
        for item in tried.spoiled
        if str(PurePosixPath(item.release.path).with_suffix(".o")) in objects
    }


def _lines(hunk: Hunk, line: int) -> tuple[int, int, int, int]:
    """The lines of the converted file and of the original that are spoiled, each as beginning and
    end: line by line if possible, so that code beside a release stays converted."""
    at, was = hunk.new - 1, hunk.old - 1
    if hunk.old_count == hunk.new_count:
        more = line - hunk.old
        return at + more, at + more + 1, was + more, was + more + 1
    return at, at + hunk.new_count, was, was + hunk.old_count


def _spoil_lines(
    new: list[bytes],
    old: list[bytes],
    spoiling: Spoiling,
    lines: tuple[int, int, int, int],
    names: Names,
) -> str:
    """Change `lines` of `new`; returns an obstacle, or ""."""
    at, end, was, till = lines
    if spoiling is Spoiling.TURNED_BACK:
        if _calls(names.acquires).search(b"".join(new[at:end])):
            return "an acquire was changed together with it"
        new[at:end] = old[was:till]
        return ""
    dropped = _without_call(b"".join(new[at:]), end - at, names.releases)
    if dropped is None:
        return "no call of a release function is in its line"
    new[at:] = [dropped]
    return ""


def _calls(names: Sequence[str]) -> re.Pattern[bytes]:
    """A call of one of `names`."""
    either = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    return re.compile(rf"\b(?:{either})\s*\(".encode())


def _without_call(text: bytes, lines: int, names: Sequence[str]) -> bytes | None:
    """`text` without the first call of one of `names` in its first `lines`; None if there is
    none."""
    limit = sum(len(line) for line in text.splitlines(keepends=True)[:lines])
    found = _calls(names).search(text, 0, limit)
    if found is None:
        return None
    depth, at = 1, found.end()
    while depth and at < len(text):
        depth += {ord("("): 1, ord(")"): -1}.get(text[at], 0)
        at += 1
    inside = text[found.start() : at]
    # Keep the number of lines, so that code below keeps its line numbers.
    return text[: found.start()] + _DROPPED + b"\n" * inside.count(b"\n") + text[at:]


def judged(
    tried: Round,
    proofs: Iterable[GroupProof],
    failed: Mapping[Spoiled, NotSpoiled],
    passed: Collection[Line],
) -> Iterator[tuple[str, Control]]:
    """The result for each release of a round, by group; `passed` are lines of releases that were
    reached. A release that was not reached does not count as missed."""
    by_group = {p.group: p for p in proofs}
    for item in tried.spoiled:
        if item in failed:
            outcome, reason = ControlOutcome.NOT_MADE, failed[item].reason
        else:
            found = by_group[item.group]
            reason = found.reason or str(found.outcome)
            if found.outcome in _CAUGHT or found.held:
                outcome = ControlOutcome.CAUGHT
            elif item.spoiling is Spoiling.DROPPED and item.release not in passed:
                outcome, reason = ControlOutcome.NOT_MADE, "it was not reached this time"
            else:
                outcome = ControlOutcome.MISSED
        yield item.group, Control(item.release, item.spoiling, outcome, reason)


def is_final(control: Control) -> bool:
    """Whether another boot would not change the result: the release was noticed, or was reached and
    not noticed."""
    reached = control.spoiling is Spoiling.DROPPED and control.outcome is ControlOutcome.MISSED
    return reached or control.outcome is ControlOutcome.CAUGHT


def not_made(tried: Round, reason: str) -> Iterator[tuple[str, Control]]:
    """The controls of a round that could not be built or did not start."""
    for item in tried.spoiled:
        yield (
            item.group,
            Control(item.release, item.spoiling, ControlOutcome.NOT_MADE, reason),
        )
