# SPDX-License-Identifier: GPL-2.0-only
"""The terms of docs/design.md as data: acquires, releases, groups, verdicts; more of them are in
contract.py, edges.py, gaps.py, place.py and uses.py."""

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
from migrate.analysis.uses import Trait as Trait
from migrate.analysis.uses import TraitKind as TraitKind
from migrate.analysis.uses import Use as Use
from migrate.analysis.uses import UseKind as UseKind


@dataclass(frozen=True, order=True)
class Acquire:
    """One call of a GUP function, or of a helper of the tree that calls one.

    `name` is the called function as written, `arguments` the source of each argument in order (none
    if the parser did not understand them), `roles` the parameter name of each argument in the
    tree's own prototype (start, nr_pages, gup_flags, write, pages, vmas, locked, ...; "" if
    unknown).

    If the call is a use of a macro that does nothing but call `name`, `macro` is the macro, with
    the call `inside` of it; arguments and roles are those of the macro.
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
        """Whether the call has as many arguments as the prototype, so that their roles are
        known."""
        return len(self.arguments) == len(self.roles)

    def argument(self, *roles: str) -> str | None:
        """The source of the first argument with one of `roles`, or None; None for a call that does
        not fit the prototype."""
        for role, argument in zip(self.roles, self.arguments, strict=False) if self.fits else ():
            if role in roles:
                return argument
        return None

    @property
    def always_writes(self) -> bool:
        """Whether the arguments always ask for write access, whatever the caller wants."""
        flags = self.argument("gup_flags", "flags", "foll_flags") or ""
        if ("FOLL_WRITE" in flags and "?" not in flags) or flags in ("1", "true"):
            return True  # FOLL_WRITE is 1
        return self.argument("write") in ("1", "true")


@dataclass(frozen=True, order=True)
class Release:
    """One call that drops a reference: `name` is the called function as written.

    `bulk` says that it takes an array and a count. `reached_by_helper` names the local helper that
    contains the call if the pages are passed to it as a parameter, else "".
    """

    place: Place
    function: str
    name: str
    bulk: bool
    reached_by_helper: str
    text: str


@dataclass(frozen=True, order=True)
class FollowSite:
    """Everything a rewrite needs to replace the acquire at `place` by a lookup.

    `vma` is "" if only a function that takes the address can replace the call; then `page` is the
    argument, as written, and `result` is "".

    Otherwise the call takes one page into the local variable `page`, with the mmap lock held, and
    can become follow_page(). All other fields are C expressions as they are at the call, without
    side effects or calls: the `vma` of the address; the `address`; the gup_flags as written; and
    whether they ask for `write` access: "" for never, "1" for always, else the condition. `faults`
    says that the page may have to be faulted in, which follow_page() does not do. `result` is the
    variable that the result is assigned to, "" if it is only compared in the condition of an `if`.
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
    """Acquires and releases that share storage: converted together or not at all.

    `name` is stable over runs on the same tree: path and function of the first acquire, with a
    number if a function starts several groups. `edges` are the steps of the value flow that connect
    the parts, in the order found; `structs` are the tags of structs with members that hold the
    pages; `gaps` is what could not be followed, empty for a :attr:`complete` group. `follows` has
    every acquire if each could become a lookup (follow_page(), or by address); else it is empty,
    and `no_follow` says why. `contracts` are the statements of a person on which this depends.
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
        """The acquires of :attr:`follows` that become calls by address, given that follow_page()
        exists if `by_vma` is true, and that functions exist for acquires of the names `by_address`;
        None if one of them cannot be replaced. A lookup by the vma is preferred."""
        names = {a.place: a.name for a in self.acquires}
        rest = {site.place for site in self.follows if not (site.vma and by_vma)}
        fits = bool(self.follows) and all(names.get(place) in by_address for place in rest)
        return frozenset(rest) if fits else None

    @property
    def empty(self) -> bool:
        """Whether there is nothing to follow: GUP itself, calls that ask for no pages, and calls of
        a helper, whose pages are in the group of the helper."""
        return not self.releases and not self.gaps

    @property
    def helpers(self) -> frozenset[str]:
        """Helpers that call GUP whose own acquires are in the group as well: calls of them are not
        changed, whatever happens to the acquires."""
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
    """What is done with a group."""

    PIN = "pin"
    FOLLOW = "follow"
    KEEP = "keep"
    MANUAL = "manual"


class Confidence(StrEnum):
    """How sure a verdict is: HIGH if evidence exists on every path, LOW only with `manual`."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


Decider = Literal["rules", "author"]


@dataclass(frozen=True)
class Verdict:
    """The verdict on a group.

    `case` is the CASE of Documentation/core-api/pin_user_pages.rst as text ("1" to "5", "" if none
    applies); `rule` the name of the deciding rule; `reason` one sentence; `warnings` go into the
    report and the patch. `decided_by` is "rules" or "author"; a decision of the author has no
    `confidence`, which says how sure the tool is.
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
    """The result of `scan`: every acquire of the tree exactly once, sorted by place."""

    commit: str
    kernel_version: str
    acquires: tuple[Acquire, ...]
    unparsed: tuple[Unparsed, ...]


@dataclass(frozen=True)
class Pairing:
    """The result of `pair`: each acquire of the scan is in exactly one group."""

    commit: str
    groups: tuple[PinGroup, ...]


@dataclass(frozen=True)
class Classification:
    """The result of `classify`: one verdict per group, in the order of the groups."""

    commit: str
    profile: str
    groups: tuple[PinGroup, ...]
    verdicts: tuple[Verdict, ...]

    def pairs(self) -> tuple[tuple[PinGroup, Verdict], ...]:
        """Each group with its verdict."""
        return tuple(zip(self.groups, self.verdicts, strict=True))

    def left_manual(self, reasons: Mapping[str, str], rule: str) -> Classification:
        """The same with the groups in `reasons` as `manual`, each with its reason, regardless of
        the verdict before."""
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
