# SPDX-License-Identifier: GPL-2.0-only
"""Prove a branch: build it with a record of pins, boot it, judge what was seen, and spoil releases
to see that the record notices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from migrate.analysis.model import PinGroup
from migrate.base.progress import Progress
from migrate.delivery.compile.model import BuildOptions, Recipe
from migrate.delivery.model import Branch
from migrate.delivery.proof.boot import Machine, boot
from migrate.delivery.proof.chosen import Chosen, choose
from migrate.delivery.proof.configuration import Configuring, recipe
from migrate.delivery.proof.console import Console
from migrate.delivery.proof.controls import (
    Names,
    NotSpoiled,
    Round,
    Spoiled,
    judged,
    not_made,
    rounds,
    spoil,
)
from migrate.delivery.proof.exercises import exercises, machines
from migrate.delivery.proof.guest import NoGuest, make_guest
from migrate.delivery.proof.instrument import Instrumented, Unfit, instrument
from migrate.delivery.proof.judge import failed_by_splats, judge, seen
from migrate.delivery.proof.kernel import Kernels, NotBuilt
from migrate.delivery.proof.model import Control, ExerciseResult, GroupProof, Proof
from migrate.delivery.proof.places import Hunk, Places, hunks_between
from migrate.delivery.proof.source import open_source
from migrate.kernel.kbuild.toolchains import (
    Toolchain,
    find_toolchain,
    known_architecture,
    missing_compiler,
)
from migrate.kernel.tree import Tree

_ARCH = "x86_64"
_PLAIN = "plain"
_PASSES = 3
_MACHINE = "QEMU, x86_64, interpreted"


@dataclass(frozen=True)
class Task:
    """What to prove, and where: `groups` are those that `branch` converts, `repository` has its
    commits, `place` is kept from run to run; `releases` are the functions of the profile that
    release pins, and `lookups` the groups that take none. Without `controls` no release is
    spoiled."""

    branch: Branch
    groups: tuple[PinGroup, ...]
    releases: tuple[str, ...]
    repository: Path
    place: Path
    options: BuildOptions
    progress: Progress
    lookups: frozenset[str] = frozenset()
    controls: bool = True


class _Stop(Exception):
    """Nothing can be claimed, for this reason."""


def prove(task: Task) -> Proof:
    """What is seen of the groups of `task` at run time. Whatever keeps a kernel from being built
    or booted is the `problem` of the proof, in which nothing is claimed then."""
    try:
        return _Proving(task).proof()
    except _Stop as stop:
        return Proof(task.branch.tip, problem=str(stop))


class _Proving:
    """The parts of one proof, in the order in which they are made."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._toolchain = _toolchain(task.options)
        self._source = open_source(task.repository, task.place / "source")
        self._tree = self._source.tree(task.branch.tip)
        self._instrumented = _fitting(instrument(self._tree, task.releases))
        self._commit = self._source.commit(task.branch.tip, self._instrumented.files)
        options = replace(task.options, instrumentation=True, warnings="", sparse=False)
        self._kernels = Kernels(
            self._source,
            task.place / "build",
            self._toolchain,
            options,
            self._tree,
            task.branch.base,
            task.progress,
        )
        self._hunks = hunks_between(self._source.folder, task.branch.base, task.branch.tip)

    def proof(self) -> Proof:
        task = self._task
        chosen = self._choose()
        guest = self._guest(chosen)
        wanted = recipe("proof", chosen.wishes)
        image = self._kernels.build(wanted, self._commit, "the kernel")
        if isinstance(image, NotBuilt):
            raise _Stop(image.reason)
        task.progress("booting it", 0, 0)
        console = boot(_machine(image, guest, chosen), task.place / "console.log")
        if console.problem:
            raise _Stop(console.problem)
        groups = self._judge(console, self._commit, chosen)
        if task.controls:
            groups = self._controlled(groups, chosen, wanted, guest)
        return Proof(
            task.branch.tip,
            f"Linux {console.release}, {_MACHINE}",
            "",
            groups,
            tuple(ExerciseResult(n, w) for n, w in _results(console).items()),
            tuple(dict.fromkeys(splat.text for splat in console.splats)),
            console.unfinished,
        )

    def _choose(self) -> Chosen:
        """The exercises, with the configuration that the small machine alone has."""
        small = self._kernels.configuration(recipe("small"), self._commit)
        if isinstance(small, NotBuilt):
            raise _Stop(small.reason)
        configuring = Configuring(self._tree, self._toolchain.arch, small.values)
        task = self._task
        chosen = choose(exercises(), task.groups, configuring, machines(), task.lookups)
        if not chosen.exercises:
            raise _Stop("there is no exercise for any file of the branch")
        return chosen

    def _guest(self, chosen: Chosen) -> Path:
        folder = self._task.place / "guest"
        made = make_guest(chosen.exercises, self._toolchain.compiler, folder)
        if isinstance(made, NoGuest):
            raise _Stop(made.reason)
        path = folder / "initramfs"
        path.write_bytes(made)
        return path

    def _judge(self, console: Console, commit: str, chosen: Chosen) -> tuple[GroupProof, ...]:
        """The outcomes by what a guest that ran `commit` says."""
        groups = self._task.groups
        table = console.last
        assert table is not None
        hunks = hunks_between(self._source.folder, self._task.branch.base, commit)
        places = Places(groups, hunks, self._source.folder)
        results = _results(console)
        return judge(
            groups,
            seen(table, places),
            failed_by_splats(console, groups, chosen.files_of),
            lambda group: chosen.why_not(group, results),
            self._is_changed,
        )

    def _is_changed(self, path: str, line: int) -> bool:
        return any(hunk.has_old(line) for hunk in self._hunks.get(path, ()))

    def _controlled(
        self, groups: tuple[GroupProof, ...], chosen: Chosen, wanted: Recipe, guest: Path
    ) -> tuple[GroupProof, ...]:
        """`groups` with what became of releases that were spoiled."""
        made: dict[str, list[Control]] = {}
        every = rounds(groups)
        for number, one in enumerate(every, 1):
            what = f"control {number} of {len(every)}"
            for group, control in self._control(one, what, chosen, wanted, guest):
                made.setdefault(group, []).append(control)
        return tuple(replace(g, controls=tuple(made.get(g.group, ()))) for g in groups)

    def _control(
        self, tried: Round, what: str, chosen: Chosen, wanted: Recipe, guest: Path
    ) -> Iterator[tuple[str, Control]]:
        files, failed = self._spoil(tried)
        commit = self._source.commit(self._commit, files)
        image = self._kernels.build(wanted, commit, what)
        if isinstance(image, NotBuilt):
            yield from not_made(tried, image.reason)
            return
        self._task.progress(f"booting {what}", 0, 0)
        log = self._task.place / f"console-{what.replace(' ', '-')}.log"
        # In all passes: there are releases that only run when something fails.
        console = boot(_machine(image, guest, chosen), log)
        if console.problem:
            yield from not_made(tried, console.problem)
            return
        yield from judged(tried, self._judge(console, commit, chosen), failed)

    def _spoil(self, tried: Round) -> tuple[dict[str, bytes], dict[Spoiled, NotSpoiled]]:
        """The files of a round, and what of it could not be spoiled."""
        base = Tree(self._source.folder, self._task.branch.base)
        by_path: dict[str, list[Spoiled]] = {}
        for item in tried.spoiled:
            by_path.setdefault(item.release.path, []).append(item)
        before, after = base.read_many(by_path), self._tree.read_many(by_path)
        files: dict[str, bytes] = {}
        failed: dict[Spoiled, NotSpoiled] = {}
        for path, items in by_path.items():
            hunks: Sequence[Hunk] = self._hunks.get(path, ())
            names = Names(self._instrumented.acquires, self._instrumented.releases)
            files[path], bad = spoil(after[path], before[path], items, hunks, names)
            failed |= bad
        return files, failed


def _machine(image: Path, guest: Path, chosen: Chosen) -> Machine:
    return Machine(image, guest, chosen.command_line, chosen.seconds * _PASSES)


def _toolchain(options: BuildOptions) -> Toolchain:
    arch = known_architecture(_ARCH)
    found = find_toolchain(arch, options.choice)
    if found is None:
        raise _Stop(missing_compiler(arch, options.choice))
    return found


def _fitting(made: Instrumented | Unfit) -> Instrumented:
    if isinstance(made, Unfit):
        raise _Stop(f"the record of pins does not fit this tree: {made.reason}")
    return made


def _results(console: Console) -> Mapping[str, str]:
    """What the exercises said in the pass that counts."""
    return {name: what for (run, name), what in console.results.items() if run == _PLAIN}
