# SPDX-License-Identifier: GPL-2.0-only
"""A verdict for every group: the first rule that answers, with the warnings that go along."""

from __future__ import annotations

from typing import Protocol

from migrate.analysis.model import (
    Action,
    Classification,
    Pairing,
    PinGroup,
    TraitKind,
    UseKind,
    Verdict,
)
from migrate.analysis.rules import RULES, Question
from migrate.kernel.tree import Tree


class Target(Protocol):
    """What the rules want to know of a profile."""

    @property
    def name(self) -> str: ...

    @property
    def pins_read_only(self) -> bool: ...


def classify(tree: Tree, pairing: Pairing, *, profile: Target) -> Classification:
    """One verdict a group, in the order of the groups."""
    verdicts = tuple(verdict(group, profile.pins_read_only) for group in pairing.groups)
    return Classification(tree.commit, profile.name, pairing.groups, verdicts)


def verdict(group: PinGroup, pins_read_only: bool) -> Verdict:
    """What the rules say about `group`; the last of them always answers."""
    question = Question(group, pins_read_only)
    for rule in RULES:
        answer = rule(question)
        if answer is not None:
            return Verdict(
                group.name,
                answer.action,
                answer.case,
                rule.__name__,
                answer.reason,
                answer.confidence,
                answer.evidence,
                warnings(group) if answer.action in (Action.PIN, Action.FOLLOW) else (),
            )
    raise AssertionError("the last rule answers every question")


def warnings(group: PinGroup) -> tuple[str, ...]:
    """What a reviewer should know of a group that is converted; nothing is changed for it."""
    found = []
    long_lived = group.trait(TraitKind.LONG_LIVED)
    kinds = {u.kind for u in group.uses}
    if long_lived is not None and group.trait(TraitKind.LONGTERM) is None:
        where = long_lived.evidence.place
        found.append(f"The pages are held beyond the call without FOLL_LONGTERM ({where}).")
    if (
        group.trait(TraitKind.MAY_WRITE)
        and kinds & {UseKind.WRITE_DATA, UseKind.DMA}
        and UseKind.DIRTY not in kinds
    ):
        found.append("The pages may be written to and are never marked dirty.")
    truth = group.trait(TraitKind.BOOL_FLAGS)
    if truth is not None:
        found.append(f"A truth value is passed as gup_flags ({truth.evidence.place}).")
    found.extend(
        f"The page is given to {use.text.split('(')[0].strip()}() instead of being released"
        f" ({use.place})."
        for use in group.uses
        if use.kind is UseKind.FREED
    )
    return tuple(found)
