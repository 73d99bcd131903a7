# SPDX-License-Identifier: GPL-2.0-only
"""When commits were made, for the author date of patches, which stays the same in later runs."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

from migrate.runs.workspace import Workspace

_NAME = "dates"
_MOST = 50


@dataclass(frozen=True)
class Dates:
    """The dates in git's form, "SECONDS ZONE", by object; the most recent one last."""

    made: dict[str, str]


def date_of(workspace: Workspace, what: str) -> str:
    """The date of `what`: now on the first call, and the same date on later calls.

    If SOURCE_DATE_EPOCH is set, as for reproducible builds, it replaces the current time. The
    workspace is locked.
    """
    found = workspace.load(_NAME, Dates)
    known = found.value.made if found else {}
    if what not in known:
        latest = dict(list(known.items())[-_MOST:])
        known = {**latest, what: _now()}
        workspace.save(_NAME, Dates(known), "")
    return known[what]


def _now() -> str:
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if given.isascii() and given.isdigit():
        return f"{int(given)} +0000"
    now = time.time()
    return f"{int(now)} {time.strftime('%z', time.localtime(now))}"
