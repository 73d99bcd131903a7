# SPDX-License-Identifier: GPL-2.0-only
"""CASE 4: only struct page is looked at, or the mappings of the page are changed."""

from __future__ import annotations

from migrate.analysis.model import Action, Confidence, TraitKind, UseKind
from migrate.analysis.verdicts.question import ONLY_STRUCT, Answer, Question
from migrate.analysis.verdicts.rules.answers import DATA, as_evidence, outlives_call
from migrate.base.prose import called


def mappings_changed(q: Question) -> Answer | None:
    """CASE 4: code that changes the mappings of a page handles references of its own, too."""
    changed = q.uses(UseKind.MANIPULATED)
    written = (UseKind.WRITE_DATA, UseKind.TOUCH_DATA, UseKind.DIRTY)
    if not changed or q.uses(*written, UseKind.DMA, UseKind.STORED):
        return None
    if q.uses(UseKind.PHYSICAL_KEPT) and outlives_call(q):
        return None
    reason = "Only struct page and the mappings of the page are changed, never its data."
    if q.uses(UseKind.READ_DATA, UseKind.MAP):
        if q.group.gaps:
            return None  # it may be written where it was not followed
        reason = "The mappings of the page are changed; its data is read, not seen to be written."
    return Answer(Action.KEEP, "4", reason, Confidence.MEDIUM, as_evidence(changed))


def reference_consumed(q: Question) -> Answer | None:
    """CASE 4: a callee takes the plain reference over, so there is nothing to unpin."""
    consumed = q.uses(UseKind.CONSUMED)
    if not consumed or q.uses(*DATA, UseKind.DMA, UseKind.STORED):
        return None
    kinds = {u.kind for u in q.group.uses} - {UseKind.CONSUMED}
    if q.group.releases and (q.group.gaps or not kinds or not kinds <= ONLY_STRUCT):
        return None  # what is released may be used in a way that needs a pin
    reason = "Only struct page is used, and a callee takes over the reference"
    lookups = q.lookups_for()
    if lookups:
        # Who gets the reference gets the same kind from a lookup.
        reason += f"; {called(lookups)} takes one of the same kind"
    action = Action.FOLLOW if lookups else Action.KEEP
    return Answer(action, "4", f"{reason}.", Confidence.MEDIUM, as_evidence(consumed))


def followed(q: Question) -> Answer | None:
    """CASE 4: the page can be looked up, by follow_page() after a fault-in, or by a function of the
    profile that takes the address."""
    lookups = q.lookups_for()
    if not lookups or not q.only_struct_page():
        return None
    reason = f"{_looked_at(q)}: {called(lookups)} is enough"
    if "follow_page" in lookups and any(s.faults for s in q.group.follows if s.vma):
        reason += " once the page has been faulted in"
    at_once = q.group.trait(TraitKind.PUT_AT_ONCE)
    evidence = as_evidence(q.group.uses) or ((at_once.evidence,) if at_once is not None else ())
    return Answer(Action.FOLLOW, "4", f"{reason}.", Confidence.MEDIUM, evidence)


def only_struct_page(q: Question) -> Answer | None:
    """CASE 4: only struct page is looked at, so a plain reference is right."""
    if not q.only_struct_page():
        return None
    reason = _looked_at(q)
    if (q.follows or q.lookups) and q.group.no_follow:
        name = next(iter(sorted(set(q.lookups.values()))), "follow_page")
        reason += f"; {name}() does not fit, because {q.group.no_follow}"
    at_once = q.group.trait(TraitKind.PUT_AT_ONCE)
    evidence = as_evidence(q.group.uses) or ((at_once.evidence,) if at_once is not None else ())
    # Numbers of the pages stay in use after the release, for what they are worth.
    numbers = q.uses(UseKind.PHYSICAL_KEPT, UseKind.PHYSICAL_KEY)
    unsure = numbers or q.has(TraitKind.NUMBERS_LOST)
    confidence = Confidence.MEDIUM if unsure else Confidence.HIGH
    return Answer(Action.KEEP, "4", f"{reason}.", confidence, evidence)


def _looked_at(q: Question) -> str:
    """What code does that needs no pin; an address that it keeps may be used for the data."""
    if q.uses(UseKind.PHYSICAL_KEPT):
        return "The page is released at once, and only its physical address stays in use"
    return "Only struct page is looked at, never the data"
