# SPDX-License-Identifier: GPL-2.0-only
"""Which results are needed for which commits, and which commit to build next.

A branch of N commits does not take N builds: commits touch different files, so most objects have
the same input at their own commit and at the tip. Building everything once at the tip gives nearly
all results; the store decides by content for which commits they are valid.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from migrate.delivery.builds.states import States
from migrate.delivery.compile.model import Unit
from migrate.delivery.model import Branch, Commit

OBJECT_SOURCES = (".c", ".S")
_DOCUMENTS = (".rst", ".txt", ".md", ".cocci")


@dataclass(frozen=True, order=True)
class State:
    """One object at one commit."""

    unit: Unit
    commit: str


def series_sources(branch: Branch) -> list[str]:
    """Every file of the branch that is compiled to an object, sorted."""
    paths = {p for c in branch.commits for p in c.paths if p.endswith(OBJECT_SOURCES)}
    return sorted(paths)


def touches_many(commit: Commit, sources: Iterable[str]) -> bool:
    """Whether `commit` changes a file that objects of other sources may include."""
    own = set(sources)
    return any(p not in own and not p.endswith(_DOCUMENTS) for p in commit.paths)


def units_of(commit: Commit, units: Sequence[Unit], sources: Iterable[str]) -> list[Unit]:
    """The objects that `commit` can affect: its own, and for a header those of the whole series."""
    if touches_many(commit, sources):
        return list(units)
    return [u for u in units if u.path in commit.paths]


def shared_files(branch: Branch) -> list[str]:
    """The changed files that several objects may include, sorted."""
    own = series_sources(branch)
    changed = {p for commit in branch.commits for p in commit.paths}
    return sorted(p for p in changed if p not in own and not p.endswith(_DOCUMENTS))


def affected_states(
    commits: Sequence[Commit], units: Sequence[Unit], sources: Sequence[str], states: States
) -> set[State]:
    """Each object at each of `commits` that can affect it."""
    return {
        State(unit, commit.id)
        for commit in commits
        for unit in units_of(commit, units, sources)
        if states.blob(commit.id, unit.path)
    }


def next_stop(
    pending: set[State], tried: set[State], states: States, shared: Sequence[str]
) -> tuple[str, list[Unit]]:
    """The commit at which a build will probably give most results, with the objects to build there.

    Two states of an object are assumed to be equal if its source and every changed file in `shared`
    are equal. This only decides what to build next; the validity of a result depends on the files
    that the compiler read.
    """
    looks: dict[State, tuple[str, ...]] = {}

    def look(state: State) -> tuple[str, ...]:
        if state not in looks:
            paths = (state.unit.path, *shared)
            looks[state] = tuple(states.blob(state.commit, p) for p in paths)
        return looks[state]

    wanted = {(state.unit, look(state)) for state in pending}
    units = sorted({state.unit for state in pending})
    best: tuple[str, list[Unit]] = ("", [])
    for commit in states.commits:
        useful = [
            unit
            for unit in units
            if (state := State(unit, commit)) not in tried
            and (unit, look(state)) in wanted
            and states.blob(commit, unit.path)
        ]
        if len(useful) > len(best[1]):
            best = (commit, useful)
    return best
