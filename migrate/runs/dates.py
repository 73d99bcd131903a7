# SPDX-License-Identifier: GPL-2.0-only
"""When commits were made, the author date of patches: it stays the same when a run is repeated."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

from migrate.runs.workspace import Workspace

_NAME = "dates"
_MOST = 50


@dataclass(frozen=True)
class Dates:
    """The dates in git's form, "SECONDS ZONE", by what was made; the last one at the end."""

    made: dict[str, str]


def date_of(workspace: Workspace, what: str) -> str:
    """When `what` was made: the first time that anybody asks is now, and all others say the same.

    SOURCE_DATE_EPOCH, the seconds that reproducible builds take for now, is heeded. The workspace
    is locked.
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
