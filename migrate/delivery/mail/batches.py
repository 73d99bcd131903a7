# SPDX-License-Identifier: GPL-2.0-only
"""Which commits are sent together, and under which name: one batch for each set of maintainers."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from migrate.delivery.mail.addressees import Addressed
from migrate.delivery.model import Commit

API, LAST = "api", "deprecation"


@dataclass
class Batch:
    """Commits that are sent together, with the addressees of each; `part` of how many."""

    commits: list[Commit]
    addressed: list[Addressed]
    part: tuple[int, int] = (1, 1)
    slug: str = ""

    @property
    def is_api(self) -> bool:
        return self.commits[0].is_api

    @property
    def is_last(self) -> bool:
        return self.commits[0].last


def make_batches(
    commits: Sequence[Commit], address: Callable[[Commit], Addressed], most: int
) -> list[Batch]:
    """Batches of at most `most` commits, that of the API first, in the order of the branch."""
    return _name(_split(_by_maintainers(commits, address), most))


def title(batch: Batch) -> str:
    """The subject of the cover letter: that of the only patch, of the first one if none of them
    converts anything, or the common part of the subjects."""
    subjects = [commit.subject for commit in batch.commits]
    part = f", part {batch.part[0]} of {batch.part[1]}" if batch.part[1] > 1 else ""
    if len(subjects) == 1 or batch.is_api or batch.is_last:
        return subjects[0] + part
    split = [subject.split(": ") for subject in subjects]
    shared = []
    for column in zip(*(parts[:-1] for parts in split), strict=False):
        if len(set(column)) > 1:
            break
        shared.append(column[0])
    areas = {parts[0].partition("/")[0] for parts in split if len(parts) > 1}
    if not shared and len(areas) == 1 and all(len(parts) > 1 for parts in split):
        shared = sorted(areas)  # as of "net/9p" and "net/rds"
    summaries = {parts[-1].lower() for parts in split}
    if len(summaries) == 1:
        summary = split[0][-1]
    elif all(commit.fix for commit in batch.commits):
        summary = "fix the release of user pages"
    elif any(summary.startswith("pin ") for summary in summaries):
        summary = "pin user pages instead of taking references"
    elif all(summary.startswith("fault in ") for summary in summaries):
        summary = "fault in pages without get_user_pages*()"
    else:
        summary = "look up pages without get_user_pages*()"
    return ": ".join([*shared, summary]) + part


def _by_maintainers(
    commits: Sequence[Commit], address: Callable[[Commit], Addressed]
) -> list[Batch]:
    batches: dict[tuple[str, ...], Batch] = {}
    fixed: dict[str, tuple[str, ...]] = {}
    for commit in commits:
        addressed = address(commit)
        people = tuple(sorted(addressed.maintainers)) or ("", commit.subsystem)
        special = API if commit.is_api else LAST if commit.last else ""
        # Commits that edit the files of a fix depend on it, whoever else gets them.
        people = next((fixed[path] for path in commit.paths if path in fixed), people)
        key = (special,) if special else people
        if commit.fix:
            fixed.update(dict.fromkeys(commit.paths, key))
        batch = batches.setdefault(key, Batch([], []))
        batch.commits.append(commit)
        batch.addressed.append(addressed)
    return list(batches.values())


def _split(batches: Sequence[Batch], most: int) -> list[Batch]:
    """Batches of at most `most` commits; if one has to be split, the parts have about the same
    size."""
    found = []
    for batch in batches:
        parts = -(-len(batch.commits) // most)
        for n in range(parts):
            low, high = (len(batch.commits) * k // parts for k in (n, n + 1))
            found.append(Batch(batch.commits[low:high], batch.addressed[low:high], (n + 1, parts)))
    return found


def _name(batches: Sequence[Batch]) -> list[Batch]:
    """Give each batch a unique name for its directory."""
    taken: set[str] = set()
    for batch in batches:
        words = API if batch.is_api else LAST if batch.is_last else batch.commits[0].subsystem
        stem = re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:50].strip("-") or "series"
        if batch.part[1] > 1:
            stem += f"-part-{batch.part[0]}"
        slug, again = stem, 2
        while slug in taken:
            slug, again = f"{stem}-{again}", again + 1
        taken.add(slug)
        batch.slug = slug
    return list(batches)
