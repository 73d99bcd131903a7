# SPDX-License-Identifier: GPL-2.0-only
"""The command `review`: asks about each undecided group and writes a decisions file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from migrate.analysis.model import Action, Classification, PinGroup, Verdict
from migrate.analysis.verdicts.decisions import AUTHOR, Decision, check
from migrate.base.errors import ExitCode, Refusal
from migrate.base.files.places import absolute, meant
from migrate.cli.commands import bring_up_to_date, open_job
from migrate.cli.console import Console
from migrate.cli.facts.questions import Facts, Questions, append, ask_why, quoted
from migrate.cli.remembered import with_last_options
from migrate.cli.request import Request
from migrate.delivery.report.explain import notes_on
from migrate.runs.job import Job
from migrate.runs.workspace import keep_apart

_ANSWERS = {
    "p": ("pin", "convert the group: all of its acquires pin, all of its releases unpin"),
    "f": ("follow", "convert it to follow_page(), which takes no reference that lasts"),
    "k": ("keep", "leave the code as it is, for good"),
    "c": ("contract", "answer what is asked above, one fact at a time; the code decides the rest"),
    "s": ("skip", "leave it open; you will be asked again"),
    "q": ("quit", "end here; what you have answered is in the file"),
}
_SURE = "Not all was followed. Have you checked every release by hand? [y/n] "


def review(request: Request) -> ExitCode:
    """Ask about every group that is `manual` by the rules, and add the answers to the decisions
    file, which is beside the workspace unless the user names another.

    Groups that the file already decides are skipped. Each answer is in the file before the next
    question; the end of the input means "quit".
    """
    console = Console(verbose=request.verbose)
    named, stating = request.decisions, request.contracts
    request, _ = with_last_options(request)
    if named is not None:
        named = meant(named)
        keep_apart(named, absolute(request.tree), "decisions file", "--decisions")
    if stating is not None:
        stating = meant(stating)
        keep_apart(stating, absolute(request.tree), "contracts file", "--contracts")
    request = replace(
        request,
        decisions=named if named and named.exists() else None,
        contracts=stating if stating and stating.exists() else None,
    )
    with open_job(request, console, "review") as job:
        bring_up_to_date(job, console, "classify")
        target = named or job.workspace.decisions
        facts = Facts(console, job, stating or job.workspace.contracts)
        left = _open_groups(job)
        decided = _walk(console, job, left, target, facts)
    where = f"they are in {target}" if target.exists() else f"nothing was written to {target}"
    console.say(f"{decided} of {len(left)} open groups decided; {where}")
    if facts.stated:
        console.say(f"{facts.stated} facts stated; they are in {facts.target}")
    if target.exists() or facts.stated:
        after = replace(request, decisions=named, contracts=stating)
        console.notice(f"Next: {after.command('review' if facts.stated else 'run')}")
    return ExitCode.DONE


def _walk(
    console: Console,
    job: Job,
    left: list[tuple[PinGroup, Verdict]],
    target: Path,
    facts: Facts,
) -> int:
    """Ask about the groups in `left`; returns the number of decisions."""
    decided = 0
    for number, (group, verdict) in enumerate(left, 1):
        console.say(f"Group {number} of {len(left)}")
        console.notes(notes_on(job.tree, group, verdict, job.command))
        entry = _ask(console, job.classification, group, facts.about(group, verdict))
        if entry is None:
            break
        if entry:
            append(target, entry, "--decisions")
            decided += 1
    return decided


def _open_groups(job: Job) -> list[tuple[PinGroup, Verdict]]:
    return [
        (group, verdict)
        for group, verdict in job.classification.pairs()
        if verdict.action is Action.MANUAL and verdict.decided_by != AUTHOR
    ]


def _ask(
    console: Console,
    classification: Classification,
    group: PinGroup,
    questions: Questions | None = None,
) -> str | None:
    """The entry for the file, "" to leave the group undecided, None to stop; `questions` are those
    whose answers would help with the group."""
    while True:
        answer = _choose(console, group, contracts=bool(questions))
        if answer == "contract" and questions:
            return "" if questions.ask() else None
        if answer in (None, "quit"):
            return None
        if answer == "skip":
            return ""
        action = Action(answer)
        despite = action in (Action.PIN, Action.FOLLOW) and bool(group.gaps)
        try:
            check(Decision(0, action, "", despite_gaps=despite), group, classification)
        except Refusal as refusal:
            console.say(f"{refusal.what} {refusal.next_step}")
            continue
        if despite:
            sure = console.ask(_SURE)
            if sure is None:
                return None
            if not sure.strip().lower().startswith("y"):
                return ""
        why = ask_why(console)
        return None if why is None else _entry(group.name, action, why, despite)


def _choose(console: Console, group: PinGroup, *, contracts: bool) -> str | None:
    """The verdict that the user chooses for `group`, None at the end of the input."""
    hidden = {key for key, there in (("f", group.follows), ("c", contracts)) if not there}
    known = {k: v for k, v in _ANSWERS.items() if k not in hidden}
    words = [word for word, _ in known.values()]
    question = f"{', '.join(words[:-1])} or {words[-1]}? [{'/'.join(known)}/?] "
    while True:
        given = console.ask(question)
        if given is None:
            return None
        given = given.strip().lower()
        for key, (word, _) in known.items():
            if given in (key, word):
                return word
        _help(console, known)


def _help(console: Console, known: Mapping[str, tuple[str, str]]) -> None:
    for key, (word, meaning) in known.items():
        console.say(f"  {key}  {word}: {meaning}")
    console.say("  ?  this list")


def _entry(group: str, verdict: Action, why: str, despite: bool) -> str:
    lines = ["[[decision]]", f"group = {quoted(group)}", f'verdict = "{verdict}"']
    lines.append(f"why = {quoted(why)}")
    lines += ["despite_gaps = true"] if despite else []
    return "\n".join(lines) + "\n"
