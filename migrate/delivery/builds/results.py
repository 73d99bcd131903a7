# SPDX-License-Identifier: GPL-2.0-only
"""The results of objects at commits: from the store where it has them, else by building."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from migrate.delivery.builds.jobs import JobServer, run_parallel
from migrate.delivery.builds.model import Attempt, AttemptStatus, Progress, Unit
from migrate.delivery.builds.plan import State, next_stop, shared_files
from migrate.delivery.builds.site import Site
from migrate.delivery.builds.store import Store


class Results:
    """What is known about objects at commits in this run."""

    def __init__(self, site: Site, store: Store, progress: Progress) -> None:
        self._site = site
        self._store = store
        self._progress = progress
        self._shared = shared_files(site.branch)
        self._known: dict[State, Attempt] = {}

    def get(self, unit: Unit, commit: str) -> Attempt | None:
        return self._known.get(State(unit, commit))

    def clean(self, state: State) -> bool:
        """Whether the object compiled without a word: then nothing has to be known of before."""
        attempt = self._known[state]
        return attempt.status is AttemptStatus.COMPILED and not attempt.output.strip()

    def compiles_somewhere(self, unit: Unit) -> bool:
        return any(
            state.unit == unit and attempt.status is AttemptStatus.COMPILED
            for state, attempt in self._known.items()
        )

    def know(self, wanted: set[State]) -> None:
        """Find the results of all `wanted` states, building at as few commits as will do."""
        tried: set[State] = set()
        while True:
            for state in wanted - self._known.keys():
                if found := self._store.get(state.unit, state.commit):
                    self._known[state] = found
            pending = wanted - self._known.keys()
            if not pending:
                return
            commit, units = next_stop(pending, tried, self._site.states, self._shared)
            done = len(wanted) - len(pending)
            self._progress(self._described(commit, units), done, len(wanted))
            self._build(commit, units)
            tried |= {State(unit, commit) for unit in units}

    def _build(self, commit: str, units: Sequence[Unit]) -> None:
        """Compile `units` at `commit`, on all architectures at once."""
        self._site.switch(commit)
        environment = self._site.states.environment(commit)
        groups: dict[Path, list[Unit]] = {}
        for unit in units:
            groups.setdefault(self._site.folder_of(unit).path, []).append(unit)

        def build(group: list[Unit], server: JobServer) -> dict[str, Attempt]:
            targets = sorted({unit.target for unit in group})
            return self._site.folder_of(group[0]).build(targets, commit, environment, server)

        largest_first = sorted(groups.values(), key=len, reverse=True)
        made = run_parallel(build, largest_first, self._site.options.jobs)
        for group, attempts in zip(largest_first, made, strict=True):
            for unit in group:
                attempt = attempts[unit.target]
                self._store.put(unit, commit, attempt)
                self._known[State(unit, commit)] = attempt

    def _described(self, commit: str, units: Sequence[Unit]) -> str:
        where = "the base" if commit == self._site.branch.base else f"commit {commit[:12]}"
        archs = ", ".join(sorted({unit.arch for unit in units}))
        return f"{len(units)} objects at {where} ({archs})"
