# SPDX-License-Identifier: GPL-2.0-only
"""Fixes findings of an audit: commits, builds and series, like those of a migration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from migrate.analysis.audit.model import Finding
from migrate.analysis.model import Classification
from migrate.base import codec
from migrate.delivery.model import Commit
from migrate.rewrite.fixes.engine import Mended, Unmended, mend
from migrate.rewrite.model import ApiChange, GroupFailure, Rewrite
from migrate.rewrite.profile.model import Profile
from migrate.runs import handover, pipeline, stages
from migrate.runs.job import Job
from migrate.runs.stages import Stage

PROFILE = Profile("audit-fix", "fixes of what an audit found", False, (), ())
"""The name under which branch, series and state of a run that fixes findings are stored."""


@dataclass(frozen=True)
class Fixes:
    """The result of fixing findings: the commits, the folders with their series below `out`, the
    branch, "" if there is none, and the findings that are left to people."""

    commits: tuple[Commit, ...]
    series: tuple[str, ...]
    out: str
    branch: str
    unmended: tuple[Unmended, ...]


def fix(job: Job, findings: Sequence[Finding], kernel_version: str) -> Fixes:
    """Fix `findings` in `job`, which has the profile :data:`PROFILE` and is locked."""
    stages_of = _Stages(tuple(findings), kernel_version)
    pipeline.run(job, "series", stages_of.order)
    branch = handover.publish_branch(job)
    return Fixes(
        job.branch.commits,
        tuple(series.directory for series in job.delivery.series),
        str(job.out),
        branch,
        _unmended(job, findings),
    )


def _unmended(job: Job, findings: Sequence[Finding]) -> tuple[Unmended, ...]:
    reasons = {failure.group: failure.reason for failure in job.rewrite.failures}
    return tuple(Unmended(f, reasons[_key(f)]) for f in findings if _key(f) in reasons)


def _key(finding: Finding) -> str:
    return f"{finding.place}:{finding.rule}"


class _Stages:
    """The stages that fix `findings`."""

    def __init__(self, findings: tuple[Finding, ...], kernel_version: str) -> None:
        self.findings, self.kernel_version = findings, kernel_version
        decided = Stage("classify", Classification, self._decided, lambda *_: f"{len(findings)}")
        mended = Stage("rewrite", Rewrite, self._mended, _summary, self._depends)
        self.order = (decided, mended, stages.COMMIT, stages.BUILD, stages.SERIES)

    def _decided(self, job: Job) -> Classification:
        """An empty classification: no group is converted."""
        return Classification(job.tree.commit, self.kernel_version, (), ())

    def _depends(self, job: Job) -> list[str]:
        return [codec.dumps(self.findings), codec.dumps(job.rejections())]

    def _mended(self, job: Job) -> Rewrite:
        broken: Mapping[str, str] = {item.group: item.reason for item in job.rejections().items}
        found: Mended = mend(
            job.tree,
            self.findings,
            job.maintainers.subsystem_of,
            besides=broken,
            progress=job.listener.progress,
        )
        left = [GroupFailure(_key(u.finding), u.reason) for u in found.unmended]
        api = ApiChange((), (), ())
        return Rewrite(job.tree.commit, PROFILE.name, api, found.changes, tuple(left))


def _summary(_job: Job, result: Rewrite) -> str:
    return f"{len(result.changes)} fixes, {len(result.failures)} findings left"
