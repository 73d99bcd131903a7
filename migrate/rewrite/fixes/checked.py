# SPDX-License-Identifier: GPL-2.0-only
"""The audit of fixed files: the findings must be gone, without new ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from migrate.analysis.acquires.finder import find_acquires
from migrate.analysis.audit.model import AuditRule, Finding
from migrate.analysis.audit.run import Auditor
from migrate.analysis.model import Acquire
from migrate.analysis.pairing.group import Grouper
from migrate.analysis.program.program import Program
from migrate.kernel.signatures import DIRECT_NAMES, read_signatures
from migrate.kernel.tree import Tree

_Key = tuple[str, str, AuditRule]

_NEXT = frozenset({AuditRule.UNPINNED_DATA})
"""Findings that are only visible after a fix and are not new bugs: a migration handles them."""


def still_wrong(before: Tree, after: Tree, mended: Sequence[Finding]) -> str:
    """What is wrong with `after`, in which `mended` are fixed, in one line; "" if nothing is."""
    paths = sorted({place.path for finding in mended for place in finding.places})
    old, new = _Side(before, tuple(paths)), _Side(after, tuple(paths))
    if len(old.acquires) != len(new.acquires):
        return "another number of acquires"
    places = {place for finding in mended for place in finding.places}
    chosen = [n for n, acquire in enumerate(old.acquires) if acquire.place in places]
    was, now = old.findings(chosen), new.findings(chosen)
    for finding in mended:
        was[_key(finding)] -= 1
    for key, count in sorted(now.items()):
        if count > was[key]:
            return f"{key[2]} is found in {key[1]}() then"
    return ""


def _key(finding: Finding) -> _Key:
    return finding.place.path, finding.function, finding.rule


@dataclass(frozen=True, eq=False)
class _Side:
    """The acquires in some files of a tree, and the audit's findings about them."""

    tree: Tree
    paths: tuple[str, ...]

    @cached_property
    def program(self) -> Program:
        return Program(self.tree)

    @cached_property
    def acquires(self) -> tuple[Acquire, ...]:
        family = {n: s for n, s in read_signatures(self.tree).items() if n in DIRECT_NAMES}
        sources = [self.program.source(path) for path in self.paths]
        return tuple(a for s in sources if s for a in sorted(find_acquires(s, family).acquires))

    def findings(self, chosen: Sequence[int]) -> Counter[_Key]:
        """The findings about the groups of the acquires with the numbers `chosen`."""
        grouper = Grouper(self.program, self.acquires, DIRECT_NAMES)
        auditor = Auditor(self.program, self.acquires)
        groups = dict.fromkeys(grouper.group(self.acquires[n]).group for n in chosen)
        found = {f for group in groups for f in auditor.findings(group)}
        return Counter(_key(finding) for finding in found if finding.rule not in _NEXT)
