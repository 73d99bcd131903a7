# SPDX-License-Identifier: GPL-2.0-only
"""Pin groups for tests, by the lines of their acquires and releases."""

from __future__ import annotations

from collections.abc import Sequence

from migrate.analysis.model import Acquire, PinGroup, Release
from migrate.analysis.place import Place


def group(name: str, path: str, acquires: Sequence[int], releases: Sequence[int]) -> PinGroup:
    """A group of one file."""
    taken = tuple(
        Acquire(Place(path, line, 1), "f", "get_user_pages", (), (), "") for line in acquires
    )
    given = tuple(
        Release(Place(path, line, 1), "f", "put_page", False, "", "") for line in releases
    )
    return PinGroup(name, taken, given, (), (), ())
