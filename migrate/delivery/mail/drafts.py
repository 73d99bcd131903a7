# SPDX-License-Identifier: GPL-2.0-only
"""Series as formatted by git, checked and with their recipients, before the cover letter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from migrate.base.programs.workers import share_out
from migrate.base.progress import Progress, count
from migrate.delivery.commits.messages import RULES_DOCUMENT
from migrate.delivery.commits.policy import Policy
from migrate.delivery.commits.trailers import dropped
from migrate.delivery.commits.unbuilt import why_held
from migrate.delivery.mail.addressees import address_cover
from migrate.delivery.mail.batches import title
from migrate.delivery.mail.changes import Changes, changes_since
from migrate.delivery.mail.cover import cover_facts
from migrate.delivery.mail.editions import Edition
from migrate.delivery.mail.job import Job
from migrate.delivery.mail.mails import Plan, Raw, format_patches
from migrate.delivery.mail.stacks import Stack
from migrate.delivery.mail.style import StyleReport, check_patches, together
from migrate.delivery.model import Series
from migrate.kernel.people.maintainers import THE_REST
from migrate.kernel.people.tree_script import ask_for_each


@dataclass(frozen=True)
class Part:
    """A series before it is written, with its number."""

    stack: Stack
    edition: Edition
    number: int


@dataclass(frozen=True)
class Formatted:
    """A series as formatted by git, with the changes since the last version."""

    plan: Plan
    raw: Raw
    changes: Changes | None


@dataclass(frozen=True)
class Draft:
    """A series without its cover letter, which is rendered from `letter`."""

    part: Part
    series: Series
    plan: Plan
    raw: Raw
    letter: dict[str, Any]


def drafts_of(job: Job, parts: Sequence[Part], progress: Progress) -> list[Draft]:
    """Each series without its cover letter, in order."""
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


def _format(job: Job, part: Part) -> Formatted:
    stack, edition = part.stack, part.edition
    batch = stack.batch
    changes = _changes(job, stack, edition)
    answers = edition.previous.cover if edition.previous and job.options.reply else ""
    plan = Plan(
        repository=job.material.repository,
        base=job.material.branch.base,
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
    return Formatted(plan, format_patches(plan), changes)


def _checked(job: Job, patches: Sequence[tuple[str, bytes]]) -> StyleReport:
    return check_patches(
        job.checker,
        patches,
        covered=lambda path: job.directory.maintainers.subsystem_of(path) != THE_REST,
    )


def _draft(job: Job, part: Part, formatted: Formatted, style: StyleReport) -> Draft:
    batch, changes = part.stack.batch, formatted.changes
    letter = cover_facts(
        job.material.facts,
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
        series_of(part),
        style=style.lines(),
        hold=(*_hold(part.edition, style), *why_held(batch.commits, unsure)),
        changes=changes.lines if changes else (),
    )
    return Draft(part, series, formatted.plan, formatted.raw, letter)


def _changes(job: Job, stack: Stack, edition: Edition) -> Changes | None:
    if edition.previous is None:
        return None
    return changes_since(
        edition.previous,
        stack.patches,
        repository=job.material.repository,
        base=job.material.branch.base,
        start=stack.start,
        tip=stack.tip,
        dropped=dropped(edition.previous.patches, stack.patches, job.material.collected),
    )


def _hold(edition: Edition, style: StyleReport) -> tuple[str, ...]:
    """Why the series should not be sent as it is."""
    serious = [f"checkpatch.pl, {f.patch}: {f.severity} {f.kind}: {f.text}" for f in style.serious]
    return tuple([edition.hold] if edition.hold else []) + tuple(serious)


def series_of(part: Part) -> Series:
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


def _api_title(job: Job) -> str:
    return next((c.subject for c in job.material.branch.commits if c.is_api), "")


def _document(job: Job) -> str:
    brought = {file.path for files in job.material.facts.rewrite.api.commits for file in files}
    known = RULES_DOCUMENT in brought or job.material.tree.exists(RULES_DOCUMENT)
    return RULES_DOCUMENT if known else ""
