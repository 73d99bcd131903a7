# SPDX-License-Identifier: GPL-2.0-only
"""One directory of mails for each set of maintainers, each of which applies on its own.

The patches of a series are the commits of the branch, made once more on top of the API commits
(or of the base where there are none): commits of different subsystems touch different files, so
every series applies without the others, in any order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from migrate.analysis.model import Classification
from migrate.base.programs.templates import Templates
from migrate.base.programs.workers import share_out
from migrate.base.progress import Progress, count, silent
from migrate.delivery.commits.messages import RULES_DOCUMENT
from migrate.delivery.commits.policy import Policy
from migrate.delivery.commits.restack import restack
from migrate.delivery.commits.trailers import Collected, dropped
from migrate.delivery.commits.unbuilt import Unbuilt, delivered, unbuilt, why_held
from migrate.delivery.history import (
    History,
    Patch,
    Version,
    describe_patch,
)
from migrate.delivery.mail.addressees import Addressed, address_cover, address_patch
from migrate.delivery.mail.batches import Batch, make_batches, title
from migrate.delivery.mail.changes import Changes, changes_since
from migrate.delivery.mail.cover import Facts, cover_facts, cover_letters
from migrate.delivery.mail.editions import Candidate, Edition, editions
from migrate.delivery.mail.mails import Mail, Plan, Raw, compose, format_patches
from migrate.delivery.mail.outbox import Outbox, digest_of, write_directory
from migrate.delivery.mail.style import StyleReport, check_patches, style_script, together
from migrate.delivery.model import Branch, BuildReport, Commit, Delivery, Series
from migrate.delivery.plumbing import Identity, own_git, temporary_index, update_ref
from migrate.kernel.people.maintainers import THE_REST, Maintainers
from migrate.kernel.people.recipients import (
    Directory,
    ask_for_patch,
    maintainer_script,
    read_directory,
)
from migrate.kernel.people.tree_script import TreeScript, ask_for_each
from migrate.kernel.tree import Tree
from migrate.rewrite.model import Rewrite

MAX_PATCHES = 15
"""More at once are not welcome on the kernel's lists."""


@dataclass(frozen=True)
class SeriesOptions:
    """`tree_scripts` allows running get_maintainer.pl and checkpatch.pl of the tree; `templates`
    may hold a cover.txt to use in place of ours. `reroll` asks for next versions, whose cover
    letters answer those of the last ones with `reply`. `unbuilt` is what becomes of commits that no
    compiler has built, `jobs` counts processes."""

    tree_scripts: bool = True
    templates: Templates | None = None
    max_patches: int = MAX_PATCHES
    unbuilt: Policy = Policy.HOLD
    reroll: bool = False
    reply: bool = False
    jobs: int = 1


@dataclass(frozen=True)
class _Job:
    """What all series of one run share; `asked` and `checker` are the tree's scripts that say who
    gets a patch and what is wrong with it, None when they may not run."""

    tree: Tree
    facts: Facts
    branch: Branch
    repository: Path
    options: SeriesOptions
    directory: Directory
    start: str
    collected: Collected
    missing: tuple[Unbuilt, ...]
    asked: TreeScript | None
    checker: TreeScript | None
    who: Identity = field(default_factory=lambda: Identity("", ""))


@dataclass(frozen=True)
class _Stack:
    """A batch with its commits on their own: where they start, and the patches that they are."""

    batch: Batch
    start: str
    patches: tuple[Patch, ...]

    @property
    def tip(self) -> str:
        return self.patches[-1].commit


@dataclass(frozen=True)
class _Part:
    """A series before it is written, with its number among all of them."""

    stack: _Stack
    edition: Edition
    number: int


@dataclass(frozen=True)
class _Formatted:
    """A series as git wrote it, with what has changed since the last version."""

    plan: Plan
    raw: Raw
    changes: Changes | None


@dataclass(frozen=True)
class _Draft:
    """A series that lacks its cover letter, which is written from `letter`."""

    part: _Part
    series: Series
    plan: Plan
    raw: Raw
    letter: dict[str, Any]


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
    options: SeriesOptions | None = None,
    history: History | None = None,
    collected: Collected | None = None,
    maintainers: Maintainers | None = None,
    progress: Progress = silent,
) -> Delivery:
    """Write every series of `branch` below `out` and return what there is.

    `repository` is the tool's own, `worktree` has the tree checked out for its scripts. The
    directories of the result are relative to `out`. `history` is that of the last result; what it
    has marked as sent and is the same now stays marked. `collected` are trailers that the commits
    of `branch` have where they fit. `maintainers` are those of the tree.
    """
    api = [commit for commit in branch.commits if commit.is_api]
    allowed = (options or SeriesOptions()).tree_scripts
    job = _Job(
        tree=tree,
        facts=Facts(classification, rewrite, build_report),
        branch=branch,
        repository=repository,
        options=options or SeriesOptions(),
        directory=read_directory(tree, maintainers),
        start=api[-1].id if api else branch.base,
        collected=collected or Collected(),
        missing=unbuilt(branch, build_report),
        asked=maintainer_script(worktree) if allowed else None,
        checker=style_script(worktree) if allowed else None,
        who=_author(repository, branch.tip),
    )
    past = history or History()
    leave = job.missing if job.options.unbuilt is Policy.LEAVE_OUT else ()
    going = delivered(branch.commits, leave)
    addressed = _addressed(job, going, progress)
    batches = make_batches(going, lambda commit: addressed[commit.id], job.options.max_patches)
    stacks = _stacks(job, batches, progress)
    chosen = editions(
        [Candidate(s.batch.slug, s.patches) for s in stacks], past, reroll=job.options.reroll
    )
    parts = [_Part(s, e, n) for n, (s, e) in enumerate(zip(stacks, chosen, strict=True), start=1)]
    written = _drafts(job, [part for part in parts if not part.edition.unchanged], progress)
    unchanged = [_series(part) for part in parts if part.edition.unchanged]
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
    return Delivery(branch.ref, tuple(series), tuple(unchanged), past)


def _addressed(job: _Job, commits: Sequence[Commit], progress: Progress) -> dict[str, Addressed]:
    """Who gets each of `commits`, by its id."""
    parts, jobs = [(commit,) for commit in commits], job.options.jobs
    told = count(progress, "recipients of patches", len(parts))
    found = ask_for_each(
        "recipients", job.asked, lambda part: _address(job, part[0]), parts, jobs, told
    )
    return {commit.id: addressed for commit, addressed in zip(commits, found, strict=True)}


def _address(job: _Job, commit: Commit) -> Addressed:
    patch = own_git(["format-patch", "-1", "--stdout", commit.id], job.repository)
    return address_patch(ask_for_patch(patch, job.directory, job.asked))


def _stacks(job: _Job, batches: list[Batch], progress: Progress) -> list[_Stack]:
    found: list[_Stack] = []
    with temporary_index(job.repository) as index:
        for batch in batches:
            progress("commits of series", len(found), len(batches))
            if batch.is_api:
                start, ids = batch.commits[0].parent, [commit.id for commit in batch.commits]
            else:
                start, ids = job.start, restack(job.repository, index, batch.commits, job.start)
            patches = [describe_patch(job.repository, commit) for commit in ids]
            with_trailers = [replace(p, trailers=job.collected.of(p)) for p in patches]
            found.append(_Stack(batch, start, tuple(with_trailers)))
            ref = f"refs/gup-migrate/{job.branch.profile}/{batch.slug}"
            update_ref(job.repository, ref, ids[-1])
    return found


def _drafts(job: _Job, parts: Sequence[_Part], progress: Progress) -> list[_Draft]:
    """Each series but for its cover letter, in order."""
    jobs = job.options.jobs
    told = count(progress, "mails of series", len(parts))
    formatted = share_out(
        "mails", lambda one: _format(job, one[0]), [(part,) for part in parts], jobs, told
    )
    patches = [(patch,) for one in formatted for patch in one.raw.patches]
    told = count(progress, "style of patches", len(patches))
    checked = iter(
        ask_for_each("style", job.checker, lambda some: _checked(job, some), patches, jobs, told)
    )
    return [
        _draft(job, part, one, together([next(checked) for _ in one.raw.patches]))
        for part, one in zip(parts, formatted, strict=True)
    ]


def _format(job: _Job, part: _Part) -> _Formatted:
    stack, edition = part.stack, part.edition
    batch = stack.batch
    changes = _changes(job, stack, edition)
    answers = edition.previous.cover if edition.previous and job.options.reply else ""
    plan = Plan(
        repository=job.repository,
        base=job.branch.base,
        start=stack.start,
        tip=stack.tip,
        version=edition.version,
        who=job.who,
        title=title(batch),
        recipients=tuple(a.mail for a in batch.addressed),
        cover=address_cover([a.mail for a in batch.addressed]),
        range_diff=changes.range_diff if changes else b"",
        in_reply_to=answers,
    )
    return _Formatted(plan, format_patches(plan), changes)


def _checked(job: _Job, patches: Sequence[tuple[str, bytes]]) -> StyleReport:
    return check_patches(
        job.checker,
        patches,
        covered=lambda path: job.directory.maintainers.subsystem_of(path) != THE_REST,
    )


def _draft(job: _Job, part: _Part, formatted: _Formatted, style: StyleReport) -> _Draft:
    batch, changes = part.stack.batch, formatted.changes
    letter = cover_facts(
        job.facts,
        batch.commits,
        document=_document(job),
        part=batch.part,
        depends=_api_title(job) if not batch.is_api else "",
        changes=changes,
        style=style.lines() if job.options.tree_scripts else (),
        unbuilt=[item.line for item in job.missing if item.commit in batch.commits],
    )
    unsure = job.missing if job.options.unbuilt is Policy.HOLD else ()
    series = replace(
        _series(part),
        style=style.lines(),
        hold=(*_hold(part.edition, style), *why_held(batch.commits, unsure)),
        changes=changes.lines if changes else (),
    )
    return _Draft(part, series, formatted.plan, formatted.raw, letter)


def _make(draft: _Draft, letter: str) -> Outbox:
    mails: tuple[Mail, ...] = compose(draft.plan, draft.raw, letter)
    series, addressed = replace(draft.series, cover=letter), tuple(draft.part.stack.batch.addressed)
    return Outbox(series, draft.plan, draft.raw, mails, addressed, draft.plan.cover)


def _changes(job: _Job, stack: _Stack, edition: Edition) -> Changes | None:
    if edition.previous is None:
        return None
    return changes_since(
        edition.previous,
        stack.patches,
        repository=job.repository,
        base=job.branch.base,
        start=stack.start,
        tip=stack.tip,
        dropped=dropped(edition.previous.patches, stack.patches, job.collected),
    )


def _hold(edition: Edition, style: StyleReport) -> tuple[str, ...]:
    """Why the series should not go out as it is."""
    serious = [f"checkpatch.pl, {f.patch}: {f.severity} {f.kind}: {f.text}" for f in style.serious]
    return tuple([edition.hold] if edition.hold else []) + tuple(serious)


def _series(part: _Part) -> Series:
    stack, batch = part.stack, part.stack.batch
    cover = address_cover([a.mail for a in batch.addressed])
    return Series(
        slug=batch.slug,
        directory=f"{part.number:02d}-{batch.slug}",
        title=title(batch),
        subsystems=tuple(dict.fromkeys(c.subsystem for c in batch.commits)),
        commits=tuple(commit.id for commit in batch.commits),
        to=tuple(box.address for box in cover.to),
        cc=tuple(box.address for box in cover.cc),
        version=part.edition.version,
        start=stack.start,
        tip=stack.tip,
        to_boxes=cover.to,
        cc_boxes=cover.cc,
    )


def _version(outbox: Outbox, stack: _Stack, edition: Edition) -> Version:
    ids = [mail.message_id for mail in outbox.mails]
    patches = [replace(p, message_id=i) for p, i in zip(stack.patches, ids[1:], strict=True)]
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


def _keep_objects(job: _Job, edition: Edition, tip: str) -> None:
    """Git forgets what no ref leads to, and the next version is compared with this one."""
    name = f"{job.branch.profile}/{edition.name}/v{edition.version}"
    update_ref(job.repository, f"refs/gup-migrate-versions/{name}", tip)


def _api_title(job: _Job) -> str:
    return next((c.subject for c in job.branch.commits if c.is_api), "")


def _document(job: _Job) -> str:
    brought = {file.path for files in job.facts.rewrite.api.commits for file in files}
    known = RULES_DOCUMENT in brought or job.tree.exists(RULES_DOCUMENT)
    return RULES_DOCUMENT if known else ""


def _author(repository: Path, commit: str) -> Identity:
    shown = own_git(["show", "-s", "--format=%an%x00%ae", commit], repository)
    name, _, email = shown.decode("utf-8", "replace").strip("\n").partition("\0")
    return Identity(name, email)
