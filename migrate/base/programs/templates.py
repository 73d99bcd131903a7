# SPDX-License-Identifier: GPL-2.0-only
"""Renders templates: our own in this process, foreign ones in a child with limits."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from migrate.base.errors import Refusal
from migrate.base.programs import process

_PATIENCE = 300.0
"""Seconds after which a child that gets no CPU time is given up."""

_CHILD = (
    "import sys; sys.path += sys.argv[1:]; from migrate.base.programs.sandbox import child; child()"
)
_KILLED_BY_LIMIT = (-24, -9)
"""SIGXCPU, and SIGKILL at the hard limit."""


@dataclass(frozen=True)
class Templates:
    """Templates by name: `ours` come with the package; `theirs` replace those of the same name and
    come from the folder `place`, "" for none."""

    ours: Mapping[str, str]
    theirs: Mapping[str, str] = field(default_factory=dict)
    place: str = ""

    def foreign(self, job: Fill) -> bool:
        """Whether the template of `job` is foreign."""
        return job.name in self.theirs or (job.line is not None and bool(self.place))


@dataclass(frozen=True)
class Fill:
    """One template to render with `values`: the one called `name`, or `line`, a one-line template
    that messages call `name`. Its output has at most `most` characters, 0 for the general limit."""

    name: str
    values: Mapping[str, Any]
    line: str | None = None
    most: int = 0


@cache
def own_templates(folder: Path) -> Templates:
    """The templates in `folder`, which comes with the package."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    return Templates({path.name: path.read_text(encoding="utf-8") for path in files})


def fill(
    templates: Templates, jobs: Sequence[Fill], style: str, *, compare: str = ""
) -> tuple[str, ...]:
    """The text of each of `jobs`, in order; `style` is one of migrate.base.programs.sandbox.Style.

    All foreign templates go to one child. A :class:`Refusal` names the first one that cannot be
    rendered, and why; `compare` tells its author what to compare it with.
    """
    foreign = [job for job in jobs if templates.foreign(job)]
    ours = [job for job in jobs if not templates.foreign(job)]
    apart, here = _apart(templates, foreign, style, compare), _here(templates, ours, style)
    return tuple(next(apart if templates.foreign(job) else here) for job in jobs)


def _here(templates: Templates, jobs: Sequence[Fill], style: str) -> Iterator[str]:
    from migrate.base.programs import sandbox

    made = sandbox.environment(sandbox.Style(style), templates.ours)
    for job in jobs:
        yield sandbox.filled(made, job.name, job.line, job.values)


def _apart(templates: Templates, jobs: Sequence[Fill], style: str, compare: str) -> Iterator[str]:
    import jinja2
    import markupsafe

    import migrate
    from migrate.base.programs import sandbox

    texts = {**templates.ours, **templates.theirs}
    asked = [(j.name, j.line, j.most or sandbox.MOST_CHARACTERS, j.values) for j in jobs]
    homes = {str(Path(str(m.__file__)).parents[1]) for m in (migrate, jinja2, markupsafe)}
    outcome = process.run(
        [sys.executable, "-I", "-S", "-c", _CHILD, *sorted(homes)],
        cwd=Path("/"),
        timeout=_PATIENCE,
        stdin=sandbox.request(sandbox.Style(style), texts, asked),
    )
    said = outcome.stdout if isinstance(outcome, process.Finished | process.TimedOut) else b""
    answers = [json.loads(line) for line in said.splitlines(keepends=True) if line[-1:] == b"\n"]
    for number, job in enumerate(jobs):
        text, why = answers[number] if number < len(answers) else ("", _cut_off(outcome))
        if why:
            raise Refusal(
                f"{_called(templates, job)} cannot be filled in: {why}.",
                f"Compare it with {compare}." if compare else "Read it, or use another profile.",
            )
        yield text


def _cut_off(outcome: process.Outcome) -> str:
    """Why the child gave no answer for a template."""
    from migrate.base.programs import sandbox

    match outcome:
        case process.Finished(code=code) if code in _KILLED_BY_LIMIT:
            return f"it takes more than {sandbox.CPU_SECONDS} s"
        case process.TimedOut(limit=limit):
            return f"it takes more than {limit:g} s"
        case _:
            return process.describe(outcome)


def _called(templates: Templates, job: Fill) -> str:
    return f"{templates.place}, {job.name}," if job.line else f"{templates.place}/{job.name}"
