# SPDX-License-Identifier: GPL-2.0-only
"""The command `review`: the groups that the rules left open, one by one, into a decisions file."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from migrate import pipeline
from migrate.analysis.decisions import AUTHOR
from migrate.analysis.model import Action, PinGroup, Verdict
from migrate.base.errors import ExitCode, Refusal
from migrate.commands import open_job, working
from migrate.console import Console
from migrate.delivery.explain import notes_on
from migrate.job import Job
from migrate.request import Request
from migrate.workspace import keep_apart

_ANSWERS = {"p": "pin", "k": "keep", "s": "skip", "q": "quit"}
_QUESTION = "pin, keep, skip or quit? [p/k/s/q] "


def review(request: Request, target: Path) -> ExitCode:
    """Ask about every group that is `manual` by the rules, and add the answers to `target`.

    Groups that `target` decides already are not asked about again. Each answer is in the file
    before the next question; the end of the input counts as "quit".
    """
    console = Console(verbose=request.verbose)
    target = target.expanduser().absolute()
    keep_apart(target.resolve(), request.tree.resolve(), "decisions file", "--decisions")
    request = replace(request, decisions=target if target.exists() else None)
    with open_job(request, console) as job:
        with working(job, console):
            pipeline.run(job, "classify")
        left = _open_groups(job)
        decided = 0
        for number, (group, verdict) in enumerate(left, 1):
            console.say(f"Group {number} of {len(left)}")
            console.notes(notes_on(job.tree, group, verdict))
            entry = _ask(console, group)
            if entry is None:
                break
            if entry:
                _append(target, entry)
                decided += 1
    console.say(f"{decided} of {len(left)} open groups decided; the decisions are in {target}")
    following = replace(request, decisions=target).command("run")
    console.notice(f"Next: {following}" if target.exists() else "Nothing was written.")
    return ExitCode.DONE


def _open_groups(job: Job) -> list[tuple[PinGroup, Verdict]]:
    return [
        (group, verdict)
        for group, verdict in job.classification.pairs()
        if verdict.action is Action.MANUAL and verdict.decided_by != AUTHOR
    ]


def _ask(console: Console, group: PinGroup) -> str | None:
    """The entry for the file, "" to leave the group open, None to stop."""
    while True:
        given = console.ask(_QUESTION)
        if given is None:
            return None
        answer = _ANSWERS.get(given.strip().lower()[:1], "")
        if answer == "quit":
            return None
        if answer == "skip":
            return ""
        if answer:
            break
    despite = False
    if answer == "pin" and group.gaps:
        sure = console.ask("Not all was followed. Have you checked every release by hand? [y/n] ")
        if sure is None or not sure.strip().lower().startswith("y"):
            return "" if sure is not None else None
        despite = True
    why = ""
    while not why:
        given = console.ask("why? ")
        if given is None:
            return None
        why = " ".join(given.split())
    return _entry(group.name, answer, why, despite)


def _entry(group: str, verdict: str, why: str, despite: bool) -> str:
    lines = ["[[decision]]", f"group = {_quoted(group)}", f'verdict = "{verdict}"']
    lines.append(f"why = {_quoted(why)}")
    lines += ["despite_gaps = true"] if despite else []
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A TOML string: JSON's, in which DEL has to be escaped as well."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _append(target: Path, entry: str) -> None:
    try:
        with target.open("a", encoding="utf-8") as out:
            out.write(("\n" if out.tell() else "") + entry)
    except OSError as error:
        raise Refusal(
            f"{target} cannot be written: {error.strerror}.", "Give another file with --decisions."
        ) from None
