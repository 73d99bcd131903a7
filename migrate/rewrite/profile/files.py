# SPDX-License-Identifier: GPL-2.0-only
"""The files of a profile, read once: they must not change between the check and their use."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

MOST_FILES = 500
"""Files and folders of a profile; our own have fewer than ten."""

MOST_BYTES = 256 << 10
"""Bytes of one file; the largest of our own has 5 kB."""


class BadFiles(ValueError):
    """Why a folder cannot be a profile; part of a line, without a full stop."""


def read_file(path: Path) -> bytes:
    """The contents of a regular file, up to the limit for profiles."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise BadFiles(f"{path.name} is not a file")
        text = stream.read(MOST_BYTES + 1)
    if len(text) > MOST_BYTES:
        raise BadFiles(f"{path.name} has more than {MOST_BYTES >> 10} kB")
    return text


def read_files(folder: Path) -> dict[str, bytes]:
    """Every file of `folder` by its relative path, sorted, without those whose names begin with a
    dot (such as git's). Raises :class:`BadFiles` if there are too many, one is too large, or one is
    outside of the folder."""
    return {
        str(path.relative_to(folder)): read_file(path) for path in sorted(_walk(folder, folder))
    }


def _walk(folder: Path, top: Path, seen: int = 0) -> Iterator[Path]:
    waiting = [folder]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                seen += 1
                if seen > MOST_FILES:
                    raise BadFiles(f"its folder has more than {MOST_FILES} files")
                if entry.name.startswith("."):
                    continue
                if entry.is_symlink() and not _inside(Path(entry.path), top):
                    raise BadFiles(f"{entry.name} leads out of the folder")
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))
                elif not entry.is_dir():
                    yield Path(entry.path)


def _inside(path: Path, top: Path) -> bool:
    return path.resolve().is_relative_to(top.resolve())
