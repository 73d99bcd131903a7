# SPDX-License-Identifier: GPL-2.0-only
"""CASE 3: an MMU notifier ends the use of pages that move."""

from __future__ import annotations

import re

from migrate.analysis.model import Action, Confidence, TraitKind, UseKind
from migrate.analysis.verdicts.question import Answer, Question
from migrate.analysis.verdicts.rules.answers import as_evidence, outlives_call
from migrate.kernel.signatures import PIN_NAMES

_NOTIFIERS = (TraitKind.NOTIFIER_FILE, TraitKind.NOTIFIER_NEAR)


def mmu_notifier(q: Question) -> Answer | None:
    """CASE 3: an MMU notifier on the same object makes a pin unnecessary and harmful."""
    here = q.group.trait(TraitKind.NOTIFIER_HERE)
    if here is not None:
        # Of what works on the data as well, nothing shows that it stops when the notifier says so.
        touched = q.uses(UseKind.WRITE_DATA, UseKind.DMA)
        confidence = Confidence.MEDIUM if touched else Confidence.HIGH
        reason = "An MMU notifier is checked around the call, so the pages may move at any time."
        return Answer(Action.KEEP, "3", reason, confidence, (here.evidence,))
    if q.stays_long_term():
        return None  # the pages are held whatever the notifier is for
    for trait in q.group.traits:
        if trait.kind in _NOTIFIERS and trait.subject and trait.subject in q.group.structs:
            # It may be there for another range than that of the pages.
            reason = f"struct {trait.subject}, which holds the pages, has an MMU notifier."
            return Answer(Action.KEEP, "3", reason, Confidence.MEDIUM, (trait.evidence,))
        if trait.kind is TraitKind.NOTIFIER_WORKS_ON and trait.subject in q.group.structs:
            reason = f"An MMU notifier works on struct {trait.subject}, which holds the pages."
            return Answer(Action.KEEP, "3", reason, Confidence.MEDIUM, (trait.evidence,))
    same = q.group.trait(TraitKind.NOTIFIER_FILE)
    if same is not None and not q.group.structs and q.uses(UseKind.PHYSICAL_KEPT):
        reason = "The file registers an MMU notifier, which tears mappings down when a page moves."
        return Answer(Action.KEEP, "3", reason, Confidence.MEDIUM, (same.evidence,))
    return None


def pinned_beside(q: Question) -> Answer | None:
    """CASE 3: a function that takes a pin for callers that ask for one takes a plain reference for
    the others on purpose, if there is a notifier for them."""
    notifier = q.group.trait(TraitKind.NOTIFIER_FILE)
    if notifier is None or q.uses(UseKind.DMA) or q.stays_long_term():
        return None
    here = {a.function for a in q.group.acquires}
    pins = [u for u in q.uses(UseKind.OTHER_SOURCE) if u.function in here and _pin_in(u.text)]
    if not pins:
        return None
    reason = (
        f"{pins[0].function}() calls {_pin_in(pins[0].text)}() where a pin is wanted; the plain"
        " references beside it end when the MMU notifier says so."
    )
    evidence = (notifier.evidence, *as_evidence(tuple(pins)))
    return Answer(Action.KEEP, "3", reason, Confidence.MEDIUM, evidence)


def notifier_near(q: Question) -> Answer | None:
    """A notifier elsewhere in the driver may cover the same range."""
    near = q.group.trait(TraitKind.NOTIFIER_FILE) or q.group.trait(TraitKind.NOTIFIER_NEAR)
    if near is None or not outlives_call(q) or q.stays_long_term():
        return None
    where = near.evidence.place
    reason = f"The driver registers an MMU notifier at {where}, which may cover these pages."
    return Answer(Action.MANUAL, "3", reason, Confidence.LOW, (near.evidence,))


def _pin_in(text: str) -> str:
    """The function that takes a pin in a statement, "" for none."""
    return next((name for name in re.findall(r"\w+", text) if name in PIN_NAMES), "")
