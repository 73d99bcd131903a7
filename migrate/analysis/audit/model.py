# SPDX-License-Identifier: GPL-2.0-only
"""The rules of an audit, and its findings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from migrate.analysis.model import Acquire, Evidence, Place


class Level(StrEnum):
    """The severity of a finding, in the terms of compilers and of SARIF."""

    WARNING = "warning"
    NOTE = "note"


class AuditRule(StrEnum):
    """The rules of an audit, by the id in reports; the text describes each."""

    PINNED_AND_PUT = "pinned-and-put"
    GOT_AND_UNPINNED = "got-and-unpinned"
    FREED = "freed-instead-of-released"
    CASE_4_PINNED = "pinned-for-struct-page"
    CASE_3_PINNED = "pinned-behind-notifier"
    NEVER_RELEASED = "never-released"
    NEGATIVE_COUNT = "negative-count"
    NULL_PAGES = "null-pages"
    LEFT_BEHIND = "left-behind"
    TWICE = "released-twice"
    MORE_THAN_TAKEN = "more-than-taken"
    UNHELD = "released-unheld"
    MIXED = "released-both-ways"
    SLEEPS = "sleeping-release"
    UNLOCKED_DIRTY = "dirtied-unlocked"
    NOT_LONGTERM = "not-longterm"
    NOT_DIRTIED = "not-dirtied"
    NUMBER_AS_FLAGS = "number-as-flags"
    FOREIGN_FLAGS = "foreign-flags"
    LONGTERM_P2PDMA = "longterm-p2pdma"
    NEEDLESS_WRITE = "needless-write"
    UNASKED_WRITE = "unasked-write"
    UNPINNED_DATA = "unpinned-data"


DESCRIPTIONS = {
    AuditRule.PINNED_AND_PUT: "A page that was pinned is dropped like a plain reference.",
    AuditRule.GOT_AND_UNPINNED: "A page that was not pinned is unpinned.",
    AuditRule.FREED: "A page of user space is freed instead of released.",
    AuditRule.CASE_4_PINNED: "A page is pinned although only its struct page is looked at.",
    AuditRule.CASE_3_PINNED: "A page is pinned although an MMU notifier says when it moves.",
    AuditRule.NEVER_RELEASED: "No release of pinned pages that are kept was found.",
    AuditRule.NEGATIVE_COUNT: "A negative return value may be used as an unsigned page count.",
    AuditRule.NULL_PAGES: "A bulk release may be given NULL, with a count that is not 0.",
    AuditRule.LEFT_BEHIND: "Pages that are held are forgotten, or their array is freed.",
    AuditRule.TWICE: "A page is released that was released before on the same way.",
    AuditRule.MORE_THAN_TAKEN: "More pages are released than were taken.",
    AuditRule.UNHELD: "A page is released that was not taken on this way.",
    AuditRule.MIXED: "Pins and plain references come to one release, which fits one of them.",
    AuditRule.SLEEPS: "A release that may sleep is called where nothing may.",
    AuditRule.UNLOCKED_DIRTY: "A page is marked dirty without its lock.",
    AuditRule.NOT_LONGTERM: "Pins stay after the call without FOLL_LONGTERM.",
    AuditRule.NOT_DIRTIED: "Pages are written to and never marked dirty.",
    AuditRule.NUMBER_AS_FLAGS: "A truth value is passed where FOLL_* flags are wanted.",
    AuditRule.FOREIGN_FLAGS: "Flags of another kind are passed where FOLL_* flags are wanted.",
    AuditRule.LONGTERM_P2PDMA: "FOLL_LONGTERM and FOLL_PCI_P2PDMA exclude each other.",
    AuditRule.NEEDLESS_WRITE: "Write access is asked for, and the pages are only read.",
    AuditRule.UNASKED_WRITE: "Pages are written to without write access being asked for.",
    AuditRule.UNPINNED_DATA: "Data is accessed behind a plain reference instead of a pin.",
}
"""One plain sentence for each rule."""

SUGGESTIONS = frozenset(
    {
        AuditRule.UNLOCKED_DIRTY,
        AuditRule.NOT_LONGTERM,
        AuditRule.NOT_DIRTIED,
        AuditRule.NUMBER_AS_FLAGS,
        AuditRule.FOREIGN_FLAGS,
        AuditRule.LONGTERM_P2PDMA,
        AuditRule.NEEDLESS_WRITE,
        AuditRule.UNASKED_WRITE,
        AuditRule.UNPINNED_DATA,
    }
)
"""The rules about code that is not a bug by itself; they do not affect the exit code."""

LEVELS = dict.fromkeys(AuditRule, Level.WARNING) | dict.fromkeys(
    (AuditRule.NEVER_RELEASED, *SUGGESTIONS), Level.NOTE
)
"""The severity of the findings of each rule."""


_ACQUIRED = re.compile(r"acquired by (\w+)\(\)")
RELEASED = "released, and not marked dirty"
"""The evidence about a release that does not mark pages dirty."""

FEWER = "gets fewer pages than asked for"
"""The message about an acquire that did not get all pages."""


@dataclass(frozen=True, order=True)
class Finding:
    """A bug at `place`, inside `function`.

    `message` is one plain sentence, `text` the source line, stripped; `evidence` are other places
    that are needed to judge it. `alone` says of leaked pages that they are leaked only at `place`,
    and on every path to it.
    """

    place: Place
    function: str
    rule: AuditRule
    message: str
    text: str
    evidence: tuple[Evidence, ...]
    alone: bool = False

    @property
    def fewer(self) -> bool:
        """Whether it is about the pages of an acquire that did not get all."""
        return FEWER in self.message

    @property
    def acquires(self) -> tuple[tuple[Place, str], ...]:
        """The acquires among the evidence, each with the name of the function."""
        named = ((e.place, _ACQUIRED.fullmatch(e.kind)) for e in self.evidence)
        return tuple((place, match[1]) for place, match in named if match)

    @property
    def places(self) -> tuple[Place, ...]:
        """Every line that is part of it."""
        return (self.place, *(evidence.place for evidence in self.evidence))

    @property
    def level(self) -> Level:
        return LEVELS[self.rule]


def acquired(acquires: tuple[Acquire, ...]) -> tuple[Evidence, ...]:
    """The acquires as evidence."""
    return tuple(Evidence(a.place, f"acquired by {a.name}()", a.text) for a in acquires)
