# SPDX-License-Identifier: GPL-2.0-only
"""The command `gaps`: the facts that are missing, and how many groups depend on each."""

from __future__ import annotations

from typing import Any

from migrate.analysis.verdicts.wording import words
from migrate.base import codec
from migrate.base.errors import ExitCode, Refusal
from migrate.cli.commands import bring_up_to_date, open_job
from migrate.cli.console import Console
from migrate.cli.remembered import with_last_options
from migrate.cli.request import Request

_NAMED = 3
"""The number of groups that are named for a fact; others are counted."""


def gaps(request: Request, *, as_toml: bool = False) -> ExitCode:
    """Show the contracts that would close gaps; first those that would close most groups' gaps."""
    from migrate.analysis.contracts.ranking import ranking

    if request.json and as_toml:
        raise Refusal("--json and --toml exclude each other.", "Ask for one of them.")
    console = Console(verbose=request.verbose)
    request, _ = with_last_options(request)
    with open_job(request, console, "gaps") as job:
        bring_up_to_date(job, console, "classify")
        found = ranking(job.program, job.classification)
        target = request.contracts or job.workspace.contracts
    if request.json:
        console.json(_spelled(found))
    elif as_toml:
        for entry in found.contracts:
            console.say(f"# {entry.question}\n{entry.toml}")
    else:
        _show(console, found)
        console.notice(f"Next: {request.command('review')}, or write to {target}")
    return ExitCode.DONE


def _spelled(found: Any) -> Any:
    """The ranking as plain data, with the sentence of each gap."""
    data = codec.to_data(found)
    for blocked, plain in zip(found.blocked, data["blocked"], strict=True):
        for gap, entry in zip(blocked.gaps, plain["gaps"], strict=True):
            entry["text"] = words(gap)
    return data


def _show(console: Console, found: Any) -> None:
    rows = []
    for entry in found.contracts:
        groups = [*entry.alone, *(f"{t.group} (and {t.others} more)" for t in entry.together)]
        left = len(groups) - _NAMED
        named = [f"- {name}" for name in groups[:_NAMED]]
        named += [f"- {left} more groups"] if left > 0 else []
        cell = "\n".join((entry.question, *named))
        rows.append((str(len(entry.alone)), str(len(entry.together)), cell))
    title = f"{len(rows)} facts are missing"
    console.table(title, ("alone", "with others", "what is not known, and of which groups"), rows)
    if found.blocked:
        console.say()
        lines = [
            (b.group, "\n".join(dict.fromkeys(words(gap) for gap in b.gaps))) for b in found.blocked
        ]
        cells = [
            (f"{group}\n" + "\n".join(f"- {t}" for t in text.split("\n")),) for group, text in lines
        ]
        console.table(
            "Not to be closed by a contract", ("group, and what no contract is for",), cells
        )
