# SPDX-License-Identifier: GPL-2.0-only
"""One directory of mails for each set of maintainers, each of which applies on its own.

The patches of a series are the commits of the branch, made once more on top of the API commits
(or of the base where there are none): commits of different subsystems touch different files, so
every series applies without the others, in any order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from migrate.analysis.model import Classification
from migrate.delivery.addressees import Addressed, address_cover, address_patch
from migrate.delivery.cover import Facts, cover_letter
from migrate.delivery.mails import Mail, Plan, compose, format_patches
from migrate.delivery.messages import RULES_DOCUMENT
from migrate.delivery.model import Branch, BuildReport, Commit, Delivery, Series
from migrate.delivery.outbox import Outbox, write_directory
from migrate.delivery.plumbing import (
    Entry,
    Identity,
    Index,
    own_git,
    temporary_index,
    update_ref,
)
from migrate.kernel.recipients import Directory, ask_for_patch, read_directory
from migrate.kernel.tree import Tree
from migrate.rewrite.model import Rewrite

MAX_PATCHES = 15
"""More at once are not welcome on the kernel's lists."""


@dataclass(frozen=True)
class SeriesOptions:
    """`tree_scripts` allows running scripts/get_maintainer.pl of the tree; `templates` may hold a
    cover.txt to use in place of ours; `version` is that of the mails, from 1."""

    tree_scripts: bool = True
    templates: Path | None = None
    version: int = 1
    max_patches: int = MAX_PATCHES


@dataclass
class _Batch:
    """Commits that go out together, with who gets each of them."""

    commits: list[Commit]
    addressed: list[Addressed]
    part: tuple[int, int] = (1, 1)
    slug: str = ""


@dataclass(frozen=True)
class _Job:
    """What all series of one run share."""

    tree: Tree
    facts: Facts
    branch: Branch
    repository: Path
    worktree: Path
    options: SeriesOptions
    directory: Directory
    start: str
    who: Identity = field(default_factory=lambda: Identity("", ""))


def write_series(
    tree: Tree,
    classification: Classification,
    rewrite: Rewrite,
    branch: Branch,
    build_report: BuildReport | None,
    *,
    repository: Path,
    worktree: Path,
    out: Path,
    previous: Path | None = None,
    options: SeriesOptions | None = None,
) -> Delivery:
    """Write every series of `branch` below `out` and return what there is.

    `repository` is the tool's own, `worktree` has the tree checked out for its scripts. The
    directories of the result are relative to `out`. `previous` is where an earlier run wrote:
    what was sent from there and is the same now stays marked as sent.
    """
    api = [commit for commit in branch.commits if not commit.groups]
    start = api[-1].id if api else branch.base
    job = _Job(
        tree=tree,
        facts=Facts(classification, rewrite, build_report),
        branch=branch,
        repository=repository,
        worktree=worktree,
        options=options or SeriesOptions(),
        directory=read_directory(tree),
        start=start,
        who=_author(repository, branch.tip),
    )
    batches = _name(_split(_by_maintainers(job), job.options.max_patches))
    series = []
    with temporary_index(repository) as index:
        for number, batch in enumerate(batches, start=1):
            outbox = _make(job, index, batch, number)
            write_directory(out, outbox, previous)
            series.append(outbox.series)
    return Delivery(branch.ref, tuple(series))


def _by_maintainers(job: _Job) -> list[_Batch]:
    """One batch for each set of maintainers, that of the API first, in the order of the branch."""
    batches: dict[tuple[str, ...], _Batch] = {}
    for commit in job.branch.commits:
        patch = own_git(["format-patch", "-1", "--stdout", commit.id], job.repository)
        scripts = job.options.tree_scripts
        answer = ask_for_patch(patch, job.directory, job.worktree, tree_scripts=scripts)
        addressed = address_patch(answer)
        people = tuple(sorted(addressed.maintainers)) or ("", commit.subsystem)
        key = ("api",) if not commit.groups else people
        batch = batches.setdefault(key, _Batch([], []))
        batch.commits.append(commit)
        batch.addressed.append(addressed)
    return list(batches.values())


def _split(batches: Sequence[_Batch], most: int) -> list[_Batch]:
    """Batches of at most `most` commits, of about the same size when one has to be cut."""
    found = []
    for batch in batches:
        parts = -(-len(batch.commits) // most)
        for n in range(parts):
            low, high = (len(batch.commits) * k // parts for k in (n, n + 1))
            found.append(_Batch(batch.commits[low:high], batch.addressed[low:high], (n + 1, parts)))
    return found


def _name(batches: Sequence[_Batch]) -> list[_Batch]:
    """Give each batch a name for its directory that no other has."""
    taken: set[str] = set()
    for batch in batches:
        words = "api" if not batch.commits[0].groups else batch.commits[0].subsystem
        stem = re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:50] or "series"
        if batch.part[1] > 1:
            stem += f"-part-{batch.part[0]}"
        slug, again = stem, 2
        while slug in taken:
            slug, again = f"{stem}-{again}", again + 1
        taken.add(slug)
        batch.slug = slug
    return list(batches)


def _make(job: _Job, index: Index, batch: _Batch, number: int) -> Outbox:
    start, tip = _rebuild(job, index, batch)
    cover = address_cover([a.mail for a in batch.addressed])
    plan = Plan(
        repository=job.repository,
        base=job.branch.base,
        start=start,
        tip=tip,
        version=job.options.version,
        who=job.who,
        title=_title(batch, job.branch.profile),
        recipients=tuple(a.mail for a in batch.addressed),
        cover=cover,
    )
    raw = format_patches(plan)
    blurb = cover_letter(
        job.facts,
        batch.commits,
        document=_document(job),
        part=batch.part,
        templates=job.options.templates,
    )
    mails: tuple[Mail, ...] = compose(plan, raw, blurb)
    update_ref(job.repository, f"refs/gup-migrate/{job.branch.profile}/{batch.slug}", tip)
    series = Series(
        slug=batch.slug,
        directory=f"{number:02d}-{batch.slug}",
        title=plan.title,
        subsystems=tuple(dict.fromkeys(c.subsystem for c in batch.commits)),
        commits=tuple(commit.id for commit in batch.commits),
        to=tuple(box.address for box in cover.to),
        cc=tuple(box.address for box in cover.cc),
    )
    return Outbox(series, plan, raw, mails, tuple(batch.addressed), cover)


def _rebuild(job: _Job, index: Index, batch: _Batch) -> tuple[str, str]:
    """The commits of `batch` on their own on top of the API: where they start, and the last."""
    if not batch.commits[0].groups:
        return batch.commits[0].parent, batch.commits[-1].id
    index.read(job.start)
    parent = job.start
    for commit in batch.commits:
        index.put(_changes(job.repository, commit))
        parent = _again(job.repository, commit.id, index.write(), parent)
    return job.start, parent


def _changes(repository: Path, commit: Commit) -> dict[str, Entry]:
    listed = own_git(
        ["diff-tree", "-r", "-z", "--no-renames", commit.parent, commit.id], repository
    )
    fields = listed.decode("utf-8", "surrogateescape").split("\0")
    found = {}
    for facts, path in zip(fields[::2], fields[1::2], strict=False):
        _, mode, _, blob, _ = facts.split(" ")
        found[path] = Entry(mode, blob)
    return found


def _again(repository: Path, commit: str, tree: str, parent: str) -> str:
    """The same commit, author, dates and message included, with another tree and parent."""
    old = own_git(["cat-file", "commit", commit], repository)
    head, _, message = old.partition(b"\n\n")
    kept = [line for line in head.split(b"\n") if not line.startswith((b"tree ", b"parent "))]
    new = b"\n".join([b"tree " + tree.encode(), b"parent " + parent.encode(), *kept])
    made = own_git(
        ["hash-object", "-t", "commit", "-w", "--stdin"], repository, stdin=new + b"\n\n" + message
    )
    return made.decode().strip()


def _title(batch: _Batch, profile: str) -> str:
    """The subject of the cover letter: that of the only patch, or what the subjects share."""
    subjects = [commit.subject for commit in batch.commits]
    part = f", part {batch.part[0]} of {batch.part[1]}" if batch.part[1] > 1 else ""
    if len(subjects) == 1:
        return subjects[0] + part
    split = [subject.split(": ") for subject in subjects]
    shared = []
    for column in zip(*(parts[:-1] for parts in split), strict=False):
        if len(set(column)) > 1:
            break
        shared.append(column[0])
    summaries = {parts[-1].lower() for parts in split}
    if not batch.commits[0].groups:
        summary = f"introduce the functions of {profile}"
    elif len(summaries) == 1:
        summary = split[0][-1]
    elif any(summary.startswith("pin ") for summary in summaries):
        summary = "pin user pages instead of taking references"
    else:
        summary = "look up pages instead of taking references"
    return ": ".join([*shared, summary]) + part


def _document(job: _Job) -> str:
    brought = {file.path for files in job.facts.rewrite.api.commits for file in files}
    known = RULES_DOCUMENT in brought or job.tree.exists(RULES_DOCUMENT)
    return RULES_DOCUMENT if known else ""


def _author(repository: Path, commit: str) -> Identity:
    shown = own_git(["show", "-s", "--format=%an%x00%ae", commit], repository)
    name, _, email = shown.decode("utf-8", "replace").strip("\n").partition("\0")
    return Identity(name, email)
