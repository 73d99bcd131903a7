# SPDX-License-Identifier: GPL-2.0-only
"""The place of a build: the work tree, the compilers, and a build folder for each recipe."""

from __future__ import annotations

import re
import shlex
from functools import cached_property
from pathlib import Path

from migrate.base.progress import Progress, silent
from migrate.base.stores.alternates import check_out
from migrate.delivery.builds.states import States
from migrate.delivery.builds.store import Store
from migrate.delivery.compile.choices import check_options
from migrate.delivery.compile.folder import BuildFolder, KernelFacts
from migrate.delivery.compile.model import BuildOptions, Recipe, Unit
from migrate.delivery.model import Branch
from migrate.kernel.kbuild.remedies import make_arguments
from migrate.kernel.kbuild.toolchains import (
    Toolchain,
    architectures,
    find_toolchain,
    other_toolchains,
)
from migrate.kernel.tree import Tree

_MOST_OTHERS = 2
"""Compilers that are tried besides the default one; each needs a configuration of its own."""


class Site:
    """The folders and programs of one run over one branch."""

    def __init__(
        self,
        branch: Branch,
        worktree: Path,
        builds: Path,
        options: BuildOptions,
        progress: Progress = silent,
    ) -> None:
        self.branch = branch
        self.worktree = worktree
        self.builds = builds
        self.options = options
        self._progress = progress
        self.states = States(worktree, branch)
        self.tree = Tree(worktree, branch.tip)
        self.toolchains = {
            a.name: t for a in architectures() if (t := find_toolchain(a, options.choice))
        }
        self._others: dict[tuple[str, str], Toolchain] = {}
        self._folders: dict[tuple[str, str, Recipe], BuildFolder] = {}
        self._sparse = check_options(options)
        self._checked_out = ""
        for log in builds.glob("*/*.log"):
            log.unlink()

    def switch(self, commit: str) -> None:
        """Check `commit` out in the work tree."""
        if self._checked_out != commit:
            self._progress(f"checking {commit[:12]} out", 0, 0)
            check_out(self.worktree, commit)
            self._checked_out = commit

    def leave(self) -> None:
        """Leave the work tree at the tip of the branch, if it was changed."""
        if self._checked_out:
            self.switch(self.branch.tip)

    def folder(self, toolchain: Toolchain, recipe: Recipe) -> BuildFolder:
        """The build folder of `recipe`; the same arguments give the same folder."""
        key = (toolchain.arch.name, toolchain.compiler, recipe)
        if key not in self._folders:
            usual = self.toolchains.get(toolchain.arch.name)
            other = usual is not None and usual.compiler != toolchain.compiler
            self._folders[key] = BuildFolder(
                self.builds,
                self.worktree,
                toolchain,
                recipe,
                self.options,
                self._facts,
                other_compiler=other,
            )
            self._folders[key].progress = self._progress
        return self._folders[key]

    def folder_of(self, unit: Unit) -> BuildFolder:
        return self.folder(self._toolchain(unit), unit.recipe)

    def others(self, arch: str) -> tuple[Toolchain, ...]:
        """The other compilers for `arch` that may be tried, the best first; none if the user has
        chosen the compiler."""
        if self.options.choice.is_made_for(arch):
            return ()
        known = {a.name: a for a in architectures()}
        found = other_toolchains(known[arch], self.tree.version)[:_MOST_OTHERS]
        self._others |= {(arch, t.compiler): t for t in found}
        return found

    def context(self, unit: Unit) -> tuple[str, ...]:
        """The compiler and the arguments for which results of `unit` are valid."""
        arguments = self.folder_of(unit).arguments
        return (self._toolchain(unit).identity, *arguments, self._sparse)

    def how(self, unit: Unit) -> tuple[str, ...]:
        """What was needed to build `unit` besides the default compiler, one item per line."""
        folder = self.folder_of(unit)
        lines = []
        if unit.compiler:
            usual = self.toolchains[unit.arch].description
            lines.append(
                f"{unit.arch}: {folder.toolchain.description}, because {usual} does not build it"
            )
        elif self.options.choice.is_made_for(unit.arch):
            lines.append(f"{unit.arch}: {folder.toolchain.description}, which was asked for")
        for remedy in folder.remedies:
            given = shlex.join(make_arguments([remedy], folder.toolchain.host))
            lines.append(f"{unit.arch}: make {given}, because {remedy.why}")
        return tuple(lines)

    def introduce(self, unit: Unit, store: Store) -> None:
        """Tell `store` for which configuration, compiler and arguments results of `unit` are valid;
        does nothing if there is no configuration."""
        if config := self.folder_of(unit).known_config():
            store.know(unit, config, self.context(unit))

    def _toolchain(self, unit: Unit) -> Toolchain:
        if unit.compiler:
            return self._others[unit.arch, unit.compiler]
        return self.toolchains[unit.arch]

    @cached_property
    def _facts(self) -> KernelFacts:
        makefile = (self.tree.read("Makefile") or b"").decode("utf-8", "replace")
        return KernelFacts(
            self.tree.version,
            self.states.environment(self.branch.tip),
            re.search(r"^\s*build-dir\s*=", makefile, re.M) is not None,
        )
