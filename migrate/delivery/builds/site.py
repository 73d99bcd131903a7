# SPDX-License-Identifier: GPL-2.0-only
"""Where building happens: the work tree, the compilers, and a build folder for each recipe."""

from __future__ import annotations

from pathlib import Path

from migrate.base.borrowed import check_out
from migrate.delivery.builds.choices import check_options
from migrate.delivery.builds.folder import BuildFolder
from migrate.delivery.builds.model import BuildOptions, Recipe, Unit
from migrate.delivery.builds.states import States
from migrate.delivery.model import Branch
from migrate.kernel.toolchains import Toolchain, architectures, find_toolchain


class Site:
    """The places and programs of one run over one branch."""

    def __init__(self, branch: Branch, worktree: Path, builds: Path, options: BuildOptions) -> None:
        self.branch = branch
        self.worktree = worktree
        self.builds = builds
        self.options = options
        self.states = States(worktree, branch)
        self.toolchains = {a.name: t for a in architectures() if (t := find_toolchain(a))}
        self._folders: dict[tuple[str, Recipe], BuildFolder] = {}
        self._sparse = check_options(options)
        self._checked_out = ""
        for log in builds.glob("*/*.log"):
            log.unlink()

    def switch(self, commit: str) -> None:
        """Have `commit` in the work tree."""
        if self._checked_out != commit:
            check_out(self.worktree, commit)
            self._checked_out = commit

    def leave(self) -> None:
        """Leave the work tree at the tip of the branch, if it was touched at all."""
        if self._checked_out:
            self.switch(self.branch.tip)

    def folder(self, toolchain: Toolchain, recipe: Recipe) -> BuildFolder:
        """The build folder of `recipe`, the same one for the same question."""
        key = (toolchain.arch.name, recipe)
        if key not in self._folders:
            environment = self.states.environment(self.branch.tip)
            self._folders[key] = BuildFolder(
                self.builds, self.worktree, toolchain, recipe, self.options, environment
            )
        return self._folders[key]

    def folder_of(self, unit: Unit) -> BuildFolder:
        return self.folder(self.toolchains[unit.arch], unit.recipe)

    def context(self, unit: Unit) -> tuple[str, ...]:
        """The compiler and the arguments under which results of `unit` count."""
        arguments = self.folder_of(unit).arguments
        return (self.toolchains[unit.arch].identity, *arguments, self._sparse)
