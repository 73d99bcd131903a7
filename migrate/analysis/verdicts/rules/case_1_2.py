# SPDX-License-Identifier: GPL-2.0-only
"""CASE 1 and 2, direct I/O and RDMA: a device or a hypervisor works on the data."""

from __future__ import annotations

from migrate.analysis.model import Action, Confidence, Evidence, TraitKind, UseKind
from migrate.analysis.verdicts.question import Answer, Question
from migrate.analysis.verdicts.rules.answers import as_evidence, for_device, outlives_call


def device_access(q: Question) -> Answer | None:
    """CASE 1 and 2: a device works on the data behind the pages."""
    dma = q.uses(UseKind.DMA)
    if not dma:
        return None
    held = "stay held until another function releases them" if outlives_call(q) else "released"
    then = "" if outlives_call(q) else "then "
    return for_device(
        q, dma, f"The pages are handed to a device and {then}{held}.", Confidence.HIGH
    )


def physical_address_used(q: Question) -> Answer | None:
    """CASE 1 and 2: a device or a hypervisor gets physical addresses while the pages are held."""
    kept = q.uses(UseKind.PHYSICAL_KEPT)
    if not kept or q.has(TraitKind.PUT_AT_ONCE):
        return None
    end = "another function releases the pages" if outlives_call(q) else "they are released"
    # Who gets a number is not seen to give it to a device.
    reason = (
        "The physical addresses of the pages are passed on, so their data may be accessed until"
        f" {end}."
    )
    return for_device(q, kept, reason, Confidence.MEDIUM)


def marked_dirty(q: Question) -> Answer | None:
    """CASE 1 and 2: pages that the code marks dirty are written to while they are held."""
    by_release = tuple(
        Evidence(r.place, UseKind.DIRTY.value, r.text)
        for r in q.group.releases
        if "dirty" in r.name
    )
    dirtied = as_evidence(q.uses(UseKind.DIRTY)) or by_release
    if not dirtied or not q.has(TraitKind.MAY_WRITE):
        return None
    until = ", until another function releases them" if outlives_call(q) else ""
    reason = f"The pages are marked dirty, so their data is written to while they are held{until}."
    case = "2" if outlives_call(q) else "1"
    return Answer(Action.PIN, case, reason, Confidence.MEDIUM, dirtied)


def held_for_addresses(q: Question) -> Answer | None:
    """CASE 1: the pages are held while a hypervisor works on their data by address, and for nothing
    else."""
    worked = q.group.trait(TraitKind.BY_ADDRESS)
    covered = q.has(TraitKind.NOTIFIER_HERE, TraitKind.NOTIFIER_FILE)
    if worked is None or q.group.uses or covered or not q.has(TraitKind.MAY_WRITE):
        return None  # there may be another reason
    reason = f"The pages are only held, while {worked.subject}() works on their data by address."
    return Answer(Action.PIN, "1", reason, Confidence.MEDIUM, (worked.evidence,))
