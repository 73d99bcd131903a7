# SPDX-License-Identifier: GPL-2.0-only
"""Writes one directory of mails for each set of maintainers; each series applies independently.

The patches of a series are the commits of the branch, recreated on top of the API commits (or of
the base if there are none): commits of different subsystems touch different files, so every series
applies without the others, in any order.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from migrate.base.progress import Progress, silent
from migrate.delivery.commits.policy import Policy
from migrate.delivery.commits.unbuilt import delivered
from migrate.delivery.history import Version
from migrate.delivery.mail.batches import make_batches
from migrate.delivery.mail.cover import cover_letters
from migrate.delivery.mail.drafts import Draft, Part, drafts_of, series_of
from migrate.delivery.mail.editions import Candidate, Edition, editions
from migrate.delivery.mail.job import Job, Material, SeriesOptions, begin
from migrate.delivery.mail.mails import Mail, compose
from migrate.delivery.mail.outbox import Outbox, digest_of, write_directory
from migrate.delivery.mail.stacks import Stack, addressed_commits, stacks_of
from migrate.delivery.model import Delivery
from migrate.delivery.plumbing import update_ref


def write_series(
    material: Material, out: Path, options: SeriesOptions | None = None, progress: Progress = silent
) -> Delivery:
    """Write every series of `material` below `out` and return the result.

    The directories in the result are relative to `out`.
    """
    job, past = begin(material, options or SeriesOptions()), material.history
    leave = job.missing if job.options.unbuilt is Policy.LEAVE_OUT else ()
    going = delivered(material.branch.commits, leave)
    addressed = addressed_commits(job, going, progress)
    batches = make_batches(going, lambda commit: addressed[commit.id], job.options.max_patches)
    stacks = stacks_of(job, batches, progress)
    chosen = editions(
        [Candidate(s.batch.slug, s.patches) for s in stacks], past, reroll=job.options.reroll
    )
    parts = [Part(s, e, n) for n, (s, e) in enumerate(zip(stacks, chosen, strict=True), start=1)]
    written = drafts_of(job, [part for part in parts if not part.edition.unchanged], progress)
    unchanged = [series_of(part) for part in parts if part.edition.unchanged]
    letters = cover_letters([draft.letter for draft in written], job.options.templates)
    series = []
    for draft, letter in zip(written, letters, strict=True):
        stack, edition, outbox = draft.part.stack, draft.part.edition, _make(draft, letter)
        known = past.find(edition.name, edition.version)
        same = known is not None and known.keys == tuple(p.key for p in stack.patches)
        write_directory(out, outbox, sent=known.sent if known and same else "")
        series.append(outbox.series)
        if known is None or not known.sent:
            past = past.with_version(_version(outbox, stack, edition))
            _keep_objects(job, edition, stack.tip)
    past = replace(past, turn=max([past.turn, *(e.turn for e in chosen)]))
    return Delivery(material.branch.ref, tuple(series), tuple(unchanged), past)


def _make(draft: Draft, letter: str) -> Outbox:
    mails: tuple[Mail, ...] = compose(draft.plan, draft.raw, letter)
    series, addressed = replace(draft.series, cover=letter), tuple(draft.part.stack.batch.addressed)
    return Outbox(series, draft.plan, draft.raw, mails, addressed, draft.plan.cover)


def _version(outbox: Outbox, stack: Stack, edition: Edition) -> Version:
    ids = [mail.message_id for mail in outbox.mails]
    patches = [replace(p, message_id=i) for p, i in zip(stack.patches, ids[1:] or ids, strict=True)]
    return Version(
        name=edition.name,
        slug=stack.batch.slug,
        number=edition.version,
        turn=edition.turn,
        base=outbox.plan.base,
        start=stack.start,
        tip=stack.tip,
        title=outbox.plan.title,
        patches=tuple(patches),
        digest=digest_of(outbox.mails),
        cover=ids[0],
    )


def _keep_objects(job: Job, edition: Edition, tip: str) -> None:
    """Keep the commits of a version: git removes unreferenced commits, but the next version is
    compared with this one."""
    name = f"{job.material.branch.profile}/{edition.name}/v{edition.version}"
    update_ref(job.material.repository, f"refs/gup-migrate-versions/{name}", tip)
