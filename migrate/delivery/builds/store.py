# SPDX-License-Identifier: GPL-2.0-only
"""Results of objects, stored so that no object is compiled twice from the same input."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

from migrate.base import codec
from migrate.delivery.builds.states import States
from migrate.delivery.compile.model import Attempt, AttemptStatus, BuildCache, Unit

_FORMAT = "2"
_MOST_LISTS = 8
"""Lists of dependencies kept for an object; one is enough unless its includes change."""


class Store:
    """Looks results up by content: compiler, configuration, arguments, and every file read.

    An object that did not compile may have left no list of the files it read; then its result is
    valid for exactly the same tree only.
    """

    def __init__(self, cache: BuildCache, states: States) -> None:
        self._cache = cache
        self._states = states
        self._contexts: dict[Unit, str] = {}
        self._lists: dict[str, list[tuple[str, ...]]] = {}
        self._fresh: dict[str, Attempt] = {}

    def know(self, unit: Unit, config: str, context: tuple[str, ...]) -> None:
        """Set the configuration, compiler and arguments for which results of `unit` are valid."""
        self._contexts[unit] = _sum(json.dumps([_FORMAT, unit.arch, unit.target, config, *context]))

    def get(self, unit: Unit, commit: str) -> Attempt | None:
        """The result of `unit` at `commit`, if it is stored."""
        for paths in self._known_lists(unit):
            if found := self._read(self._key(unit, commit, paths)):
                return replace(found, dependencies=paths)
        return self._read(self._tree_key(unit, commit))

    def put(self, unit: Unit, commit: str, attempt: Attempt) -> None:
        """Store `attempt`, unless it depends on this machine rather than on the object."""
        if attempt.status in (AttemptStatus.NO_MAKE, AttemptStatus.UNPREPARED):
            return
        paths = attempt.dependencies
        key = self._key(unit, commit, paths) if paths else self._tree_key(unit, commit)
        if paths:
            lists = [p for p in self._known_lists(unit) if p != paths]
            self._lists[self._contexts[unit]] = kept = [paths, *lists][:_MOST_LISTS]
            self._cache.put(f"list {self._contexts[unit]}", json.dumps(kept))
        self._fresh[key] = attempt
        self._cache.put(key, codec.dumps(replace(attempt, dependencies=(), seconds=0.0)))

    def _known_lists(self, unit: Unit) -> list[tuple[str, ...]]:
        context = self._contexts[unit]
        if context not in self._lists:
            text = self._cache.get(f"list {context}")
            try:
                self._lists[context] = [tuple(paths) for paths in json.loads(text or "[]")]
            except (ValueError, TypeError):
                self._lists[context] = []
        return self._lists[context]

    def _key(self, unit: Unit, commit: str, paths: tuple[str, ...]) -> str:
        parts = (
            self._contexts[unit],
            self._states.environment(commit),
            self._states.digest(commit, paths),
        )
        return f"object {_sum(' '.join(parts))}"

    def _tree_key(self, unit: Unit, commit: str) -> str:
        return f"object {_sum(f'{self._contexts[unit]} tree {self._states.tree(commit)}')}"

    def _read(self, key: str) -> Attempt | None:
        if key in self._fresh:
            return self._fresh[key]
        text = self._cache.get(key)
        if text is None:
            return None
        try:
            return codec.loads(text, Attempt)
        except ValueError:
            return None


def _sum(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
