# SPDX-License-Identifier: GPL-2.0-only
"""A branch on one machine: build it, boot it, judge what was seen, and spoil releases to see that
the record of pins notices."""

from __future__ import annotations

import shutil
import time
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from migrate.delivery.compile.model import BuildOptions, Recipe
from migrate.delivery.proof.chosen import Chosen, choose, no_exercise
from migrate.delivery.proof.controlled import Controls
from migrate.delivery.proof.judging import Judging, results
from migrate.delivery.proof.machine.boot import Machine, boot, fastest
from migrate.delivery.proof.machine.console import Console
from migrate.delivery.proof.machine.emulated import Emulated
from migrate.delivery.proof.machine.exercises import exercises, machines
from migrate.delivery.proof.machine.guest import NoGuest, make_guest
from migrate.delivery.proof.model import ExerciseResult, GroupProof, Outcome, Proof
from migrate.delivery.proof.scratch.configuration import Configuring, recipe
from migrate.delivery.proof.scratch.kernel import Kernels, NotBuilt
from migrate.delivery.proof.scratch.named import of_kernel
from migrate.delivery.proof.seen.blocks import blocks
from migrate.delivery.proof.seen.covered import Covered
from migrate.delivery.proof.seen.places import hunks_between
from migrate.delivery.proof.task import Prepared, Stop, Task
from migrate.kernel.kbuild.toolchains import (
    Toolchain,
    find_toolchain,
    known_architecture,
    missing_compiler,
)
from migrate.kernel.tree import Tree

_PASSES = 6
"""How often each exercise runs; see data/guest.c."""
_KASAN_MEMORY = 1536
_KASAN_SLOWNESS = 3


def trial(
    task: Task, prepared: Prepared, emulated: Emulated, controlled: frozenset[str]
) -> Proof | None:
    """The proof on one machine, None if no exercise is for it; `controlled` are groups whose
    releases need not be spoiled there."""
    paths = {path for group in task.groups for path in group.paths}
    every = [e for e in exercises() if e.name not in task.without]
    exercised = {p for e in every if e.arch == emulated.arch for p in e.objects} & paths
    if not exercised:
        return None
    try:
        return _Trial(task, prepared, emulated).proof(controlled)
    except Stop as stop:
        return _failed(task, f"{emulated.arch}: {stop}", exercised, stop)


def _failed(task: Task, reason: str, exercised: Collection[str], stop: Stop) -> Proof:
    """A failed proof, with the reason for each group that could have been reached."""
    groups = tuple(
        GroupProof(
            g.name,
            Outcome.NOT_REACHED,
            reason=reason if set(exercised) & set(g.paths) else no_exercise(g),
        )
        for g in task.groups
    )
    return Proof(task.branch.tip, problem=str(stop), groups=groups, again=stop.again)


class _Trial:
    """The parts of the proof on one machine, in the order in which they are made."""

    def __init__(self, task: Task, prepared: Prepared, emulated: Emulated) -> None:
        self._task = task
        self._prepared = prepared
        self._source = prepared.source
        self._emulated = emulated
        self._toolchain = _toolchain(emulated.arch, task.options)
        options = replace(task.options, instrumentation=True, warnings="", sparse=False)
        self._kernels = Kernels(
            self._source,
            task.place / "build",
            self._toolchain,
            emulated,
            options,
            prepared.tree,
            task.branch.base,
            task.progress,
        )
        self._hunks = hunks_between(self._source.folder, task.branch.base, task.branch.tip)

    def proof(self, controlled: frozenset[str]) -> Proof:
        task = self._task
        chosen = self._choose()
        guest = self._guest(chosen)
        wanted = recipe("proof", self._emulated.arch, chosen.wishes, kasan=task.kasan)
        image = self._kernels.build(wanted, self._prepared.commit, "the kernel")
        if isinstance(image, NotBuilt):
            raise Stop(image.reason)
        task.progress("booting it", 0, 0)
        machine = fastest(self._machine(image, guest, chosen), self._log("kvm"))
        start = time.monotonic()
        console = self._boot(machine, self._prepared.commit, self._log())
        seconds = round(time.monotonic() - start, 1)
        if console.problem:
            raise Stop(console.problem, again=shutil.which(self._emulated.emulator) is not None)
        judging = Judging(task, self._prepared, chosen, self._hunks)
        groups = self._covered(judging, console, wanted)
        if task.controls:

            def boots(image: Path, commit: str, what: str) -> Console:
                return self._boot(replace(machine, image=image), commit, self._log(what))

            groups = Controls(judging, self._kernels, wanted, boots).of(groups, controlled)
        kasan = ", KASAN" if task.kasan else ""
        return Proof(
            task.branch.tip,
            f"Linux {console.release}, {machine.description}{kasan}",
            "",
            groups,
            tuple(ExerciseResult(n, w) for n, w in results(console).items()),
            tuple(dict.fromkeys(splat.text for splat in console.splats)),
            console.unfinished,
            seconds=seconds,
        )

    def _boot(self, machine: Machine, commit: str, log: Path) -> Console:
        """The console of a guest, with a problem if its kernel is not that of `commit`."""
        return of_kernel(boot(machine, log), self._source.tree(commit))

    def _log(self, what: str = "") -> Path:
        """The file for the console of a boot."""
        parts = (self._emulated.arch, "kasan" if self._task.kasan else "", what.replace(" ", "-"))
        return self._task.place / f"console-{'-'.join(filter(None, parts))}.log"

    def _choose(self) -> Chosen:
        """The exercises, with the configuration of the small machine."""
        small = self._kernels.configuration(
            recipe("small", self._emulated.arch), self._prepared.commit
        )
        if isinstance(small, NotBuilt):
            raise Stop(small.reason)
        configuring = Configuring(self._prepared.tree, self._toolchain.arch, small.values)
        task = self._task
        chosen = choose(
            exercises(),
            task.groups,
            configuring,
            machines(),
            task.lookups,
            task.without,
            self._emulated.has,
        )
        if not chosen.exercises:
            raise Stop("none of the files that exercises are for can be built")
        return chosen

    def _guest(self, chosen: Chosen) -> Path:
        folder = self._task.place / "guest" / self._emulated.arch
        made = make_guest(
            chosen.exercises,
            _for_programs(self._toolchain),
            folder,
            libc=self._emulated.libc,
            slowness=_KASAN_SLOWNESS if self._task.kasan else 1,
        )
        if isinstance(made, NoGuest):
            raise Stop(made.reason)
        path = folder / "initramfs"
        path.write_bytes(made)
        return path

    def _machine(self, image: Path, guest: Path, chosen: Chosen) -> Machine:
        seconds = chosen.seconds * _PASSES
        share = self._task.place / "share"
        share.mkdir(exist_ok=True)
        machine = Machine(
            self._emulated,
            image,
            guest,
            chosen.command_line,
            seconds,
            # QEMU takes two commas for one.
            hardware=tuple(
                argument.replace("{share}", str(share.resolve()).replace(",", ",,"))
                for argument in chosen.hardware
            ),
        )
        if self._task.kasan:
            longer = seconds * _KASAN_SLOWNESS
            machine = replace(machine, memory=_KASAN_MEMORY, seconds=longer)
        return machine

    def _covered(
        self, judging: Judging, console: Console, wanted: Recipe
    ) -> tuple[GroupProof, ...]:
        """The outcomes, with the lines of the groups' functions that ran."""
        groups = judging.judge(console, self._prepared.commit)
        table = console.last
        if table is None or not table.places:
            return groups
        self._task.progress("looking which lines ran", 0, 0)
        found = blocks(self._kernels.folder(wanted), table.places, self._toolchain)
        base = Tree(self._source.folder, self._task.branch.base)
        covered = Covered(found, judging.places(self._prepared.commit), base)
        by_name = {group.name: group for group in self._task.groups}
        return tuple(
            g
            if g.outcome is Outcome.NOT_REACHED
            else replace(g, lines=covered.of(by_name[g.group]))
            for g in groups
        )


def _toolchain(arch: str, options: BuildOptions) -> Toolchain:
    known = known_architecture(arch)
    found = find_toolchain(known, options.choice)
    if found is None:
        raise Stop(missing_compiler(known, options.choice).removeprefix(f"{arch}: "))
    return found


def _for_programs(toolchain: Toolchain) -> list[str]:
    """The compiler, with what it needs to make programs for the machine."""
    prefix = toolchain.prefix.rstrip("-")
    target = [f"--target={prefix}"] if "clang" in toolchain.compiler and prefix else []
    return [toolchain.compiler, *target]
