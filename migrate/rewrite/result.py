# SPDX-License-Identifier: GPL-2.0-only
"""The audit of the result: converted groups are followed once more, through the edited files.

Which group a call belongs to is told by its number among the acquires of its file: edits rename
acquires, and neither add one nor move one past another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property

from migrate.analysis.audit import Auditor
from migrate.analysis.audit_model import AuditRule, Finding
from migrate.analysis.audit_sources import is_pin, unpins
from migrate.analysis.finder import find_acquires
from migrate.analysis.group import Grouper
from migrate.analysis.model import Acquire, Action, Classification, PinGroup, Place, Release
from migrate.analysis.program import Program
from migrate.analysis.traits import is_implementation_file
from migrate.kernel.signatures import DIRECT_NAMES, PIN_NAMES, Parameter, Signature, read_signatures
from migrate.kernel.tree import Tree
from migrate.rewrite.counterparts import Counterparts, Missing
from migrate.rewrite.model import GroupFailure, Rewrite
from migrate.rewrite.profiles import Profile

_DECIDED = frozenset({AuditRule.CASE_4_PINNED, AuditRule.NEVER_RELEASED})
"""What the verdict has decided already, by the rules or by the author."""


def audit_result(
    tree: Tree, classification: Classification, rewrite: Rewrite, profile: Profile
) -> tuple[GroupFailure, ...]:
    """The groups of `rewrite` in which something is wrong that was not wrong in `tree`.

    Asked are groups that become pins which the audit knows; with follow_page() and with functions
    of another kind of profile there is nothing that it could follow.
    """
    changed = {change.group for change in rewrite.changes}
    parts = Counterparts(tree, profile)
    asked = [
        group
        for group, verdict in classification.pairs()
        if group.name in changed and verdict.action is Action.PIN and _known(group, parts)
    ]
    gone = frozenset(
        acquire.place
        for group in classification.groups
        if group.name in changed and group not in asked
        for acquire in group.acquires
    )
    paths = sorted({path for group in asked for path in group.paths})
    after = _View(tree.with_files(_texts(rewrite)), paths, classification)
    before = _View(tree, paths, classification)
    now = {path: _counted(before, after, path, gone) for path in paths}
    found = ((group, _wrong(group, before, after, now)) for group in asked)
    return tuple(
        GroupFailure(group.name, f"the audit of the result finds {reason}")
        for group, reason in found
        if reason
    )


class _View:
    """Some files of a tree, with every acquire in them."""

    def __init__(self, tree: Tree, paths: list[str], classification: Classification) -> None:
        self.program, self._paths = Program(tree), paths
        acquires = [a for group in classification.groups for a in group.acquires]
        self._helpers = {a.name: _signature(a) for a in acquires if a.name not in DIRECT_NAMES}

    @cached_property
    def acquires(self) -> tuple[Acquire, ...]:
        """The calls that take references or pins, and those of helpers over them."""
        signatures = read_signatures(self.program.tree)
        family = {n: s for n, s in signatures.items() if n in DIRECT_NAMES} | self._helpers
        sources = [self.program.source(path) for path in self._paths]
        return tuple(a for s in sources if s for a in sorted(find_acquires(s, family).acquires))

    def direct(self, path: str) -> list[Acquire]:
        """The calls in a file that take references or pins themselves, in their order."""
        return [a for a in self.acquires if a.place.path == path and a.name in DIRECT_NAMES]

    @cached_property
    def grouper(self) -> Grouper:
        return Grouper(self.program, self.acquires)

    @cached_property
    def auditor(self) -> Auditor:
        return Auditor(self.program, self.acquires)

    def traced(self, acquires: tuple[Acquire, ...]) -> list[PinGroup]:
        """The groups that `acquires` are in."""
        found: list[PinGroup] = []
        for acquire in acquires:
            if not any(acquire in group.acquires for group in found):
                found.append(self.grouper.group(acquire).group)
        return found

    def findings(self, groups: list[PinGroup]) -> Iterator[Finding]:
        for group in groups:
            yield from (f for f in self.auditor.findings(group) if f.rule not in _DECIDED)


def _signature(helper: Acquire) -> Signature:
    roles = tuple(Parameter("", role) for role in helper.roles)
    return Signature(helper.name, "", roles, "")


def _texts(rewrite: Rewrite) -> dict[str, bytes]:
    """Every file that the API or a group changes, after all of them."""
    files = [file for commit in rewrite.api.commits for file in commit]
    files += [file for change in rewrite.changes for file in change.files]
    return {file.path: file.after for file in files}


def _known(group: PinGroup, parts: Counterparts) -> bool:
    """Whether every acquire of `group` becomes one of the pins of mainline or of vaddr-pin."""
    rules = [parts.acquire(a.name) for a in group.acquires if a.name in DIRECT_NAMES]
    return all(not isinstance(rule, Missing) and rule.target in PIN_NAMES for rule in rules)


def _counted(
    before: _View, after: _View, path: str, gone: frozenset[Place]
) -> dict[Place, Acquire]:
    """What each acquire of a file has become; empty when one came or went."""
    old = [a for a in before.direct(path) if a.place not in gone]
    new = after.direct(path)
    return {a.place: b for a, b in zip(old, new, strict=True)} if len(old) == len(new) else {}


def _wrong(
    group: PinGroup, before: _View, after: _View, now: Mapping[str, Mapping[Place, Acquire]]
) -> str:
    """What is wrong with `group` after its conversion, "" when nothing is."""
    old = tuple(a for a in group.acquires if a.name in DIRECT_NAMES)
    new = tuple(now[a.place.path].get(a.place) for a in old)
    acquires = tuple(a for a in new if a is not None)
    if len(acquires) < len(old):
        return "another number of acquires"
    for acquire in acquires:
        if not is_pin(acquire):
            return f"that {acquire.name}() in {acquire.function}() still takes plain references"
    groups = after.traced(acquires)
    return _unpaired(group, groups) or _new_finding(old, groups, before, after)


def _unpaired(group: PinGroup, groups: list[PinGroup]) -> str:
    """What the groups of the result do not tie together as `group` did."""
    taken = [a for g in groups for a in g.acquires if a.name in DIRECT_NAMES]
    for acquire in (a for a in taken if not is_pin(a)):
        return f"that {acquire.name}() in {acquire.function}() shares its pages or releases"
    releases = [r for g in groups for r in g.releases]
    for release in releases:
        if not unpins(release.name) and not is_implementation_file(release.place.path):
            return f"that {release.name}() in {release.function}() drops pages that are pinned"
    for where in _where(group.releases) - _where(releases):
        return f"no release in {where[1]}() any more"
    gaps = [gap for g in groups for gap in g.gaps]
    return f"what it cannot follow: {gaps[0]}" if gaps and group.complete else ""


def _where(releases: tuple[Release, ...] | list[Release]) -> set[tuple[str, str]]:
    return {(r.place.path, r.function) for r in releases}


def _new_finding(
    old: tuple[Acquire, ...], groups: list[PinGroup], before: _View, after: _View
) -> str:
    """The first thing that the audit says now and did not say before."""
    found = list(dict.fromkeys(after.findings(groups)))
    if not found:
        return ""
    known = Counter(_key(f) for f in dict.fromkeys(before.findings(before.traced(old))))
    for finding in found:
        known[_key(finding)] -= 1
        if known[_key(finding)] < 0:
            return f"in {finding.function}(): {finding.message.rstrip('.')}"
    return ""


def _key(finding: Finding) -> tuple[str, str, AuditRule]:
    return finding.place.path, finding.function, finding.rule
