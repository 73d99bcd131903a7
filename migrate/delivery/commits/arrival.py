# SPDX-License-Identifier: GPL-2.0-only
"""Files on their way into the user's repository, each written down before it is there.

A run that is killed leaves nothing half done in that repository: the name of every file that is
not yet of use is made up here and noted in the workspace first, and :func:`clean_up` of the next
run removes what is noted.
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
"""The note, at the top of the workspace."""

_PATIENCE = 15.0
"""Seconds; the git of a run that was killed comes to its end, or gives up, long before."""

_PAUSE = 0.1
"""Seconds between two looks; git leaves the lock of a ref empty for less than a thousandth."""


@dataclass(frozen=True)
class Lock:
    """A lock that git makes for a ref of ours, and the commit that it writes into it."""

    path: str
    tip: str


@dataclass(frozen=True)
class Note:
    """What is removed when it is there: `half`, which is never of use; `parts` of a pack, which
    are of none without its `index`; `locks` that no other git can have made."""

    half: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    index: str = ""
    locks: tuple[Lock, ...] = ()


@dataclass(frozen=True)
class Arrival:
    """A pack that is to be put at its place; `handle` is a file that is locked until everybody who
    has it open has ended."""

    handle: int
    steps: tuple[tuple[Path, Path, Path], ...]

    def put(self) -> None:
        """Copy every file of the pack to its temporary name and from there to its own, the index
        last, which makes the others count. All of it is on the disk then."""
        for source, half, target in self.steps:
            _copy(source, half)
            half.replace(target)
        for folder in {target.parent for _, _, target in self.steps}:
            flush(folder)


@contextmanager
def noted(
    journal: Path, pack: Sequence[Path], folder: Path, locks: Sequence[Lock]
) -> Iterator[Arrival]:
    """What brings the files of `pack`, its index the last of them, into `folder`, with a note in
    `journal` for as long as the block takes."""
    folder.mkdir(exist_ok=True)
    targets = [folder / source.name for source in pack]
    if all(target.exists() for target in targets):
        # As git does, so that nobody takes it for old and removes it before the ref has moved.
        for target in targets:
            os.utime(target)
        pack, targets = (), []
    # Git's own clean-up knows the beginning of the name, should the workspace be removed.
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
    """Remove what a run that was killed has left in the user's repository.

    A git that it had started may still be at work there, and is waited for. What cannot be
    removed stays noted.
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
    """There was none when the note was made. Another git's says another commit by now."""
    said = _text(lock)
    if said == "":
        time.sleep(_PAUSE)
        said = _text(lock)
    return said in ("", lock.tip)


def _text(lock: Lock) -> str | None:
    with suppress(OSError):
        return Path(lock.path).read_bytes().decode("utf-8", "replace").strip()
    return None
