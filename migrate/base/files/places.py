# SPDX-License-Identifier: GPL-2.0-only
"""Paths that the user or the environment names, and the messages if they cannot be used.

Code that works on such a path does so in :func:`using`, which turns every error of the system into
one line and what to do about it; :func:`no_bug` is for errors that belong to no path.
"""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from migrate.base.errors import Refusal
from migrate.base.files.disk_space import is_no_room, no_room_error

_CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS)
_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN)
_UNUSABLE = (
    *(*_CLOSED, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EIO, errno.ESTALE),
    *(errno.ENODEV, errno.ENXIO, errno.ENOTCONN, errno.EOPNOTSUPP, errno.EDEADLK, errno.ENOLCK),
)
"""These errors never come from a mistake of this program."""

_SAID = {
    "failed to map segment": errno.ENOMEM,
    "cannot allocate memory": errno.ENOMEM,
    "Cannot allocate memory": errno.ENOMEM,
    "Too many open files": errno.EMFILE,
    "can't start new thread": errno.EAGAIN,
}
"""Messages for errors without a number: libraries that cannot be loaded, and threads."""

_LITTLE = 1 << 20
"""Bytes; a disk with less than this is full."""


def meant(path: Path) -> Path:
    """The path that the user means by the value of an option, where no shell has expanded ~."""
    with suppress(RuntimeError):  # there is no such user
        path = path.expanduser()
    return absolute(path)


def absolute(path: Path) -> Path:
    """The absolute path of `path`, with symbolic links resolved as far as possible. Raises a
    :class:`Refusal` if `path` is relative to a folder that is gone."""
    try:
        return Path(os.path.realpath(path))
    except FileNotFoundError:
        raise Refusal(
            "The current folder does not exist any more.", "Go to one that does: cd"
        ) from None


def exists(path: Path) -> bool:
    """Whether `path` exists. Path.exists() returns False for some files that may not be
    accessed."""
    try:
        path.stat()
    except FileNotFoundError:
        return False
    return True


def cache_folder() -> Path:
    """The user's cache folder; raises a :class:`Refusal` if the environment does not name one."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    # XDG specification: a relative path counts as unset.
    if base.startswith("/"):
        return Path(base)
    home = Path(os.environ.get("HOME", "~"))
    with suppress(RuntimeError):  # a user without an entry in the password database
        home = home.expanduser()
    if not home.is_absolute():
        raise Refusal(
            "HOME is not an absolute path, so there is no folder for the cache.",
            "Set HOME, or name a folder for the state with --workspace DIR.",
        )
    return home / ".cache"


@contextmanager
def using(place: Path, what: str, how: str, *, beside: Collection[Path] = ()) -> Iterator[None]:
    """Turn errors of the system on `place` (a file or a folder), on the folders around it, or on
    `beside` into a :class:`Refusal`.

    `what` is its name for the user, "workspace"; `how` says how to name another place, "with
    --workspace DIR", or is "" if that is not possible.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _EXHAUSTED or not _is_about(error, (place, *beside)):
            raise
        if is_no_room(error):
            raise no_room_error(error, place, how) from error
        raise _unusable(error, place, what, how) from error


def no_bug(error: BaseException) -> Refusal | None:
    """The refusal for an `error` that is not a bug of this program, wherever it came from; None
    otherwise."""
    match error:
        case MemoryError():
            return out_of_memory()
        case ModuleNotFoundError() if not (error.name or "migrate").startswith("migrate"):
            return Refusal(
                f"The Python package {error.name} is missing, so the installation is damaged.",
                "Install gup-migrate again, as you did before.",
            )
        case ImportError() | RuntimeError():
            number = next((n for words, n in _SAID.items() if words in str(error)), 0)
            return exhausted(OSError(number, "")) if number else None
        case OSError() if error.errno in _EXHAUSTED:
            return exhausted(error)
        case OSError() if is_no_room(error):
            return no_room_error(error)
        case OSError(filename=str() | bytes() as name) if error.errno in _UNUSABLE:
            return _unusable(error, Path(os.fsdecode(name)), "", "")
    return None


def is_exhausted(error: OSError) -> bool:
    """Whether the system has run out of open files, processes or memory; no path is to blame."""
    return error.errno in _EXHAUSTED


def exhausted(error: OSError) -> Refusal:
    """The refusal for an `error` of that kind."""
    match error.errno:
        case errno.EMFILE:
            limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
            return Refusal(
                f"gup-migrate may not open more than {limit} files at a time, which is too few.",
                "Raise the limit and run the command again: ulimit -n 1024",
            )
        case errno.EAGAIN:
            return Refusal(
                "gup-migrate may not start more processes, or threads.",
                "End others, or allow more (see: ulimit -u -v), and run the command again.",
            )
        case errno.ENFILE:
            return Refusal(
                "The machine cannot open more files.", "End other programs, and run again."
            )
    return out_of_memory()


def out_of_memory() -> Refusal:
    """The refusal when the machine, or a limit on this process, has no more memory."""
    return Refusal(
        "gup-migrate ran out of memory.",
        "Let it do less at a time with --jobs 1, or give it more memory, and run again.",
    )


def _is_about(error: OSError, places: tuple[Path, ...]) -> bool:
    names = [n for n in (error.filename, error.filename2) if isinstance(n, (str, bytes))]
    if not names:
        # A failed write does not name the file.
        return is_no_room(error) and _is_full(places[0])
    paths = [Path(os.fsdecode(name)).absolute() for name in names]
    return any(
        path == place or path in place.parents or place in path.parents
        for path in paths
        for place in places
    )


def _is_full(place: Path) -> bool:
    there = next(path for path in (place, *place.parents) if path.exists())
    disk = os.statvfs(there)
    return disk.f_bavail * disk.f_frsize < _LITTLE or (disk.f_files > 0 and disk.f_favail == 0)


def _unusable(error: OSError, place: Path, what: str, how: str) -> Refusal:
    file = os.fsdecode(error.filename) if isinstance(error.filename, (str, bytes)) else place
    why = os.strerror(error.errno or errno.EIO)
    where = f"The {what} {place}" if what else f"{place}"
    if what and Path(file) != place:
        where += f" cannot be used: {file}"
        return Refusal(f"{where}: {why}.", _remedy(error, how))
    return Refusal(f"{where} cannot be used: {why}.", _remedy(error, how))


def _remedy(error: OSError, how: str) -> str:
    another = f"name another place {how}" if how else ""
    if error.errno in _CLOSED:
        return f"Give yourself access to it{f', or {another}' if how else ''}, and run again."
    if error.errno in (errno.ENOENT, errno.ESTALE):
        gone = "Nothing can be made there, or something removes it"
        return f"{gone}: {another}." if how else f"{gone}; run the command again."
    return f"{another[:1].upper()}{another[1:]}." if how else "See what it is, and run again."
