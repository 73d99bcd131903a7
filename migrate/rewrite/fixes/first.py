# SPDX-License-Identifier: GPL-2.0-only
"""Groups with a bug whose fix is certain: the bug is fixed first, then the group is converted.

A fix before a conversion replaces a free by a release, or tests a count. A fix that adds a release
is left to `gup-migrate audit --fix`: the new release would not be part of the group, but would have
to be converted with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass, replace

from migrate.analysis.audit.model import AuditRule, Finding, acquired
from migrate.analysis.audit.paths import AuditPaths
from migrate.analysis.audit.run import Auditor
from migrate.analysis.model import (
    Action,
    Classification,
    Evidence,
    PinGroup,
    Release,
    Trait,
    TraitKind,
    UseKind,
    Verdict,
)
from migrate.analysis.program.program import Program
from migrate.analysis.verdicts.classify import verdict
from migrate.analysis.verdicts.rules import freed
from migrate.kernel.signatures import DIRECT_NAMES, read_signatures
from migrate.kernel.tree import Tree
from migrate.rewrite.fixes.engine import mend, parts_of, remedy_of
from migrate.rewrite.model import Fix
from migrate.rewrite.profile.counterparts import Counterparts, Missing
from migrate.rewrite.profile.model import Profile
from migrate.rewrite.steps.sites import NoSite
from migrate.rewrite.text.draft import Draft, open_draft

_FREED, _RELEASED = "__free_page", "put_page"
_MENDED = frozenset({AuditRule.FREED, AuditRule.NEGATIVE_COUNT})
"""The rules whose findings are fixed in the series of the migration."""

_SHOWN = (TraitKind.NEGATIVE_COUNT, TraitKind.LEFT_BEHIND)


def with_fixes(tree: Tree, found: Classification, profile: Profile) -> Classification:
    """`found`, in which groups are decided anew if they are `manual` only because pages are freed
    instead of released, and that can be fixed first."""
    asked = [g for g, v in found.pairs() if v.rule == freed.__name__]
    parts = Counterparts(tree, profile)
    if not asked or not profile.pins or isinstance(parts.release(_RELEASED), Missing):
        return found
    every = tuple(a for g in found.groups for a in g.acquires)
    auditor = Auditor(Program(tree), every)
    better = {g.name: b for g in asked if (b := _mendable(g, auditor, profile)) is not None}
    pairs = [better.get(g.name, (g, v)) for g, v in found.pairs()]
    return replace(found, groups=tuple(g for g, _ in pairs), verdicts=tuple(v for _, v in pairs))


def _mendable(
    group: PinGroup, auditor: Auditor, profile: Profile
) -> tuple[PinGroup, Verdict] | None:
    """`group` as it is once its pages are released, with its verdict."""
    uses = [use for use in group.uses if use.kind is UseKind.FREED]
    certain = {finding.place for finding in auditor.freed(group)}
    if any(u.place not in certain or not u.text.startswith(f"{_FREED}(") for u in uses):
        return None
    if any(a.name not in DIRECT_NAMES for a in group.acquires):
        return None
    releases = [Release(u.place, u.function, _RELEASED, False, "", u.text) for u in uses]
    said = "given to the allocator"
    traits = [Trait(TraitKind.MENDED_FIRST, Evidence(u.place, said, u.text), _FREED) for u in uses]
    mended = replace(
        group,
        releases=tuple(sorted({*group.releases, *releases})),
        uses=tuple(u for u in group.uses if u.kind is not UseKind.FREED),
        traits=(*group.traits, *traits),
    )
    decided = verdict(mended, profile.pins_read_only)
    return (mended, decided) if decided.action is Action.PIN else None


@dataclass(frozen=True)
class NotFirst:
    """A bug has to be fixed before, but not in this series; `reason` is one line."""

    reason: str


def fixes_of(
    tree: Tree,
    program: Program,
    group: PinGroup,
    subsystem_of: Callable[[str], str],
    drafts: MutableMapping[str, Draft],
    timeout: float,
) -> tuple[Fix, ...] | NotFirst:
    """The fixes that come before the conversion of `group`; fixed files are added to `drafts`.

    A bug without a certain fix does not prevent the conversion.
    """
    findings = [*_freed_first(group), *_on_ways(tree, program, group)]
    if not findings:
        return ()
    chosen = [f for f in findings if f.rule in _MENDED]
    for finding in (f for f in findings if f.rule not in _MENDED):
        if _has_remedy(tree, finding):
            return NotFirst(
                f"pages are left behind at {finding.place}, which has but one remedy: make it with"
                " gup-migrate audit --fix, and convert what comes out"
            )
    made = mend(tree, chosen, subsystem_of, drafts=drafts, timeout=timeout)
    lost = [u for u in made.unmended if u.finding.rule is AuditRule.FREED]
    if lost:
        return NotFirst(f"{lost[0].finding.place} is not mended: {lost[0].reason}")
    return tuple(fix for change in made.changes for fix in change.fixes)


def _freed_first(group: PinGroup) -> Iterator[Finding]:
    for trait in group.traits:
        if trait.kind is TraitKind.MENDED_FIRST:
            place, text = trait.evidence.place, trait.evidence.text
            function = next((r.function for r in group.releases if r.place == place), "")
            rule, taken = AuditRule.FREED, acquired(group.acquires)
            yield Finding(place, function, rule, "", text, taken)


def _on_ways(tree: Tree, program: Program, group: PinGroup) -> Sequence[Finding]:
    if not group.has(*_SHOWN):
        return ()
    wanted = (AuditRule.NEGATIVE_COUNT, AuditRule.LEFT_BEHIND)
    paths = AuditPaths(program, read_signatures(tree))
    return [f for f in dict.fromkeys(paths.findings(group)) if f.rule in wanted]


def _has_remedy(tree: Tree, finding: Finding) -> bool:
    path = finding.place.path
    text = tree.read(path)
    if text is None:
        return False
    return not isinstance(remedy_of(finding, open_draft(path, text), parts_of(tree)), NoSite)
