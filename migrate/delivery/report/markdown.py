# SPDX-License-Identifier: GPL-2.0-only
"""The report as Markdown: for mails, issue trackers and readers without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from migrate.base.programs.templates import Fill, fill, own_templates
from migrate.delivery.report.model import Code, Group, Report

_TEMPLATES = Path(__file__).resolve().parent / "page"
_MARKDOWN = "report.md.j2"

Block = tuple[str, str, str]
"""A piece of code: a heading, the text, the language."""


def markdown(report: Report) -> str:
    """The whole report; the template escapes text from the tree."""
    values = {
        "report": report,
        "commits": {commit.id: commit for commit in report.commits},
        "groups": [(group, list(_blocks(group))) for group in report.groups],
    }
    (text,) = fill(own_templates(_TEMPLATES), [Fill(_MARKDOWN, values)], "markdown")
    return text


def _blocks(group: Group) -> Iterator[Block]:
    for file in group.code:
        yield file.path, _marked(file), "c"
    for diff in group.diffs:
        yield diff.path, diff.text, "diff"
    for build in group.builds:
        if build.output.strip():
            yield f"{build.path} for {build.arch}", build.output, ""


def _marked(file: Code) -> str:
    """Numbered lines; below each marked line its description, with a caret at the column."""
    lines: list[str] = []
    for line in file.lines:
        lines.append(f"{line.number:>5} {line.text}")
        for mark in line.marks:
            lead = "".join("\t" if c == "\t" else " " for c in line.text[: mark.column])
            lines.append(f"      {lead}^ {mark.kind}: {mark.text}")
    return "\n".join(lines)
