# SPDX-License-Identifier: GPL-2.0-only
"""Why a group is left to a person."""

from __future__ import annotations

from pathlib import PurePath

from migrate.analysis.gaps import FOREIGN_SOURCES
from migrate.analysis.model import Action, Confidence, Use, UseKind
from migrate.analysis.verdicts.question import Answer, Question
from migrate.analysis.verdicts.rules.answers import as_evidence
from migrate.analysis.verdicts.wording import why, words

_BESIDES = {
    UseKind.EXTRA_REFERENCE: "Another reference to the pages is taken",
    UseKind.CONSUMED: "A callee takes over a reference to the pages",
    UseKind.MANIPULATED: "The mappings of the pages, or their place on the LRU, are changed",
}
"""What a release may belong to besides GUP's references."""


def other_sources(q: Question) -> Answer | None:
    """Pages from elsewhere share the storage, so it is not known which release drops which."""
    foreign = _nearest_first(q, q.uses(UseKind.OTHER_SOURCE))
    if not foreign:
        return None
    first = foreign[0]
    said = (g for g in q.group.gaps if g.kind in FOREIGN_SOURCES and g.place == first.place)
    source = next((why(gap) for gap in said), first.text.rstrip(".;"))
    reason = f"The releases may also drop pages that did not come from GUP: {source}."
    return Answer(Action.MANUAL, "", reason, Confidence.LOW, as_evidence(foreign))


def not_followed(q: Question) -> Answer | None:
    """A group with a gap may have a release that was not found."""
    if not q.group.gaps:
        return None
    reason = f"The pages could not be followed everywhere: {words(q.group.gaps[0])}."
    return Answer(Action.MANUAL, "", reason, Confidence.LOW, as_evidence(q.uses(UseKind.ESCAPES)))


def extra_references(q: Question) -> Answer | None:
    """If other references than those of GUP are taken, a release may drop one of them."""
    more = q.uses(*_BESIDES)
    if not more:
        return None
    reason = f"{_BESIDES[more[0].kind]}: {more[0].text.rstrip('.;')}."
    return Answer(Action.MANUAL, "", reason, Confidence.LOW, as_evidence(more))


def freed(q: Question) -> Answer | None:
    """Pages that are freed to the allocator have no release that a conversion could replace."""
    given_back = q.uses(UseKind.FREED)
    if not given_back:
        return None
    first = given_back[0]
    reason = f"A page is freed instead of released; fix that first: {first.text.rstrip('.;')}."
    return Answer(Action.MANUAL, "", reason, Confidence.LOW, as_evidence(given_back))


def nothing_recognised(q: Question) -> Answer:
    """How the pages are used is not understood."""
    reason = "The code does not show whether the data of the pages is accessed."
    return Answer(Action.MANUAL, "", reason, Confidence.LOW, as_evidence(q.group.uses))


def _nearest_first(q: Question, uses: tuple[Use, ...]) -> tuple[Use, ...]:
    """Those in the files of the acquires before those in their folders before all others."""
    files = {a.place.path for a in q.group.acquires}
    folders = {PurePath(f).parent for f in files}

    def far(use: Use) -> tuple[bool, bool]:
        path = use.place.path
        return path not in files, PurePath(path).parent not in folders

    return tuple(sorted(uses, key=far))
