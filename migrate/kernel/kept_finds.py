# SPDX-License-Identifier: GPL-2.0-only
"""Results of searches of the whole tree, kept for the next run: the files that contain a word, and
the files that include a header by some name.

At another commit only the files that changed since then are searched again, as in a build system
with verifying traces (Mokhov, Mitchell, Peyton Jones, Build Systems a la Carte, ICFP 2018).
Everything is kept in one row of the cache, so that forks of a process have it without a query.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from migrate.kernel.tree import Tree

_COMMIT = re.compile("[0-9a-f]{40}(?:[0-9a-f]{24})?")
_MOST = 20_000
"""Searches that are kept: those of the last run, and earlier ones up to this number."""

_MOST_FILES = 3000
"""A result with more files is not kept."""

Found = Mapping[str, list[str]]
"""Files by what was found in them, sorted; a search for a word has at most one list, for ""."""

Look = Callable[[bytes], Iterable[str]]
"""The occurrences of the searched item in the text of a file."""


class FactCache(Protocol):
    """Results by a key that identifies everything they depend on."""

    def get(self, key: str) -> str | None: ...

    def put(self, key: str, value: str) -> None: ...


class KeptFinds:
    """The searches of one tree; `endings` are the suffixes of the files that are searched."""

    def __init__(self, tree: Tree, endings: tuple[str, ...]) -> None:
        self._tree, self._endings = tree, endings
        self._cache: FactCache | None = None
        self._before: dict[str, tuple[str, Found]] = {}
        self._now: dict[str, Found] = {}
        self._news: dict[str, Found] = {}
        self._changes: dict[str, tuple[frozenset[str], Mapping[str, bytes]] | None] = {}

    def open(self, cache: FactCache | None) -> None:
        """Load the results in `cache`; new results will be written to it, too."""
        if cache is not None and cache is not self._cache:
            self._cache = cache
            self._before = _decoded(cache.get(self._key))

    @property
    def is_warm(self) -> bool:
        """Whether there are results from a commit with few differences to this one."""
        commits = {commit for commit, _ in self._before.values()}
        return any(self._since(commit) is not None for commit in commits)

    def has(self, what: str) -> bool:
        """Whether the result of a search for `what` is known."""
        if what in self._now:
            return True
        before = self._before.get(what)
        return before is not None and self._since(before[0]) is not None

    def get(self, what: str, look: Look) -> Found | None:
        """The result of a search for `what` in this tree, or None if it is not known; `look` is
        called for the files that changed since."""
        if what not in self._now and self.has(what):
            commit, found = self._before[what]
            self._now[what] = self._brought_up(commit, found, look)
        return self._now.get(what)

    def put(self, what: str, found: Found) -> None:
        """Store the result of a search of the whole tree for `what`."""
        if self._cache is not None and sum(map(len, found.values())) <= _MOST_FILES:
            self._now[what] = self._news[what] = found

    def news(self) -> dict[str, Found]:
        """Results that were stored since the last call, for another process that works on the same
        tree."""
        news, self._news = self._news, {}
        return news

    def learn(self, news: Mapping[str, Found]) -> None:
        """Take over the results of another process."""
        self._now |= news

    def save(self) -> None:
        """Write the results to the cache, if there are new ones."""
        commit = self._tree.commit
        before = {what: (c, dict(f)) for what, (c, f) in self._before.items()}
        now = {what: (commit, dict(found)) for what, found in self._now.items()}
        if self._cache is None or not _COMMIT.fullmatch(commit) or now.items() <= before.items():
            return
        rest = {what: kept for what, kept in self._before.items() if what not in now}
        self._before = dict(list((now | rest).items())[:_MOST])
        self._cache.put(self._key, _encoded(self._before))

    @property
    def _key(self) -> str:
        return f"finds 1 {' '.join(self._endings)}"

    def _since(self, commit: str) -> tuple[frozenset[str], Mapping[str, bytes]] | None:
        """The files that changed since `commit`, and the contents of those that are searched; None
        if that is not known."""
        if commit not in self._changes:
            known = _COMMIT.fullmatch(commit) is not None
            changed = self._tree.changed_since(commit) if known else None
            texts: Mapping[str, bytes] = {}
            if changed:
                texts = self._tree.read_many(
                    sorted(p for p in changed if p.endswith(self._endings))
                )
            self._changes[commit] = (changed, texts) if changed is not None else None
        return self._changes[commit]

    def _brought_up(self, commit: str, found: Found, look: Look) -> Found:
        since = self._since(commit)
        assert since is not None
        changed, texts = since
        if not changed:
            return found
        result = {what: [p for p in paths if p not in changed] for what, paths in found.items()}
        for path, text in texts.items():
            for what in look(text):
                result.setdefault(what, []).append(path)
        return {what: sorted(paths) for what, paths in result.items() if paths}


@dataclass(frozen=True)
class Finds:
    """All stored results of searches of one tree, of all kinds."""

    kinds: tuple[KeptFinds, ...]

    def open(self, cache: FactCache | None) -> None:
        """Load the results in `cache`; new results will be written to it, too."""
        for kept in self.kinds:
            kept.open(cache)

    @property
    def are_warm(self) -> bool:
        """Whether there are results of each kind from a commit with few differences to this one."""
        return all(kept.is_warm for kept in self.kinds)

    def news(self) -> tuple[dict[str, Found], ...]:
        """New results since the last call, for another process that works on the same tree."""
        return tuple(kept.news() for kept in self.kinds)

    def learn(self, news: tuple[dict[str, Found], ...]) -> None:
        """Take over the results of another process."""
        for kept, found in zip(self.kinds, news, strict=True):
            kept.learn(found)

    def save(self) -> None:
        """Write the results to the cache."""
        for kept in self.kinds:
            kept.save()


def _encoded(finds: Mapping[str, tuple[str, Found]]) -> str:
    """All results as one text, with each path only once."""
    paths: dict[str, int] = {}
    rows = {
        what: [
            commit,
            {w: [paths.setdefault(p, len(paths)) for p in of] for w, of in found.items()},
        ]
        for what, (commit, found) in finds.items()
    }
    return json.dumps({"finds": rows, "paths": list(paths)})


def _decoded(stored: str | None) -> dict[str, tuple[str, Found]]:
    """Parse the output of :func:`_encoded`; empty if it is something else."""
    try:
        data = json.loads(stored or "{}")
        paths = [str(path) for path in data["paths"]]
        return {
            str(what): (
                str(commit),
                {str(w): [paths[number] for number in numbers] for w, numbers in found.items()},
            )
            for what, (commit, found) in data["finds"].items()
        }
    except (ValueError, LookupError, TypeError, AttributeError):
        return {}
