# SPDX-License-Identifier: GPL-2.0-only
"""Tests on a machine that lacks a program which this one has."""

from __future__ import annotations

import os
from pathlib import Path


def path_without(name: str, path: str, scratch: Path) -> str:
    """`path` with every folder in it that has the program `name` replaced by one, in `scratch`,
    that has links to all the others there."""
    places = [Path(place) for place in path.split(os.pathsep)]
    return os.pathsep.join(
        str(_without(name, place, scratch / str(number)) if (place / name).exists() else place)
        for number, place in enumerate(places)
    )


def _without(name: str, place: Path, folder: Path) -> Path:
    folder.mkdir()
    for program in place.iterdir():
        # There may be a folder in which every compiler is a link to ccache.
        if name not in (program.name, program.resolve().name):
            (folder / program.name).symlink_to(program)
    return folder
