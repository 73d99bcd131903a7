# SPDX-License-Identifier: GPL-2.0-only
"""Temporary folders: all are made here, removed after use, and after a kill by the next run.

A command that holds a workspace makes them there. A command without one has a folder of its own in
the machine's temporary folder, locked as long as its process lives. A leftover folder is removed
only if it contains our mark, since a user may have a `gup-migrate-something` there, too.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from migrate.base.errors import Refusal

_PREFIX = "gup-migrate-scratch-"
_OWNER, _MARK = "owner", b"a scratch folder of gup-migrate\n"
"""The locked file in each folder, and its contents."""
_PLACES = ("/tmp", "/var/tmp")

_inside: Path | None = None
_making = threading.Lock()


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    """Make all temporary files of this process, and of the programs that it starts, in `folder`."""
    global _inside
    before, _inside = (_inside, tempfile.tempdir), folder
    tempfile.tempdir = str(folder)
    try:
        yield
    finally:
        _inside, tempfile.tempdir = before


def current() -> Path | None:
    """The folder in which temporary files have to be made, None if none was set."""
    return _inside


@contextmanager
def scratch(kind: str) -> Iterator[Path]:
    """A new empty folder that exists as long as the block runs; `kind` becomes part of its name."""
    if _inside is not None:
        with tempfile.TemporaryDirectory(prefix=f"{kind}-", dir=_inside) as name:
            yield Path(name)
        return
    folder, handle = _make_locked()
    try:
        yield folder / "files"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def _make_locked() -> tuple[Path, int]:
    """A folder in the machine's temporary folder, and its lock; leftovers there are removed."""
    error: OSError = FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    for place in places():
        try:
            with _making:
                _remove_leftovers(place)
                return _make_in(place)
        except OSError as found:
            error = found
    raise Refusal(
        f"There is no place for temporary files: {', '.join(map(str, places()))}:"
        f" {os.strerror(error.errno or errno.EIO)}.",
        "Set TMPDIR to a folder that you may write to.",
    )


def places() -> list[Path]:
    """The machine's temporary folders in the usual order, but never the current folder, which may
    be the checkout."""
    named = os.environ.get("TMPDIR", "")
    return [Path(place) for place in dict.fromkeys((named, *_PLACES)) if place.startswith("/")]


def _make_in(place: Path) -> tuple[Path, int]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
        # Another process may mistake it for a leftover before it is locked.
        with suppress(FileNotFoundError):
            (folder / "files").mkdir()
            owner = folder / _OWNER
            handle = os.open(owner, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            fcntl.flock(handle, fcntl.LOCK_EX)
            os.write(handle, _MARK)
            if owner.exists() and os.path.samestat(os.fstat(handle), owner.stat()):
                return folder, handle
            os.close(handle)


def _remove_leftovers(place: Path) -> None:
    """Remove the folders that killed processes of this program have left in `place`."""
    for folder in place.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
                continue
            _remove_unmarked(folder)
            handle = os.open(folder / _OWNER, os.O_RDONLY | os.O_NOFOLLOW)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.read(handle, len(_MARK) + 1) == _MARK:
                    shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(handle)


def _remove_unmarked(folder: Path) -> None:
    """Remove a folder whose process was killed before it wrote the mark; such a folder is empty."""
    with suppress(OSError):
        if [path.name for path in folder.iterdir()] == ["files"]:
            (folder / "files").rmdir()
        folder.rmdir()
