# SPDX-License-Identifier: GPL-2.0-only
"""The report as Markdown: for mails, issue trackers and people without a browser."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from migrate.delivery.report.model import Build, Code, CommitEntry, Group, Report, Row, Spot, Step

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
    yield from _table(("step", "count"), ((text(s.label), _count(s)) for s in report.funnel))
    yield from _areas(report)
    yield from _acquires(report.rows)
    yield from _series(report)
    yield "## Groups"
    yield ""
    for group in report.groups:
        yield from _group(group)


def _count(step: Step) -> str:
    parts = ", ".join(f"{part.count} {part.label}" for part in step.parts)
    return f"{step.count} ({parts})" if parts else str(step.count)


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
            code(f"{row.path}:{row.line}:{row.column + 1}"),
            code(row.function),
            code(row.call),
            row.verdict,
            row.case,
            text(row.subsystem),
            text(", ".join(row.maintainers)),
            row.state,
            text(row.built),
            code(row.group),
            text(row.reason),
        )
        for row in rows
    )
    heads = (
        *("place", "in", "call", "verdict", "CASE", "subsystem", "maintainers", "state", "build"),
        *("group", "reason"),
    )
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
        yield f"Folder {code(series.directory)} for {text(', '.join(series.subsystems))}."
        yield f"To: {text(', '.join(series.to)) or 'nobody'}."
        yield f"Cc: {text(', '.join(series.cc)) or 'nobody'}."
        yield ""
        yield from _list(f"Version {series.version}", series.notes)
        for commit in series.commits:
            if commit in commits:
                yield from _commit(commits[commit])
        yield ""
    if report.toolchain:
        yield "## What the builds needed here"
        yield ""
        yield from (f"- {text(line)}" for line in report.toolchain)
        yield ""
    if report.unparsed:
        yield "## Not parsed"
        yield ""
        yield from (f"- {text(line)}" for line in report.unparsed)
        yield ""


def _commit(commit: CommitEntry) -> Iterator[str]:
    yield f"- {code(commit.id)} {text(commit.subject)} ({text(commit.subsystem)})"
    yield from (f"  - group {code(group)}" for group in commit.groups)
    yield from (f"  - file {code(path)}" for path in commit.paths)
    yield from (f"  - {text(_build(build))}" for build in commit.builds)


def _grounds(group: Group) -> str:
    if group.confidence is None:
        return f"Decided by the {group.decided_by}"
    return f"Rule {code(group.rule)}, confidence {group.confidence}, decided by rules"


def _group(group: Group) -> Iterator[str]:
    yield f"### {text(group.name)}"
    yield ""
    case = f", CASE {text(group.case)}" if group.case else ""
    yield f"**{group.verdict}**{case}, {group.state}: {text(group.reason)}"
    yield ""
    yield f"{_grounds(group)}, subsystem {text(group.subsystem)}."
    if group.commit:
        yield f"Commit {code(group.commit)}, series {code(group.series)}, {text(group.built)}."
    yield ""
    for title, spots in (
        ("Acquires", group.acquires),
        ("Uses", group.uses),
        ("Releases", group.releases),
        ("Evidence", group.evidence),
    ):
        yield from _list(title, tuple(map(_spot, spots)))
    for title, lines in (
        ("Warnings", group.warnings),
        ("Not followed", group.gaps),
        ("Notes", group.notes),
        ("Semantic patches", group.rules),
        ("Builds", tuple(map(_build, group.builds))),
    ):
        yield from _list(title, lines)
    for file in group.code:
        yield from _block(file.path, _marked(file), "c")
    for diff in group.diffs:
        yield from _block(diff.path, diff.text, "diff")
    for build in group.builds:
        if build.output.strip():
            yield from _block(f"{build.path} for {build.arch}", build.output, "")


def _spot(spot: Spot) -> str:
    inside = f" in {spot.function}()" if spot.function else ""
    return f"{spot.path}:{spot.line}:{spot.column + 1}{inside}: {spot.kind}: {spot.text}"


def _marked(file: Code) -> str:
    """Numbered lines; below each that matters, what it is, with a caret at its column."""
    lines: list[str] = []
    for line in file.lines:
        lines.append(f"{line.number:>5} {line.text}")
        for mark in line.marks:
            lead = "".join("\t" if c == "\t" else " " for c in line.text[: mark.column])
            lines.append(f"      {lead}^ {mark.kind}: {mark.text}")
    return "\n".join(lines)


def _block(title: str, value: str, language: str) -> Iterator[str]:
    yield f"{code(title)}:"
    yield ""
    yield from fenced(value, language)
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
