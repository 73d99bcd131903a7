# SPDX-License-Identifier: GPL-2.0-only
"""Proves a branch: builds it with a record of pins, boots it on each machine that reaches a part of
it, and merges the observations."""

from __future__ import annotations

from migrate.delivery.proof.machine.emulated import Emulated, emulated_machines
from migrate.delivery.proof.model import Outcome, Proof
from migrate.delivery.proof.scratch.instrument import Instrumented, Unfit, Wanted, instrument
from migrate.delivery.proof.scratch.named import named
from migrate.delivery.proof.scratch.source import open_source
from migrate.delivery.proof.seen.merged import merged
from migrate.delivery.proof.task import Prepared, Stop, Task
from migrate.delivery.proof.trial import trial


def prove(task: Task) -> Proof:
    """The observations of the groups of `task` at run time. If a kernel cannot be built or booted,
    the proof has a `problem` and claims nothing."""
    try:
        prepared = _prepare(task)
    except Stop as stop:
        return Proof(task.branch.tip, problem=str(stop))
    found: list[tuple[Emulated, Proof]] = []
    for emulated in emulated_machines():
        proved = {g.group for _, p in found for g in p.groups if g.outcome is Outcome.PROVED}
        proof = trial(task, prepared, emulated, frozenset(proved))
        if proof is not None:
            found.append((emulated, proof))
    if not found:
        return Proof(task.branch.tip, problem="there is no exercise for any file of the branch")
    return merged(task.branch.tip, found)


def _prepare(task: Task) -> Prepared:
    source = open_source(task.repository, task.place / "source")
    tree = source.tree(task.branch.tip)
    paths = dict.fromkeys(path for group in task.groups for path in group.paths)
    plain = {p for g in task.groups if g.name in task.lookups and g.releases for p in g.paths}
    wanted = Wanted(task.releases, tuple(paths), tuple(sorted(plain)))
    made = instrument(tree, wanted)
    match made:
        case Unfit(reason):
            raise Stop(f"the record of pins does not fit this tree: {reason}")
        case Instrumented():
            files = named(made.files, tree)
            return Prepared(source, tree, made, source.commit(task.branch.tip, files))
