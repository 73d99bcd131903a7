# SPDX-License-Identifier: GPL-2.0-only
"""Code that names GUP where no call is seen, so that no verdict speaks of it: a wrapper that is a
macro, or one whose call is cut up by preprocessor directives."""

from __future__ import annotations

from migrate.analysis.gaps import GapKind, Unparsed
from migrate.analysis.model import Scan
from migrate.analysis.verdicts.wording import why
from migrate.cli.console import Console

_NO_CALL = (
    GapKind.NAME_IN_MACRO,
    GapKind.NAME_NOT_CALLED,
    GapKind.NAME_UNCLEAR,
    GapKind.ONLY_SPATCH,
    GapKind.FILE_NOT_ANALYSED,
)


def without_verdict(scan: Scan) -> tuple[Unparsed, ...]:
    """What the finders saw, and took for no acquire."""
    acquires = {acquire.place for acquire in scan.acquires}
    return tuple(u for u in scan.unparsed if u.kind in _NO_CALL and u.place not in acquires)


def say_unread(console: Console, scan: Scan) -> None:
    """Name that code below a table of calls or verdicts, and that its callers are not in there."""
    unread = without_verdict(scan)
    if not unread:
        return
    console.say()
    console.table("", ("not seen as a call", "why"), ((str(u.place), why(u.gap)) for u in unread))
    console.say("Such code, and what calls it, has no verdict, and is not counted: look at it.")
