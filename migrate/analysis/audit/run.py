# SPDX-License-Identifier: GPL-2.0-only
"""Runs the rules of an audit on the groups of a tree, whether it is converted or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from migrate.analysis.audit.contexts import Contexts
from migrate.analysis.audit.flag_rules import flag_suggestions
from migrate.analysis.audit.model import SUGGESTIONS, AuditRule, Finding, acquired
from migrate.analysis.audit.one_way import is_unconditional
from migrate.analysis.audit.paths import AuditPaths
from migrate.analysis.audit.sources import Origin, Origins, is_pin, unpins
from migrate.analysis.audit.suggestions import suggestions
from migrate.analysis.gaps import GapKind
from migrate.analysis.model import (
    Acquire,
    Confidence,
    Evidence,
    Pairing,
    PinGroup,
    Release,
    Scan,
    TraitKind,
    UseKind,
)
from migrate.analysis.pairing.shares import by_folders
from migrate.analysis.program.program import Program
from migrate.analysis.traits.traits import is_implementation_file
from migrate.analysis.verdicts.classify import verdict
from migrate.analysis.verdicts.rules import mappings_changed, mmu_notifier, only_struct_page
from migrate.base.progress import count, silent
from migrate.kernel.signatures import DIRECT_NAMES, PIN_NAMES, read_signatures
from migrate.kernel.tree import Tree

Progress = Callable[[str, int, int], None]

_CASE_4 = frozenset({only_struct_page.__name__, mappings_changed.__name__})


@dataclass(frozen=True)
class Audit:
    """All findings in one commit, sorted by place, and the number of acquires; `suggestions` are
    about code that is correct as it is."""

    commit: str
    kernel_version: str
    acquires: int
    findings: tuple[Finding, ...]
    suggestions: tuple[Finding, ...] = ()


def audit(
    tree: Tree,
    scan: Scan,
    pairing: Pairing,
    *,
    jobs: int = 1,
    progress: Progress | None = None,
    auditor: Auditor | None = None,
) -> Audit:
    """Run all rules. `scan` must have searched for both GUP and pin functions; `jobs` counts
    processes.

    `auditor` is the one that saw the groups when they were made; its results are used.
    """
    auditor = auditor or Auditor(Program(tree), scan.acquires)
    known = {number: auditor.seen(group) for number, group in enumerate(pairing.groups)}
    left = [group for n, group in enumerate(pairing.groups) if known[n] is None]

    def work(groups: Sequence[PinGroup]) -> list[tuple[Finding, ...]]:
        found = [auditor.look(group) for group in groups]
        auditor.program.forget(lambda _: False)
        return found

    told = count(progress or silent, "groups audited", len(left))
    found = by_folders("audit", work, left, auditor.program, jobs, told)
    auditor.program.finds.save()
    every = sorted({f for group in (*found, *known.values()) for f in group or ()})
    return Audit(
        tree.commit,
        scan.kernel_version,
        len(scan.acquires),
        tuple(f for f in every if f.rule not in SUGGESTIONS),
        tuple(f for f in every if f.rule in SUGGESTIONS),
    )


class Auditor:
    """The rules, applied to a tree with `acquires`."""

    brief = True
    """No rule asks which gaps a group has, except whether the missing release is the only one."""

    def __init__(self, program: Program, acquires: tuple[Acquire, ...]) -> None:
        self.program = program
        self.origins = Origins(self.program, acquires)
        self.family = read_signatures(program.tree)
        self.paths = AuditPaths(self.program, self.family)
        self.contexts = Contexts(self.program)
        # In a tree without pin functions, put_user_page() drops plain references.
        self.has_pins = any(name in self.family for name in PIN_NAMES)
        self._seen: dict[PinGroup, tuple[Finding, ...]] = {}

    def look(self, group: PinGroup) -> tuple[Finding, ...]:
        """The findings in `group`."""
        return tuple(dict.fromkeys(self.findings(group)))

    def learn(self, group: PinGroup, seen: tuple[Finding, ...]) -> None:
        """Take over the findings in `group` from the process that made it."""
        self._seen[_unnamed(group)] = seen

    def seen(self, group: PinGroup) -> tuple[Finding, ...] | None:
        """The findings of :meth:`look` in exactly this group; None if it has not seen the group."""
        return self._seen.get(_unnamed(group))

    def findings(self, group: PinGroup) -> Iterator[Finding]:
        """The findings in `group`, with duplicates."""
        if group.trait(TraitKind.IMPLEMENTATION) is not None:
            return
        if self.has_pins:
            yield from self._mixed(group)
            yield from _needlessly_pinned(group)
        yield from self.freed(group)
        yield from _never_released(group)
        yield from self.paths.findings(group)
        yield from self.contexts.findings(group)
        yield from suggestions(self.program, group)
        yield from flag_suggestions(self.program, group, has_pins=self.has_pins)

    def _mixed(self, group: PinGroup) -> Iterator[Finding]:
        kinds = {is_pin(a) for a in group.acquires if a.name in DIRECT_NAMES}
        # A plain reference to a pinned page is dropped with put_page().
        taken = {UseKind.EXTRA_REFERENCE, UseKind.USER_MAPPED}
        referenced = any(u.kind in taken for u in group.uses)
        for release in group.releases:
            wrong = not unpins(release.name)
            if wrong and referenced:
                continue
            if wrong not in kinds or is_implementation_file(release.place.path):
                continue
            origin = self.origins.of_call(release.place, release.function)
            if origin is not None and origin.only(pinned=wrong):
                yield _mixed_pair(release, origin)
            mixed = origin is not None and origin.is_mixed
            if origin is not None and mixed and is_unconditional(self.program, release):
                yield _both_ways(release, origin)

    def freed(self, group: PinGroup) -> Iterator[Finding]:
        """Pages of `group` that are freed by the allocator, if no other pages can reach that
        call."""
        for use in group.uses:
            if use.kind is not UseKind.FREED:
                continue
            origin = self.origins.of_call(use.place, use.function)
            if origin is None or not origin.certain:
                continue
            name = use.text.split("(")[0].split()[-1]
            source = origin.acquires[0]
            message = (
                f"{name}() frees a page of user space that {source.name}() took a reference on;"
                " it has to be released instead."
            )
            yield Finding(
                use.place,
                use.function,
                AuditRule.FREED,
                message,
                use.text,
                acquired(origin.acquires),
            )


def _unnamed(group: PinGroup) -> PinGroup:
    return replace(group, name="")


def _mixed_pair(release: Release, origin: Origin) -> Finding:
    source = origin.acquires[0]
    pinned = is_pin(source)
    took = "pinned" if pinned else "took a plain reference on"
    wants = "has to be unpinned" if pinned else "must not be unpinned"
    message = (
        f"{release.name}() drops a page that {source.name}() in {source.function}() {took}; it"
        f" {wants}."
    )
    rule = AuditRule.PINNED_AND_PUT if pinned else AuditRule.GOT_AND_UNPINNED
    return Finding(
        release.place,
        release.function,
        rule,
        message,
        release.text,
        acquired(origin.acquires),
    )


def _both_ways(release: Release, origin: Origin) -> Finding:
    """A release of both plain references and pins: it is wrong for one of its sources."""
    pins = [a for a in origin.acquires if is_pin(a)]
    others = [a for a in origin.acquires if not is_pin(a)]
    message = (
        f"{release.name}() drops pages that {pins[0].name}() in {pins[0].function}() pins and pages"
        f" that {others[0].name}() in {others[0].function}() takes plain references to; it is right"
        " for one of them."
    )
    place, text = release.place, release.text
    evidence = acquired(origin.acquires)
    return Finding(place, release.function, AuditRule.MIXED, message, text, evidence)


def _needlessly_pinned(group: PinGroup) -> Iterator[Finding]:
    """Pins where pin_user_pages.rst asks for a plain reference or none."""
    if group.gaps or not all(is_pin(a) for a in group.acquires):
        return
    decided = verdict(group, pins_read_only=True)
    if decided.rule in _CASE_4:
        rule = AuditRule.CASE_4_PINNED
        why = "pins pages of which only struct page is looked at (CASE 4)"
    elif decided.rule == mmu_notifier.__name__ and decided.confidence is Confidence.HIGH:
        rule = AuditRule.CASE_3_PINNED
        why = "pins pages of which an MMU notifier says when they move (CASE 3)"
    else:
        return
    for acquire in group.acquires:
        message = f"{acquire.name}() {why}; a plain reference is enough."
        place, text = acquire.place, acquire.text
        yield Finding(place, acquire.function, rule, message, text, decided.evidence)


def _never_released(group: PinGroup) -> Iterator[Finding]:
    stored = [u for u in group.uses if u.kind is UseKind.STORED]
    if group.releases or not stored or {g.kind for g in group.gaps} - {GapKind.NO_RELEASE}:
        return
    for acquire in group.acquires:
        if not is_pin(acquire):
            continue
        message = f"No release of the pages that {acquire.name}() pins and keeps was found."
        evidence = tuple(Evidence(u.place, u.kind.value, u.text) for u in stored)
        yield Finding(
            acquire.place,
            acquire.function,
            AuditRule.NEVER_RELEASED,
            message,
            acquire.text,
            evidence,
        )
