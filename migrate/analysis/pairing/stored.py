# SPDX-License-Identifier: GPL-2.0-only
"""Groups of earlier runs; they are valid as long as nothing that they depend on has changed.

A group depends on the contents of the folders that it names. If the whole tree was searched for it,
it also depends on which files contain certain words and on the #includes. After a change in another
file, only the results of these searches are compared, so a group is not made again because of a
file that it never read.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence

from migrate.analysis.code_id import code_id
from migrate.analysis.contract import Contract
from migrate.analysis.frontend.corpus import Corpus
from migrate.analysis.frontend.includes import spelled
from migrate.analysis.model import Acquire, Scan
from migrate.analysis.pairing.traced import Traced
from migrate.base import codec
from migrate.kernel.kept_finds import FactCache
from migrate.kernel.tree import CODE, Tree
from migrate.kernel.words import whole_word

_COMMIT = re.compile("[0-9a-f]{40}(?:[0-9a-f]{24})?")

Change = tuple[bytes, bytes]
"""The contents of a file before and now."""


class StoredGroups:
    """The groups in `cache`, each by its first acquire, for one commit and its scan."""

    def __init__(
        self,
        corpus: Corpus,
        scan: Scan,
        cache: FactCache | None,
        contracts: Sequence[Contract] = (),
        *,
        open_world: bool = False,
        brief: bool = False,
    ) -> None:
        self._corpus, self._tree = corpus, corpus.tree
        self._cache = cache
        self._changes: dict[str, tuple[Change, ...] | None] = {}
        names = sorted({a.name for a in scan.acquires})
        world = "open" if open_world else "closed"
        extent = ["brief"] if brief else []
        self._basis = " ".join([code_id(), world, *extent, *names])
        self._stated = json.dumps(codec.to_data(tuple(contracts))) if contracts else ""

    def get(self, acquire: Acquire) -> Traced | None:
        """The stored group, None if there is none or it may be out of date."""
        text = self._cache.get(self._key(acquire)) if self._cache is not None else None
        if text is None:
            return None
        try:
            data = json.loads(text)
            traced = codec.from_data(data["traced"], Traced)
            if data["folders"] != self._ids(traced):
                return None
            same = "" not in traced.folders or self._finds_the_same(traced, str(data["commit"]))
            return traced if same else None
        except (ValueError, KeyError, TypeError):
            return None

    def put(self, acquire: Acquire, traced: Traced) -> None:
        """Keep a group for later runs."""
        if self._cache is not None:
            data = {
                "traced": codec.to_data(traced),
                "folders": self._ids(traced),
                "commit": self._tree.commit,
            }
            self._cache.put(self._key(acquire), json.dumps(data))

    def _key(self, acquire: Acquire) -> str:
        # The extent of a driver may depend on a Makefile above the folders of the group.
        scope = self._corpus.scope_folder(acquire.place.path)
        basis = [self._basis, *([self._stated] if self._stated else [])]
        whole = json.dumps([*basis, scope, codec.to_data(acquire)], sort_keys=True)
        return "group " + hashlib.sha256(whole.encode()).hexdigest()

    def _ids(self, traced: Traced) -> list[str]:
        return [self._tree.folder_id(name) if name else "" for name in traced.folders]

    def _finds_the_same(self, traced: Traced, commit: str) -> bool:
        """Whether a search of the whole tree finds the files that it found at `commit`."""
        if commit not in self._changes:
            self._changes[commit] = self._changed(commit)
        changes = self._changes[commit]
        if changes is None:
            return False
        words = [whole_word(word) for word in traced.words]
        return all(
            (word.search(old) is None) is (word.search(new) is None)
            for word in words
            for old, new in changes
        )

    def _changed(self, commit: str) -> tuple[Change, ...] | None:
        """The code that has changed since `commit`; None if that is not known, if a file was added
        or removed, or if its #includes have changed."""
        paths = self._tree.changed_since(commit) if _COMMIT.fullmatch(commit) else None
        if paths is None:
            return None
        before, now = (tree.read_many(sorted(paths)) for tree in (self._at(commit), self._tree))
        if before.keys() != paths or now.keys() != paths:
            return None
        code = [path for path in paths if path.endswith(CODE)]
        if any(spelled(before[path]) != spelled(now[path]) for path in code):
            return None
        return tuple((before[path], now[path]) for path in code)

    def _at(self, commit: str) -> Tree:
        return Tree(self._tree.root, commit)
