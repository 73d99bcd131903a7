# SPDX-License-Identifier: GPL-2.0-only
"""CASE 5: the kernel itself accesses the data."""

from __future__ import annotations

from migrate.analysis.model import Action, Confidence, TraitKind, Use, UseKind
from migrate.analysis.verdicts.question import Answer, Question
from migrate.analysis.verdicts.rules.answers import DATA, as_evidence
from migrate.kernel.signatures import DIRECT_NAMES


def data_written(q: Question) -> Answer | None:
    """CASE 5: the kernel writes to the data behind the pages."""
    data = q.uses(*DATA)
    if not data or not q.has(TraitKind.MAY_WRITE):
        return None
    written = q.uses(UseKind.WRITE_DATA)
    if written:
        reason = "The kernel writes data into the pages."
        return Answer(Action.PIN, "5", reason, Confidence.HIGH, as_evidence(written))
    dirtied = q.uses(UseKind.DIRTY)
    if dirtied:
        reason = "The kernel accesses the data in the pages and marks them dirty."
        both = (*_accessed(data)[:1], *dirtied[:1])  # what a reader checks first
        seen = dict.fromkeys((*both, *data, *dirtied))
        return Answer(Action.PIN, "5", reason, Confidence.HIGH, as_evidence(tuple(seen)))
    direct = [a for a in q.group.acquires if a.name in DIRECT_NAMES]
    asks = "asks" if direct and all(a.always_writes for a in direct) else "may ask"
    # Code that gets the pages in an iterator may leave the access to a device.
    reason = f"The data in the pages is accessed, and the call {asks} for write access."
    return Answer(Action.PIN, "5", reason, Confidence.MEDIUM, as_evidence(data))


def written_unasked(q: Question) -> Answer | None:
    """CASE 5: the data is written without write access: the code or the analysis is wrong."""
    written = q.uses(UseKind.WRITE_DATA)
    if not written or q.has(TraitKind.MAY_WRITE):
        return None
    reason = (
        "The kernel writes data into the pages, although the call does not ask for write access."
    )
    if q.pins_read_only:
        return Answer(Action.PIN, "5", reason, Confidence.MEDIUM, as_evidence(written))
    return Answer(Action.MANUAL, "5", reason, Confidence.LOW, as_evidence(written))


def data_read(q: Question) -> Answer | None:
    """CASE 5, one way: the kernel only reads the data; the profile decides about such groups."""
    data = q.uses(*DATA)
    if not data:
        return None
    if q.pins_read_only:
        reason = "The kernel reads the data in the pages."
        return Answer(Action.PIN, "5", reason, Confidence.MEDIUM, as_evidence(data))
    reason = "The kernel only reads the data in the pages, which needs no pin under this profile."
    return Answer(Action.KEEP, "5", reason, Confidence.MEDIUM, as_evidence(data))


def _accessed(data: tuple[Use, ...]) -> tuple[Use, ...]:
    """The uses that are more than a mapping, or the mappings where there are no others."""
    return tuple(use for use in data if use.kind is not UseKind.MAP) or data
