# SPDX-License-Identifier: GPL-2.0-only
"""The words of docs/design.md as data: places, acquires, releases, uses, groups, verdicts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from migrate.analysis.contract import Contract as Contract
from migrate.analysis.edges import Edge, EdgeKind
from migrate.analysis.gaps import Gap
from migrate.analysis.gaps import Unparsed as Unparsed
from migrate.analysis.place import Evidence as Evidence
from migrate.analysis.place import Place as Place


@dataclass(frozen=True, order=True)
class Acquire:
    """One call of a GUP function, or of a helper of the tree over one.

    `name` is the called function as written, `arguments` the source of each argument in order,
    none when the parser did not understand them,
    `roles` the parameter name of each argument according to the tree's own prototype
    (start, nr_pages, gup_flags, write, pages, vmas, locked, ...; "" when unknown).

    Where the call is a use of a macro that does nothing but call `name`, that is `macro`, with the
    call `inside` of it; arguments and roles are those of the macro.
    """

    place: Place
    function: str
    name: str
    arguments: tuple[str, ...]
    roles: tuple[str, ...]
    text: str
    macro: str = ""
    inside: Place | None = None

    @property
    def fits(self) -> bool:
        """Whether the call has as many arguments as the prototype, so that it is known which is
        which."""
        return len(self.arguments) == len(self.roles)

    def argument(self, *roles: str) -> str | None:
        """The source of the first argument that has one of `roles`, or None; None for a call that
        does not fit the prototype."""
        for role, argument in zip(self.roles, self.arguments, strict=False) if self.fits else ():
            if role in roles:
                return argument
        return None


@dataclass(frozen=True, order=True)
class Release:
    """One call that drops a reference: `name` is the called function as written.

    `bulk` says that it takes an array and a count. `reached_by_helper` names the local helper
    that holds the call when the pages get there as its parameter, else "".
    """

    place: Place
    function: str
    name: str
    bulk: bool
    reached_by_helper: str
    text: str


class UseKind(StrEnum):
    """What is done with an acquired page; the rules of verdicts look at nothing else."""

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
    """What is true of a group as a whole; rules of verdicts look at these and at uses."""

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
    NUMBERS_LOST = "has its physical address go where it cannot be followed"
    THROUGH_HELPER = "calls a helper of the tree over GUP"
    NOTIFIER_HERE = "an MMU notifier is consulted around the acquire"
    NOTIFIER_FILE = "the same file registers an MMU notifier"
    NOTIFIER_NEAR = "another file of the same driver registers an MMU notifier"
    FOR_OTHER_VERSIONS = "only other versions of the kernel compile it"
    OTHER_VERSIONS = "other versions of the kernel have other code here"
    NEGATIVE_COUNT = "the count may be an error code here"
    RELEASED_TWICE = "is released although it was before"
    LEFT_BEHIND = "is still held, and nobody knows it any more"
    MENDED_FIRST = "is given back to the allocator, which a patch before puts right"


@dataclass(frozen=True, order=True)
class Trait:
    """One trait of a group and the line that shows it.

    `subject` is what it is about: for an MMU notifier the tag of the struct that it is a member
    of, for a helper its name, for a count its variable, for what is mended first the function that
    is called instead of a release; "" for other traits.
    """

    kind: TraitKind
    evidence: Evidence
    subject: str = ""


@dataclass(frozen=True, order=True)
class FollowSite:
    """What a rewrite of the acquire at `place` to a lookup has to know.

    `vma` is "" for a call that only a function which takes the address can replace; `page` is its
    argument then, as written, and `result` is "".

    Else it takes one page into the local variable `page`, with the mmap lock held, and can become
    follow_page(). All other fields are C expressions as they stand at the call, without side
    effects or calls: the `vma` of the address, which is at hand; the `address`; the gup_flags as
    written; and when they ask for `write` access: "" for never, "1" for always, else the
    condition. `faults` says that the page may have to be faulted in, which follow_page() does not
    do. `result` is the variable that the call's value is assigned to, "" when it is only compared
    in the condition of an `if`.
    """

    place: Place
    vma: str
    address: str
    flags: str
    write: str
    page: str
    faults: bool
    result: str


@dataclass(frozen=True)
class PinGroup:
    """Acquires and releases that share storage: converted whole or not at all.

    `name` is stable over runs on the same tree: path and function of the first acquire, with a
    number when a function starts several groups. `edges` are the steps of the pages that tie the
    parts together, in the order found; `structs` are the tags of structs with members that hold the
    pages; `gaps` is what could not be followed, empty for a :attr:`complete` group.
    `follows` has every acquire when each could become a lookup, follow_page() or by address; else
    it is empty, and `no_follow` says why. `contracts` are the statements of a person that all
    this rests on.
    """

    name: str
    acquires: tuple[Acquire, ...]
    releases: tuple[Release, ...]
    uses: tuple[Use, ...]
    edges: tuple[Edge, ...]
    gaps: tuple[Gap, ...]
    traits: tuple[Trait, ...] = ()
    structs: tuple[str, ...] = ()
    follows: tuple[FollowSite, ...] = ()
    no_follow: str = ""
    contracts: tuple[Contract, ...] = ()

    def trait(self, kind: TraitKind) -> Trait | None:
        """The first trait of `kind`, or None."""
        return next((t for t in self.traits if t.kind is kind), None)

    def has(self, *kinds: TraitKind) -> bool:
        """Whether there is a trait of any of `kinds`."""
        return any(trait.kind in kinds for trait in self.traits)

    @property
    def complete(self) -> bool:
        """Whether the pages were followed from every acquire to every release."""
        return bool(self.releases) and not self.gaps

    def lookups(self, by_vma: bool, by_address: Collection[str]) -> frozenset[Place] | None:
        """The acquires of :attr:`follows` that become calls by address, where follow_page() is
        there when `by_vma` is true, and functions for the acquires of the names `by_address`; None
        when one of them has nothing to become. By the vma is the better one."""
        names = {a.place: a.name for a in self.acquires}
        rest = {site.place for site in self.follows if not (site.vma and by_vma)}
        fits = bool(self.follows) and all(names.get(place) in by_address for place in rest)
        return frozenset(rest) if fits else None

    @property
    def empty(self) -> bool:
        """Whether there is nothing to follow: GUP itself, calls that ask for no pages, and calls
        of a helper, whose pages are in the group of the helper."""
        return not self.releases and not self.gaps

    @property
    def helpers(self) -> frozenset[str]:
        """Helpers over GUP that are called and whose own acquires are in the group as well: their
        calls stay as they are, whatever becomes of the acquires."""
        from_callee = (EdgeKind.FILLED, EdgeKind.RETURNED)
        tied = {(edge.place, edge.function) for edge in self.edges if edge.kind in from_callee}
        inside = {a.function for a in self.acquires}
        return frozenset(
            a.name for a in self.acquires if a.name in inside or (a.place, a.name) in tied
        )

    @property
    def paths(self) -> tuple[str, ...]:
        """Every file with an acquire or a release of the group, sorted."""
        places = [a.place for a in self.acquires] + [r.place for r in self.releases]
        return tuple(sorted({place.path for place in places}))


class Action(StrEnum):
    """What becomes of a group."""

    PIN = "pin"
    FOLLOW = "follow"
    KEEP = "keep"
    MANUAL = "manual"


class Confidence(StrEnum):
    """How sure a verdict is: HIGH from evidence on every path, LOW only ever with `manual`."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


Decider = Literal["rules", "author"]


@dataclass(frozen=True)
class Verdict:
    """The verdict on a group.

    `case` is the CASE of Documentation/core-api/pin_user_pages.rst as text ("1" to "5", "" when
    none applies); `rule` the name of the rule that decided; `reason` one sentence; `warnings`
    travel into the report and the patch. `decided_by` is "rules" or "author"; what the author
    decided has no `confidence`, which says how sure the tool is.
    """

    group: str
    action: Action
    case: str
    rule: str
    reason: str
    confidence: Confidence | None
    evidence: tuple[Evidence, ...]
    warnings: tuple[str, ...]
    decided_by: Decider = "rules"


@dataclass(frozen=True)
class Scan:
    """What `scan` found: every acquire of the tree exactly once, sorted by place."""

    commit: str
    kernel_version: str
    acquires: tuple[Acquire, ...]
    unparsed: tuple[Unparsed, ...]


@dataclass(frozen=True)
class Pairing:
    """What `pair` found: each acquire of the scan is in exactly one group."""

    commit: str
    groups: tuple[PinGroup, ...]


@dataclass(frozen=True)
class Classification:
    """What `classify` decided: one verdict a group, in the order of the groups."""

    commit: str
    profile: str
    groups: tuple[PinGroup, ...]
    verdicts: tuple[Verdict, ...]

    def pairs(self) -> tuple[tuple[PinGroup, Verdict], ...]:
        """Each group with its verdict."""
        return tuple(zip(self.groups, self.verdicts, strict=True))

    def left_manual(self, reasons: Mapping[str, str], rule: str) -> Classification:
        """The same with the groups that `reasons` names `manual`, each for its reason, whoever
        decided on them before."""
        verdicts = tuple(
            replace(
                verdict,
                action=Action.MANUAL,
                rule=rule,
                reason=reasons[verdict.group],
                confidence=Confidence.LOW,
                decided_by="rules",
            )
            if verdict.group in reasons
            else verdict
            for verdict in self.verdicts
        )
        return replace(self, verdicts=verdicts)
