# SPDX-License-Identifier: GPL-2.0-only
"""The findings of an audit as a mail, and as annotations for code hosts."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from migrate.analysis.audit.model import Finding, Level
from migrate.analysis.audit.run import Audit
from migrate.analysis.model import Place

_WIDTH = 72


def github(audit: Audit) -> Iterator[str]:
    """A workflow command for each finding, which shows it beside the changed line; see "Workflow
    commands for GitHub Actions" in GitHub's documentation."""
    for finding in audit.findings:
        kind = "warning" if finding.level is Level.WARNING else "notice"
        place = finding.place
        about = {
            "file": place.path,
            "line": str(place.line),
            "col": str(place.column + 1),
            "title": f"gup-migrate: {finding.rule}",
        }
        options = ",".join(f"{name}={_property(value)}" for name, value in about.items())
        yield f"::{kind} {options}::{_data(_with_evidence(finding))}"


def _with_evidence(finding: Finding) -> str:
    lines = [f"{_at(evidence.place)}: {evidence.kind}" for evidence in finding.evidence]
    return "\n".join([finding.message, *lines])


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def mail(audit: Audit, since: str) -> Iterator[str]:
    """The body of a reply to a series, in plain text; empty if there are no findings."""
    if not audit.findings:
        return
    count = len(audit.findings)
    what = "one thing" if count == 1 else f"{count} things"
    yield f"gup-migrate found {what} about the references to user pages in"
    yield f"the lines that are new since {since}:"
    for finding in audit.findings:
        yield ""
        yield f"{_at(finding.place)}, {finding.function}():"
        yield f"> {finding.text}"
        yield from textwrap.wrap(f"{finding.message} [{finding.rule}]", _WIDTH)
        for evidence in finding.evidence:
            yield f"  {_at(evidence.place)}: {evidence.kind}"
    yield ""
    yield "This comes from an analysis of the source and was not reviewed before sending. If it"
    yield "is wrong, please say so."


def _at(place: Place) -> str:
    return f"{place.path}:{place.line}"
