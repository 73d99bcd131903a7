# SPDX-License-Identifier: GPL-2.0-only
"""A branch on one machine: build it, boot it, judge what was seen, and spoil releases to see that
the record of pins notices."""

from __future__ import annotations

import shutil
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from migrate.analysis.model import PinGroup
from migrate.delivery.compile.model import BuildOptions, Recipe
from migrate.delivery.proof.blocks import blocks
from migrate.delivery.proof.chosen import Chosen, choose, no_exercise
from migrate.delivery.proof.configuration import Configuring, recipe
from migrate.delivery.proof.controls import (
    Names,
    NotSpoiled,
    Round,
    Spoiled,
    is_final,
    judged,
    not_made,
    rounds,
    spoil_round,
    unbuilt,
)
from migrate.delivery.proof.covered import Covered
from migrate.delivery.proof.judge import failed_by_splats, judge, seen
from migrate.delivery.proof.kernel import Kernels, NotBuilt
from migrate.delivery.proof.machine.boot import Machine, boot, fastest
from migrate.delivery.proof.machine.console import Console
from migrate.delivery.proof.machine.emulated import Emulated
from migrate.delivery.proof.machine.exercises import exercises, machines
from migrate.delivery.proof.machine.guest import NoGuest, make_guest
from migrate.delivery.proof.model import (
    Control,
    ExerciseResult,
    GroupProof,
    Line,
    Outcome,
    Proof,
)
from migrate.delivery.proof.named import named, of_kernel
from migrate.delivery.proof.places import Places, hunks_between
from migrate.delivery.proof.task import Prepared, Stop, Task
from migrate.kernel.kbuild.toolchains import (
    Toolchain,
    find_toolchain,
    known_architecture,
    missing_compiler,
)
from migrate.kernel.tree import Tree

_PLAIN = "plain"
_PASSES = 6
"""How often each exercise is run; data/guest.c says how."""
_BOOTS = 3
"""How often a control is booted at most: what fails in an exercise, and when, is not always the
same, so that a release may not be reached."""
_KASAN_MEMORY = 1536
_KASAN_SLOWNESS = 3


def trial(
    task: Task, prepared: Prepared, emulated: Emulated, controlled: frozenset[str]
) -> Proof | None:
    """What is seen on one machine, None where no exercise is for it; `controlled` are groups whose
    releases need not be spoiled there."""
    paths = {path for group in task.groups for path in group.paths}
    exercised = {p for e in exercises() if e.arch == emulated.arch for p in e.objects} & paths
    if not exercised:
        return None
    try:
        return _Trial(task, prepared, emulated).proof(controlled)
    except Stop as stop:
        return _failed(task, f"{emulated.arch}: {stop}", exercised, stop)


def _failed(task: Task, reason: str, exercised: Collection[str], stop: Stop) -> Proof:
    """A proof of nothing, which says so of each group that could have been seen."""
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
        groups = self._covered(self._judge(console, self._prepared.commit, chosen), console, wanted)
        if task.controls:
            groups = self._controlled(groups, controlled, chosen, wanted, machine)
        kasan = ", KASAN" if task.kasan else ""
        return Proof(
            task.branch.tip,
            f"Linux {console.release}, {machine.description}{kasan}",
            "",
            groups,
            tuple(ExerciseResult(n, w) for n, w in _results(console).items()),
            tuple(dict.fromkeys(splat.text for splat in console.splats)),
            console.unfinished,
            seconds=seconds,
        )

    def _boot(self, machine: Machine, commit: str, log: Path) -> Console:
        """What a guest says, with a problem where its kernel is not that of `commit`."""
        return of_kernel(boot(machine, log), self._source.tree(commit))

    def _log(self, what: str = "") -> Path:
        """Where the console of a boot is kept."""
        parts = (self._emulated.arch, "kasan" if self._task.kasan else "", what.replace(" ", "-"))
        return self._task.place / f"console-{'-'.join(filter(None, parts))}.log"

    def _choose(self) -> Chosen:
        """The exercises, with the configuration that the small machine alone has."""
        small = self._kernels.configuration(
            recipe("small", self._emulated.arch), self._prepared.commit
        )
        if isinstance(small, NotBuilt):
            raise Stop(small.reason)
        configuring = Configuring(self._prepared.tree, self._toolchain.arch, small.values)
        task = self._task
        chosen = choose(exercises(), task.groups, configuring, machines(), task.lookups)
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
        machine = Machine(self._emulated, image, guest, chosen.command_line, seconds)
        if self._task.kasan:
            longer = seconds * _KASAN_SLOWNESS
            machine = replace(machine, memory=_KASAN_MEMORY, seconds=longer)
        return machine

    def _places(self, commit: str) -> Places:
        hunks = hunks_between(self._source.folder, self._task.branch.base, commit)
        return Places(self._task.groups, hunks, self._source.folder)

    def _judge(self, console: Console, commit: str, chosen: Chosen) -> tuple[GroupProof, ...]:
        """The outcomes by what a guest that ran `commit` says."""
        groups = self._task.groups
        table = console.last
        assert table is not None
        results = _results(console)
        return judge(
            groups,
            seen(table, self._places(commit)),
            failed_by_splats(console, groups, chosen.files_of),
            lambda group: chosen.why_not(group, results),
            self._is_noted,
        )

    def _is_noted(self, group: PinGroup, at: Line) -> bool:
        changed = any(hunk.has_old(at.line) for hunk in self._hunks.get(at.path, ()))
        return changed or group.name in self._task.lookups

    def _covered(
        self, groups: tuple[GroupProof, ...], console: Console, wanted: Recipe
    ) -> tuple[GroupProof, ...]:
        """`groups` with the lines of their functions that ran."""
        table = console.last
        if table is None or not table.places:
            return groups
        self._task.progress("looking which lines ran", 0, 0)
        found = blocks(self._kernels.folder(wanted), table.places, self._toolchain)
        base = Tree(self._source.folder, self._task.branch.base)
        covered = Covered(found, self._places(self._prepared.commit), base)
        by_name = {group.name: group for group in self._task.groups}
        return tuple(
            g
            if g.outcome is Outcome.NOT_REACHED
            else replace(g, lines=covered.of(by_name[g.group]))
            for g in groups
        )

    def _controlled(
        self,
        groups: tuple[GroupProof, ...],
        before: frozenset[str],
        chosen: Chosen,
        wanted: Recipe,
        machine: Machine,
    ) -> tuple[GroupProof, ...]:
        """`groups` with what became of releases that were spoiled, but for those of `before`."""
        made: dict[str, list[Control]] = {}
        every = rounds([g for g in groups if g.group not in before], self._task.lookups)
        for number, one in enumerate(every, 1):
            what = f"control {number} of {len(every)}"
            for group, control in self._control(one, what, chosen, wanted, machine):
                made.setdefault(group, []).append(control)
        return tuple(replace(g, controls=tuple(made.get(g.group, ()))) for g in groups)

    def _control(
        self, tried: Round, what: str, chosen: Chosen, wanted: Recipe, machine: Machine
    ) -> Iterator[tuple[str, Control]]:
        prepared, before = self._prepared, self._source.tree(self._prepared.commit)
        made_of = prepared.instrumented
        names = Names(made_of.acquires, made_of.releases, made_of.drops)
        base = Tree(self._source.folder, self._task.branch.base)
        files, failed = spoil_round(tried, base, prepared.tree, self._hunks, names)
        while True:
            commit = self._source.commit(before.commit, named(files, before))
            image = self._kernels.build(wanted, commit, what)
            if not isinstance(image, NotBuilt):
                break
            bad = unbuilt(tried, image.objects)
            left_out = files.keys() & {item.release.path for item in bad}
            if not left_out:
                yield from not_made(tried, image.reason)
                return
            # One file that does not compile is no reason against all others.
            files = {path: text for path, text in files.items() if path not in left_out}
            failed |= bad
        made: dict[str, Control] = {}
        unspoiled = {item.group for item in failed}
        for attempt in range(1, _BOOTS + 1):
            self._task.progress(f"booting {what}", 0, 0)
            # In all passes: there are releases that only run when something fails.
            log = self._log(f"{what} attempt {attempt}" if attempt > 1 else what)
            console = self._boot(replace(machine, image=image), commit, log)
            for group, control in self._noticed(tried, console, commit, chosen, failed):
                if group not in made or not is_final(made[group]):
                    made[group] = control
            if all(is_final(control) for name, control in made.items() if name not in unspoiled):
                break
        yield from made.items()

    def _noticed(
        self,
        tried: Round,
        console: Console,
        commit: str,
        chosen: Chosen,
        failed: Mapping[Spoiled, NotSpoiled],
    ) -> Iterator[tuple[str, Control]]:
        """What one boot of a round shows."""
        if console.problem or console.last is None:
            return not_made(tried, console.problem)
        places = self._places(commit)
        passed = {line for site in console.last.releases for line in places.lines_of(site)}
        return judged(tried, self._judge(console, commit, chosen), failed, passed)


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


def _results(console: Console) -> Mapping[str, str]:
    """What the exercises said in the pass that counts."""
    return {name: what for (run, name), what in console.results.items() if run == _PLAIN}
