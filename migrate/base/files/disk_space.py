# SPDX-License-Identifier: GPL-2.0-only
"""A full disk: how it is recognised, and how it ends a command."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

from migrate.base.errors import Refusal

_NUMBERS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_WORDS = re.compile(
    r"No space left on device|Disk quota exceeded|File too large|File size limit exceeded"
    r"|database or disk is full|Out of diskspace"
)
_NO_SPACE = ("No space left on device", "database or disk is full", "Out of diskspace")


def is_no_room(error: OSError) -> bool:
    """Whether `error` means a full disk, a quota, or a limit on the size of files."""
    return error.errno in _NUMBERS


def no_room_words(text: str) -> str:
    """The first phrase in the output of a program that means a full disk, "" if there is none."""
    found = _WORDS.search(text)
    return found[0] if found else ""


def no_room(
    place: object, words: str = "No space left on device", how: str = "with --workspace DIR"
) -> Refusal:
    """The refusal for a full disk. The next command replaces what was half written. `how` says how
    the user can name another disk, "" if that is not possible."""
    another = f", or use another disk {how}" if how else ""
    return Refusal(
        f"{'No space left' if words in _NO_SPACE else words} on the disk of {place}.",
        f"Make room{another}, and run the command again.",
    )


def no_room_error(
    error: OSError, place: Path | None = None, how: str = "with --workspace DIR"
) -> Refusal:
    """The same for an `error` of this process."""
    words = os.strerror(error.errno or errno.ENOSPC)
    return no_room(place or error.filename or "the workspace", words, how)
