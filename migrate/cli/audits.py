# SPDX-License-Identifier: GPL-2.0-only
"""The command `audit`: from its arguments to its exit code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from migrate.analysis.acquires.scan import scan
from migrate.analysis.acquires.spatch import spatch_version
from migrate.analysis.audit.model import DESCRIPTIONS, Finding
from migrate.analysis.audit.nearby import near
from migrate.analysis.audit.run import Audit, Auditor
from migrate.analysis.audit.run import audit as look
from migrate.analysis.pairing.pair import pair
from migrate.analysis.program.program import Program
from migrate.base.errors import ExitCode, Refusal
from migrate.base.stores.stage_file import fingerprint
from migrate.cli.commands import open_job, working
from migrate.cli.console import Console
from migrate.cli.fixing import mended
from migrate.cli.fixing import show as show_mended
from migrate.cli.request import Request
from migrate.delivery.commits.since import Added, is_added
from migrate.delivery.report.audit_texts import github, mail
from migrate.delivery.report.explain import Note, note_at
from migrate.delivery.report.sarif import sarif
from migrate.kernel.signatures import GUP_NAMES, PIN_NAMES
from migrate.kernel.tree import Tree
from migrate.runs.identity import tool_identity
from migrate.runs.job import Job

_STAGE = "audit"


class Shape(StrEnum):
    """The output format of findings."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"
    MAIL = "mail"


def shape_of(name: str, *, as_json: bool, as_sarif: bool) -> Shape:
    """The requested format; raises a :class:`Refusal` for an unknown one, and for two."""
    if name not in set(Shape):
        raise Refusal(f"There is no format {name!r}.", f"There are {', '.join(Shape)}.")
    wanted = {Shape(name)} - {Shape.TEXT}
    wanted |= {Shape.JSON} if as_json else set()
    wanted |= {Shape.SARIF} if as_sarif else set()
    if len(wanted) > 1:
        first, second = sorted(wanted)[:2]
        raise Refusal(f"--{first} and --{second} exclude each other.", "Ask for one of them.")
    return wanted.pop() if wanted else Shape.TEXT


@dataclass(frozen=True)
class Asked:
    """The scope of an audit: with `since`, a commit, only findings about lines that were added
    since then count; with `mbox`, those about lines that a series adds. `suggestions` are shown if
    requested, and `fix` fixes what it can."""

    since: str | None = None
    mbox: Path | None = None
    suggestions: bool = False
    shape: Shape = Shape.TEXT
    fix: bool = False

    def check(self) -> None:
        """Raise a :class:`Refusal` for options that exclude each other."""
        if self.since is not None and self.mbox is not None:
            raise Refusal("--since and --mbox exclude each other.", "Ask for one of them.")
        if self.fix and self.mbox is not None:
            raise Refusal(
                "--fix works on a commit of the checkout, and --mbox on patches outside of it.",
                "Apply the series, and give the commit with --rev.",
            )
        if self.fix and self.shape not in (Shape.TEXT, Shape.JSON):
            raise Refusal(f"--fix has no output as {self.shape}.", "Ask for text or JSON.")


def audit(request: Request, asked: Asked) -> ExitCode:
    """Show what is wrong with the page references of a tree; PARTIAL if there are findings."""
    asked.check()
    console = Console(verbose=request.verbose)
    with open_job(request, console, "audit") as job:
        tree, result = _result(job, console, asked)
        more = result.suggestions if asked.suggestions else ()
        shown = tuple(sorted((*result.findings, *more)))
        every = replace(result, findings=shown, suggestions=())
        if asked.fix and asked.shape is Shape.JSON:
            console.json(mended(job, console, every))
        elif asked.fix:
            _show(console, tree, every, asked)
            show_mended(console, mended(job, console, every))
        else:
            _show(console, tree, every, asked)
    return ExitCode.PARTIAL if result.findings else ExitCode.DONE


def _result(job: Job, console: Console, asked: Asked) -> tuple[Tree, Audit]:
    """The audited tree, and its findings."""
    from migrate.delivery.commits.applied import applied
    from migrate.delivery.commits.since import added_lines

    if asked.mbox is not None:
        with working(job, console):
            place = job.workspace.repository()
            tree = applied(job.tree, place, asked.mbox, job.workspace.scratch())
            added = added_lines(tree, job.tree.commit)
            return tree, _only(_audited(job, tree, added), added)
    since = asked.since
    lines = added_lines(job.tree, since) if since is not None else None
    result = _known(job)
    if result is None:
        with working(job, console):
            result = _audited(job, job.tree, lines)
    return job.tree, result if lines is None else _only(result, lines)


def _only(result: Audit, added: Added) -> Audit:
    """The findings about one of the lines `added`."""

    def kept(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        return tuple(f for f in findings if any(is_added(p, added) for p in f.places))

    suggestions = kept(result.suggestions)
    return replace(result, findings=kept(result.findings), suggestions=suggestions)


def _show(console: Console, tree: Tree, result: Audit, asked: Asked) -> None:
    match asked.shape:
        case Shape.SARIF:
            console.json(sarif(tree, result))
        case Shape.JSON:
            console.json(result)
        case Shape.GITHUB:
            for line in github(result):
                console.say(line)
        case Shape.MAIL:
            for line in mail(result, asked.since or "the base of the series"):
                console.say(line)
        case Shape.TEXT:
            console.notes(_notes(tree, result))
            if result.findings or not (asked.since or asked.mbox):
                console.say(_summary(result, asked))
            else:
                console.notice(_summary(result, asked))  # standard output stays empty


def _known(job: Job) -> Audit | None:
    """The findings of an earlier audit of the same tree."""
    stored = job.workspace.load(_STAGE, Audit)
    return stored.value if stored and stored.inputs == _inputs(job) else None


def _inputs(job: Job) -> str:
    return fingerprint(tool_identity(), job.tree.commit)


def _audited(job: Job, tree: Tree, added: Added | None) -> Audit:
    """Audit `tree` and store the result; with `added` only the drivers with such lines, and without
    storing."""
    spatch_version()
    told = job.listener
    told.started(_STAGE)
    cache = job.workspace.database.table("facts")
    names = (*GUP_NAMES, *PIN_NAMES)
    program = Program(tree)
    found = scan(
        tree,
        cache=cache,
        jobs=job.options.jobs,
        progress=told.progress,
        names=names,
        program=program,
    )
    if added is not None:
        found = replace(found, acquires=near(program, found.acquires, added))
    auditor = Auditor(program, found.acquires)
    pairing = pair(
        tree,
        found,
        cache=cache,
        jobs=job.options.jobs,
        progress=told.progress,
        program=program,
        beside=auditor,
    )
    result = look(
        tree,
        found,
        pairing,
        jobs=job.options.jobs,
        progress=told.progress,
        auditor=auditor,
    )
    if added is not None:
        return result
    return job.workspace.save(_STAGE, result, _inputs(job)).value


def _notes(tree: Tree, result: Audit) -> Iterator[Note]:
    for finding in result.findings:
        text = f"{finding.message} [{finding.rule}]"
        yield note_at(tree, finding.place, finding.level, text)
        for evidence in finding.evidence:
            yield note_at(tree, evidence.place, "note", evidence.kind)


def _summary(result: Audit, asked: Asked) -> str:
    where = "in the tree"
    if asked.since is not None:
        where = f"with lines added since {asked.since}"
    elif asked.mbox is not None:
        where = f"with lines that {asked.mbox} adds"
    count = len(result.findings)
    what = f"{count or 'no'} finding{'' if count == 1 else 's'}"
    rules = len(DESCRIPTIONS)
    return f"{what} {where}: {rules} rules, {result.acquires} acquires of user pages looked at"
