# SPDX-License-Identifier: GPL-2.0-only
"""The scratch copy of the tree: a separate repository, in which each version is a commit.

When switching between commits, git only touches files that differ, so that make builds only these.
Its commits are not used anywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from migrate.base.stores.alternates import borrow, check_out
from migrate.delivery.plumbing import (
    NEW_FILE,
    Entry,
    Identity,
    commit_tree,
    temporary_index,
    write_blob,
)
from migrate.kernel.tree import Tree

_WHO = Identity("gup-migrate prove", "prove@localhost")
_WHEN = "1000000000 +0000"
"""Constant, so that the same files give the same commit."""


@dataclass(frozen=True)
class Source:
    """The work tree at `folder`."""

    folder: Path

    def commit(self, parent: str, files: Mapping[str, bytes]) -> str:
        """`parent` with `files` added or replaced; nothing is checked out."""
        entries = {
            path: Entry(NEW_FILE, write_blob(self.folder, text)) for path, text in files.items()
        }
        with temporary_index(self.folder) as index:
            index.read(parent)
            index.put(entries)
            tree = index.write()
        return commit_tree(self.folder, tree, parent, "A scratch build", _WHO, _WHEN)

    def switch(self, commit: str) -> None:
        """Check `commit` out in the work tree."""
        check_out(self.folder, commit)

    def tree(self, commit: str) -> Tree:
        return Tree(self.folder, commit)


def open_source(repository: Path, folder: Path) -> Source:
    """The scratch copy at `folder`, which borrows the objects of `repository`."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    return Source(borrow(repository, folder))
