# SPDX-License-Identifier: GPL-2.0-only
"""`audit --fix`: fixes findings where the fix is certain."""

from __future__ import annotations

from dataclasses import dataclass, replace

from migrate.analysis.audit.model import Finding
from migrate.analysis.audit.run import Audit
from migrate.cli.commands import working
from migrate.cli.console import Console
from migrate.runs.fixing import PROFILE, Fixes, fix
from migrate.runs.handover import refuse_own_branch
from migrate.runs.job import Job


@dataclass(frozen=True)
class FixedAudit:
    """The findings, and the result of fixing them."""

    findings: tuple[Finding, ...]
    fixes: Fixes


def mended(job: Job, console: Console, result: Audit) -> FixedAudit:
    """Fix the findings; the state is stored beside that of the profiles."""
    refuse_own_branch(job)
    own = replace(job.workspace, profile=PROFILE.name)
    fixing = Job(job.tree, own, PROFILE, job.options, job.listener, command=job.command)
    with working(fixing, console):
        return FixedAudit(result.findings, fix(fixing, result.findings, result.kernel_version))


def show(console: Console, found: FixedAudit) -> None:
    """Show the fixes, and the findings that are left to people."""
    fixes = found.fixes
    if fixes.commits:
        several = len(fixes.commits) > 1
        what = f"{len(fixes.commits)} fixes" if several else "One fix"
        console.say(f"{what} on {fixes.branch}:")
    for commit in fixes.commits:
        console.say(f"  {commit.subject}")
    for folder in fixes.series:
        console.say(f"series: {fixes.out}/{folder}")
    for item in fixes.unmended:
        place = item.finding.place
        console.say(f"left: {place.path}:{place.line} [{item.finding.rule}]: {item.reason}")
