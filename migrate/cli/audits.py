# SPDX-License-Identifier: GPL-2.0-only
"""The command `audit`, between its arguments and its exit code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from migrate.analysis.audit.model import DESCRIPTIONS
from migrate.analysis.audit.run import Audit
from migrate.base.errors import ExitCode, Refusal
from migrate.base.stores.stage_file import fingerprint
from migrate.cli.commands import open_job, working
from migrate.cli.console import Console
from migrate.cli.request import Request
from migrate.delivery.report.explain import Note, note_at
from migrate.kernel.tree import Tree
from migrate.runs.identity import tool_identity
from migrate.runs.job import Job

_STAGE = "audit"


def audit(request: Request, *, since: str | None = None, as_sarif: bool = False) -> ExitCode:
    """Show what is wrong with the page references of a tree; PARTIAL when something is.

    With `since`, a commit, only findings count that have to do with a line added since then.
    """
    from migrate.delivery.commits.since import added_lines, is_added
    from migrate.delivery.report.sarif import sarif

    if request.json and as_sarif:
        raise Refusal("--json and --sarif are two formats.", "Ask for one of them.")
    console = Console(verbose=request.verbose)
    with open_job(request, console, "audit") as job:
        added = added_lines(job.tree, since) if since is not None else None
        result = _known(job)
        if result is None:
            with working(job, console):
                result = _audited(job)
        if added is not None:
            kept = tuple(f for f in result.findings if any(is_added(p, added) for p in f.places))
            result = replace(result, findings=kept)
        if as_sarif:
            console.json(sarif(job.tree, result))
        elif request.json:
            console.json(result)
        else:
            console.notes(_notes(job.tree, result))
            console.say(_summary(result, since))
    return ExitCode.PARTIAL if result.findings else ExitCode.DONE


def _known(job: Job) -> Audit | None:
    """The findings of an earlier audit of this very tree."""
    stored = job.workspace.load(_STAGE, Audit)
    return stored.value if stored and stored.inputs == _inputs(job) else None


def _inputs(job: Job) -> str:
    return fingerprint(tool_identity(), job.tree.commit)


def _audited(job: Job) -> Audit:
    """Look for findings in the tree, and keep them."""
    from migrate.analysis.acquires.scan import scan
    from migrate.analysis.acquires.spatch import spatch_version
    from migrate.analysis.audit.run import audit as look
    from migrate.analysis.pairing.pair import pair
    from migrate.analysis.program.program import Program
    from migrate.kernel.signatures import GUP_NAMES, PIN_NAMES

    spatch_version()
    told = job.listener
    told.started(_STAGE)
    cache = job.workspace.database.table("facts")
    names = (*GUP_NAMES, *PIN_NAMES)
    program = Program(job.tree)
    found = scan(
        job.tree,
        cache=cache,
        jobs=job.options.jobs,
        progress=told.progress,
        names=names,
        program=program,
    )
    pairing = pair(
        job.tree,
        found,
        cache=cache,
        jobs=job.options.jobs,
        progress=told.progress,
        program=program,
    )
    result = look(
        job.tree,
        found,
        pairing,
        jobs=job.options.jobs,
        progress=told.progress,
        program=program,
    )
    return job.workspace.save(_STAGE, result, _inputs(job)).value


def _notes(tree: Tree, result: Audit) -> Iterator[Note]:
    for finding in result.findings:
        text = f"{finding.message} [{finding.rule}]"
        yield note_at(tree, finding.place, finding.level, text)
        for evidence in finding.evidence:
            yield note_at(tree, evidence.place, "note", evidence.kind)


def _summary(result: Audit, since: str | None) -> str:
    where = f"with lines added since {since}" if since is not None else "in the tree"
    count = len(result.findings)
    what = f"{count or 'no'} finding{'' if count == 1 else 's'}"
    rules = len(DESCRIPTIONS)
    return f"{what} {where}: {rules} rules, {result.acquires} acquires of user pages looked at"
