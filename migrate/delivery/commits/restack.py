# SPDX-License-Identifier: GPL-2.0-only
"""Recreates commits on another parent, with the same author, dates and message."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from migrate.base.stores.git import object_id, reading
from migrate.delivery.model import Commit
from migrate.delivery.plumbing import Entry, Index, own_git


def restack(repository: Path, index: Index, commits: Sequence[Commit], start: str) -> list[str]:
    """The ids of `commits` recreated on top of `start`, each with its own changes."""
    index.read(start)
    made: list[str] = []
    for commit in commits:
        index.put(_changes(repository, commit))
        parent = made[-1] if made else start
        made.append(again(repository, commit.id, index.write(), parent))
    return made


def again(
    repository: Path, commit: str, tree: str, parent: str, *, committed: str | None = None
) -> str:
    """The commit with another tree and parent, and with another committer date ("1700000000 +0100")
    if it is given."""
    old = own_git(["cat-file", "commit", commit], repository)
    head, _, message = old.partition(b"\n\n")
    kept = [line for line in head.split(b"\n") if not line.startswith((b"tree ", b"parent "))]
    if committed is not None:
        kept = [
            line.rsplit(b" ", 2)[0] + b" " + committed.encode()
            if line.startswith(b"committer ")
            else line
            for line in kept
        ]
    new = b"\n".join([b"tree " + tree.encode(), b"parent " + parent.encode(), *kept])
    made = own_git(
        ["hash-object", "-t", "commit", "-w", "--stdin"], repository, stdin=new + b"\n\n" + message
    )
    return object_id(made, "hash-object", repository)


def _changes(repository: Path, commit: Commit) -> dict[str, Entry]:
    listed = own_git(
        ["diff-tree", "-r", "-z", "--no-renames", commit.parent, commit.id], repository
    )
    fields = listed.decode("utf-8", "surrogateescape").split("\0")
    found = {}
    with reading("diff-tree", repository):
        for facts, path in zip(fields[::2], fields[1::2], strict=False):
            _, mode, _, blob, _ = facts.split(" ")
            found[path] = Entry(mode, blob)
    return found
