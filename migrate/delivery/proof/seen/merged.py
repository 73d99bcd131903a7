# SPDX-License-Identifier: GPL-2.0-only
"""Merges the observations on several machines into one proof."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from migrate.delivery.proof.machine.emulated import Emulated
from migrate.delivery.proof.model import (
    FunctionLines,
    GroupProof,
    HeldPins,
    Line,
    Outcome,
    Pair,
    Proof,
)

_ELSEWHERE = "only on "
"""The beginning of the reason for a group of another architecture: another machine knows more."""
_WORST = tuple(Outcome)


def merged(tip: str, found: Sequence[tuple[Emulated, Proof]]) -> Proof:
    """All of `found`, by machine; the problem of the first if none of them ran."""
    ran = [proof for _, proof in found if not proof.problem]
    problems = tuple(f"{e.arch}: {p.problem}" for e, p in found if p.problem)
    if not ran:
        return Proof(tip, problem=found[0][1].problem)
    groups: dict[str, GroupProof] = {}
    for _, proof in found:
        for group in proof.groups:
            known = groups.get(group.group)
            groups[group.group] = _both(known, group) if known else group
    return Proof(
        tip,
        "; ".join(p.machine for p in ran),
        "",
        tuple(groups.values()),
        tuple(e for p in ran for e in p.exercises),
        tuple(dict.fromkeys(s for p in ran for s in p.splats)),
        tuple(dict.fromkeys(u for p in ran for u in p.unfinished)),
        problems,
        any(p.again for _, p in found),
        sum(p.seconds for p in ran),
    )


def _both(one: GroupProof, other: GroupProof) -> GroupProof:
    """A group that two machines observed: the worse outcome, and everything that was executed."""
    if Outcome.NOT_REACHED in (one.outcome, other.outcome):
        if one.outcome is other.outcome:
            return other if one.reason.startswith(_ELSEWHERE) else one
        return other if one.outcome is Outcome.NOT_REACHED else one
    worse = min(one, other, key=lambda g: _WORST.index(g.outcome))
    return replace(
        worse,
        pairs=_pairs((*one.pairs, *other.pairs)),
        held=_held((*one.held, *other.held)),
        missed=tuple(at for at in one.missed if at in other.missed),
        controls=(*one.controls, *other.controls),
        lines=_lines(one.lines, other.lines),
    )


def _pairs(pairs: Iterable[Pair]) -> tuple[Pair, ...]:
    found: dict[tuple[Line, Line], Pair] = {}
    for pair in pairs:
        key = (pair.acquire, pair.release)
        known = found.get(key, replace(pair, count=0, ambiguous=0))
        found[key] = replace(
            known, count=known.count + pair.count, ambiguous=known.ambiguous + pair.ambiguous
        )
    return tuple(found.values())


def _held(pins: Iterable[HeldPins]) -> tuple[HeldPins, ...]:
    found: dict[Line, int] = {}
    for item in pins:
        found[item.acquire] = found.get(item.acquire, 0) + item.count
    return tuple(HeldPins(at, count) for at, count in found.items())


def _lines(
    one: Sequence[FunctionLines], other: Sequence[FunctionLines]
) -> tuple[FunctionLines, ...]:
    """The lines of both; for one machine a compiler may see more lines of a function."""
    found = {(f.path, f.function): f for f in one}
    for item in other:
        known = found.get((item.path, item.function))
        if known is None or len(item.missed) < len(known.missed):
            found[item.path, item.function] = item
    return tuple(found.values())
