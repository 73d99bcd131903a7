# SPDX-License-Identifier: GPL-2.0-only
"""Checked-out files in the place of git's objects, which cost several times as much to unpack."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

_MOST = 64 * 1024 * 1024
"""Bytes; a file that is larger is left to git."""

_SHA1 = 40
"""The length of an id of SHA-1, in hexadecimal digits."""


def read_checked_out(root: Path, path: str, identity: str) -> bytes | None:
    """What the file `path` below `root` holds, when that is git's blob `identity` to the byte.

    None for everything else: a file that was changed, is gone, or is a link, and one that git
    converts when it checks it out. Nobody has to know whether the work tree is clean.
    """
    name = os.fsencode(root) + b"/" + path.encode("utf-8", "surrogateescape")
    try:
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    try:
        about = os.fstat(file)
        if not stat.S_ISREG(about.st_mode) or about.st_size > _MOST:
            return None
        text = os.read(file, about.st_size + 1)
    except OSError:
        return None
    finally:
        os.close(file)
    return text if _blob_id(text, len(identity)) == identity else None


def _blob_id(text: bytes, length: int) -> str:
    new = hashlib.sha1 if length == _SHA1 else hashlib.sha256
    digest = new(b"blob %d\0" % len(text), usedforsecurity=False)
    digest.update(text)
    return digest.hexdigest()
