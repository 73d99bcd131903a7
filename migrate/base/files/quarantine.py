# SPDX-License-Identifier: GPL-2.0-only
"""Damaged files are renamed, so that a user can inspect them, and never read again."""

from __future__ import annotations

from pathlib import Path

_KEPT = 3


def set_aside(path: Path) -> Path:
    """Rename `path` to the first free `<name>.damaged-<n>`; only the first few are kept."""
    for number in range(1, _KEPT + 1):
        target = path.with_name(f"{path.name}.damaged-{number}")
        if not target.exists() or number == _KEPT:
            break
    if path.exists():
        path.replace(target)
    return target
