# SPDX-License-Identifier: GPL-2.0-only
"""The commands as functions: `from migrate import open_tree, scan, ...`.

The functions print nothing, and read no environment variables but those of git. They raise
:class:`Refusal` where a command would end with an error. Results are frozen dataclasses; places
count lines from 1 and columns from 0, in bytes; times are in seconds.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from migrate.analysis.acquires import scan as scanning
from migrate.analysis.audit import run as audits
from migrate.analysis.audit.run import Audit
from migrate.analysis.contract import Contract, Contracts
from migrate.analysis.contracts.check import check_contracts, check_groups
from migrate.analysis.model import Classification, Pairing, Scan
from migrate.analysis.pairing import pair as pairing
from migrate.analysis.program.program import Program
from migrate.analysis.verdicts.decisions import Decision, decide
from migrate.base.files.places import absolute
from migrate.base.progress import Progress
from migrate.delivery.report import explain as explaining
from migrate.delivery.report.explain import Note
from migrate.kernel.people.maintainers import read_maintainers
from migrate.kernel.signatures import GUP_NAMES, PIN_NAMES
from migrate.kernel.tree import Tree, open_tree
from migrate.rewrite.model import Rewrite
from migrate.rewrite.profile import verdicts
from migrate.rewrite.profile.model import Profile
from migrate.rewrite.profile.profiles import DEFAULT_PROFILE, load_profile
from migrate.rewrite.result import audited
from migrate.runs import handover, pipeline
from migrate.runs.asked import remember_only
from migrate.runs.job import Job, Listener, Options
from migrate.runs.workspace import keep_apart, open_workspace

_CORES = len(os.sched_getaffinity(0))


class _Silence:
    """A listener, and a progress function, that ignores everything."""

    def started(self, stage: str) -> None: ...
    def reused(self, stage: str, summary: str) -> None: ...
    def finished(self, stage: str, summary: str, seconds: float) -> None: ...
    def progress(self, what: str, done: int, total: int) -> None: ...
    def notice(self, line: str) -> None: ...


class _Forgetful:
    """A cache for one call; nothing is stored on disk."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    def get(self, key: str) -> str | None:
        return self._kept.get(key)

    def put(self, key: str, value: str) -> None:
        self._kept[key] = value


_SILENCE = _Silence()
_USUAL = {"profile": DEFAULT_PROFILE, "revision": "HEAD", "output": ""}


def scan(tree: Tree, *, jobs: int = _CORES, progress: Progress = _SILENCE.progress) -> Scan:
    """Every call of the GUP family in `tree` exactly once, as found by spatch and tree-sitter.

    `jobs` is the number of processes. The members of the family are read from the headers of
    `tree`. Raises a :class:`Refusal` if spatch is missing or too old.
    """
    return scanning.scan(tree, cache=_Forgetful(), jobs=jobs, progress=progress)


def pair(
    tree: Tree,
    found: Scan,
    *,
    open_world: bool = False,
    progress: Progress = _SILENCE.progress,
    contracts: Sequence[Contract] = (),
) -> Pairing:
    """The acquires of `found` with all of their releases; each acquire is in exactly one group.

    `gaps` of a group lists what could not be followed. The effects of the kernel's API on a page
    are in migrate/analysis/frontend/data/kernel_api.toml. `contracts` (docs/contracts.md) are
    additional facts; raises a :class:`Refusal` if the tree contradicts one. With `open_world`
    modules outside of `tree` may call exported functions.
    """
    check_contracts(Program(tree), found, contracts)
    program = Program(tree, Contracts(contracts), open_world=open_world)
    made = pairing.pair(tree, found, progress=progress, program=program)
    check_groups(program, made.groups)
    return made


def classify(
    tree: Tree, groups: Pairing, profile: Profile, *, decisions: Sequence[Decision] = ()
) -> Classification:
    """One verdict per group, in the order of the groups, with the rule and its evidence.

    The rules are those of docs/verdict-rules.md, which follow the kernel's
    Documentation/core-api/pin_user_pages.rst; `decisions` (docs/decisions.md) override them. Raises
    a :class:`Refusal` for a decision that fits no group.
    """
    return decide(verdicts.classify(tree, groups, profile=profile), tuple(decisions))


def rewrite_groups(tree: Tree, classification: Classification, profile: Profile) -> Rewrite:
    """The edits of each group with the verdict `pin` or `follow`, complete or not at all.

    Nothing is written: the result has every file before and after. Groups that could not be edited
    are in `failures`. Raises a :class:`Refusal` if the profile cannot be used for `tree`.
    """
    subsystem_of = read_maintainers(tree).subsystem_of
    return audited.rewrite_audited(tree, classification, profile, subsystem_of)


def explain(tree: Tree, classification: Classification, where: str) -> tuple[Note, ...]:
    """Why the groups at `where` (FILE, FILE:LINE or FILE:FUNCTION) have their verdicts.

    Raises a :class:`Refusal` if there is no group, with the nearest place that has one.
    """
    return explaining.explain(tree, classification, where)


def audit(tree: Tree, *, jobs: int = _CORES, progress: Progress = _SILENCE.progress) -> Audit:
    """The places where `tree` releases pages the wrong way, by the rules of docs/audit.md."""
    names = (*GUP_NAMES, *PIN_NAMES)
    found = scanning.scan(tree, cache=_Forgetful(), jobs=jobs, progress=progress, names=names)
    return audits.audit(tree, found, pairing.pair(tree, found, progress=progress))


def run(
    path: Path,
    *,
    profile: str = DEFAULT_PROFILE,
    until: str = "series",
    revision: str = "HEAD",
    workspace: Path | None = None,
    output: Path | None = None,
    jobs: int = _CORES,
    decisions: Sequence[Decision] = (),
    contracts: Sequence[Contract] = (),
    listener: Listener = _SILENCE,
) -> Job:
    """Run the command `until` on the checkout at `path`, with its state on disk.

    The results of the stages are attributes of the returned job: `scan`, `pairing`,
    `classification`, `rewrite`, `branch`, `builds`, `delivery`; `decided()` has the final verdicts
    and `report()` the contents of the report. `path` is only read, except with "series": then the
    branch is handed over to it, and mails are written to `output`, or below `workspace`. Raises a
    :class:`Refusal` where the command would end with an error.
    """
    tree = open_tree(path, revision)
    target = load_profile(profile)
    place = absolute(output) if output else None
    if place:
        keep_apart(place, absolute(tree.root), "output", "output")
    kept = open_workspace(tree.root, target.name, workspace, listener.notice)
    options = Options(jobs, place, tuple(decisions), contracts=tuple(contracts))
    job = Job(tree, kept, target, options, listener)
    with kept.held():
        asked = {"profile": profile, "revision": revision, "output": str(place or "")}
        remember_only(kept, {n: v for n, v in asked.items() if v != _USUAL[n]})
        pipeline.run(job, until)
        if until == "series":
            handover.publish_branch(job)
    return job
