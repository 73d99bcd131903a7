# SPDX-License-Identifier: GPL-2.0-only
"""From a table of pins to one outcome per group. Code that was not executed proves nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from migrate.analysis.model import PinGroup
from migrate.delivery.proof.machine.console import Console, Site, Table
from migrate.delivery.proof.model import NOBODY, GroupProof, HeldPins, Line, Outcome, Pair
from migrate.delivery.proof.seen.places import Known, Places


@dataclass(frozen=True)
class Seen:
    """A table with the lines of the user's tree, and with the groups of both ends."""

    pairs: tuple[tuple[Known, Known, int, int], ...]
    held: tuple[tuple[Known, int], ...]
    acquires: frozenset[Line]
    releases: frozenset[Line]


def seen(table: Table, places: Places) -> Seen:
    """`table` mapped by the places of groups."""
    return Seen(
        tuple(
            (places.acquire(taken), places.release(given), count, doubt)
            for (taken, given), (count, doubt) in sorted(table.pairs.items())
        ),
        tuple((places.acquire(site), count) for site, count in sorted(table.held.items())),
        frozenset(_ran(table.acquires, places.acquire)),
        frozenset(_ran(table.releases, places.release)),
    )


def _ran(counts: dict[Site, int], known: Callable[[Site], Known]) -> Iterator[Line]:
    return (known(site).at for site, pages in counts.items() if pages)


def judge(
    groups: Iterable[PinGroup],
    table: Seen,
    splats: Sequence[tuple[str, frozenset[str]]],
    why_not: Callable[[PinGroup], str],
    is_noted: Callable[[PinGroup, Line], bool],
) -> tuple[GroupProof, ...]:
    """The outcome of each of `groups`, in their order.

    `splats` are warnings of the kernel, with the groups that they fail; `why_not` says why a group
    was not reached, and `is_noted` in which lines of a group calls are recorded: calls of helpers
    do not change, and no pin is recorded there.
    """
    found = []
    for group in groups:
        lines = [at for at in _lines(group) if is_noted(group, at)]
        found.append(_judge(group, lines, table, splats, why_not))
    return tuple(found)


def _judge(
    group: PinGroup,
    lines: Sequence[Line],
    table: Seen,
    splats: Sequence[tuple[str, frozenset[str]]],
    why_not: Callable[[PinGroup], str],
) -> GroupProof:
    own, strange, foreign = [], [], []
    for taken, given, count, doubt in table.pairs:
        pair = Pair(taken.at, given.at, count, doubt)
        takes, gives = group.name in taken.groups, group.name in given.groups
        if takes and gives:
            own.append(pair)
        elif gives and taken.at == NOBODY:
            foreign.append(pair)
        elif (takes or gives) and doubt < count:
            # If other sites held the page each time, it is unknown whose pin was released.
            strange.append(pair)
    held = tuple(HeldPins(k.at, n) for k, n in table.held if group.name in k.groups)
    ran = table.acquires | table.releases
    missed = tuple(at for at in lines if at not in ran)
    outcome, reason = _outcome(group, own, strange, foreign, held, splats)
    if outcome is Outcome.NOT_REACHED:
        reason = why_not(group)
    pairs = tuple(own + strange + foreign)
    return GroupProof(group.name, outcome, pairs, held, missed, reason)


def _outcome(
    group: PinGroup,
    own: Sequence[Pair],
    strange: Sequence[Pair],
    foreign: Sequence[Pair],
    held: Sequence[HeldPins],
    splats: Sequence[tuple[str, frozenset[str]]],
) -> tuple[Outcome, str]:
    if strange:
        return Outcome.OUTSIDE, f"{strange[0]}, and only one end is in the group"
    ran = bool(own or foreign or held)
    complaints = [text for text, groups in splats if group.name in groups]
    if complaints and ran:
        return Outcome.SPLAT, complaints[0]
    if foreign:
        return Outcome.FOREIGN, f"{foreign[0].release} released {foreign[0].count} that nobody held"
    if held:
        return Outcome.HELD, f"{held[0].count} from {held[0].acquire} were never released"
    if own:
        return Outcome.PROVED, ""
    return Outcome.NOT_REACHED, ""


def _lines(group: PinGroup) -> list[Line]:
    """The acquires and the releases of a group, each line once."""
    places = [a.place for a in group.acquires] + [r.place for r in group.releases]
    return list(dict.fromkeys(Line(p.path, p.line) for p in places))


def _functions(group: PinGroup) -> set[str]:
    return {a.function for a in group.acquires} | {r.function for r in group.releases}


def failed_by_splats(
    console: Console, groups: Sequence[PinGroup], exercised: Callable[[str], frozenset[str]]
) -> list[tuple[str, frozenset[str]]]:
    """The warnings of the kernel, with the groups that they fail.

    These are the groups whose files the running exercise is for, or all groups if none was running;
    of several groups, those with a function in the call trace, if there are any. While allocations
    fail, only the latter: then many parts of a kernel warn that have nothing to do with a group.
    """
    found = []
    for splat in console.splats:
        files = exercised(splat.exercise) if splat.exercise else frozenset()
        near = [g for g in groups if files & set(g.paths)] or groups
        called = [g for g in near if splat.functions & _functions(g)]
        there = called if called or splat.starved else near
        found.append((splat.text, frozenset(g.name for g in there)))
    return found
