# SPDX-License-Identifier: GPL-2.0-only
"""The order of the stages."""

from __future__ import annotations

import time

from migrate.base.errors import Refusal
from migrate.base.stores.stage_file import fingerprint
from migrate.runs import rejecting, stages
from migrate.runs.identity import tool_identity
from migrate.runs.job import Job
from migrate.runs.stages import Stage

ORDER: tuple[Stage, ...] = (
    stages.SCAN,
    stages.PAIR,
    stages.CLASSIFY,
    stages.REWRITE,
    stages.COMMIT,
    stages.BUILD,
    stages.SERIES,
)
NAMES = tuple(stage.name for stage in ORDER)

_MAX_ROUNDS = 40
"""Every round takes at least one group out, so the loop ends; more rounds are a bug."""


def run(job: Job, last: str, order: tuple[Stage, ...] | None = None) -> None:
    """Update the results of all stages of `order` up to `last`, with the workspace locked; None
    means the stages of a migration.

    A stage whose input has not changed since its result was stored is not run again. A group that
    does not build is taken out and the stages from `rewrite` on are run again without it.
    """
    order = ORDER if order is None else order
    wanted = order[: [stage.name for stage in order].index(last) + 1]
    stages.check_environment(job, [stage.name for stage in wanted])
    for _ in range(_MAX_ROUNDS):
        for stage in wanted:
            _ensure(job, stage, order)
            if stage is stages.BUILD and rejecting.reject_failed(job):
                break
        else:
            return
    raise Refusal(
        f"{_MAX_ROUNDS} rounds of taking out what does not build were not enough.",
        f"See what the compilers say: {job.command('build')} --json",
    )


def is_ready(job: Job, last: str) -> bool:
    """Whether all stages up to `last` are up to date; then their results are loaded. Only reads, so
    that another process may be using the workspace."""
    wanted = ORDER[: NAMES.index(last) + 1]
    current = states(job)
    ready = all(current[s.name] == "done" and s.final(job.results[s.name].value) for s in wanted)
    if ready and stages.BUILD in wanted:
        ready = job.options.build.keep_going and not rejecting.newly_failed(job)
    for stage in ORDER:
        if not ready or stage not in wanted:
            job.results.pop(stage.name, None)
    if ready:
        for stage in wanted:
            job.listener.reused(stage.name, summary_of(job, stage.name))
    return ready


def states(job: Job) -> dict[str, str]:
    """The state of each stage, "done", "stale" or "missing"; nothing is run."""
    found: dict[str, str] = {}
    fresh = True
    for stage in ORDER:
        stored = job.workspace.load(stage.name, stage.kind)
        if stored is None:
            found[stage.name], fresh = "missing", False
            continue
        fresh = (
            fresh
            and stored.inputs == _inputs(job, stage, ORDER)
            and stage.intact(job, stored.value)
        )
        found[stage.name] = "done" if fresh else "stale"
        job.results[stage.name] = stored
    return found


def load_later(job: Job) -> None:
    """Load the stored results that are up to date, without running anything."""
    current = states(job)
    for name, state in current.items():
        if state != "done":
            job.results.pop(name, None)


def summary_of(job: Job, name: str) -> str:
    """The one-line summary of stage `name`, "" if it has no result."""
    stage = ORDER[NAMES.index(name)]
    stored = job.results.get(name)
    return stage.summary(job, stored.value) if stored else ""


def _ensure(job: Job, stage: Stage, order: tuple[Stage, ...]) -> None:
    inputs = _inputs(job, stage, order)
    here = job.results.get(stage.name)
    stored = here or job.workspace.load(stage.name, stage.kind)
    fits = stored and stored.inputs == inputs and stage.intact(job, stored.value)
    if stored and fits and (here or stage.final(stored.value)):
        if not here:
            job.listener.reused(stage.name, stage.summary(job, stored.value))
        job.results[stage.name] = stored
        return
    job.listener.started(stage.name)
    start = time.monotonic()
    value = stage.make(job)
    job.results[stage.name] = job.workspace.save(stage.name, value, inputs)
    seconds = time.monotonic() - start
    job.listener.finished(stage.name, stage.summary(job, value), seconds)


def _inputs(job: Job, stage: Stage, order: tuple[Stage, ...]) -> str:
    """The fingerprint of everything that the result of `stage` depends on."""
    position = order.index(stage)
    before = job.results[order[position - 1].name].digest if position else ""
    return fingerprint(tool_identity(), job.tree.commit, stage.name, before, *stage.depends(job))
