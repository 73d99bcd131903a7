# SPDX-License-Identifier: GPL-2.0-only
"""Builds every commit of a branch: the objects that it affects, before and after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from migrate.base.errors import Refusal
from migrate.base.files.disk_space import is_no_room, no_room_error
from migrate.base.progress import Progress, silent
from migrate.delivery.builds.book import Routes, configured, find_routes
from migrate.delivery.builds.diagnostics import diagnostics
from migrate.delivery.builds.outcome import judge
from migrate.delivery.builds.plan import State, affected_states, series_sources, units_of
from migrate.delivery.builds.results import Results
from migrate.delivery.builds.routes import ALLMODCONFIG
from migrate.delivery.builds.second_chance import second_chances
from migrate.delivery.builds.site import Site
from migrate.delivery.builds.store import Store
from migrate.delivery.compile.folder import BuildFolder, NoConfig
from migrate.delivery.compile.jobs import JobServer, run_parallel
from migrate.delivery.compile.model import (
    Attempt,
    BuildCache,
    BuildOptions,
    FullBuild,
    Unit,
    Unroutable,
)
from migrate.delivery.model import Branch, BuildReport, BuildStatus, Commit, ObjectBuild
from migrate.kernel.kbuild.toolchains import architectures, missing_compiler


def build_branch(
    branch: Branch,
    *,
    worktree: Path,
    builds: Path,
    cache: BuildCache,
    options: BuildOptions,
    progress: Progress,
    tool: str = "",
) -> BuildReport:
    """Build the objects that each commit of `branch` can affect, at its parent and at the commit
    itself.

    `worktree` is a checkout of the tool's own, which is switched from commit to commit and left at
    the tip; `builds` contains the build folders and is kept between runs. Results in `cache` are
    not compiled again. `tool` identifies the version of this code. Raises a :class:`Refusal` only
    if nothing at all can be built.
    """
    site = Site(branch, worktree, builds, options, progress)
    store = Store(cache, site.states)
    sources = series_sources(branch)
    with _no_half_work(site):
        routes = configured(site, find_routes(site, sources, cache, tool, progress), store)
        units = [r for path in sources for r in routes[path] if isinstance(r, Unit)]
        results = Results(site, store, progress)
        objects: list[ObjectBuild] = []
        steps = [branch.commits] if options.keep_going else [(c,) for c in branch.commits]
        for commits in steps:
            failed = _find_out(commits, site, units, sources, results)
            if others := second_chances(failed, site, store, results):
                units = [others.get(unit, unit) for unit in units]
                _find_out(commits, site, units, sources, results)
            for commit in commits:
                objects += _commit_report(commit, site, routes, units, results)
            if not options.keep_going and any(o.status is BuildStatus.FAILED for o in objects):
                break
    lasting = all(isinstance(r, Unit) or r.lasting for found in routes.values() for r in found)
    return BuildReport(branch.tip, tuple(objects), final=lasting and results.final)


def build_full(
    branch: Branch,
    arch: str,
    *,
    worktree: Path,
    builds: Path,
    options: BuildOptions,
    progress: Progress = silent,
) -> FullBuild:
    """Build the whole tree of `arch` at the tip of `branch` with its allmodconfig.

    Raises a :class:`Refusal` if the architecture is unknown or has no compiler or configuration.
    """
    site = Site(branch, worktree, builds, options, progress)
    known = {a.name: a for a in architectures()}
    if arch not in known:
        raise Refusal(f"{arch} is not known.", f"Choose one of: {', '.join(known)}.")
    if arch not in site.toolchains:
        raise Refusal(
            f"{missing_compiler(known[arch], options.choice)}.",
            "Install it and run the build again.",
        )
    site.switch(branch.tip)

    def everything(folder: BuildFolder, server: JobServer) -> FullBuild:
        config = folder.config(server)
        if isinstance(config, NoConfig):
            raise Refusal(f"{config.reason}.", "Look into that log.")
        progress(f"building the whole tree for {arch}", 0, 0)
        run = folder.build_all(["all"], branch.tip, server)
        failed = [text for name, text in run.objects.items() if name in run.failed]
        errors = tuple(d.text for text in failed for d in diagnostics(text) if d.is_error)
        errors = errors or (() if run.code == 0 else (run.why,))
        log, name = str(folder.log(branch.tip[:12])), folder.recipe.name
        return FullBuild(branch.tip, arch, name, run.code == 0, errors, log, run.seconds)

    folder = site.folder(site.toolchains[arch], ALLMODCONFIG)
    with _no_half_work(site):
        return run_parallel(everything, [folder], options.jobs)[0]


@contextmanager
def _no_half_work(site: Site) -> Iterator[None]:
    """Leave the work tree at the tip in any case; a full disk ends in a :class:`Refusal`."""
    try:
        yield
    except OSError as error:
        if is_no_room(error):
            raise no_room_error(error, site.builds) from error
        raise
    finally:
        site.leave()


def _find_out(
    commits: Sequence[Commit],
    site: Site,
    units: Sequence[Unit],
    sources: Sequence[str],
    results: Results,
) -> list[State]:
    """Build the objects that `commits` affect, and build those with messages at the parent, too;
    returns those that do not compile at the parent."""
    after = affected_states(commits, units, sources, site.states)
    results.know(after)
    parents = {commit.id: commit.parent for commit in commits}
    unclean = {State(s.unit, parents[s.commit]) for s in after if not results.clean(s)}
    before = {s for s in unclean if site.states.blob(s.commit, s.unit.path)}
    results.know(before, before=True)
    return sorted(s for s in before if not results.compiles_at(s))


def _commit_report(
    commit: Commit, site: Site, routes: Routes, units: Sequence[Unit], results: Results
) -> list[ObjectBuild]:
    """The report about one commit, by path and architecture."""
    found = []
    for unit in units_of(commit, units, list(routes)):
        after = results.get(unit, commit.id)
        if after is not None and _reads(after, commit, unit):
            before = results.get(unit, commit.parent)
            elsewhere = results.compiles_somewhere(unit)
            made = judge(commit.id, unit, before, after, built_elsewhere=elsewhere)
            found.append(_with_site(made, site, unit))
    for path in commit.paths:
        if site.states.blob(commit.id, path):
            for route in routes.get(path, ()):
                if isinstance(route, Unroutable):
                    found.append(_not_buildable(commit, path, route.arch, route.reason))
    if found:
        return sorted(found, key=lambda o: (o.path, o.arch))
    why = "no object of the series is made from it"
    code = [p for p in commit.paths if p.endswith((".c", ".S", ".h"))]
    return [_not_buildable(commit, p, "", why) for p in code if site.states.blob(commit.id, p)]


def _with_site(made: ObjectBuild, site: Site, unit: Unit) -> ObjectBuild:
    """`made` with the compiler and remedies that built it."""
    if made.status is BuildStatus.NOT_BUILDABLE:
        return replace(made, how=site.how(unit))
    folder = site.folder_of(unit)
    return replace(
        made,
        how=site.how(unit),
        compiler=folder.toolchain.description,
        configuration=folder.recipe.name,
    )


def _reads(attempt: Attempt, commit: Commit, unit: Unit) -> bool:
    """Whether the object was compiled from a file that `commit` changes, as far as is known."""
    if unit.path in commit.paths or not attempt.dependencies:
        return True
    return not set(commit.paths).isdisjoint(attempt.dependencies)


def _not_buildable(commit: Commit, path: str, arch: str, reason: str) -> ObjectBuild:
    return ObjectBuild(commit.id, path, arch, BuildStatus.NOT_BUILDABLE, "", reason, 0.0)
