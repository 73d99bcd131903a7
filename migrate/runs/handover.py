# SPDX-License-Identifier: GPL-2.0-only
"""Moves finished branches to the user's repository, and reads trailers from it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from migrate.base.errors import Refusal
from migrate.base.programs.process import Finished
from migrate.base.stores.git import git_run
from migrate.delivery.model import Branch, Commit, Delivery
from migrate.runs.job import Job
from migrate.runs.stages import REFS


def refuse_own_branch(job: Job) -> None:
    """Raise a :class:`Refusal` if HEAD is a branch that was handed over: it is already
    converted."""
    found = git_run(["symbolic-ref", "-q", "HEAD"], cwd=job.tree.root)
    ref = found.stdout.decode("utf-8", "replace").strip() if isinstance(found, Finished) else ""
    if ref.startswith(REFS):
        raise Refusal(
            f"HEAD is {ref.removeprefix('refs/heads/')}, which is made by gup-migrate itself.",
            "Name the commit to work on, as in --rev main.",
        )


@dataclass(frozen=True)
class _Handed:
    """The tips that a later run may replace: the one that was handed over last, and those that were
    being handed over when a run was killed."""

    tip: str
    begun: tuple[str, ...] = ()


def publish_branch(job: Job) -> str:
    """Hand the finished branch over to the user's repository; its name, "" if there are no
    commits."""
    from migrate.delivery.commits.publish import publish

    if not job.branch.commits:
        return ""
    stored = job.workspace.load("handed-over", _Handed)
    last = stored.value if stored else _Handed("")
    job.workspace.save("handed-over", _Handed(last.tip, (*last.begun, job.branch.tip)), "")
    done = publish(
        job.branch,
        job.workspace.repository(),
        job.tree.root,
        journal=job.workspace.journal,
        expected=(last.tip, *last.begun),
        out=job.out,
        command=job.command,
    )
    job.workspace.save("handed-over", _Handed(done.tip), "")
    name = done.ref.removeprefix("refs/heads/")
    if done.kept:
        kept = done.kept.removeprefix("refs/heads/")
        job.listener.notice(
            f"{name} had commits that gup-migrate did not make; they are on {kept} now"
        )
    return name


@dataclass(frozen=True)
class _Branches:
    """The branches for b4 that were handed over: ref, digest of their contents, tip. `begun` are
    tips that were being handed over when a run was killed."""

    handed: tuple[tuple[str, str, str], ...] = ()
    begun: tuple[str, ...] = ()


def publish_for_b4(job: Job) -> tuple[str, ...]:
    """Hand each series over as a branch for b4; the names of the branches.

    A branch with the same contents as before is not moved: the user, or b4, may have added to it.
    """
    from migrate.delivery.commits.make import user_identity
    from migrate.delivery.commits.publish import publish
    from migrate.delivery.mail.b4 import prepare
    from migrate.delivery.plumbing import patch_ids

    stored = job.workspace.load("handed-to-b4", _Branches)
    begun = stored.value.begun if stored else ()
    known = {ref: (digest, tip) for ref, digest, tip in stored.value.handed} if stored else {}
    repository, base = job.workspace.repository(), job.branch.base
    when = f"{int(time.time())} +0000"
    names = []
    for series in job.delivery.series:
        ids = patch_ids(repository, base, series.start)
        made = prepare(
            series,
            job.delivery.history,
            profile=job.workspace.profile,
            repository=repository,
            base=base,
            prerequisites=ids,
            who=user_identity(job.tree.root),
            when=when,
        )
        names.append(made.ref.removeprefix("refs/heads/"))
        digest, last = known.get(made.ref, ("", ""))
        if digest == made.digest and _exists(job.tree.root, made.ref):
            continue
        only = Commit(made.tip, made.start, "", series.title, (), ())
        branch = Branch(job.branch.profile, made.ref, base, (only,))
        begun = (*begun, made.tip)
        _note(job, known, begun)
        done = publish(
            branch,
            repository,
            job.tree.root,
            journal=job.workspace.journal,
            expected=(last, *begun),
            command=job.command,
        )
        known[made.ref] = (made.digest, made.tip)
        _note(job, known, begun)
        if done.kept:
            kept = done.kept.removeprefix("refs/heads/")
            job.listener.notice(
                f"{names[-1]} had commits that gup-migrate did not make; they are on {kept} now"
            )
    _note(job, known)
    return tuple(names)


def _note(job: Job, known: dict[str, tuple[str, str]], begun: tuple[str, ...] = ()) -> None:
    handed = tuple((ref, digest, tip) for ref, (digest, tip) in known.items())
    job.workspace.save("handed-to-b4", _Branches(handed, begun), "")


def begin_reroll(job: Job, mailbox: Path | None) -> None:
    """Prepare a reroll: store the trailers that the user has added on the handed-over branches or
    in `mailbox`, before the commits are made again."""
    from migrate.delivery.commits.trailers import collect
    from migrate.delivery.history import mark_sent
    from migrate.delivery.mail.b4 import FOLDER, sent_with_b4
    from migrate.delivery.mail.outbox import FACTS, SENT

    history = job.history()
    for folder in job.outboxes:
        history = mark_sent(history, folder, SENT, FACTS)
    if not history.versions:
        if job.workspace.stage_path("versions").exists():
            raise Refusal(
                f"{job.workspace.stage_path('versions')} was written by another version of"
                " gup-migrate.",
                "Use that one for the next version, or move the file away to begin with v1.",
            )
        job.listener.notice("Nothing was written before, so this is the first version.")
        return
    profile, repository = job.workspace.profile, job.workspace.repository()
    history = sent_with_b4(history, profile, repository, job.tree.root)
    job.workspace.save("versions", history, "")
    ref = f"{REFS}{profile}"
    listed = git_run(
        ["for-each-ref", "--format=%(refname)", ref, f"{FOLDER}{profile}/"],
        cwd=job.tree.root,
    )
    refs = listed.stdout.decode().split() if isinstance(listed, Finished) else []
    found = collect(history, job.tree.root, refs, mailbox)
    for doubt in found.doubts:
        job.listener.notice(f"Left out: {doubt}")
    job.workspace.save("trailers", found, "")
    if last := job.workspace.load("series", Delivery):
        # Out of date from now on, but kept: the next versions are compared with it.
        job.workspace.save("series", last.value, "")


def _exists(checkout: Path, ref: str) -> bool:
    found = git_run(["rev-parse", "--verify", "-q", ref], cwd=checkout)
    return isinstance(found, Finished) and found.ok
