# SPDX-License-Identifier: GPL-2.0-only
"""An exception from a bug in the analysis costs the group in which it was raised, not the run."""

from __future__ import annotations

import traceback
from pathlib import Path

from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.model import Acquire, PinGroup

BUGS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""Exceptions that come from bugs. Errors of the system and refusals end the run."""


def failed_group(first: Acquire, error: Exception) -> PinGroup:
    """A group with one acquire and nothing else, whose gap names the place of the bug."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{type(error).__name__} in {Path(last.filename).name}:{last.lineno}"
    gap = Gap(GapKind.ANALYSIS_FAILED, first.place, function=first.function, other=where)
    return PinGroup(first.function, (first,), (), (), (), (gap,), ())
