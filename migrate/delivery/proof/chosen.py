# SPDX-License-Identifier: GPL-2.0-only
"""The exercises for a branch, and why a group was not reached."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from migrate.analysis.model import PinGroup
from migrate.delivery.proof.machine.exercises import Exercise
from migrate.delivery.proof.scratch.configuration import Configuring, NotHere
from migrate.rewrite.profile.faulted import only_faults


@dataclass(frozen=True)
class Chosen:
    """The exercises to run, the options to set for them, the objects that cannot be built here,
    those that need a machine that QEMU does not have, the groups that take no pins, and by object
    the exercises that were left out, and the devices that QEMU was built without."""

    exercises: tuple[Exercise, ...]
    wishes: tuple[Mapping[str, str], ...]
    not_here: Mapping[str, str]
    machines: Mapping[str, str]
    lookups: frozenset[str]
    left_out: Mapping[str, str] = field(default_factory=dict)
    no_device: Mapping[str, str] = field(default_factory=dict)

    def files_of(self, exercise: str) -> frozenset[str]:
        return frozenset(p for e in self.exercises if e.name == exercise for p in e.objects)

    @property
    def command_line(self) -> str:
        return " ".join(e.command_line for e in self.exercises if e.command_line)

    @property
    def hardware(self) -> tuple[str, ...]:
        return tuple(argument for e in self.exercises for argument in e.hardware)

    @property
    def seconds(self) -> int:
        return sum(e.seconds for e in self.exercises)

    def why_not(self, group: PinGroup, results: Mapping[str, str]) -> str:
        """Why `group` was not reached; `results` are those of the exercises."""
        if reason := _nothing_to_see(group, self.lookups):
            return reason
        for path in group.paths:
            if path in self.not_here:
                return self.not_here[path]
        fitting = [e for e in self.exercises if set(e.objects) & set(group.paths)]
        if not fitting:
            for path in group.paths:
                if path in self.left_out:
                    return f"the exercise {self.left_out[path]} was left out"
                if path in self.no_device:
                    return f"this QEMU has no {self.no_device[path]}"
                if path in self.machines:
                    return f"takes {self.machines[path]}"
            return no_exercise(group)
        for exercise in fitting:
            what = results.get(exercise.name, "it did not run")
            if what != "done":
                return f"{exercise.name}: {what}"
        return f"{', '.join(e.name for e in fitting)} does not get there"


def _nothing_to_see(group: PinGroup, lookups: Collection[str]) -> str:
    """Why no run of a group would show a pair, or ""."""
    if only_faults(group):
        return "it only has a page faulted in, and takes none"
    if group.name in lookups and not group.releases:
        return "it looks a page up and hands it on, and releases nothing itself"
    return ""


def no_exercise(group: PinGroup) -> str:
    """Why a group without an exercise was not reached."""
    return f"no exercise for {', '.join(group.paths)}"


def choose(
    every: Iterable[Exercise],
    groups: Sequence[PinGroup],
    configuring: Configuring,
    machines: Mapping[str, str],
    lookups: frozenset[str],
    without: Collection[str] = (),
    has_device: Callable[[str], bool] = lambda _: True,
) -> Chosen:
    """Those of `every` that are for a file of `groups` and for the architecture, with the options
    to set for them. `machines` are files that need a machine that QEMU does not have, `lookups` the
    groups that only look pages up, `without` the names of exercises that are left out, and
    `has_device` says which devices QEMU has."""
    converted = sorted({path for group in groups for path in group.paths})
    here = {path: configuring.wishes(path) for path in converted if path.endswith(".c")}
    worth = {p for g in groups if not _nothing_to_see(g, lookups) for p in g.paths}
    wishes: list[Mapping[str, str]] = []
    chosen = []
    left_out: dict[str, str] = {}
    no_device: dict[str, str] = {}
    for exercise in every:
        if exercise.name in without:
            left_out |= dict.fromkeys(exercise.objects, exercise.name)
            continue
        objects = [o for o in exercise.objects if o in worth]
        found = [w for o in objects if isinstance(w := here.get(o), dict)]
        if not found or exercise.arch != configuring.arch.name:
            continue
        if exercise.device and not has_device(exercise.device):
            no_device |= dict.fromkeys(exercise.objects, exercise.device)
        else:
            chosen.append(exercise)
            wishes += [*found, configuring.with_needs(exercise.symbols)]
    not_here = {path: w.reason for path, w in here.items() if isinstance(w, NotHere)}
    return Chosen(tuple(chosen), tuple(wishes), not_here, machines, lookups, left_out, no_device)
