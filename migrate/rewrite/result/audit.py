# SPDX-License-Identifier: GPL-2.0-only
"""The audit of the result: converted groups are followed again, in the edited files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from migrate.analysis.audit.model import AuditRule, Finding
from migrate.analysis.audit.sources import is_pin, unpins
from migrate.analysis.model import Acquire, Action, Classification, PinGroup, Place, Release
from migrate.analysis.pairing.shares import by_folders
from migrate.analysis.traits.traits import is_implementation_file
from migrate.analysis.verdicts.wording import words
from migrate.base.progress import Progress, count, silent
from migrate.kernel.signatures import DIRECT_NAMES, PIN_NAMES
from migrate.kernel.tree import Tree
from migrate.rewrite.model import GroupFailure, Rewrite
from migrate.rewrite.profile.counterparts import Counterparts, Missing
from migrate.rewrite.profile.extracted import is_extracted
from migrate.rewrite.profile.faulted import only_faults
from migrate.rewrite.profile.model import Profile
from migrate.rewrite.result.extracted import audit_extracted
from migrate.rewrite.result.faulted import audit_faulted
from migrate.rewrite.result.followed import audit_followed
from migrate.rewrite.result.view import View, counted


def audit_result(
    tree: Tree,
    classification: Classification,
    rewrite: Rewrite,
    profile: Profile,
    jobs: int = 1,
    progress: Progress = silent,
) -> tuple[GroupFailure, ...]:
    """The groups of `rewrite` with a problem that `tree` did not have; `jobs` counts processes.

    Groups that become lookups are checked, and groups that become pins known to the audit;
    functions of other profiles cannot be followed.
    """
    changed = {change.group for change in rewrite.changes}
    parts = Counterparts(tree, profile)
    groups = [(g, v.action) for g, v in classification.pairs() if g.name in changed]
    extracted = [g for g, _ in groups if is_extracted(g, parts)]
    rest = [(g, action) for g, action in groups if g not in extracted]
    pinned = [g for g, action in rest if action is Action.PIN and _known(g, parts)]
    followed = [] if profile.by_rules else [g for g, a in rest if a is Action.FOLLOW]
    others = [g for g, _ in rest if g not in pinned and g not in followed]
    faulted = [g for g in followed if only_faults(g)]
    followed = [g for g in followed if g not in faulted]
    others += faulted
    edited = tree.with_files(_texts(rewrite))
    progress("audit of the result: reading", 0, 0)
    gone = _acquires([*others, *followed])
    found = [*_pinned(tree, edited, classification, pinned, gone, jobs, progress)]
    lookups = frozenset(rule.target for rule in profile.lookups)
    found += audit_followed(tree, edited, classification, followed, _acquires(others), lookups)
    found += audit_extracted(edited, extracted, parts)
    found += audit_faulted(tree, edited, faulted, parts)
    return tuple(
        GroupFailure(group.name, f"the audit of the result finds {reason}")
        for group, reason in found
        if reason
    )


def _pinned(
    tree: Tree,
    edited: Tree,
    classification: Classification,
    asked: list[PinGroup],
    gone: frozenset[Place],
    jobs: int,
    progress: Progress,
) -> Iterator[tuple[PinGroup, str]]:
    """Each group that became pins, with its problem."""
    paths = sorted({path for group in asked for path in group.paths})
    before, after = (View(t, paths, classification) for t in (tree, edited))
    now = {path: counted(before, after, path, gone) for path in paths}

    def work(part: Sequence[PinGroup]) -> list[str]:
        found = [_wrong(group, before, after, now) for group in part]
        before.forget()
        after.forget()
        return found

    told = count(progress, "audit of the result", len(asked))
    reasons = by_folders("audit of the result", work, asked, before.program, jobs, told)
    yield from zip(asked, reasons, strict=True)


def _acquires(groups: list[PinGroup]) -> frozenset[Place]:
    return frozenset(acquire.place for group in groups for acquire in group.acquires)


def _texts(rewrite: Rewrite) -> dict[str, bytes]:
    """Every file that the API or a group changes, with all changes."""
    files = [file for commit in rewrite.api.commits for file in commit]
    files += [file for change in rewrite.changes for file in change.all_files]
    return {file.path: file.after for file in files}


def _known(group: PinGroup, parts: Counterparts) -> bool:
    """Whether every acquire of `group` becomes a pin of mainline or of vaddr-pin."""
    rules = [parts.acquire(a.name) for a in group.acquires if a.name in DIRECT_NAMES]
    return all(not isinstance(rule, Missing) and rule.target in PIN_NAMES for rule in rules)


def _wrong(
    group: PinGroup, before: View, after: View, now: Mapping[str, Mapping[Place, Acquire]]
) -> str:
    """The problem of `group` after its conversion, "" if there is none."""
    old = tuple(a for a in group.acquires if a.name in DIRECT_NAMES)
    new = tuple(now[a.place.path].get(a.place) for a in old)
    acquires = tuple(a for a in new if a is not None)
    if len(acquires) < len(old):
        return "another number of acquires"
    for acquire in acquires:
        if not is_pin(acquire):
            return f"that {acquire.name}() in {acquire.function}() still takes plain references"
    groups = after.traced(acquires)
    return _unpaired(group, groups, after) or _new_finding(old, groups, before, after)


def _unpaired(group: PinGroup, groups: list[PinGroup], after: View) -> str:
    """What is wrong or missing in `groups`, those of the result for `group`; "" if nothing is."""
    taken = [a for g in groups for a in g.acquires if a.name in DIRECT_NAMES]
    for acquire in (a for a in taken if not is_pin(a)):
        return f"that {acquire.name}() in {acquire.function}() shares its pages or releases"
    releases = [r for g in groups for r in g.releases]
    for release in releases:
        if not unpins(release.name) and not is_implementation_file(release.place.path):
            return f"that {release.name}() in {release.function}() drops pages that are pinned"
    for path, function in _where(group.releases) - _where(releases):
        source = after.program.source(path)
        if source is None or function in source.by_name:
            return f"no release in {function}() any more"
        # A helper that was removed; that each of its calls is a release now was checked by tokens.
    gaps = [gap for g in groups for gap in g.gaps]
    return f"what it cannot follow: {words(gaps[0])}" if gaps and group.complete else ""


def _where(releases: tuple[Release, ...] | list[Release]) -> set[tuple[str, str]]:
    return {(r.place.path, r.function) for r in releases}


def _new_finding(
    old: tuple[Acquire, ...], groups: list[PinGroup], before: View, after: View
) -> str:
    """The first finding of the audit that is new."""
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
