# SPDX-License-Identifier: GPL-2.0-only
"""The input of a rule of verdicts, and its possible answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from migrate.analysis.model import (
    Action,
    Confidence,
    Evidence,
    PinGroup,
    TraitKind,
    Use,
    UseKind,
)
from migrate.kernel.signatures import DIRECT_NAMES

ONLY_STRUCT = frozenset({UseKind.STRUCT_PAGE, UseKind.PHYSICAL, UseKind.PHYSICAL_KEY})
"""The uses of a page by code that does not touch its data."""


@dataclass(frozen=True)
class Answer:
    """The answer of a rule for a group; see :class:`migrate.analysis.model.Verdict`."""

    action: Action
    case: str
    reason: str
    confidence: Confidence
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class Question:
    """A group, and properties of the profile: `pins_read_only` says whether pages whose data is
    only read are pinned.

    For groups that only look at struct page, `follows` says that follow_page() exists, and
    `lookups` has, by acquire, the functions that look up the page at an address.
    """

    group: PinGroup
    pins_read_only: bool
    follows: bool = False
    lookups: Mapping[str, str] = field(default_factory=dict)

    def lookups_for(self) -> tuple[str, ...]:
        """The lookups that can replace every acquire of the group, () if one has none."""
        by_address = self.group.lookups(self.follows, self.lookups)
        if by_address is None:
            return ()
        called = {a.name for a in self.group.acquires if a.place in by_address}
        found = {self.lookups[name] for name in called}
        if len(by_address) < len({site.place for site in self.group.follows}):
            found.add("follow_page")
        return tuple(sorted(found))

    def only_struct_page(self) -> bool:
        """Whether the pages are only used through their struct page."""
        at_once = self.has(TraitKind.PUT_AT_ONCE)
        if not self.group.uses or (self.has(TraitKind.NUMBERS_LOST) and not at_once):
            return at_once
        kinds = {u.kind for u in self.group.uses} - {UseKind.DIRTY}
        return bool(kinds) and kinds <= ONLY_STRUCT | (
            {UseKind.PHYSICAL_KEPT} if at_once else set()
        )

    def stays_long_term(self) -> bool:
        """Whether every call of GUP passes FOLL_LONGTERM, which only a pin may have: "FOLL_PIN is a
        prerequisite to FOLL_LONGTERM" (Documentation/core-api/pin_user_pages.rst)."""
        direct = {a.place for a in self.group.acquires if a.name in DIRECT_NAMES}
        asking = {
            t.evidence.place for t in self.group.traits if t.kind is TraitKind.ALWAYS_LONGTERM
        }
        return bool(direct) and direct <= asking

    def uses(self, *kinds: UseKind) -> tuple[Use, ...]:
        """The uses of any of `kinds`."""
        return tuple(u for u in self.group.uses if u.kind in kinds)

    def has(self, *kinds: TraitKind) -> bool:
        """Whether the group has a trait of any of `kinds`."""
        return self.group.has(*kinds)


@dataclass(frozen=True)
class Rule:
    """One question, with the possible CASEs and verdicts of its answers; `high` says that their
    confidence can be high, for which tests/shapes requires a counter-shape."""

    ask: Callable[[Question], Answer | None]
    cases: tuple[str, ...]
    actions: tuple[Action, ...]
    high: bool = False

    @property
    def name(self) -> str:
        return self.ask.__name__
