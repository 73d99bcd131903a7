# SPDX-License-Identifier: GPL-2.0-only
"""The command `prove`: from its arguments to its exit code."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.base.errors import ExitCode, Refusal
from migrate.cli.commands import bring_up_to_date, open_job, working
from migrate.cli.console import Console
from migrate.cli.remembered import with_last_options
from migrate.cli.request import Request
from migrate.delivery.proof.machine.exercises import exercises
from migrate.delivery.proof.model import ControlOutcome, GroupProof, Outcome, Proof
from migrate.runs.proving import Thoroughness, known_proof, make_proof, summary

_BAD = (Outcome.OUTSIDE, Outcome.SPLAT, Outcome.FOREIGN, Outcome.HELD)


def prove(request: Request, wanted: Thoroughness) -> ExitCode:
    """Show what was observed of each group of the branch at run time. PARTIAL if a group differs
    from what the analysis found, a control was missed, or nothing was observed."""
    console = Console(verbose=request.verbose)
    names = [e.name for e in exercises()]
    if strange := [name for name in wanted.without if name not in names]:
        raise Refusal(f"There is no exercise '{strange[0]}'.", f"There are {', '.join(names)}.")
    request, _ = with_last_options(request)
    with open_job(request, console, "prove") as job:
        if not job.profile.pins:
            raise Refusal(
                f"The profile {job.profile.name} does not pin, so there is nothing to prove.",
                "Name one that does, as in --profile pin-user-pages.",
            )
        bring_up_to_date(job, console, "commit")
        if not job.branch.commits:
            raise Refusal(
                "Nothing was converted, so there is nothing to prove.",
                f"See why: {request.command('classify')}",
            )
        proof = known_proof(job, wanted)
        if proof is None:
            with working(job, console):
                proof = make_proof(job, wanted)
        else:
            console.reused("proof", summary(proof))
    if request.json:
        console.json(proof)
    else:
        _show(console, proof)
    return exit_code(proof)


def exit_code(proof: Proof) -> ExitCode:
    """DONE if something was proved and nothing contradicts it."""
    missed = any(c.outcome is ControlOutcome.MISSED for g in proof.groups for c in g.controls)
    bad = any(g.outcome in _BAD for g in proof.groups)
    return ExitCode.PARTIAL if proof.problem or missed or bad else ExitCode.DONE


def _show(console: Console, proof: Proof) -> None:
    if proof.problem:
        console.say(f"Nothing is proved: {proof.problem}.")
        return
    rows = [(_result(g), "\n".join((g.group, *_lines(g)))) for g in proof.groups]
    console.table(f"{summary(proof)}, on {proof.machine}", ("seen", "group, and what"), rows)
    for problem in proof.problems:
        console.say(f"Not run on {problem}.")
    for splat in proof.splats:
        console.say(f"The kernel said: {splat}")
    for name in proof.unfinished:
        console.say(f"The pass '{name}' did not finish.")


def _result(group: GroupProof) -> str:
    """The outcome, with the number of pins if there is one."""
    return f"proved {group.count}" if group.outcome is Outcome.PROVED else str(group.outcome)


def _lines(group: GroupProof) -> Iterator[str]:
    if group.reason:
        yield group.reason
    yield from (f"{pair}" for pair in group.pairs)
    if group.outcome is not Outcome.NOT_REACHED and group.missed:
        yield f"did not run: {', '.join(map(str, group.missed))}"
    yield from map(str, group.lines)
    for control in group.controls:
        why = "" if control.outcome is ControlOutcome.CAUGHT else f", {control.reason}"
        yield f"{control.release} {control.spoiling}: {control.outcome}{why}"
