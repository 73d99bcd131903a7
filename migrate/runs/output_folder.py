# SPDX-License-Identifier: GPL-2.0-only
"""The folder for series and report: replaced as a whole, and only if the user has put nothing
there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from migrate.base.codec import flush
from migrate.base.errors import Refusal
from migrate.base.files import places
from migrate.base.files.places import exists

_MARKER = ".gup-migrate"


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A new empty folder that replaces `target` if the block ends without an error.

    `target` may be missing, empty, or written by an earlier run; anything else belongs to the user
    and is refused. If the block removes the new folder, `target` stays as it is.
    """
    with _using_output(target):
        _refuse_strangers(target)
        put_back(target)
        fresh, old = _beside(target)
        for leftover in (fresh, old):
            shutil.rmtree(leftover, ignore_errors=True)
        fresh.mkdir(parents=True)
        (fresh / _MARKER).touch()
        yield fresh
        if not fresh.exists():
            return
        for path in fresh.rglob("*"):
            if path.is_file():
                flush(path)
        if target.exists():
            target.replace(old)
        fresh.replace(target)
        shutil.rmtree(old, ignore_errors=True)


def check_replaceable(target: Path) -> None:
    """Raise the :class:`Refusal` of :func:`replacing` before the work begins."""
    with _using_output(target):
        _refuse_strangers(target)
        fresh, _ = _beside(target)
        new = [p for p in (fresh, *fresh.parents) if not exists(p)]
        try:
            fresh.mkdir(parents=True, exist_ok=True)
            (fresh / _MARKER).touch()
        finally:
            (fresh / _MARKER).unlink(missing_ok=True)
            for path in new:
                with suppress(OSError):
                    path.rmdir()


def put_back(target: Path) -> None:
    """Restore `target` if :func:`replacing` was killed between its two renames: the record of sent
    series is in it."""
    with _using_output(target):
        _, old = _beside(target)
        if exists(old) and not exists(target):
            old.replace(target)


def _beside(target: Path) -> tuple[Path, Path]:
    """The paths of the new folder, and of `target` while it is being replaced."""
    new, old = (target.with_name(f".{target.name}.gup-migrate-{end}") for end in ("new", "old"))
    return new, old


def _using_output(target: Path) -> AbstractContextManager[None]:
    return places.using(target, "output folder", "with --output DIR", beside=_beside(target))


def _refuse_strangers(target: Path) -> None:
    if exists(target) and not _may_replace(target):
        raise Refusal(
            f"{target} holds files that gup-migrate did not write.",
            "Give an empty folder, or one that does not exist yet, with --output DIR.",
        )


def _may_replace(target: Path) -> bool:
    return target.is_dir() and ((target / _MARKER).exists() or not any(target.iterdir()))
