# SPDX-License-Identifier: GPL-2.0-only
"""Entries in the toctree of a reStructuredText index."""

from __future__ import annotations

from collections.abc import Sequence


def add_entry(index: bytes, entry: str, after: Sequence[str]) -> bytes:
    """`index` with `entry` after the first of `after` that it lists, else at the end of its first
    toctree; unchanged if it lists `entry` already or has no toctree."""
    lines = index.split(b"\n")
    names = [line.strip() for line in lines]
    if entry.encode() in names:
        return index
    found = next((names.index(name.encode()) for name in after if name.encode() in names), None)
    place = found if found is not None else _end_of_first(lines)
    if place is None:
        return index
    line = lines[place]
    indent = line[: len(line) - len(line.lstrip())]
    return b"\n".join([*lines[: place + 1], indent + entry.encode(), *lines[place + 1 :]])


def _end_of_first(lines: Sequence[bytes]) -> int | None:
    """The number of the last entry of the first toctree."""
    last = None
    inside = False
    for number, line in enumerate(lines):
        if line.strip() == b".. toctree::":
            inside = True
        elif inside and line.strip() and not line.startswith(b" "):
            break
        elif inside and line.strip() and not line.strip().startswith(b":"):
            last = number
    return last
