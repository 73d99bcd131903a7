# SPDX-License-Identifier: GPL-2.0-only
"""What verdicts are made of: how pages are used, and what a group is like as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from migrate.analysis.place import Evidence, Place


class UseKind(StrEnum):
    """How an acquired page is used; rules of verdicts depend only on this."""

    WRITE_DATA = "the kernel writes the page's data"
    READ_DATA = "the kernel reads the page's data"
    TOUCH_DATA = "the page's data is touched"
    MAP = "the page is mapped into the kernel"
    DMA = "the page is handed to a device"
    DIRTY = "the page is marked dirty"
    SCATTER = "the page is put into a scatterlist or bvec"
    PHYSICAL = "the physical address or pfn is taken"
    PHYSICAL_KEPT = "the physical address is handed on while the page is held"
    PHYSICAL_KEY = "the physical address or pfn is kept to be compared"
    STRUCT_PAGE = "its struct page is looked at"
    STORED = "the page is stored in an object"
    MANIPULATED = "the page's mappings or its place on the LRU are changed"
    NOTIFIER = "an MMU notifier covers the range"
    CONSUMED = "a callee takes over the reference"
    EXTRA_REFERENCE = "another reference is taken"
    USER_MAPPED = "the page is mapped to user space, which takes a reference of its own"
    FREED = "the page is given back to the allocator instead of released"
    OTHER_SOURCE = "pages from elsewhere share the storage"
    ESCAPES = "the page goes where it cannot be followed"


@dataclass(frozen=True, order=True)
class Use:
    """One use of an acquired page, with its place."""

    place: Place
    function: str
    kind: UseKind
    text: str


class TraitKind(StrEnum):
    """A property of a group as a whole; rules of verdicts depend on these and on uses."""

    IMPLEMENTATION = "belongs to GUP itself or to its tests"
    PAGES_NULL = "the pages argument is NULL"
    FAST_ONLY = "never sleeps, so that it can run in interrupt context"
    MAY_WRITE = "asks for write access"
    LONGTERM = "asks for FOLL_LONGTERM"
    ALWAYS_LONGTERM = "asks for FOLL_LONGTERM whatever happens"
    NO_LONGTERM = "cannot ask for FOLL_LONGTERM, which this tree does not have"
    BOOL_FLAGS = "passes a truth value as flags"
    LONG_LIVED = "is kept in an object and released by another function"
    PUT_AT_ONCE = "is released at once"
    BY_ADDRESS = "is worked on by its address while it is held"
    NUMBERS_LOST = "has its physical address go where it cannot be followed"
    THROUGH_HELPER = "calls a helper of the tree over GUP"
    NOTIFIER_HERE = "an MMU notifier is consulted around the acquire"
    NOTIFIER_FILE = "the same file registers an MMU notifier"
    NOTIFIER_NEAR = "another file of the same driver registers an MMU notifier"
    NOTIFIER_WORKS_ON = "the operations of an MMU notifier work on the struct with the pages"
    FOR_OTHER_VERSIONS = "only other versions of the kernel compile it"
    OTHER_VERSIONS = "other versions of the kernel have other code here"
    NEGATIVE_COUNT = "the count may be an error code here"
    ERROR_PASSES = "an error is taken for success here"
    RELEASED_TWICE = "is released although it was before"
    LEFT_BEHIND = "is still held, and nobody knows it any more"
    MENDED_FIRST = "is given back to the allocator, which a patch before puts right"


@dataclass(frozen=True, order=True)
class Trait:
    """One trait of a group and the line that shows it.

    `subject` depends on the kind: for an MMU notifier the tag of the struct that contains it, for a
    helper its name, for a count its variable, for work by address the function that does it, for a
    bug to be fixed first the function that is called instead of a release; "" for other traits.
    """

    kind: TraitKind
    evidence: Evidence
    subject: str = ""
