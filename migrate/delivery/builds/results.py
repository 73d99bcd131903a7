# SPDX-License-Identifier: GPL-2.0-only
"""The results of objects at commits: from the store, or else by building."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from migrate.base.progress import Progress, watched
from migrate.delivery.builds.plan import State, next_stop, shared_files
from migrate.delivery.builds.site import Site
from migrate.delivery.builds.store import Store
from migrate.delivery.compile.folder import BuildFolder
from migrate.delivery.compile.jobs import JobServer, run_parallel
from migrate.delivery.compile.model import Attempt, AttemptStatus, Unit

_PASSING = (AttemptStatus.NO_MAKE, AttemptStatus.UNPREPARED)


class Results:
    """The results of this run, by object and commit."""

    def __init__(self, site: Site, store: Store, progress: Progress) -> None:
        self._site = site
        self._store = store
        self._progress = progress
        self._shared = shared_files(site.branch)
        self._known: dict[State, Attempt] = {}
        self._wanted: set[State] = set()
        self._tried: set[State] = set()
        self._prepared: set[Path] = set()
        self._dead: dict[Path, Attempt] = {}

    def get(self, unit: Unit, commit: str) -> Attempt | None:
        return self._known.get(State(unit, commit))

    def clean(self, state: State) -> bool:
        """Whether the object compiled without a message: then the parent need not be built."""
        attempt = self._known[state]
        return attempt.status is AttemptStatus.COMPILED and not attempt.output.strip()

    def compiles_at(self, state: State) -> bool:
        attempt = self._known.get(state)
        return attempt is not None and attempt.status is AttemptStatus.COMPILED

    def compiles_somewhere(self, unit: Unit) -> bool:
        return any(
            state.unit == unit and attempt.status is AttemptStatus.COMPILED
            for state, attempt in self._known.items()
        )

    @property
    def final(self) -> bool:
        """Whether make reached every object; if not, the obstacle may be gone in the next run."""
        return not any(attempt.status in _PASSING for attempt in self._known.values())

    def know(self, wanted: set[State], *, before: bool = False) -> None:
        """Find the results of all `wanted` states, building at as few commits as possible.

        If an object fails at the parent (`before`) and at the base as well, the tree or the
        toolchain is the cause: then a remedy is tried. If the remedy has compiler flags, all
        results of the folder are out of date and computed again.
        """
        self._wanted |= wanted
        self._tried = set()
        while True:
            for state in self._wanted - self._known.keys():
                if found := self._store.get(state.unit, state.commit):
                    self._known[state] = found
            pending = self._wanted - self._known.keys()
            if not pending and not (before and self._cure(wanted)):
                return
            if pending:
                commit, units = next_stop(pending, self._tried, self._site.states, self._shared)
                self._build(commit, units)
                self._tried |= {State(unit, commit) for unit in units}

    def _cure(self, wanted: set[State]) -> bool:
        """Try remedies for objects that did not compile in `wanted` nor at the base; True if
        results are missing then."""
        again = False
        for state in sorted(wanted):
            folder = self._site.folder_of(state.unit)
            if not (self._has_error(state) and folder.curable(self._known[state].output)):
                continue
            at_base = State(state.unit, self._site.branch.base)
            if at_base not in self._known and self._site.states.blob(
                at_base.commit, state.unit.path
            ):
                self._wanted.add(at_base)
                again = True
            elif self._has_error(at_base) and folder.cure(self._known[at_base].output):
                self._forget(folder)
                again = True
        return again

    def _has_error(self, state: State) -> bool:
        attempt = self._known.get(state)
        return attempt is not None and attempt.status is AttemptStatus.ERROR

    def _forget(self, folder: BuildFolder) -> None:
        """Forget all results of `folder` in this run; those in the store with the new flags stay
        valid."""
        everything = self._wanted | self._tried
        here = {s for s in everything if self._site.folder_of(s.unit) is folder}
        for state in here:
            self._known.pop(state, None)
        self._tried -= here
        for unit in {state.unit for state in here}:
            self._site.introduce(unit, self._store)

    def _build(self, commit: str, units: Sequence[Unit]) -> None:
        """Compile `units` at `commit`, except in folders that are unusable; if a folder cannot be
        prepared at `commit`, try it at the base."""
        alive = [u for u in units if self._site.folder_of(u).path not in self._dead]
        for unit in units:
            if reason := self._dead.get(self._site.folder_of(unit).path):
                self._known[State(unit, commit)] = reason
        base = self._site.branch.base
        for group in self._compile(commit, alive):
            reason = self._known[State(group[0], commit)]
            if commit != base:
                at_base = [u for u in group if self._site.states.blob(base, u.path)]
                if not at_base or (found := self._probe(at_base[0])) is None:
                    self._prepared.add(self._site.folder_of(group[0]).path)
                    continue
                reason = found
            self._give_up(self._site.folder_of(group[0]), reason)

    def _give_up(self, folder: BuildFolder, reason: Attempt) -> None:
        """Give everything in `folder` that has no result yet the result `reason`."""
        self._dead[folder.path] = replace(reason, seconds=0.0)
        for state in self._wanted:
            if self._site.folder_of(state.unit) is folder:
                self._known.setdefault(state, self._dead[folder.path])

    def _probe(self, unit: Unit) -> Attempt | None:
        """The result of `unit` at the base, if its folder cannot be prepared. An object that
        compiles there is not stored: at other commits make may not get as far."""
        base = self._site.branch.base
        self._site.switch(base)
        environment = self._site.states.environment(base)

        def build(one: Unit, server: JobServer) -> Attempt:
            return self._site.folder_of(one).build([one], base, environment, server)[one]

        (attempt,) = run_parallel(build, [unit], self._site.options.jobs)
        return attempt if attempt.status is AttemptStatus.UNPREPARED else None

    def _compile(self, commit: str, units: Sequence[Unit]) -> list[list[Unit]]:
        """Compile `units` at `commit`, on all architectures at once; returns those of each folder
        in which nothing has been prepared, now or before."""
        if not units:
            return []
        self._site.switch(commit)
        environment = self._site.states.environment(commit)
        groups: dict[Path, list[Unit]] = {}
        for unit in units:
            groups.setdefault(self._site.folder_of(unit).path, []).append(unit)

        def build(group: list[Unit], server: JobServer) -> dict[Unit, Attempt]:
            return self._site.folder_of(group[0]).build(group, commit, environment, server)

        largest_first = sorted(groups.values(), key=len, reverse=True)
        before = [self._site.folder_of(group[0]).arguments for group in largest_first]
        started = time.time_ns()
        with watched(lambda: self._tell(commit, units, started)):
            made = run_parallel(build, largest_first, self._site.options.jobs)
        unprepared: list[list[Unit]] = []
        for group, attempts, arguments in zip(largest_first, made, before, strict=True):
            folder = self._site.folder_of(group[0])
            if folder.arguments != arguments:
                self._forget(folder)
            if {a.status for a in attempts.values()} != {AttemptStatus.UNPREPARED}:
                self._prepared.add(folder.path)
            elif folder.path not in self._prepared:
                unprepared.append(group)
            for unit in group:
                self._store.put(unit, commit, attempts[unit])
                self._known[State(unit, commit)] = attempts[unit]
        return unprepared

    def _tell(self, commit: str, units: Sequence[Unit], started: int) -> None:
        """Report the progress of make, by the objects that are newer than `started`."""
        archs = _few(sorted({unit.arch for unit in units}))
        made = sum(_is_newer(self._site.folder_of(u).path / u.target, started) for u in units)
        if not made:
            self._progress(f"preparing {archs}", 0, 0)
            return
        where = "the base" if commit == self._site.branch.base else commit[:12]
        known = sum(state in self._known for state in self._wanted)
        self._progress(f"objects at {where}, {archs}", known + made, len(self._wanted))


def _few(archs: Sequence[str]) -> str:
    """The first of `archs`, and the number of others, for one line."""
    return ", ".join(archs[:2]) + (f" and {len(archs) - 2} more" if len(archs) > 2 else "")


def _is_newer(path: Path, moment: int) -> bool:
    try:
        return path.stat().st_mtime_ns > moment
    except OSError:
        return False
