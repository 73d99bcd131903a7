# SPDX-License-Identifier: GPL-2.0-only
"""The proof of a run's branch: made once for the same branch, and then read from the workspace."""

from __future__ import annotations

import hashlib
import time
from functools import cache

from migrate.analysis.model import Action
from migrate.base.data import data_folder
from migrate.base.stores.stage_file import fingerprint
from migrate.delivery.proof.model import Outcome, Proof
from migrate.kernel.kbuild.toolchains import find_toolchain, known_architecture
from migrate.rewrite.profile.model import Profile
from migrate.runs.identity import tool_identity
from migrate.runs.job import Job

_STAGE = "proof"
_FOLDER = "proof"
_PLAIN = ("put_page", "release_pages")
"""What releases plain references: where a profile keeps to these, nothing is a pin."""


def known_proof(job: Job, *, controls: bool) -> Proof | None:
    """The proof of this very branch by this very tool, if there is one with as many controls."""
    stored = job.workspace.load(_STAGE, Proof)
    if stored is None or stored.value.problem:
        return None
    wanted = (True,) if controls else (True, False)
    return stored.value if stored.inputs in [_inputs(job, with_) for with_ in wanted] else None


def make_proof(job: Job, *, controls: bool) -> Proof:
    """Build and boot the branch, the workspace being locked, and keep what was seen."""
    from migrate.delivery.proof.prove import Task, prove

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
            controls,
        )
    )
    job.workspace.save(_STAGE, proof, _inputs(job, controls))
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


def _inputs(job: Job, controls: bool) -> str:
    toolchain = find_toolchain(known_architecture("x86_64"), job.options.build.choice)
    compiler = toolchain.identity if toolchain else ""
    commit, groups = job.results["commit"].digest, job.results["classify"].digest
    return fingerprint(tool_identity(), _exercises(), compiler, commit, groups, str(controls))


@cache
def _exercises() -> str:
    total = hashlib.sha256()
    for path in sorted(data_folder("exercises").rglob("*")):
        if path.is_file():
            total.update(path.name.encode() + b"\0" + path.read_bytes())
    return total.hexdigest()
