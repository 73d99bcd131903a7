# SPDX-License-Identifier: GPL-2.0-only
"""A verdict for every group: the first rule that answers, with the warnings that go along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
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
from migrate.analysis.rules import RULES, Question, through_helper
from migrate.kernel.tree import Tree


class Target(Protocol):
    """What the rules want to know of a profile."""

    @property
    def name(self) -> str: ...

    @property
    def pins_read_only(self) -> bool: ...


def classify(tree: Tree, pairing: Pairing, *, profile: Target) -> Classification:
    """One verdict a group, in the order of the groups."""
    verdicts = [verdict(group, profile.pins_read_only) for group in pairing.groups]
    decided = {
        acquire.function: v
        for group, v in zip(pairing.groups, verdicts, strict=True)
        for acquire in group.acquires
    }
    followed = tuple(
        _like_helper(group, v, decided) for group, v in zip(pairing.groups, verdicts, strict=True)
    )
    return Classification(tree.commit, profile.name, pairing.groups, followed)


def _like_helper(group: PinGroup, own: Verdict, decided: Mapping[str, Verdict]) -> Verdict:
    """What a kept helper hands out is kept by its callers, too."""
    trait = group.trait(TraitKind.THROUGH_HELPER)
    if trait is None or own.rule != through_helper.__name__:
        return own
    helper = decided.get(trait.subject)
    if helper is None or helper.action is not Action.KEEP:
        return own
    reason = f"The pages come from {trait.subject}(), which stays as it is."
    return replace(
        own, action=Action.KEEP, case=helper.case, reason=reason, confidence=helper.confidence
    )


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
