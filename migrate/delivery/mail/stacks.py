# SPDX-License-Identifier: GPL-2.0-only
"""The commits of one set of maintainers, recreated independently of the others, with their
recipients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from migrate.base.progress import Progress, count
from migrate.delivery.commits.restack import restack
from migrate.delivery.history import (
    Patch,
    describe_patch,
)
from migrate.delivery.mail.addressees import Addressed, address_patch
from migrate.delivery.mail.batches import Batch
from migrate.delivery.mail.job import Job
from migrate.delivery.model import Commit
from migrate.delivery.plumbing import own_git, temporary_index, update_ref
from migrate.kernel.people.recipients import ask_for_patch
from migrate.kernel.people.tree_script import ask_for_each


@dataclass(frozen=True)
class Stack:
    """A batch with its independent commits: their parent, and the patches."""

    batch: Batch
    start: str
    patches: tuple[Patch, ...]

    @property
    def tip(self) -> str:
        return self.patches[-1].commit


def addressed_commits(
    job: Job, commits: Sequence[Commit], progress: Progress
) -> dict[str, Addressed]:
    """The addressees of each of `commits`, by its id."""
    parts, jobs = [(commit,) for commit in commits], job.options.jobs
    told = count(progress, "recipients of patches", len(parts))
    found = ask_for_each(
        "recipients", job.asked, lambda part: _address(job, part[0]), parts, jobs, told
    )
    return {commit.id: addressed for commit, addressed in zip(commits, found, strict=True)}


def _address(job: Job, commit: Commit) -> Addressed:
    patch = own_git(["format-patch", "-1", "--stdout", commit.id], job.material.repository)
    return address_patch(ask_for_patch(patch, job.directory, job.asked))


def stacks_of(job: Job, batches: list[Batch], progress: Progress) -> list[Stack]:
    found: list[Stack] = []
    with temporary_index(job.material.repository) as index:
        for batch in batches:
            progress("commits of series", len(found), len(batches))
            if batch.is_api:
                start, ids = batch.commits[0].parent, [commit.id for commit in batch.commits]
            else:
                start, ids = (
                    job.start,
                    restack(job.material.repository, index, batch.commits, job.start),
                )
            patches = [describe_patch(job.material.repository, commit) for commit in ids]
            with_trailers = [replace(p, trailers=job.material.collected.of(p)) for p in patches]
            found.append(Stack(batch, start, tuple(with_trailers)))
            ref = f"refs/gup-migrate/{job.material.branch.profile}/{batch.slug}"
            update_ref(job.material.repository, ref, ids[-1])
    return found
