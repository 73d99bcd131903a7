# SPDX-License-Identifier: GPL-2.0-only
"""The remaining calls of get_user_pages*() outside of mm/, and the reasons.

GUP is to become internal to the core kernel. Only direct calls count: callers of a helper that
calls GUP change with the helper, and are counted separately.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from migrate.analysis.gaps import GapKind
from migrate.analysis.model import (
    Acquire,
    Action,
    Classification,
    PinGroup,
    TraitKind,
    UseKind,
    Verdict,
)
from migrate.analysis.verdicts.decisions import AUTHOR
from migrate.kernel.signatures import DIRECT_NAMES, GUP_NAMES

CONVERTED = "the profile converts it"
UNDECIDED = "a person decided to leave it"

STOPS = {
    "for_other_versions": "it is not compiled in this version",
    "pages_is_null": "it asks for no pages and only faults them in",
    "fast_only": "it never sleeps, as in interrupt context",
    "through_helper": "its callers change only together",
    "mmu_notifier": "an MMU notifier covers the pages (CASE 3)",
    "pinned_beside": "a pin is taken beside it where one is wanted (CASE 3)",
    "notifier_near": "an MMU notifier may cover the pages (CASE 3)",
    "mappings_changed": "it works on the mappings of the page",
    "reference_consumed": "a callee takes over the reference, and no lookup fits",
    "only_struct_page": "it only looks at struct page, and no lookup fits",
    "other_sources": "pages from elsewhere share the storage or a release",
    "not_followed": "not everything could be followed",
    "freed": "a page is given back to the allocator instead of released",
    "extra_references": "other references to the pages are taken or dropped",
    "data_read": "it only reads the data, and the profile does not pin for that",
    "written_unasked": "it writes to the data without FOLL_WRITE",
    "nothing_recognised": "what it does with the pages is not understood",
    "no_counterpart": "the profile has no function for it in this tree",
    "rewrite": "the edit did not come out as planned",
    "build": "the converted code does not build",
}
"""Why a caller cannot be converted, by the rule that decided."""

INSIDE_HELPER = "it is inside a helper, which stays until its last caller changes"

_FILE, _NEAR = TraitKind.NOTIFIER_FILE, TraitKind.NOTIFIER_NEAR

_SOME_OTHER = "it was left alone"


@dataclass(frozen=True)
class Call:
    """One call that remains unless `stop` is :data:`CONVERTED`; `group` has its verdict."""

    acquire: Acquire
    group: str
    stop: str


@dataclass(frozen=True)
class Left:
    """The calls of GUP outside of mm/ that are not GUP itself, and those of helpers that call it;
    sorted by place."""

    direct: tuple[Call, ...]
    helpers: tuple[Call, ...]

    @property
    def staying(self) -> tuple[Call, ...]:
        """The direct calls that remain after the conversion."""
        return tuple(c for c in self.direct if c.stop != CONVERTED)

    @property
    def helpers_staying(self) -> tuple[Call, ...]:
        """The calls of helpers that do not change."""
        return tuple(c for c in self.helpers if c.stop != CONVERTED)

    def by_stop(self) -> tuple[tuple[str, int], ...]:
        """The number of direct calls for each reason, the most frequent first."""
        counts = Counter(call.stop for call in self.staying)
        return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def in_words(self) -> str:
        """One line: before and after."""
        direct = f"{len(self.staying)} of {len(self.direct)} calls of get_user_pages*()"
        inside = sum(call.stop == INSIDE_HELPER for call in self.staying)
        within = f", {inside} of them inside a helper" if inside else ""
        few, of = len(self.helpers_staying), len(self.helpers)
        count = f"all {of}" if few == of else f"{few} of {of}"
        helpers = f", and {count} calls of helpers over it"
        return f"{direct} outside of mm/ remain{within}{helpers if self.helpers else ''}."

    def with_stops(self) -> str:
        """The same with the reasons for the direct calls."""
        stops = "; ".join(f"{stop} ({number})" for stop, number in self.by_stop())
        return f"{self.in_words()} The reasons: {stops}." if stops else self.in_words()


def left(classification: Classification) -> Left:
    """What remains if everything is converted that can be."""
    calls = sorted(_calls(classification), key=lambda c: c.acquire.place)
    direct = tuple(c for c in calls if c.acquire.name in GUP_NAMES and _outside(c))
    helpers = tuple(c for c in calls if c.acquire.name not in DIRECT_NAMES and _outside(c))
    return Left(direct, helpers)


def _calls(classification: Classification) -> Iterator[Call]:
    helpers = {a.name for g in classification.groups for a in g.acquires} - DIRECT_NAMES
    for group, verdict in classification.pairs():
        if verdict.rule != "implementation":
            stop = _stop(group, verdict, helpers)
            yield from (Call(acquire, verdict.group, stop) for acquire in group.acquires)


def _stop(group: PinGroup, verdict: Verdict, helpers: Collection[str]) -> str:
    if verdict.action in (Action.PIN, Action.FOLLOW):
        return CONVERTED
    if verdict.decided_by == AUTHOR:
        return UNDECIDED
    if verdict.rule == "fast_only" and verdict.case == "3":
        return STOPS["mmu_notifier"]
    if verdict.rule == "extra_references" and UseKind.MANIPULATED in {u.kind for u in group.uses}:
        return STOPS["mappings_changed"]
    handed = {g.function for g in group.gaps if g.kind is GapKind.FILLED_FOR_UNKNOWN}
    if verdict.rule == "not_followed" and handed & set(helpers):
        return INSIDE_HELPER
    if verdict.rule == "not_followed" and (group.trait(_FILE) or group.trait(_NEAR)):
        return STOPS["notifier_near"]
    return STOPS.get(verdict.rule, _SOME_OTHER)


def _outside(call: Call) -> bool:
    return not call.acquire.place.path.startswith("mm/")
