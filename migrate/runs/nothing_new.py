# SPDX-License-Identifier: GPL-2.0-only
"""Whether a reroll has changes that the output folder lacks."""

from __future__ import annotations

import json
from pathlib import Path

from migrate.delivery.mail.outbox import FACTS, HOLD
from migrate.delivery.model import Delivery
from migrate.runs.asked import output_folders
from migrate.runs.job import Job


def last_delivery(job: Job) -> Delivery | None:
    """The result of the last run in the output folder, None if that folder is gone or another
    folder was written to since."""
    found = job.workspace.load("series", Delivery)
    written = output_folders(job.workspace)
    there = (job.out / "report.html").exists() and bool(written) and written[-1] == job.out
    return found.value if found and there else None


def nothing_new(before: Delivery, now: Delivery, old: Path, fresh: Path) -> bool:
    """Whether `now`, written to `fresh`, has no mail that `old` lacks, and has all series of
    `before`. Edits of the user in `old` are ignored."""
    had, has = ({s.slug for s in (*d.series, *d.unchanged)} for d in (before, now))
    return had == has and all(
        _stands(old / s.directory) == _stands(fresh / s.directory) for s in now.series
    )


def _stands(directory: Path) -> tuple[str, str]:
    """The digest of the mails as they were written, and why they are held."""
    try:
        facts = json.loads((directory / FACTS).read_text(encoding="utf-8", errors="replace"))
        hold = directory / HOLD
        held = hold.read_text(encoding="utf-8", errors="replace") if hold.exists() else ""
        return str(facts.get("digest", "")), held
    except (OSError, ValueError, AttributeError):
        return str(directory), ""
