# SPDX-License-Identifier: GPL-2.0-only
"""The user's policy for commits that no compiler has built."""

from __future__ import annotations

from enum import StrEnum


class Policy(StrEnum):
    """Such commits are sent like others, written and held, or left out of the series."""

    DELIVER = "deliver"
    HOLD = "hold"
    LEAVE_OUT = "leave-out"
