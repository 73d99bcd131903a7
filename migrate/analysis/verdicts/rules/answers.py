# SPDX-License-Identifier: GPL-2.0-only
"""What several rules ask and answer."""

from __future__ import annotations

from migrate.analysis.model import Action, Confidence, Evidence, TraitKind, Use, UseKind
from migrate.analysis.verdicts.question import Answer, Question

DATA = (UseKind.WRITE_DATA, UseKind.READ_DATA, UseKind.TOUCH_DATA, UseKind.MAP)
"""Accesses of the CPU to the data of the pages."""


def keep_for(q: Question, kind: TraitKind, case: str, reason: str) -> Answer | None:
    """`keep` with high confidence, if the group has a trait of that kind."""
    trait = q.group.trait(kind)
    if trait is None:
        return None
    return Answer(Action.KEEP, case, reason, Confidence.HIGH, (trait.evidence,))


def for_device(q: Question, uses: tuple[Use, ...], reason: str, confidence: Confidence) -> Answer:
    """`pin`, CASE 1 if the pages are released before the function returns, else CASE 2."""
    case = "2" if outlives_call(q) else "1"
    return Answer(Action.PIN, case, reason, confidence, as_evidence(uses))


def outlives_call(q: Question) -> bool:
    """Whether the pages may still be held when the function that acquired them has returned."""
    return q.has(TraitKind.LONG_LIVED) or bool(q.group.gaps) or not q.group.releases


def as_evidence(uses: tuple[Use, ...]) -> tuple[Evidence, ...]:
    """The uses as evidence; those in the kernel's own headers only when there are no others."""
    own = tuple(u for u in uses if not u.place.path.startswith("include/"))
    return tuple(Evidence(u.place, u.kind.value, u.text) for u in own or uses)
