# SPDX-License-Identifier: GPL-2.0-only
"""The proof of a run's branch: made once per branch, and then read from the workspace."""

from __future__ import annotations

import hashlib
import shutil
import time
from dataclasses import dataclass
from functools import cache

from migrate.analysis.model import Action
from migrate.base.data import data_folder
from migrate.base.stores.stage_file import fingerprint
from migrate.delivery.proof.machine.emulated import Emulated, emulated_machines
from migrate.delivery.proof.model import Outcome, Proof
from migrate.kernel.kbuild.toolchains import find_toolchain, known_architecture
from migrate.rewrite.profile.model import Profile
from migrate.runs.identity import tool_identity
from migrate.runs.job import Job

_STAGE = "proof"
_FOLDER = "proof"
_PLAIN = ("put_page", "release_pages")
"""The releases of plain references: if a profile uses only these, nothing is a pin."""


@dataclass(frozen=True)
class Thoroughness:
    """Whether controls with wrong releases are run, whether KASAN is on, and the exercises that
    are left out."""

    controls: bool = True
    kasan: bool = False
    without: tuple[str, ...] = ()

    @property
    def as_much(self) -> list[Thoroughness]:
        """All levels that include this one."""
        spoiled = (True,) if self.controls else (True, False)
        watched = (True,) if self.kasan else (True, False)
        fewer = dict.fromkeys(((), self.without))
        return [Thoroughness(s, w, o) for s in spoiled for w in watched for o in fewer]


def known_proof(job: Job, wanted: Thoroughness) -> Proof | None:
    """The proof of this branch by this version of the tool, if there is one that is as thorough."""
    stored = job.workspace.load(_STAGE, Proof)
    if stored is None or stored.value.problem or stored.value.again:
        return None
    return stored.value if stored.inputs in [_inputs(job, t) for t in wanted.as_much] else None


def make_proof(job: Job, wanted: Thoroughness) -> Proof:
    """Build and boot the branch, with the workspace locked, and store the observations."""
    from migrate.delivery.proof.prove import prove
    from migrate.delivery.proof.task import Task

    converted = {group for commit in job.branch.commits for group in commit.groups}
    told = job.listener
    told.started(_STAGE)
    start = time.monotonic()
    proof = prove(
        Task(
            job.branch,
            tuple(g for g in job.classification.groups if g.name in converted),
            _releases(job.profile),
            job.workspace.repository(),
            job.workspace.root / _FOLDER,
            job.options.build,
            told.progress,
            frozenset(v.group for v in job.classification.verdicts if v.action is Action.FOLLOW),
            wanted.controls,
            wanted.kasan,
            frozenset(wanted.without),
        )
    )
    job.workspace.save(_STAGE, proof, _inputs(job, wanted))
    told.finished(_STAGE, summary(proof), time.monotonic() - start)
    return proof


def summary(proof: Proof) -> str:
    """One line for the terminal."""
    if proof.problem:
        return "nothing proved"
    counts = {o: sum(g.outcome is o for g in proof.groups) for o in Outcome}
    text = ", ".join(f"{n} {outcome}" for outcome, n in counts.items() if n) or "no groups"
    controlled = sum(g.controlled for g in proof.groups)
    return f"{text}, {controlled} controlled" if controlled else text


def _releases(profile: Profile) -> tuple[str, ...]:
    """The functions of a profile that release pins."""
    names = [n for r in profile.release for n in (r.target, r.loop, r.loop_dirty_lock)]
    return tuple(dict.fromkeys(n for n in names if n and n not in _PLAIN))


def _inputs(job: Job, wanted: Thoroughness) -> str:
    machines = [_machine(job, e) for e in emulated_machines()]
    commit, groups = job.results["commit"].digest, job.results["classify"].digest
    parts = (tool_identity(), _exercises(), *machines, commit, groups, repr(wanted))
    return fingerprint(*parts)


def _machine(job: Job, emulated: Emulated) -> str:
    """The compiler and emulator for a machine, as text: a proof may say that they were missing."""
    toolchain = find_toolchain(known_architecture(emulated.arch), job.options.build.choice)
    there = shutil.which(emulated.emulator) is not None
    return f"{toolchain.identity if toolchain else ''} {there}"


@cache
def _exercises() -> str:
    total = hashlib.sha256()
    for path in sorted(data_folder("exercises").rglob("*")):
        if path.is_file():
            total.update(path.name.encode() + b"\0" + path.read_bytes())
    return total.hexdigest()
