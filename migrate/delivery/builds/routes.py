# SPDX-License-Identifier: GPL-2.0-only
"""The architecture and configuration that build an object: allmodconfig, else a defconfig, else one
of these with the symbols set that the object needs."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from migrate.delivery.compile.folder import BuildFolder, Config, NoConfig
from migrate.delivery.compile.jobs import JobServer, run_parallel
from migrate.delivery.compile.model import BuildOptions, Recipe, Route, Unit, Unroutable
from migrate.kernel.kbuild.defconfigs import Defconfigs
from migrate.kernel.kbuild.kconfig import Kconfig
from migrate.kernel.kbuild.makefiles import OFF, ON, Way
from migrate.kernel.kbuild.routes import Kbuild, Owner
from migrate.kernel.kbuild.toolchains import (
    Architecture,
    Toolchain,
    architectures,
    find_toolchain,
    missing_compiler,
)
from migrate.kernel.tree import Tree

ALLMODCONFIG = Recipe("allmodconfig")
_MOST_DEFCONFIGS = 3
_MOST_REASONS = 3

MakeFolder = Callable[[Toolchain, Recipe], BuildFolder]


@dataclass
class _Search:
    """The search for the architecture of one object: `left` are those not tried yet."""

    path: str
    left: list[tuple[Architecture, Owner]]
    found: list[Route] = field(default_factory=list)
    reasons: list[Unroutable] = field(default_factory=list)
    narrowed: bool = False


@dataclass(frozen=True)
class _NotHere:
    """Why an architecture does not build an object."""

    reason: str


class Router:
    """Finds the routes of objects in `tree`; its commit must be checked out in the work tree."""

    def __init__(self, tree: Tree, make_folder: MakeFolder, options: BuildOptions) -> None:
        self._kbuild = Kbuild(tree)
        self._kconfig = Kconfig(tree)
        self._defconfigs = Defconfigs(tree)
        self._make_folder = make_folder
        self._options = options
        self._toolchains = {a.name: find_toolchain(a, options.choice) for a in architectures()}
        self._choosers: dict[str, _Chooser] = {}

    def routes(self, paths: Sequence[str]) -> dict[str, tuple[Route, ...]]:
        """The routes of each of `paths`: one, or one per architecture if the user has named
        some."""
        searches = [self._start(path) for path in paths]
        while True:
            wave: dict[str, list[tuple[_Search, Owner]]] = {}
            for search in searches:
                if search.left and not (search.found and self._options.architectures is None):
                    arch, owner = search.left.pop(0)
                    wave.setdefault(arch.name, []).append((search, owner))
            if not wave:
                break
            run_parallel(self._ask, sorted(wave.items()), self._options.jobs)
            for search in searches:
                self._narrow(search)
        return {search.path: _outcome(search) for search in searches}

    def _start(self, path: str) -> _Search:
        owners = self._kbuild.owners(path)
        if not owners:
            why = "no makefile of the kernel builds it"
            return _Search(path, [], reasons=[Unroutable(path, "", why)])
        candidates = [
            (arch, owner)
            for arch in architectures()
            for owner in owners
            if owner.arch in ("", arch.source)
        ]
        wanted = self._options.architectures
        allowed = [c for c in candidates if wanted is None or c[0].name in wanted]
        search = _Search(path, allowed)
        if not candidates:
            folder = owners[0].arch
            search.reasons = [Unroutable(path, folder, f"nothing is known about arch/{folder}")]
        elif not allowed:
            arch = candidates[0][0].name
            search.reasons = [Unroutable(path, arch, f"{arch} was not asked for")]
        return search

    def _narrow(self, search: _Search) -> None:
        """After the first architecture failed, keep only those that Kconfig allows for the
        symbols."""
        if search.narrowed or search.found or not search.left:
            return
        search.narrowed = True
        possible = [(a, o) for a, o in search.left if _can_be_set(self._kconfig, a, o)]
        installed = [(a, o) for a, o in possible if self._toolchains[a.name]]
        search.left = installed or possible[:1]

    def _ask(self, wanted: tuple[str, list[tuple[_Search, Owner]]], server: JobServer) -> None:
        """Find configurations of one architecture for all objects that try it in this round."""
        name, asking = wanted
        toolchain = self._toolchains[name]
        if toolchain is None:
            arch = next(a for a in architectures() if a.name == name)
            for search, _ in asking:
                search.reasons.append(
                    Unroutable(search.path, name, missing_compiler(arch, self._options.choice))
                )
            return
        if name not in self._choosers:
            self._choosers[name] = _Chooser(
                self._kconfig, self._defconfigs, self._make_folder, toolchain
            )
        for search, owner in asking:
            answer = self._choosers[name].choose(owner, server)
            if isinstance(answer, Recipe):
                search.found.append(_unit(search.path, name, answer, owner))
                continue
            if isinstance(answer, NoConfig):
                # The architecture is the right one; the report must say that it cannot be built
                # here.
                search.left.clear()
            lasting = not isinstance(answer, NoConfig)
            search.reasons.append(Unroutable(search.path, name, answer.reason, lasting))


class _Chooser:
    """Chooses configurations of one architecture; makes each at most once."""

    def __init__(
        self,
        kconfig: Kconfig,
        defconfigs: Defconfigs,
        make_folder: MakeFolder,
        toolchain: Toolchain,
    ) -> None:
        self._kconfig = kconfig
        self._defconfigs = defconfigs
        self._make_folder = make_folder
        self._toolchain = toolchain
        self._server = JobServer("", (0, 1))
        self._configs: dict[Recipe, Config | NoConfig] = {}
        self._chosen: list[Recipe] = []

    def choose(self, owner: Owner, server: JobServer) -> Recipe | NoConfig | _NotHere:
        """The first recipe that builds the objects of `owner`, or why there is none.

        A recipe that already builds another object is preferred, because it costs less. `server`
        has the jobs for configurations that have to be made.
        """
        self._server = server
        answer = self._choose(owner)
        if isinstance(answer, Recipe) and answer not in self._chosen:
            self._chosen.append(answer)
        return answer

    def _choose(self, owner: Owner) -> Recipe | NoConfig | _NotHere:
        if isinstance(first := self._config(ALLMODCONFIG), NoConfig):
            return first
        for recipe in [ALLMODCONFIG, *self._chosen, *self._configs]:
            if self._meets(recipe, owner):
                return recipe
        arch = self._toolchain.arch
        if not _can_be_set(self._kconfig, arch, owner):
            return _NotHere(f"{arch.name} cannot set {_described(owner)}")
        symbols = {symbol for way in owner.ways for symbol in _needed(way)}
        named = self._defconfigs.setting(arch, symbols)[:_MOST_DEFCONFIGS]
        for way in owner.ways:
            off = (guard.symbol for guard in way if guard.values == OFF)
            named += self._defconfigs.without(arch, off)[:_MOST_DEFCONFIGS]
        for name in dict.fromkeys(named):
            if self._meets(Recipe(name), owner):
                return Recipe(name)
        related = self._kconfig.related(symbols, arch.source)
        ranked = sorted(
            self._defconfigs.best(arch, related), key=lambda n: not self._promises(n, owner)
        )
        bases = ["allmodconfig", *ranked[:_MOST_DEFCONFIGS]]
        for base in map(Recipe, bases):
            for recipe in (base, *self._with_wishes(base, owner)):
                if self._meets(recipe, owner):
                    return recipe
        tried = ", ".join(recipe.name for recipe in self._configs)
        return _NotHere(f"{arch.name}: no configuration sets {_described(owner)} (tried {tried})")

    def _promises(self, defconfig: str, owner: Owner) -> bool:
        """Whether the text of `defconfig` suggests that the remaining symbols can be set.

        Symbols at their default are not in the text, so this only affects the order.
        """
        source = self._toolchain.arch.source
        named = self._defconfigs.of(self._toolchain.arch)[defconfig]
        config = dict.fromkeys(self._kconfig.with_selected(named, source), "y")
        return any(
            self._kconfig.wishes(_needed(way), source, config) is not None for way in owner.ways
        )

    def _with_wishes(self, base: Recipe, owner: Owner) -> Iterator[Recipe]:
        config = self._config(base)
        if isinstance(config, NoConfig):
            return
        for way in owner.ways:
            off = {g.symbol: "n" for g in way if not set(g.values) & set(ON)}
            wishes = self._kconfig.wishes(_needed(way), self._toolchain.arch.source, config.values)
            if wishes is not None and (wishes or off):
                yield Recipe(base.base, tuple(sorted((wishes | off).items())))

    def _meets(self, recipe: Recipe, owner: Owner) -> bool:
        config = self._config(recipe)
        if isinstance(config, NoConfig):
            return False
        return any(all(guard.met(config.values) for guard in way) for way in owner.ways)

    def _config(self, recipe: Recipe) -> Config | NoConfig:
        if recipe not in self._configs:
            folder = self._make_folder(self._toolchain, recipe)
            self._configs[recipe] = folder.config(self._server)
        return self._configs[recipe]


def _unit(path: str, arch: str, recipe: Recipe, owner: Owner) -> Unit:
    """The object that `owner` builds; make would derive its folder from the target."""
    folder = posixpath.dirname(owner.makefile)
    return Unit(
        path,
        arch,
        recipe,
        owner.target,
        owner="" if folder == posixpath.dirname(owner.target) else folder,
    )


def _needed(way: Way) -> list[str]:
    return sorted(g.symbol for g in way if set(g.values) & set(ON))


def _described(owner: Owner) -> str:
    ways = [" and ".join(str(guard) for guard in sorted(way)) for way in owner.ways]
    return " or ".join(ways[:_MOST_REASONS])


def _can_be_set(kconfig: Kconfig, arch: Architecture, owner: Owner) -> bool:
    """Whether the symbols of one of the ways can be set (or be off) on `arch` at all."""
    for way in owner.ways:
        if not all(kconfig.can_be_off(g.symbol, arch.source) for g in way if g.values == OFF):
            continue
        allowed = kconfig.architectures(_needed(way))
        if allowed is None or arch.source in allowed:
            return True
    return False


def _outcome(search: _Search) -> tuple[Route, ...]:
    """The result, and the compilers that were missing; without a result the most useful reason."""
    missing = [r for r in search.reasons if ": no compiler " in r.reason]
    if search.found:
        return (*search.found, *missing)
    nowhere = Unroutable(search.path, "", "no architecture can set the symbols that it needs")
    return ((missing or search.reasons[-1:] or [nowhere])[0],)
