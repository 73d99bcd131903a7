# SPDX-License-Identifier: GPL-2.0-only
"""What a bug of the analysis costs: the group that it was met in, and not the run."""

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
"""What wrong code raises. Errors of the system and refusals end the run."""


def failed_group(first: Acquire, error: Exception) -> PinGroup:
    """A group of one acquire of which nothing is known, with the place of the bug in its gap."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{type(error).__name__} in {Path(last.filename).name}:{last.lineno}"
    gap = Gap(GapKind.ANALYSIS_FAILED, first.place, function=first.function, other=where)
    return PinGroup(first.function, (first,), (), (), (), (gap,), ())
