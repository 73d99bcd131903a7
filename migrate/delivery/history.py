# SPDX-License-Identifier: GPL-2.0-only
"""The versions of each series that were written and sent before; the next version is based on
them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from migrate.delivery.plumbing import own_git

_PLACE = re.compile(rb"(index |@@ -\d+(,\d+)? \+\d+(,\d+)? @@)")
SENT_WITH_B4 = "with b4"
"""How a version was sent; its mails have Message-IDs from b4, which are not known here."""

_TRAILER = re.compile(r"[A-Za-z][A-Za-z-]*: \S.*\Z")


@dataclass(frozen=True)
class Patch:
    """One patch of a version. `diff` and `words` are digests of its changes (without line numbers)
    and of its message without trailers; `commit` is in the tool's own repository, `trailers` are
    those that the user collected."""

    subject: str
    diff: str
    words: str
    commit: str
    message_id: str = ""
    trailers: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """Two patches with the same key are the same for a reviewer."""
        return self.diff, self.words


@dataclass(frozen=True)
class Version:
    """One version of one series. `name` is the same in all versions, `slug` may change; `digest` is
    that of the mails, `cover` the Message-ID of the cover letter, `sent` says how it was sent, ""
    if it was not; `turn` counts the rerolls."""

    name: str
    slug: str
    number: int
    turn: int
    base: str
    start: str
    tip: str
    title: str
    patches: tuple[Patch, ...]
    digest: str = ""
    cover: str = ""
    sent: str = ""

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        return tuple(patch.key for patch in self.patches)


@dataclass(frozen=True)
class History:
    """All versions that count, the oldest of each series first."""

    turn: int = 1
    versions: tuple[Version, ...] = ()

    def of(self, name: str) -> tuple[Version, ...]:
        """The versions of one series, the oldest first."""
        return tuple(v for v in self.versions if v.name == name)

    def find(self, name: str, number: int) -> Version | None:
        """One version of one series."""
        return next((v for v in self.of(name) if v.number == number), None)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(v.name for v in self.versions))

    @property
    def marked(self) -> bool:
        """Whether any version is marked as sent; if so, versions without a mark were not sent."""
        return any(v.sent for v in self.versions)

    def with_sent(self, version: Version, how: str) -> History:
        """The same with `version` marked as sent, unless it is already."""
        marked = replace(version, sent=version.sent or how)
        return replace(self, versions=tuple(marked if v == version else v for v in self.versions))

    def with_version(self, version: Version) -> History:
        """The same with `version` instead of the one with its name and number, or at the end."""
        kept = [v for v in self.versions if (v.name, v.number) != (version.name, version.number)]
        return replace(self, versions=(*kept, version))


def describe_patch(repository: Path, commit: str) -> Patch:
    """`commit` of the tool's own repository as a patch, without Message-ID and trailers."""
    diff = own_git(["diff-tree", "-p", "--no-renames", "--full-index", commit], repository)
    text = own_git(["show", "-s", "--format=%B", commit], repository).decode("utf-8", "replace")
    body, _ = split_message(text)
    return Patch(
        subject=body.partition("\n")[0],
        diff=_digest(_PLACE.sub(b"", line) for line in diff.split(b"\n")[1:]),
        words=_digest([body.encode("utf-8", "replace")]),
        commit=commit,
    )


def split_message(text: str) -> tuple[str, tuple[str, ...]]:
    """A commit message without its last paragraph, and the lines of that, if all are trailers."""
    body, _, last = text.rstrip("\n").rpartition("\n\n")
    lines = last.split("\n")
    if not body or not all(_TRAILER.match(line) for line in lines):
        return text.rstrip("\n"), ()
    return body.rstrip("\n"), tuple(lines)


def mark_sent(history: History, outbox: Path | None, sent: str, facts: str) -> History:
    """`history`, updated from the files named `sent` below `outbox`: each marks that the series
    beside it, as described in `facts`, was sent."""
    for mark in sorted(outbox.glob(f"*/{sent}")) if outbox else ():
        try:
            data = json.loads((mark.parent / facts).read_text(encoding="utf-8"))
            lines = mark.read_text(encoding="utf-8", errors="replace").splitlines()
        except (OSError, ValueError):
            continue
        digest = data.get("digest") if isinstance(data, dict) else None
        how = lines[0] if lines and lines[0] else "by hand"
        for version in history.versions:
            if version.digest and version.digest == digest:
                history = history.with_sent(version, how)
    return history


def _digest(parts: Iterable[bytes]) -> str:
    total = hashlib.sha256()
    for part in parts:
        total.update(f"{len(part)}:".encode() + part)
    return total.hexdigest()
