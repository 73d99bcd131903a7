# SPDX-License-Identifier: GPL-2.0-only
"""Calls that ask for no pages, in a tree whose fixup_user_fault() can replace them."""

from __future__ import annotations

from dataclasses import replace

from migrate.analysis.model import (
    Action,
    Classification,
    Confidence,
    PinGroup,
    Place,
    TraitKind,
    Verdict,
)
from migrate.analysis.traits.fault_in import fault_site
from migrate.analysis.verdicts.notes import NoteKind, note
from migrate.analysis.verdicts.rules import pages_is_null
from migrate.base.prose import called
from migrate.rewrite.profile.counterparts import FAULT_IN, Counterparts
from migrate.rewrite.profile.model import AcquireRule

FAULTED_IN = "faulted_in"
"""The rule that verdicts on such calls name."""

_NEEDS = ("FAULT_FLAG_WRITE", "FAULT_FLAG_REMOTE")


def faulted(classification: Classification, parts: Counterparts) -> Classification:
    """`classification` with `follow` for calls that only fault a page in, if the profile has such
    verdicts and the tree's function fits, or one of the profile; the reason of other calls says
    what prevents it."""
    if parts.profile.follow_needs is None:
        return classification
    verdicts = tuple(
        _verdict(group, verdict, parts) if verdict.rule == pages_is_null.__name__ else verdict
        for group, verdict in classification.pairs()
    )
    return replace(classification, verdicts=verdicts)


def only_faults(group: PinGroup) -> bool:
    """Whether the calls of `group` ask for no pages, so that nothing has to be released."""
    return group.has(TraitKind.PAGES_NULL)


def fault_rules(group: PinGroup, parts: Counterparts) -> dict[Place, AcquireRule]:
    """The rules of the profile for the calls of `group`; none where the tree's own function fits,
    or where there is none for one of them."""
    if not group.acquires or not _misfit(group, parts):
        return {}
    rules = {acquire.place: parts.faulting(acquire) for acquire in group.acquires}
    found = {place: rule for place, rule in rules.items() if rule is not None}
    return found if len(found) == len(rules) else {}


def _misfit(group: PinGroup, parts: Counterparts) -> str:
    """Why the tree's own function does not fit, "" when it does."""
    if not _there(parts):
        return "the tree's function cannot drop the lock"
    sites = [fault_site(parts.program, acquire) for acquire in group.acquires]
    return next((site for site in sites if isinstance(site, str)), "")


def _there(parts: Counterparts) -> bool:
    """Whether the tree has the function, with a parameter for whether the lock may be dropped."""
    signature = parts.existing.get(FAULT_IN)
    given = signature is not None and signature.parameters[-1].name == "unlocked"
    return given and all(parts.has(name) for name in _NEEDS)


def _verdict(group: PinGroup, verdict: Verdict, parts: Counterparts) -> Verdict:
    wrong = _misfit(group, parts)
    rules = fault_rules(group, parts)
    names = sorted({rule.target for rule in rules.values()}) or [FAULT_IN]
    if (wrong and not rules) or not group.acquires:
        told = f"; {FAULT_IN}() does not fit, because {wrong}." if _there(parts) else "."
        return replace(verdict, reason=f"{verdict.reason.rstrip('.')}{told}")
    more = () if rules else (note(NoteKind.FAULTS_MORE, name=f"{FAULT_IN}()"),)
    return replace(
        verdict,
        action=Action.FOLLOW,
        rule=FAULTED_IN,
        reason=f"No page reference is requested, so {called(names)} is enough.",
        confidence=Confidence.MEDIUM,
        warnings=more,
    )
