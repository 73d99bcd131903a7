# SPDX-License-Identifier: GPL-2.0-only
"""The semantic patches to run on one file, and their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from migrate.rewrite.steps.sites import NoSite, Site
from migrate.rewrite.text.draft import Draft

Finder = Callable[[Draft], Site | NoSite | None]


@dataclass(frozen=True, eq=False)
class Step:
    """One run of one rule on one file; `patch` is its file if it comes with a profile, else it is a
    common one. `finders` return the sites in the current draft, since earlier steps may have moved
    them."""

    rule: str
    defines: tuple[tuple[str, str], ...]
    virtuals: tuple[str, ...]
    finders: tuple[Finder, ...]
    patch: Path | None = None


@dataclass(frozen=True)
class Request:
    """A finder with the rule and the names it is for."""

    rule: str
    defines: tuple[tuple[str, str], ...]
    finder: Finder
    virtuals: tuple[str, ...] = ()
    patch: Path | None = None


_Batch = list[Request]

_ORDER = (
    "if-positive",
    "release-before",
    "dirty-before",
    "drop-flag",
    "write-to-flag",
    "add-flag",
    "append-argument",
    "drop-last-argument",
    "follow-page",
    "fault-in",
    "extract-pages",
    "ask-first",
    "rename-call",
    "own-call",
    "fold-loop",
    "fold-dirty-loop",
    "fold-dirty-always",
    "drop-variable",
    "drop-braces",
)


def in_order(requests: Iterable[Request]) -> tuple[Step, ...]:
    """One step for all requests that a single run of a rule can handle."""
    batches: dict[tuple[int, tuple[tuple[str, str], ...], tuple[str, ...], str], _Batch] = {}
    for request in requests:
        key = (
            _ORDER.index(request.rule),
            request.defines,
            request.virtuals,
            str(request.patch or ""),
        )
        batches.setdefault(key, []).append(request)
    return tuple(
        Step(_ORDER[number], defines, virtuals, tuple(r.finder for r in batch), batch[0].patch)
        for (number, defines, virtuals, _), batch in sorted(batches.items(), key=lambda b: b[0])
    )
