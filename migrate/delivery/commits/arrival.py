# SPDX-License-Identifier: GPL-2.0-only
"""Copies files into the user's repository, each noted in the workspace before it exists.

So a killed run leaves nothing incomplete in that repository: the name of every file that is not yet
in use is chosen here and noted first, and :func:`clean_up` of the next run removes the noted files.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from migrate.base.codec import flush
from migrate.base.stores import stage_file as stored

NAME = "handing-over.json"
"""The note, in the top folder of the workspace."""

_PATIENCE = 15.0
"""Seconds; the git of a killed run ends, or gives up, long before."""

_PAUSE = 0.1
"""Seconds between two checks; git leaves the lock of a ref empty for less than a millisecond."""


@dataclass(frozen=True)
class Lock:
    """A lock that git creates for one of our refs, and the commit that it writes into it."""

    path: str
    tip: str


@dataclass(frozen=True)
class Note:
    """The files to be removed if they exist: `half` are never complete; `parts` of a pack are
    useless without its `index`; `locks` cannot belong to another git."""

    half: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    index: str = ""
    locks: tuple[Lock, ...] = ()


@dataclass(frozen=True)
class Arrival:
    """A pack to be copied; `handle` is a file that is locked until all processes that have it open
    have ended."""

    handle: int
    steps: tuple[tuple[Path, Path, Path], ...]

    def put(self) -> None:
        """Copy every file of the pack to its temporary name and rename it, the index last, because
        it makes git use the others. Everything is flushed to the disk."""
        for source, half, target in self.steps:
            _copy(source, half)
            half.replace(target)
        for folder in {target.parent for _, _, target in self.steps}:
            flush(folder)


@contextmanager
def noted(
    journal: Path, pack: Sequence[Path], folder: Path, locks: Sequence[Lock]
) -> Iterator[Arrival]:
    """The copy of the files of `pack`, its index last, into `folder`, with a note in `journal`
    during the block."""
    folder.mkdir(exist_ok=True)
    targets = [folder / source.name for source in pack]
    if all(target.exists() for target in targets):
        # As git does: otherwise a concurrent gc may consider it old and remove it before the ref is
        # moved.
        for target in targets:
            os.utime(target)
        pack, targets = (), []
    # Git's own clean-up knows this prefix, in case the workspace is removed.
    halves = [folder / f"tmp_pack_gup-migrate-{secrets.token_hex(8)}" for _ in targets]
    names = [str(target) for target in targets]
    half = tuple(str(path) for path in halves)
    note = Note(half, tuple(names[:-1]), names[-1] if names else "", tuple(locks))
    stored.save(journal, note, "")
    flush(journal.parent)
    handle = os.open(journal, os.O_RDWR)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield Arrival(handle, tuple(zip(pack, halves, targets, strict=True)))
    finally:
        _remove(note)
        journal.unlink()
        os.close(handle)


def clean_up(journal: Path, notice: Callable[[str], None]) -> None:
    """Remove what a killed run has left in the user's repository.

    A git that it started may still be running and is waited for. Files that cannot be removed stay
    noted.
    """
    try:
        handle = os.open(journal, os.O_RDWR)
    except FileNotFoundError:
        return
    try:
        if _nobody_has(handle):
            found = stored.load(journal, Note, notice)
            if found is not None:
                _remove(found.value)
            journal.unlink(missing_ok=True)
    except OSError:
        return
    finally:
        os.close(handle)


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as reader:
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as writer:
            shutil.copyfileobj(reader, writer)
            os.fchmod(handle, os.fstat(reader.fileno()).st_mode & 0o7777)
            writer.flush()
            os.fsync(handle)


def _nobody_has(handle: int) -> bool:
    deadline = time.monotonic() + _PATIENCE
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(_PAUSE)


def _remove(note: Note) -> None:
    whole = bool(note.index) and Path(note.index).exists()
    for path in (*note.half, *(() if whole else note.parts)):
        Path(path).unlink(missing_ok=True)
    for lock in note.locks:
        if _is_ours(lock):
            Path(lock.path).unlink(missing_ok=True)


def _is_ours(lock: Lock) -> bool:
    """Whether a lock is from our git: there was none when the note was made, and another git would
    have written another commit."""
    said = _text(lock)
    if said == "":
        time.sleep(_PAUSE)
        said = _text(lock)
    return said in ("", lock.tip)


def _text(lock: Lock) -> str | None:
    with suppress(OSError):
        return Path(lock.path).read_bytes().decode("utf-8", "replace").strip()
    return None
