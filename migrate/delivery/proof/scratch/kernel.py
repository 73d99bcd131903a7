# SPDX-License-Identifier: GPL-2.0-only
"""The kernel of a proof: configured once, and built in a folder that is kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from migrate.base.progress import Progress
from migrate.delivery.compile.folder import BuildFolder, Config, KernelFacts, NoConfig
from migrate.delivery.compile.jobs import JobServer, run_parallel
from migrate.delivery.compile.make import MakeRun
from migrate.delivery.compile.model import BuildOptions, Recipe
from migrate.delivery.proof.machine.emulated import Emulated
from migrate.delivery.proof.scratch.source import Source
from migrate.kernel.kbuild.toolchains import Toolchain
from migrate.kernel.tree import Tree

_MAKEFILE_ASKS = re.compile(rb"^\s*build-dir\s*=", re.M)

R = TypeVar("R")


@dataclass(frozen=True)
class NotBuilt:
    """Why there is no kernel, in one line; `objects` are those that failed to build."""

    reason: str
    objects: tuple[str, ...] = ()


@dataclass
class Kernels:
    """Builds versions of `source` below `place` for one toolchain and one machine; `tree` is the
    tip of the branch, and `identity` represents the input of configurations."""

    source: Source
    place: Path
    toolchain: Toolchain
    emulated: Emulated
    options: BuildOptions
    tree: Tree
    identity: str
    progress: Progress

    def configuration(self, recipe: Recipe, commit: str) -> Config | NotBuilt:
        """The configuration of `recipe`; `commit` is in the work tree then."""
        self.source.switch(commit)
        made = self._run(lambda folder, server: folder.config(server), recipe)
        return NotBuilt(made.reason) if isinstance(made, NoConfig) else made

    def build(self, recipe: Recipe, commit: str, what: str) -> Path | NotBuilt:
        """The image of `commit`; `what` is its name for the user."""
        configured = self.configuration(recipe, commit)
        if isinstance(configured, NotBuilt):
            return configured
        self.progress(f"building {what}", 0, 0)

        def work(folder: BuildFolder, server: JobServer) -> MakeRun:
            while True:
                run = folder.build_all((self.emulated.goal,), commit, server, image=True)
                if run.code == 0 or run.stopped or not folder.cure(run.text):
                    return run

        run = self._run(work, recipe)
        if run.code != 0:
            return NotBuilt(f"{what} does not build: {run.why}", tuple(sorted(run.failed)))
        image = self.folder(recipe) / self.emulated.image
        return image if image.is_file() else NotBuilt(f"make left no {self.emulated.image}")

    def folder(self, recipe: Recipe) -> Path:
        """The build folder for the kernel of `recipe`."""
        return self._folder(recipe).path

    def _run(self, work: Callable[[BuildFolder, JobServer], R], recipe: Recipe) -> R:
        return run_parallel(work, [self._folder(recipe)], self.options.jobs)[0]

    def _folder(self, recipe: Recipe) -> BuildFolder:
        makefile = self.tree.read("Makefile") or b""
        asks = _MAKEFILE_ASKS.search(makefile) is not None
        facts = KernelFacts(self.tree.version, self.identity, asks)
        folder = BuildFolder(
            self.place, self.source.folder, self.toolchain, recipe, self.options, facts
        )
        folder.progress = self.progress
        return folder
