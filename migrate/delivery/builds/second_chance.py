# SPDX-License-Identifier: GPL-2.0-only
"""Another compiler that is installed, for objects that the usual one does not build at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from migrate.delivery.builds.book import make_configurations
from migrate.delivery.builds.model import AttemptStatus, Unit
from migrate.delivery.builds.plan import State
from migrate.delivery.builds.results import Results
from migrate.delivery.builds.site import Site
from migrate.delivery.builds.store import Store
from migrate.kernel.remedies import advice_for

_WORTH_IT = (AttemptStatus.ERROR, AttemptStatus.UNPREPARED)


def second_chances(
    failed: Iterable[State], site: Site, store: Store, results: Results
) -> dict[Unit, Unit]:
    """For objects that `failed` before any commit of the branch: the same with the first other
    compiler that builds them at the base. Those that no compiler here builds are left out."""
    left: dict[Unit, None] = {}
    for state in failed:
        attempt = results.get(state.unit, state.commit)
        hopeless = attempt is None or advice_for(site.tree.version, attempt.output)
        at_base = site.states.blob(site.branch.base, state.unit.path)
        if attempt and attempt.status in _WORTH_IT and not hopeless and at_base:
            left[state.unit] = None
    found: dict[Unit, Unit] = {}
    for arch in sorted({unit.arch for unit in left}):
        for other in site.others(arch):
            wanted = [u for u in left if u.arch == arch and u not in found and not u.compiler]
            trial = {unit: replace(unit, compiler=other.compiler) for unit in wanted}
            found |= _building(trial, site, store, results)
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
