# SPDX-License-Identifier: GPL-2.0-only
"""The last stage: series and report, in the user's output folder."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace

from migrate.base import codec
from migrate.base.programs.templates import Templates
from migrate.delivery.commits.policy import Policy
from migrate.delivery.commits.unbuilt import NOT_BUILT
from migrate.delivery.commits.unbuilt import summary as unbuilt_summary
from migrate.delivery.model import Delivery
from migrate.rewrite.profile.model import templates_of
from migrate.runs.asked import is_output, note_output
from migrate.runs.identity import profile_identity
from migrate.runs.job import Job
from migrate.runs.nothing_new import last_delivery, nothing_new
from migrate.runs.output_folder import replacing

_BEFORE_SERIES = ("scan", "pair", "classify", "rewrite", "commit", "build")


def depends(job: Job) -> Sequence[str]:
    scripts = f"{job.options.tree_scripts} {job.options.unbuilt}"
    # The report shows something of every stage, also of those whose change affects nothing else.
    before = [job.results[name].digest for name in _BEFORE_SERIES if job.has(name)]
    seen = codec.dumps(job.proof())
    return [*before, codec.dumps(job.rejections()), profile_identity(job.profile), scripts, seen]


def make(job: Job) -> Delivery:
    """Write series and report into the output folder, atomically; a reroll without changes leaves
    the folder as it is."""
    from migrate.delivery.history import mark_sent
    from migrate.delivery.mail.cover import Facts
    from migrate.delivery.mail.job import Material, SeriesOptions
    from migrate.delivery.mail.outbox import FACTS, SENT
    from migrate.delivery.mail.series import write_series
    from migrate.delivery.report.write import write_report

    known = past = job.history()
    for folder in job.outboxes:
        past = mark_sent(past, folder, SENT, FACTS)
    if past != known:
        # The marks are deleted with the folder below; a kill before `versions` is saved must not
        # lose them.
        job.workspace.save("versions", past, "")
    told = job.listener.progress
    told("checking the tree out", 0, 0)
    before = last_delivery(job) if job.options.reroll else None
    with replacing(job.out) as folder:
        material = Material(
            job.tree,
            Facts(job.decided(), job.rewrite, job.builds, job.proof()),
            job.branch,
            repository=job.workspace.repository(),
            worktree=job.workspace.worktree(job.branch.base),
            history=past,
            collected=job.collected(),
            maintainers=job.maintainers,
        )
        options = SeriesOptions(
            tree_scripts=job.options.tree_scripts,
            unbuilt=job.options.unbuilt,
            templates=mail_templates(job),
            reroll=job.options.reroll,
            reply=job.options.reply,
            jobs=job.options.jobs,
        )
        delivery = write_series(material, folder, options, told)
        stands = before is not None and nothing_new(before, delivery, job.out, folder)
        if stands:
            shutil.rmtree(folder)
        elif _is_reported(job):
            told("writing the report", 0, 0)
            write_report(job.report(delivery), folder)
    job.workspace.save("versions", delivery.history, "")
    _tell(job, delivery)
    if before is not None and stands:
        job.listener.notice(f"Nothing to reroll: {job.out} stays as it is.")
        delivery = replace(before, history=delivery.history)
    note_output(job.workspace, job.out, *_contents(job, delivery))
    return delivery


_UNBUILT = {
    Policy.DELIVER: "they are delivered anyway",
    Policy.HOLD: "their series are held (see --unbuilt)",
    Policy.LEAVE_OUT: "they are left out of the series",
}


def _tell(job: Job, delivery: Delivery) -> None:
    """Print what the user has to know before sending anything."""
    for series in delivery.unchanged:
        job.listener.notice(
            f"{series.slug}: nothing changed since v{series.version}, so it is not written again"
        )
    if missing := unbuilt_summary(job.branch, job.builds):
        job.listener.notice(f"{missing}; {_UNBUILT[job.options.unbuilt]}.")
    for series in delivery.series:
        for why in (w for w in series.hold if not w.startswith(NOT_BUILT)):
            job.listener.notice(f"{series.directory} is held: {why}")
    there = {series.slug for series in (*delivery.series, *delivery.unchanged)}
    for name in delivery.history.names:
        newest = delivery.history.of(name)[-1]
        if newest.sent and newest.slug not in there:
            job.listener.notice(
                f"{newest.slug} was sent as v{newest.number} and no longer exists:"
                " tell its recipients"
            )


def summary(_job: Job, delivery: Delivery) -> str:
    patches = sum(len(series.commits) for series in delivery.series)
    text = f"{len(delivery.series)} series, {patches} patches"
    return text + (f", {len(delivery.unchanged)} unchanged" if delivery.unchanged else "")


def intact(job: Job, delivery: Delivery) -> bool:
    """Whether the output folder has this result; another folder may have another one."""
    report = [job.out / "report.html"] if _is_reported(job) else []
    wanted = [*report, *(job.out / s.directory for s in delivery.series)]
    contents = _contents(job, delivery)
    return is_output(job.workspace, job.out, *contents) and all(p.exists() for p in wanted)


def _is_reported(job: Job) -> bool:
    """Whether there are groups to report on; a run that fixes findings has none."""
    return job.has("pair")


def _contents(job: Job, delivery: Delivery) -> list[str]:
    """Identifies every byte that goes into the output folder."""
    return [codec.dumps(delivery), *depends(job)]


def mail_templates(job: Job) -> Templates:
    from migrate.delivery.wording import mail_templates

    return mail_templates(templates_of(job.profile), str(job.profile.folder / "templates"))
