# SPDX-License-Identifier: GPL-2.0-only
"""Turns the results for an object before and after a commit into an entry of the report."""

from __future__ import annotations

from migrate.delivery.builds.diagnostics import diagnostics, news, shortened
from migrate.delivery.compile.model import Attempt, AttemptStatus, Unit
from migrate.delivery.model import BuildStatus, ObjectBuild

COMPILED, ERROR = AttemptStatus.COMPILED, AttemptStatus.ERROR


def judge(
    commit: str, unit: Unit, before: Attempt | None, after: Attempt, *, built_elsewhere: bool
) -> ObjectBuild:
    """The effect of `commit` on `unit`; `before` is None if the parent lacks the file.

    `built_elsewhere` says that the object compiles at another commit of the branch: if make does
    not reach the object, the branch is the cause and not this machine.
    """
    status, output, reason = _judged(before, after, built_elsewhere)
    seconds = 0.0 if status is BuildStatus.NOT_BUILDABLE else after.seconds
    return ObjectBuild(commit, unit.path, unit.arch, status, output, reason, seconds)


def _first_error(attempt: Attempt) -> str:
    """The line that says why an object does not compile."""
    said = diagnostics(attempt.output)
    errors = [d.text for d in said if d.is_error] or [d.text for d in said]
    lines = [line for text in errors for line in text.splitlines() if "rror: " in line]
    return lines[0] if lines else ""


def _judged(
    before: Attempt | None, after: Attempt, built_elsewhere: bool
) -> tuple[BuildStatus, str, str]:
    new = news(before.output if before else "", after.output)
    said = shortened("\n".join(d.text for d in new))
    if after.status is COMPILED:
        return (BuildStatus.WARNED if new else BuildStatus.BUILT), said, ""
    if after.status is ERROR:
        if before and before.status is ERROR:
            return BuildStatus.FAILED_BEFORE, said, _first_error(before)
        errors = [d for d in new if d.is_error] or new
        text = "\n".join(d.text for d in errors) or after.output
        return BuildStatus.FAILED, shortened(text), ""
    if before and before.status is COMPILED:
        return BuildStatus.FAILED, after.output, ""
    if built_elsewhere:
        return BuildStatus.FAILED_BEFORE, after.output, ""
    return BuildStatus.NOT_BUILDABLE, "", after.output
