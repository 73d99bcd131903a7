# SPDX-License-Identifier: GPL-2.0-only
"""Derives the result for one object from a run of make, without guessing what was never tried."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from migrate.delivery.compile.make import MakeRun
from migrate.delivery.compile.model import Attempt, AttemptStatus
from migrate.kernel.kbuild.remedies import Version, advice_for

_ERROR = re.compile(r"\b[Ee]rror: ")
_NOT_THE_CODE = re.compile(
    r"Killed signal terminated program|internal compiler error"
    r"|^(ccache|distcc|icecc)\b.*(?i:error)",
    re.M,
)


@dataclass(frozen=True)
class Made:
    """One run of make for objects, on `arch` with the configuration `recipe` of a kernel of
    `version`; `seconds` is the share of each object, `log` the file with the output of make."""

    run: MakeRun
    arch: str
    recipe: str
    version: Version
    log: Path
    seconds: float


def attempt(
    target: str, made: Made, *, is_new: bool, read: Callable[[], tuple[str, ...]]
) -> Attempt:
    """The result for `target`. `is_new` says that make has created an object, `read` returns the
    files that it was made from."""
    run, name = made.run, posixpath.normpath(target)
    said = run.objects.get(name, "")

    def without(status: AttemptStatus, why: str) -> Attempt:
        return Attempt(status, f"{why} (log: {made.log})", (), made.seconds)

    if run.stopped:
        status = AttemptStatus.NO_MAKE if run.objects else AttemptStatus.UNPREPARED
        return without(status, run.why.strip("* "))
    if is_new and name not in run.failed:
        return Attempt(AttemptStatus.COMPILED, said, read(), made.seconds)
    if _ERROR.search(said) and not _NOT_THE_CODE.search(said):
        return Attempt(AttemptStatus.ERROR, said, read(), made.seconds)
    if said.strip():
        # The object is not the cause, so this must not be stored.
        first = said.strip().partition("\n")[0]
        return without(AttemptStatus.NO_MAKE, f"the compiler did not get to work: {first}")
    if run.code == 0 or f"No rule to make target '{target}'" in run.text:
        why = f"make builds no {target} with {made.recipe}"
        return Attempt(AttemptStatus.NOT_MADE, why, (), made.seconds)
    if name in run.objects or name in run.failed:
        why = f"{made.arch}: make failed, and no compiler says why: {run.why}"
        return without(AttemptStatus.NO_MAKE, why)
    why = f"{made.arch}: make stopped before any object: {run.why}"
    advice = advice_for(made.version, run.text)
    return without(AttemptStatus.UNPREPARED, f"{why}; {advice}" if advice else why)
