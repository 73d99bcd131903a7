# SPDX-License-Identifier: GPL-2.0-only
"""Searches of a whole tree, which after a small change are repeated only in changed files."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable

from migrate.analysis.frontend.includes import Includes, included
from migrate.kernel.kept_finds import FactCache
from migrate.kernel.tree import Tree
from migrate.kernel.words import AnyWord

_COMMIT = re.compile("[0-9a-f]{40}(?:[0-9a-f]{24})?")


class Searches:
    """Finds .c and .h files of one tree; results for another commit are in `cache`."""

    def __init__(self, tree: Tree, includes: Includes, cache: FactCache | None) -> None:
        self._tree = tree
        self._includes = includes
        self._cache = cache
        self.cold = False
        """Whether a search had to go through the whole tree."""

    def naming(self, words: Iterable[str]) -> list[str]:
        """The files that contain one of `words` as a whole word, sorted."""
        wanted = sorted(set(words))
        if not wanted:
            return []
        return self._find(
            f"words {' '.join(wanted)}",
            lambda: self._includes.naming(wanted),
            AnyWord(wanted).is_in,
        )

    def including(self, names: Iterable[str]) -> list[str]:
        """The files that have an #include of one of the base names `names`, sorted."""
        wanted = sorted(set(names))
        if not wanted:
            return []
        return self._find(
            f"includes {' '.join(wanted)}",
            lambda: sorted(self._includes.files(wanted)),
            lambda text: not included(text).isdisjoint(wanted),
        )

    def _find(
        self, what: str, everywhere: Callable[[], list[str]], here: Callable[[bytes], bool]
    ) -> list[str]:
        if self._cache is None:
            return everywhere()
        key = "search " + hashlib.sha256(what.encode("utf-8", "surrogateescape")).hexdigest()
        before = _decoded(self._cache.get(key))
        changed = self._tree.changed_since(before[0]) if before is not None else None
        if before is None or changed is None:
            found, self.cold = everywhere(), True
        else:
            texts = self._tree.read_many(sorted(p for p in changed if p.endswith((".c", ".h"))))
            fresh = {path for path, text in texts.items() if here(text)}
            found = sorted((set(before[1]) - changed) | fresh)
        if before is None or before[0] != self._tree.commit:
            self._cache.put(key, json.dumps({"commit": self._tree.commit, "files": found}))
        return found


def _decoded(stored: str | None) -> tuple[str, list[str]] | None:
    """The commit and the files of an earlier search; None if the stored value is something else."""
    try:
        data = json.loads(stored or "null")
        commit, files = str(data["commit"]), [str(name) for name in data["files"]]
        return (commit, files) if _COMMIT.fullmatch(commit) else None
    except (ValueError, LookupError, TypeError):
        return None
