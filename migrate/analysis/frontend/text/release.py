# SPDX-License-Identifier: GPL-2.0-only
"""What a tree says about the code that is compiled for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from migrate.analysis.frontend.text.conditions import Version


@dataclass(frozen=True)
class Release:
    """The version of a kernel, how many arguments its functions that take pages have, and which
    names of distributions it does not define."""

    version: Version = (0, 0, 0)
    counts: Mapping[str, int] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
