# SPDX-License-Identifier: GPL-2.0-only
"""The routes of a series, kept in the cache; they depend on makefiles, compilers and the tool."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from migrate.base import codec
from migrate.base.progress import Progress
from migrate.delivery.builds.routes import Router
from migrate.delivery.builds.site import Site
from migrate.delivery.builds.store import Store
from migrate.delivery.compile.folder import BuildFolder, Config, NoConfig
from migrate.delivery.compile.jobs import JobServer, run_parallel
from migrate.delivery.compile.model import BuildCache, Route, Unit, Unroutable

_FORMAT = "2"

Routes = dict[str, tuple[Route, ...]]


def find_routes(
    site: Site, sources: Sequence[str], cache: BuildCache, tool: str, say: Progress
) -> Routes:
    """The routes of each of `sources`, computed only if `cache` does not have them from the same
    version `tool`: another version may find a route that this one did not."""
    keys = {path: _key(site, path, tool) for path in sources}
    known = {p: r for p, key in keys.items() if (r := _read(cache.get(key)))}
    asked = [path for path in sources if path not in known]
    if asked:
        say("reading makefiles and Kconfig", 0, 0)
        site.switch(site.branch.tip)
        for path, routes in Router(site.tree, site.folder, site.options).routes(asked).items():
            known[path] = routes
            if all(isinstance(r, Unit) or r.lasting for r in routes):
                cache.put(keys[path], _written(routes))
    return known


def configured(site: Site, routes: Routes, store: Store) -> Routes:
    """`routes` with every configuration made; if that fails, the reason replaces the route."""
    units = [r for found in routes.values() for r in found if isinstance(r, Unit)]
    broken = make_configurations(site, units)
    for unit in units:
        site.introduce(unit, store)

    def usable(route: Route) -> Route:
        if isinstance(route, Unroutable) or site.folder_of(route).path not in broken:
            return route
        why = broken[site.folder_of(route).path]
        return Unroutable(route.path, route.arch, why, lasting=False)

    return {path: tuple(usable(r) for r in found) for path, found in routes.items()}


def make_configurations(site: Site, units: Sequence[Unit]) -> dict[Path, str]:
    """Make the missing configurations of `units`; returns the folders for which that failed, with
    the reasons."""
    folders = {f.path: f for f in map(site.folder_of, units) if f.known_config() is None}
    if folders:
        site.switch(site.branch.tip)
    made = dict(zip(folders, _made(list(folders.values()), site.options.jobs), strict=True))
    return {path: c.reason for path, c in made.items() if isinstance(c, NoConfig)}


def _made(folders: list[BuildFolder], jobs: int) -> list[Config | NoConfig]:
    def make(folder: BuildFolder, server: JobServer) -> Config | NoConfig:
        return folder.config(server)

    return run_parallel(make, folders, jobs)


def _key(site: Site, path: str, tool: str) -> str:
    about = [
        _FORMAT,
        tool,
        path,
        site.states.environment(site.branch.tip),
        [t.identity for t in site.toolchains.values()],
        site.options.architectures,
        site.options.instrumentation,
    ]
    return f"route {hashlib.sha256(json.dumps(about).encode()).hexdigest()}"


def _written(routes: tuple[Route, ...]) -> str:
    return json.dumps([[isinstance(r, Unit), codec.to_data(r)] for r in routes])


def _read(text: str | None) -> tuple[Route, ...]:
    """Parse stored routes; () if there are none or they cannot be parsed."""
    try:
        return tuple(
            codec.from_data(data, Unit) if is_unit else codec.from_data(data, Unroutable)
            for is_unit, data in json.loads(text or "[]")
        )
    except (ValueError, TypeError):
        return ()
