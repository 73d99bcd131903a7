# SPDX-License-Identifier: GPL-2.0-only
"""After `build`: groups that did not build are taken out, or end the run."""

from __future__ import annotations

from migrate.base.errors import Refusal
from migrate.delivery.commits.rejected import Rejection, Rejections, blame
from migrate.delivery.model import BuildStatus
from migrate.runs.job import Job


def newly_failed(job: Job) -> list[Rejection]:
    """The groups that did not build and are not taken out yet."""
    known = job.rejections()
    return [r for r in blame(job.branch, job.rewrite, job.builds) if r.group not in known.groups]


def reject_failed(job: Job) -> bool:
    """Store the groups that did not build; False if everything did."""
    known = job.rejections()
    if not job.options.build.keep_going:
        stop_at_failure(job)
    fresh = newly_failed(job)
    if not fresh:
        return False
    for item in fresh:
        job.listener.notice(f"{item.group} is taken out: {item.reason.splitlines()[0]}")
    job.workspace.save("rejected", Rejections((*known.items, *fresh)), job.rejections_inputs())
    return True


def stop_at_failure(job: Job) -> None:
    """Raise a :class:`Refusal` for the first object that a commit broke, after printing the
    compiler's output."""
    broken = next((o for o in job.builds.objects if o.status is BuildStatus.FAILED), None)
    if broken is None:
        return
    job.listener.notice(broken.output or broken.reason)
    subject = next(c.subject for c in job.branch.commits if c.id == broken.commit)
    raise Refusal(
        f'{broken.path} does not build for {broken.arch} at commit {broken.commit[:12]} ("'
        f'{subject}").',
        "Without --stop its group is taken out and the rest goes on.",
    )
