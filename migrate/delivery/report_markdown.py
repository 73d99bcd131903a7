# SPDX-License-Identifier: GPL-2.0-only
"""The report as Markdown: for mails, issue trackers and people without a browser."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from migrate.delivery.report_model import Build, CommitEntry, Group, Report, Row

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&!])")


def markdown(report: Report) -> str:
    """The whole report; text from the tree cannot become markup."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield "# gup-migrate report"
    yield ""
    yield f"Linux {text(report.kernel_version)}, commit {code(report.base)}, "
    yield f"profile {code(report.profile)}, branch {code(report.branch)}, by {text(report.tool)}."
    yield ""
    yield from _table(("step", "count"), ((text(s.label), str(s.count)) for s in report.funnel))
    yield from _areas(report)
    yield from _acquires(report.rows)
    yield from _series(report)
    yield "## Groups"
    yield ""
    for group in report.groups:
        yield from _group(group)


def _areas(report: Report) -> Iterator[str]:
    yield "## By directory"
    yield ""
    cells = (
        (code(a.directory), str(a.converted), str(a.kept), str(a.manual)) for a in report.areas
    )
    yield from _table(("directory", "converted", "kept", "manual"), cells)


def _acquires(rows: Sequence[Row]) -> Iterator[str]:
    yield "## Every acquire"
    yield ""
    cells = (
        (
            code(f"{row.path}:{row.line}"),
            code(row.call),
            row.verdict,
            row.case,
            text(row.subsystem),
            row.state,
            text(row.built),
            text(_first_line(row.reason)),
        )
        for row in rows
    )
    heads = ("place", "call", "verdict", "CASE", "subsystem", "state", "build", "reason")
    yield from _table(heads, cells)


def _series(report: Report) -> Iterator[str]:
    yield "## Series"
    yield ""
    if not report.series:
        yield "None: no group was converted."
        yield ""
    commits = {commit.id: commit for commit in report.commits}
    for series in report.series:
        yield f"### {text(series.title)}"
        yield ""
        yield f"Folder {code(series.directory)}. To: {text(', '.join(series.to)) or 'nobody'}."
        yield ""
        for commit in series.commits:
            if commit in commits:
                yield f"- {_commit(commits[commit])}"
        yield ""
    if report.unparsed:
        yield "## Not parsed"
        yield ""
        yield from (f"- {text(line)}" for line in report.unparsed)
        yield ""


def _commit(commit: CommitEntry) -> str:
    builds = ", ".join(f"{code(b.path)} {b.arch}: {b.status}" for b in commit.builds)
    return f"{code(commit.id[:12])} {text(commit.subject)}" + (f" ({builds})" if builds else "")


def _group(group: Group) -> Iterator[str]:
    yield f"### {text(group.name)}"
    yield ""
    case = f", CASE {text(group.case)}" if group.case else ""
    yield f"**{group.verdict}**{case}, {group.state}: {text(group.reason)}"
    yield ""
    yield (
        f"Rule {code(group.rule)}, confidence {group.confidence}, decided by "
        f"{text(group.decided_by)}, subsystem {text(group.subsystem)}."
    )
    yield ""
    for title, lines in (
        ("Acquires", group.acquires),
        ("Uses", group.uses),
        ("Releases", group.releases),
        ("Evidence", group.evidence),
        ("Warnings", group.warnings),
        ("Not followed", group.gaps),
        ("Notes", group.notes),
        ("Builds", tuple(map(_build, group.builds))),
    ):
        yield from _list(title, lines)
    for diff in group.diffs:
        yield f"{code(diff.path)}:"
        yield ""
        yield from fenced(diff.text, "diff")
        yield ""
    for build in group.builds:
        if build.output.strip():
            yield from fenced(build.output, "")
            yield ""


def _build(build: Build) -> str:
    why = f" ({build.reason})" if build.reason else ""
    return f"{build.path} for {build.arch}: {build.status}{why}"


def _list(title: str, lines: Sequence[str]) -> Iterator[str]:
    if not lines:
        return
    yield f"{title}:"
    yield ""
    yield from (f"- {text(line)}" for line in lines)
    yield ""


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(heads) + " |"
    yield "| " + " | ".join("---" for _ in heads) + " |"
    for row in rows:
        yield "| " + " | ".join(cell or " " for cell in row) + " |"
    yield ""


def text(value: str) -> str:
    """`value` on one line, with everything escaped that Markdown or HTML would act on."""
    return _SPECIAL.sub(r"\\\1", " ".join(value.split()))


def code(value: str) -> str:
    """`value` as a code span, with as many backticks around it as it takes."""
    flat = " ".join(value.split()).replace("|", "\\|")
    longest = max((len(run) for run in re.findall("`+", flat)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if longest else ""
    return f"{fence}{pad}{flat}{pad}{fence}" if flat else ""


def fenced(value: str, language: str) -> Iterator[str]:
    """`value` as a code block that nothing in it can end."""
    longest = max((len(run) for run in re.findall("`+", value)), default=0)
    fence = "`" * max(3, longest + 1)
    yield fence + language
    yield value.rstrip("\n")
    yield fence


def _first_line(value: str) -> str:
    return value.split("\n", 1)[0]
