# SPDX-License-Identifier: GPL-2.0-only
"""Calls that are not converted, whatever becomes of the pages."""

from __future__ import annotations

from migrate.analysis.model import Action, Confidence, TraitKind, UseKind
from migrate.analysis.verdicts.question import Answer, Question
from migrate.analysis.verdicts.rules.answers import DATA, keep_for
from migrate.kernel.signatures import DIRECT_NAMES


def implementation(q: Question) -> Answer | None:
    """GUP itself and its tests are not converted."""
    return keep_for(q, TraitKind.IMPLEMENTATION, "", "This is GUP itself, or a test of it.")


def for_other_versions(q: Question) -> Answer | None:
    """Code that is never compiled for the version of this tree is not converted."""
    trait = q.group.trait(TraitKind.FOR_OTHER_VERSIONS)
    if trait is None or len(q.group.acquires) > 1:
        return None
    reason = "Only other versions of the kernel compile this call, which stays as it is."
    return Answer(Action.KEEP, "", reason, Confidence.HIGH, (trait.evidence,))


def pages_is_null(q: Question) -> Answer | None:
    """Without a pages argument no reference is taken: the call only faults pages in."""
    return keep_for(
        q,
        TraitKind.PAGES_NULL,
        "",
        "The pages argument is NULL: the call only faults pages in, no reference is taken.",
    )


def fast_only(q: Question) -> Answer | None:
    """Callers that cannot sleep look pages up under a lock or a notifier, or hold them briefly."""
    trait = q.group.trait(TraitKind.FAST_ONLY)
    direct = [a for a in q.group.acquires if a.name in DIRECT_NAMES]
    if trait is None or not all(_is_fast_only(a.name) for a in direct):
        return None
    if q.uses(UseKind.DMA, UseKind.SCATTER):
        return None  # a device holds on to them for longer than any lookup
    here = q.has(TraitKind.NOTIFIER_HERE)
    kept = q.uses(UseKind.PHYSICAL_KEPT) and not q.has(TraitKind.PUT_AT_ONCE)
    if here or q.has(TraitKind.NOTIFIER_FILE):
        case, why = "3", "an MMU notifier ends its use when the page moves"
    elif q.has(TraitKind.LONG_LIVED) or kept:
        return None  # that is more than a moment
    elif q.uses(*DATA):
        case, why = "5", "the data is accessed only briefly"
    else:
        case, why = "4", "the reference is held only briefly"
    reason = f"The lookup never sleeps and may run with interrupts off; {why}."
    seen = here if case == "3" else q.group.complete
    confidence = Confidence.HIGH if seen else Confidence.MEDIUM
    return Answer(Action.KEEP, case, reason, confidence, (trait.evidence,))


def through_helper(q: Question) -> Answer | None:
    """A helper that calls GUP is converted at its definition, and its callers depend on that."""
    trait = q.group.trait(TraitKind.THROUGH_HELPER)
    if trait is None or any(a.name != trait.subject for a in q.group.acquires):
        return None
    reason = f"The pages come from {trait.subject}(), whose callers can only be converted together."
    return Answer(Action.MANUAL, "", reason, Confidence.LOW, (trait.evidence,))


def _is_fast_only(name: str) -> bool:
    return name.endswith("fast_only") or name == "__get_user_pages_fast"
