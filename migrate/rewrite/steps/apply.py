# SPDX-License-Identifier: GPL-2.0-only
"""Runs the steps with spatch: one process per step; a result that is not as planned is rejected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from migrate.analysis.acquires.spatch import DEFAULT_TIMEOUT, Patched, TookTooLong, run_spatch
from migrate.base.data import data_folder
from migrate.rewrite.steps.sites import NoSite, Site
from migrate.rewrite.steps.steps import Step
from migrate.rewrite.text.check import AsPlanned, NotEdited, OtherChange
from migrate.rewrite.text.draft import Draft

_MEMORY = 2 << 30
"""Bytes of address space for a semantic patch of a profile; our own need less than a quarter."""

_given_up: set[Path] = set()
"""Semantic patches of profiles that were stopped once; they would be stopped for every group."""


@dataclass(frozen=True, eq=False)
class Edited:
    """The file after all steps; `rules` are the semantic patches that changed something."""

    draft: Draft
    rules: frozenset[str]


@dataclass(frozen=True)
class NotApplied:
    """The file was not changed; `reason` is one line without a full stop."""

    reason: str


def apply_steps(
    draft: Draft, steps: Sequence[Step], timeout: float = DEFAULT_TIMEOUT
) -> Edited | NotApplied:
    """`draft` after all `steps`; `timeout` is for one step, in seconds."""
    rules = set()
    for step in steps:
        result = _apply(draft, step, timeout)
        if isinstance(result, NotApplied):
            return result
        if result is not draft:
            own = step.patch
            rules.add(f"{own.parent.name}/{own.name}" if own else f"common/{step.rule}.cocci")
        draft = result
    return Edited(draft, frozenset(rules))


def given_up() -> frozenset[Path]:
    """The semantic patches of profiles that are not run any more."""
    return frozenset(_given_up)


def give_up_only(patches: frozenset[Path]) -> None:
    """Allow all semantic patches that are not among `patches` again."""
    _given_up.intersection_update(patches)


def rule_file(name: str) -> Path:
    """The semantic patch `name` among those that all profiles share."""
    return data_folder("cocci") / "rewrite" / "common" / f"{name}.cocci"


def _apply(draft: Draft, step: Step, timeout: float) -> Draft | NotApplied:
    sites = _sites(draft, step)
    if isinstance(sites, NotApplied):
        return sites
    if not sites:
        return draft
    if step.patch in _given_up:
        return NotApplied(f"{step.patch.name} took too long before, and is not run again")
    outcome = run_spatch(
        step.patch or rule_file(step.rule),
        {draft.path: draft.text},
        defines=dict(step.defines) | {"at": "_".join(sorted({s.at for s in sites}))},
        virtuals=("patch", *step.virtuals),
        timeout=timeout,
        memory=_MEMORY if step.patch else None,
    )
    if isinstance(outcome, TookTooLong) and step.patch:
        _given_up.add(step.patch)
    if not isinstance(outcome, Patched):
        return NotApplied(f"{draft.path}: {outcome.reason}")
    edits = sorted({edit for site in sites for edit in site.edits})
    result = draft.advance(outcome.files[draft.path], edits)
    match result:
        case Draft():
            return result
        case NotEdited(missing=missing):
            token = draft.tokens[min(missing[0].first, len(draft.tokens) - 1)]
            function = draft.source.function_at(token.start)
            where = f"{function.name}() in {draft.path}" if function else draft.path
            return NotApplied(f"spatch does not parse {where}, line {token.line}")
        case OtherChange(line=line, what=what):
            name = step.patch.name if step.patch else f"{step.rule}.cocci"
            return NotApplied(f"{name}: {what} at {draft.path}:{line}")
        case AsPlanned():
            raise AssertionError("a draft that is as planned comes back as a draft")


def _sites(draft: Draft, step: Step) -> list[Site] | NotApplied:
    found = []
    for finder in step.finders:
        site = finder(draft)
        if isinstance(site, NoSite):
            return NotApplied(site.reason)
        if site is not None:
            found.append(site)
    return found
