# SPDX-License-Identifier: GPL-2.0-only
"""Turns findings into fixes: those of one rule in one file are fixed together, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass

from migrate.analysis.acquires.spatch import DEFAULT_TIMEOUT
from migrate.analysis.audit.model import SUGGESTIONS, AuditRule, Finding
from migrate.base.progress import Progress, count, silent
from migrate.kernel.line_limit import line_limit
from migrate.kernel.tree import Tree
from migrate.rewrite.fixes.checked import still_wrong
from migrate.rewrite.fixes.counts import sign_test
from migrate.rewrite.fixes.dirtying import lock_to_mark, mark_dirty
from migrate.rewrite.fixes.flags import flag_for_truth
from migrate.rewrite.fixes.missing import missing_release
from migrate.rewrite.fixes.releases import another_release
from migrate.rewrite.fixes.remedy import Case, Remedy
from migrate.rewrite.model import FileChange, Fix, GroupChange, Line
from migrate.rewrite.profile.counterparts import Counterparts
from migrate.rewrite.profile.profiles import load_profile
from migrate.rewrite.steps.apply import NotApplied, apply_steps
from migrate.rewrite.steps.sites import NoSite
from migrate.rewrite.steps.steps import in_order
from migrate.rewrite.text.draft import Draft, open_draft

_REMEDIES: Mapping[AuditRule, Callable[[Case], Remedy | NoSite]] = {
    AuditRule.FREED: another_release,
    AuditRule.PINNED_AND_PUT: another_release,
    AuditRule.NEGATIVE_COUNT: sign_test,
    AuditRule.LEFT_BEHIND: missing_release,
    AuditRule.NOT_DIRTIED: mark_dirty,
    AuditRule.UNLOCKED_DIRTY: lock_to_mark,
    AuditRule.NUMBER_AS_FLAGS: flag_for_truth,
}
_PINS = "pin-user-pages"
"""The profile that says which function unpins pages that another one would only put."""


@dataclass(frozen=True)
class Unmended:
    """A finding that is left to people, with the reason: one line without a full stop."""

    finding: Finding
    reason: str


@dataclass(frozen=True)
class Mended:
    """The fixes, as changes that convert nothing, and the findings without a fix."""

    changes: tuple[GroupChange, ...]
    unmended: tuple[Unmended, ...]


def mend(
    tree: Tree,
    findings: Sequence[Finding],
    subsystem_of: Callable[[str], str],
    *,
    besides: Mapping[str, str] | None = None,
    drafts: MutableMapping[str, Draft] | None = None,
    timeout: float = DEFAULT_TIMEOUT,
    progress: Progress = silent,
) -> Mended:
    """Fix `findings` of `tree` where the fix is certain.

    `besides` names fixes that must not be repeated, each with the reason; `drafts` are files that
    were edited already; fixed files are added.
    """
    parts = parts_of(tree)
    job = _Job(tree, parts, subsystem_of, timeout, drafts if drafts is not None else {})
    together: dict[tuple[str, AuditRule], list[Finding]] = {}
    # Changes that are not bugs come last, so that the fix of a bug depends on nothing else.
    for finding in sorted(findings, key=lambda f: (f.place.path, f.rule in SUGGESTIONS, f)):
        together.setdefault((finding.place.path, finding.rule), []).append(finding)
    told = count(progress, "findings mended", len(together))
    for (path, rule), found in together.items():
        name = fix_name(path, rule)
        if besides and name in besides:
            job.unmended += [Unmended(f, besides[name]) for f in found]
        else:
            job.mend(name, path, found)
        told([path])
    return Mended(tuple(job.changes), tuple(job.unmended))


def parts_of(tree: Tree) -> Counterparts:
    """The functions that pin and unpin in `tree`."""
    return Counterparts(tree, load_profile(_PINS))


def fix_name(path: str, rule: AuditRule) -> str:
    """The name of the fix for findings of `rule` in a file."""
    return f"{path}:{rule}"


def remedy_of(finding: Finding, draft: Draft, parts: Counterparts) -> Remedy | NoSite:
    """The fix for `finding` in the file of `draft`."""
    make = _REMEDIES.get(finding.rule)
    if make is None:
        return NoSite("a person has to decide what is right there")
    case = Case(finding, draft, parts)
    return make(case) if case.acquires else NoSite("it is not shown where the pages come from")


class _Job:
    """The files after the fixes so far."""

    def __init__(
        self,
        tree: Tree,
        parts: Counterparts,
        subsystem_of: Callable[[str], str],
        timeout: float,
        drafts: MutableMapping[str, Draft],
    ) -> None:
        self.tree, self.parts, self.subsystem_of, self.timeout = tree, parts, subsystem_of, timeout
        self.drafts = drafts
        self.changes: list[GroupChange] = []
        self.unmended: list[Unmended] = []
        self.widest = line_limit(tree)

    def mend(self, name: str, path: str, findings: Sequence[Finding]) -> None:
        """Fix all of `findings`, which are of one rule and in one file."""
        draft = self._draft(path)
        if draft is None:
            self.unmended += [Unmended(f, "the file cannot be read") for f in findings]
            return
        chosen: list[tuple[Finding, Remedy]] = []
        for finding in findings:
            found = remedy_of(finding, draft, self.parts)
            if isinstance(found, NoSite):
                self.unmended.append(Unmended(finding, found.reason))
            else:
                chosen.append((finding, found))
        if not chosen:
            return
        made = self._made(name, draft, chosen)
        if isinstance(made, GroupChange):
            self.changes.append(made)
        else:
            self.unmended += [Unmended(finding, made) for finding, _ in chosen]

    def _made(
        self, name: str, draft: Draft, chosen: Sequence[tuple[Finding, Remedy]]
    ) -> GroupChange | str:
        steps = in_order([request for _, remedy in chosen for request in remedy.requests])
        done = apply_steps(draft, steps, self.timeout)
        if isinstance(done, NotApplied):
            return done.reason
        if done.draft.text == draft.text:
            return "there is nothing to change"
        before = self.tree.with_files({p: d.text for p, d in self.drafts.items()})
        after = before.with_files({draft.path: done.draft.text})
        if wrong := still_wrong(before, after, [finding for finding, _ in chosen]):
            return f"the audit of the result says: {wrong}"
        self.drafts[draft.path] = done.draft
        file = FileChange(draft.path, draft.text, done.draft.text)
        fix = _fix([remedy for _, remedy in chosen], chosen[0][0].rule, file, done.rules)
        return GroupChange(name, self.subsystem_of(draft.path), (), (), (), (fix,))

    def _draft(self, path: str) -> Draft | None:
        if path in self.drafts:
            return self.drafts[path]
        text = self.tree.read(path)
        return open_draft(path, text, self.widest) if text is not None else None


def _fix(
    remedies: Sequence[Remedy], rule: AuditRule, file: FileChange, rules: frozenset[str]
) -> Fix:
    lines: dict[Line, None] = {line: None for remedy in remedies for line in remedy.lines}
    bodies = dict.fromkeys(remedy.body for remedy in remedies)
    summaries = sorted({remedy.summary for remedy in remedies}, key=len)
    return Fix(
        rule.value,
        summaries[0],
        "\n\n".join(bodies),
        (file,),
        tuple(sorted(rules)),
        tuple(lines),
    )
