# SPDX-License-Identifier: GPL-2.0-only
"""The command `review`: the groups that the rules left open, one by one, into a decisions file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from migrate.analysis.model import Action, Classification, PinGroup, Verdict
from migrate.analysis.verdicts.decisions import AUTHOR, Decision, check
from migrate.base.errors import ExitCode, Refusal
from migrate.base.files.places import absolute, meant
from migrate.cli.commands import bring_up_to_date, open_job
from migrate.cli.console import Console
from migrate.cli.remembered import with_last_options
from migrate.cli.request import Request
from migrate.delivery.report.explain import notes_on
from migrate.runs.job import Job
from migrate.runs.workspace import keep_apart

_ANSWERS = {
    "p": ("pin", "convert the group: all of its acquires pin, all of its releases unpin"),
    "f": ("follow", "convert it to follow_page(), which takes no reference that lasts"),
    "k": ("keep", "leave the code as it is, for good"),
    "s": ("skip", "leave it open; you will be asked again"),
    "q": ("quit", "end here; what you have answered is in the file"),
}
_SURE = "Not all was followed. Have you checked every release by hand? [y/n] "


def review(request: Request) -> ExitCode:
    """Ask about every group that is `manual` by the rules, and add the answers to the decisions
    file, which is beside the workspace unless the user names another.

    Groups that the file decides already are not asked about again. Each answer is in the file
    before the next question; the end of the input counts as "quit".
    """
    console = Console(verbose=request.verbose)
    named = request.decisions
    request, _ = with_last_options(request)
    if named is not None:
        named = meant(named)
        keep_apart(named, absolute(request.tree), "decisions file", "--decisions")
    request = replace(request, decisions=named if named and named.exists() else None)
    with open_job(request, console, "review") as job:
        bring_up_to_date(job, console, "classify")
        target = named or job.workspace.decisions
        left = _open_groups(job)
        decided = _walk(console, job, left, target)
    where = f"they are in {target}" if target.exists() else f"nothing was written to {target}"
    console.say(f"{decided} of {len(left)} open groups decided; {where}")
    if target.exists():
        console.notice(f"Next: {replace(request, decisions=named).command('run')}")
    return ExitCode.DONE


def _walk(console: Console, job: Job, left: list[tuple[PinGroup, Verdict]], target: Path) -> int:
    """Ask about the groups in `left`; the number of those that were decided."""
    decided = 0
    for number, (group, verdict) in enumerate(left, 1):
        console.say(f"Group {number} of {len(left)}")
        console.notes(notes_on(job.tree, group, verdict))
        entry = _ask(console, job.classification, group)
        if entry is None:
            break
        if entry:
            _append(target, entry)
            decided += 1
    return decided


def _open_groups(job: Job) -> list[tuple[PinGroup, Verdict]]:
    return [
        (group, verdict)
        for group, verdict in job.classification.pairs()
        if verdict.action is Action.MANUAL and verdict.decided_by != AUTHOR
    ]


def _ask(console: Console, classification: Classification, group: PinGroup) -> str | None:
    """The entry for the file, "" to leave the group open, None to stop."""
    while True:
        answer = _choose(console, group)
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
        why = _why(console)
        return None if why is None else _entry(group.name, action, why, despite)


def _choose(console: Console, group: PinGroup) -> str | None:
    """The word for what is to become of `group`, None at the end of the input."""
    known = {k: v for k, v in _ANSWERS.items() if k != "f" or group.follows}
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


def _why(console: Console) -> str | None:
    while True:
        given = console.ask("why? It goes into the commit message: ")
        if given is None:
            return None
        if why := " ".join(given.split()):
            return why


def _entry(group: str, verdict: Action, why: str, despite: bool) -> str:
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
