# SPDX-License-Identifier: GPL-2.0-only
"""The folder that series and report go to: replaced whole, and never what the user put there."""

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
    """A new empty folder that takes the place of `target` when the block ends without error.

    `target` may be missing, empty, or what an earlier run put there; anything else is the
    user's and refused. A block that removes the new folder leaves `target` as it is.
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
    """A :class:`Refusal` now for what :func:`replacing` would be refused for after the work."""
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
    """Have `target` where :func:`replacing` was killed between its two renames: what was sent is
    written down in there."""
    with _using_output(target):
        _, old = _beside(target)
        if exists(old) and not exists(target):
            old.replace(target)


def _beside(target: Path) -> tuple[Path, Path]:
    """What takes the place of `target`, and where `target` is while that happens."""
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
