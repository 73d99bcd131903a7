# SPDX-License-Identifier: GPL-2.0-only
"""A tree before or after a rewrite, with the calls that take references or pins in some files.

A call is matched with its group by its number among the acquires of its file: edits rename
acquires, but neither add nor reorder them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from migrate.analysis.acquires.finder import find_acquires
from migrate.analysis.audit.model import SUGGESTIONS, AuditRule, Finding
from migrate.analysis.audit.run import Auditor
from migrate.analysis.contract import Contracts
from migrate.analysis.model import Acquire, Classification, PinGroup, Place
from migrate.analysis.pairing.group import Grouper
from migrate.analysis.program.program import Program
from migrate.kernel.signatures import DIRECT_NAMES, Parameter, Signature, read_signatures
from migrate.kernel.tree import Tree

_DECIDED = SUGGESTIONS | {
    AuditRule.CASE_3_PINNED,
    AuditRule.CASE_4_PINNED,
    AuditRule.NEVER_RELEASED,
}
"""Findings that the verdict already accounts for: the rules or the author decided on them, or a
warning names them."""


class View:
    """The files `paths` of a tree; `taking` are the functions whose calls count."""

    def __init__(
        self,
        tree: Tree,
        paths: list[str],
        classification: Classification,
        taking: frozenset[str] = DIRECT_NAMES,
    ) -> None:
        stated = dict.fromkeys(c for group in classification.groups for c in group.contracts)
        self.program = Program(tree, Contracts(stated))
        self._paths, self.taking = paths, taking
        acquires = [a for group in classification.groups for a in group.acquires]
        self._helpers = {a.name: _signature(a) for a in acquires if a.name not in DIRECT_NAMES}

    @cached_property
    def acquires(self) -> tuple[Acquire, ...]:
        """The calls that count, and calls of helpers that contain some."""
        signatures = read_signatures(self.program.tree, self.taking)
        family = {n: s for n, s in signatures.items() if n in self.taking} | self._helpers
        sources = [self.program.source(path) for path in self._paths]
        return tuple(a for s in sources if s for a in sorted(find_acquires(s, family).acquires))

    def direct(self, path: str) -> list[Acquire]:
        """The calls in a file that take references or pins themselves, in order."""
        return [a for a in self.acquires if a.place.path == path and a.name in self.taking]

    @cached_property
    def grouper(self) -> Grouper:
        return Grouper(self.program, self.acquires, self.taking)

    @cached_property
    def auditor(self) -> Auditor:
        return Auditor(self.program, self.acquires)

    def forget(self) -> None:
        """Free what was parsed: the files of all groups, in two trees, take gigabytes."""
        self.grouper.forget()
        self.program.forget(lambda _: False)

    def traced(self, acquires: tuple[Acquire, ...]) -> list[PinGroup]:
        """The groups that contain `acquires`."""
        found: list[PinGroup] = []
        for acquire in acquires:
            if not any(acquire in group.acquires for group in found):
                found.append(self.grouper.group(acquire).group)
        return found

    def findings(self, groups: list[PinGroup]) -> Iterator[Finding]:
        """The audit's findings about `groups`."""
        for group in groups:
            yield from (f for f in self.auditor.findings(group) if f.rule not in _DECIDED)


def counted(before: View, after: View, path: str, gone: frozenset[Place]) -> dict[Place, Acquire]:
    """The replacement of each acquire of a file, without those at `gone`; empty if one was added or
    removed."""
    old = [a for a in before.direct(path) if a.place not in gone]
    new = after.direct(path)
    return {a.place: b for a, b in zip(old, new, strict=True)} if len(old) == len(new) else {}


def _signature(helper: Acquire) -> Signature:
    roles = tuple(Parameter("", role) for role in helper.roles)
    return Signature(helper.name, "", roles, "")
