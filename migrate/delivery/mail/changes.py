# SPDX-License-Identifier: GPL-2.0-only
"""The changes since the last version of a series, for its cover letter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from migrate.base.programs.process import Finished
from migrate.base.stores.git import git_run
from migrate.delivery.history import SENT_WITH_B4, Patch, Version

_PAIR = re.compile(r"\s*(\d+|-):\s+\S+\s+([=!<>])\s+(\d+|-):\s+\S+\s+(.*)\Z")
_MOST_LINES = 400
"""Lines of a range-diff that a person would still read in a mail."""
_WIDEST = 900
"""Bytes of a line; mail allows 998."""


@dataclass(frozen=True)
class Changes:
    """The changes since `version`; `lines` describe them in a sentence each; `link` is the archived
    version, "" if unknown; `range_diff` is that of git, "" if it would not help."""

    version: int
    lines: tuple[str, ...]
    link: str = ""
    range_diff: bytes = b""


def changes_since(
    previous: Version,
    now: Sequence[Patch],
    *,
    repository: Path,
    base: str,
    start: str,
    tip: str,
    dropped: Sequence[Patch] = (),
) -> Changes:
    """Compare `now`, the commits from `start` to `tip` on top of `base`, with `previous`.

    `dropped` are the patches of `previous` whose trailers were not kept.
    """
    text = _range_diff(repository, f"{previous.start}..{previous.tip}", f"{start}..{tip}")
    pairs = _pairs(text) if text is not None else _by_key(previous.patches, now)
    lines = list(_described(pairs, previous.patches, now))
    shown = text if text and _readable(text) and any(p[1] != "=" for p in pairs) else b""
    if shown and any(p[1] == "!" for p in pairs):
        lines.append("How the patches changed is in the range-diff below.")
    if previous.base != base:
        lines.append(f"Rebased from {previous.base[:12]} to {base[:12]}.")
    collected = [f"{p.subject}: {line}" for p in now for line in p.trailers
                 if line not in _old_trailers(p, previous)]  # fmt: skip
    lines += [f"Collected: {line}" for line in collected]
    lines += [
        f"{old.subject}: dropped because the patch has changed: {line}"
        for old in dropped
        for line in old.trailers
    ]
    known = previous.cover and previous.sent not in ("", SENT_WITH_B4)
    link = f"https://lore.kernel.org/r/{previous.cover}" if known else ""
    return Changes(previous.number, tuple(lines), link, shown)


def _described(
    pairs: Sequence[tuple[str, str, str, str]], old: Sequence[Patch], now: Sequence[Patch]
) -> Iterator[str]:
    known = {patch.key for patch in old}
    for _, sign, number, subject in pairs:
        if sign == "<":
            yield f"Gone: {subject}"
        elif sign == ">":
            yield f"New: patch {number}, {subject}"
        elif sign == "!" and now[int(number) - 1].key not in known:
            yield f"Changed: patch {number}, {now[int(number) - 1].subject}"


def _old_trailers(patch: Patch, previous: Version) -> tuple[str, ...]:
    return next((p.trailers for p in previous.patches if p.key == patch.key), ())


def _range_diff(repository: Path, old: str, new: str) -> bytes | None:
    """The range-diff of two ranges; None if the older one no longer exists."""
    found = git_run(
        ["-c", "core.abbrev=12", "range-diff", "--no-color", "--no-notes", old, new],
        cwd=repository,
        env={"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"},
    )
    return found.stdout if isinstance(found, Finished) and found.ok else None


def _pairs(text: bytes) -> list[tuple[str, str, str, str]]:
    """Old number, sign, new number and subject from each line that is not part of a diff."""
    lines = text.decode("utf-8", "replace").split("\n")
    found = [_PAIR.match(line) for line in lines if not line.startswith("    ")]
    return [(m[1], m[2], m[3], m[4]) for m in found if m]


def _by_key(old: Sequence[Patch], now: Sequence[Patch]) -> list[tuple[str, str, str, str]]:
    """The same without the old commits: by subject and digest."""
    before = {patch.subject: patch for patch in old}
    pairs = []
    for number, patch in enumerate(now, start=1):
        was = before.pop(patch.subject, None)
        sign = ">" if was is None else ("=" if was.key == patch.key else "!")
        pairs.append(("-", sign, str(number), patch.subject))
    return pairs + [("-", "<", "-", subject) for subject in before]


def _readable(text: bytes) -> bool:
    lines = text.split(b"\n")
    return len(lines) <= _MOST_LINES and all(len(line) <= _WIDEST for line in lines)
