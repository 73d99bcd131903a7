# SPDX-License-Identifier: GPL-2.0-only
"""Tries other installed compilers for objects that the default one does not build."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from migrate.delivery.builds.book import make_configurations
from migrate.delivery.builds.plan import State
from migrate.delivery.builds.results import Results
from migrate.delivery.builds.site import Site
from migrate.delivery.builds.store import Store
from migrate.delivery.compile.model import AttemptStatus, Unit
from migrate.kernel.kbuild.remedies import advice_for

_WORTH_IT = (AttemptStatus.ERROR, AttemptStatus.UNPREPARED)


def second_chances(
    failed: Iterable[State], site: Site, store: Store, results: Results
) -> dict[Unit, Unit]:
    """For objects that `failed` before a commit and at the base: the same with the first other
    compiler that builds them at the base. Objects that no installed compiler builds are left
    out."""
    left = _beyond_the_usual(failed, site, results)
    found: dict[Unit, Unit] = {}
    for arch in sorted({unit.arch for unit in left}):
        for other in site.others(arch):
            wanted = [u for u in left if u.arch == arch and u not in found]
            trial = {unit: replace(unit, compiler=other.compiler) for unit in wanted}
            found |= _building(trial, site, store, results)
    return found


def _beyond_the_usual(failed: Iterable[State], site: Site, results: Results) -> list[Unit]:
    """The objects that the default compiler does not build at the base either, and that do not lack
    an installed program."""
    base = site.branch.base
    units = {s.unit for s in failed if not s.unit.compiler and site.others(s.unit.arch)}
    at_base = {State(u, base) for u in units if site.states.blob(base, u.path)}
    results.know(at_base)
    found = []
    for state in sorted(at_base):
        attempt = results.get(state.unit, base)
        failed_too = attempt is not None and attempt.status in _WORTH_IT
        if failed_too and not (attempt and advice_for(site.tree.version, attempt.output)):
            found.append(state.unit)
    return found


def _building(
    trial: dict[Unit, Unit], site: Site, store: Store, results: Results
) -> dict[Unit, Unit]:
    """Those of `trial` whose second unit compiles at the base."""
    broken = make_configurations(site, list(trial.values()))
    usable = {u: t for u, t in trial.items() if site.folder_of(t).path not in broken}
    for unit in usable.values():
        site.introduce(unit, store)
    at_base = {unit: State(t, site.branch.base) for unit, t in usable.items()}
    results.know(set(at_base.values()), before=True)
    return {u: usable[u] for u, state in at_base.items() if results.compiles_at(state)}
