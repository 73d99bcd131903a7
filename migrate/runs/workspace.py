# SPDX-License-Identifier: GPL-2.0-only
"""State on disk: stage files, database, lock, the tool's own repository."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from migrate.base import codec
from migrate.base.errors import Refusal
from migrate.base.files import places, scratch
from migrate.base.files.places import exists
from migrate.base.stores import lock
from migrate.base.stores import stage_file as stored
from migrate.base.stores.alternates import borrow, check_out
from migrate.base.stores.database import Database
from migrate.delivery.commits import arrival

LAYOUT = 1
"""To be increased when files move or change their meaning; an older workspace is then made
again."""

_SHARED = ("scan", "pair", "asked")
_OURS = (
    "scan.json*",
    "pair.json*",
    "asked.json*",
    "state.sqlite*",
    f"{arrival.NAME}*",
    "repository*",
    "builds",
    "proof",
    "profiles",
    "log",
    "scratch",
)
_KEPT = tuple(
    f"profiles/*/{name}" for name in ("out", "outputs.json", "versions.json", "trailers.json")
)
_MARKER = "gup-migrate.json"

T = TypeVar("T")


@dataclass
class Workspace:
    """The state of one checkout. Files that do not depend on the profile are at the top.

    `notice` is called with one line for everything that was damaged and set aside.
    """

    root: Path
    checkout: Path
    profile: str
    notice: Callable[[str], None] = field(default=lambda _: None)
    _is_mine: bool = field(default=False, init=False)

    @property
    def _own(self) -> Path:
        return self.root / "profiles" / self.profile

    @property
    def builds(self) -> Path:
        """Build folders, one per architecture."""
        return self.root / "builds"

    @property
    def log(self) -> Path:
        return self.root / "log"

    @property
    def out(self) -> Path:
        """Where series and report go if the user names no other place."""
        return self._own / "out"

    @property
    def decisions(self) -> Path:
        """The decisions file, if the user names no other. It is beside the folder and not in it, so
        that removing state does not remove a person's work."""
        return self.root.with_name(f"{self.root.name}.decisions.toml")

    @property
    def contracts(self) -> Path:
        """The contracts file, if the user names no other; beside the decisions."""
        return self.root.with_name(f"{self.root.name}.contracts.toml")

    @property
    def journal(self) -> Path:
        """What is incomplete in the user's repository during the hand-over."""
        return self.root / arrival.NAME

    def stage_path(self, stage: str) -> Path:
        return (self.root if stage in _SHARED else self._own) / f"{stage}.json"

    def load(self, stage: str, kind: type[T]) -> stored.Stored[T] | None:
        """The stored result of `stage`, or None if there is none or it is damaged."""
        with _using_workspace(self.root):
            return stored.load(self.stage_path(stage), kind, self.notice)

    def save(self, stage: str, value: T, inputs: str) -> stored.Stored[T]:
        return stored.save(self.stage_path(stage), value, inputs)

    @cached_property
    def database(self) -> Database:
        return Database(self.root / "state.sqlite", self.notice)

    def repository(self) -> Path:
        """The tool's own repository, which sees every object of the checkout.

        It is repaired only if this process has locked the workspace; otherwise it may be missing or
        broken.
        """
        place = self.root / "repository"
        return borrow(self.checkout, place) if self._is_mine else place

    def worktree(self, commit: str) -> Path:
        """The same with `commit` checked out; for a full kernel the first time takes a minute."""
        directory = self.repository()
        check_out(directory, commit)
        return directory

    def scratch(self) -> Path:
        """A folder that is empty now and removed after the run."""
        directory = self.root / "scratch"
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        return directory

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the workspace; leftovers of a killed run are removed on entry."""
        with _using_workspace(self.root), self._locked():
            self._settle()
            self._is_mine = True
            try:
                yield
            finally:
                self._is_mine = False
                shutil.rmtree(self.root / "scratch", ignore_errors=True)
                if "database" in self.__dict__:
                    self.database.close()
                    del self.__dict__["database"]

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.root.mkdir(parents=True, exist_ok=True)
        with lock.locked(self.root / "lock"):
            yield

    @contextmanager
    def held(self) -> Iterator[None]:
        """Locked, and with all temporary files of the process in the workspace, so that the next
        run after a kill removes them."""
        with self.locked(), scratch.inside(self.scratch()):
            yield

    def holder(self) -> lock.Holder | None:
        """The process that is using this workspace."""
        return lock.holder(self.root / "lock")

    def clean(self, *, everything: bool) -> int:
        """Remove everything that can be computed again, and with `everything` also series, reports,
        and the record of sent versions.

        Returns the number of bytes that were freed. Logs are removed, too.
        """
        self._check_owner()
        keep = set() if everything else {p for n in _KEPT for p in self.root.glob(n)}
        # By name, so that a foreign file in here is never removed.
        ours = [p for pattern in _OURS for p in self.root.glob(pattern)]
        return sum(_remove(path, keep) for path in ours)

    def _settle(self) -> None:
        """Bring the folder to the current layout, whatever state the last run left it in."""
        found = self._check_owner()
        arrival.clean_up(self.journal, self.notice)
        if found is not None and found < LAYOUT:
            self.notice(f"{self.root} has layout {found}, this gup-migrate has {LAYOUT}: made anew")
            self.clean(everything=False)
        codec.write(self.root / _MARKER, {"layout": LAYOUT, "checkout": str(self.checkout)})
        shutil.rmtree(self.root / "scratch", ignore_errors=True)
        for folder, names in (
            *((folder, "*.new") for folder in (self.root, self._own)),
            (self.root / "repository/.git/objects", "**/tmp_*"),
        ):
            for half in folder.glob(names):
                shutil.rmtree(half, ignore_errors=True)
                half.unlink(missing_ok=True)
        self.log.mkdir(exist_ok=True)

    def _check_owner(self) -> int | None:
        """The layout of the folder, None for a new one; refuses a folder that is not a
        workspace."""
        try:
            data = json.loads((self.root / _MARKER).read_text(encoding="utf-8"))
            layout, owner = int(data["layout"]), str(data["checkout"])
        except FileNotFoundError:
            self._check_empty()
            return None
        except (IsADirectoryError, ValueError, KeyError, TypeError):
            self.notice(f"{_MARKER} was damaged; everything in {self.root} is made anew")
            return 0
        if owner != str(self.checkout):
            raise Refusal(
                f"{self.root} is the workspace of {owner}, not of {self.checkout}.",
                "Give another folder with --workspace DIR.",
            )
        if layout > LAYOUT:
            raise Refusal(
                f"{self.root} was written by a newer gup-migrate (layout {layout}, here {LAYOUT}).",
                "Use that version, or give another folder with --workspace DIR.",
            )
        return layout

    def _check_empty(self) -> None:
        # A run that was killed at once may have left these two.
        ours = {"lock", f"{_MARKER}.new"}
        strangers = [p.name for p in self.root.iterdir() if p.name not in ours]
        if strangers:
            raise Refusal(
                f"{self.root} holds files that are not gup-migrate's, {sorted(strangers)[0]}.",
                "Give an empty folder, or one that does not exist yet, with --workspace DIR.",
            )


def open_workspace(
    checkout: Path,
    profile: str,
    directory: Path | None = None,
    notice: Callable[[str], None] = lambda _: None,
) -> Workspace:
    """The workspace of `checkout`, in `directory` or below the user's cache folder.

    Nothing is written before :meth:`Workspace.locked`. Refuses a place that is in the checkout or
    contains it.
    """
    top = places.absolute(checkout)
    root = places.meant(directory or _default_place(top))
    keep_apart(root, top, "workspace", "--workspace")
    with _using_workspace(root):
        if exists(root) and not root.is_dir():
            raise Refusal(f"{root} is not a folder.", "Give a folder with --workspace DIR.")
    return Workspace(root, top, re.sub(r"[^A-Za-z0-9._-]", "-", profile).lstrip("."), notice)


def keep_apart(place: Path, checkout: Path, what: str, option: str) -> None:
    """Refuse a `place` that is the checkout, is in it, or contains it."""
    if place == checkout or checkout in place.parents:
        raise Refusal(
            f"The {what} {place} is inside the checkout, which gup-migrate only reads.",
            f"Give a folder elsewhere with {option} DIR.",
        )
    if place in checkout.parents:
        raise Refusal(
            f"The {what} {place} has the checkout {checkout} inside.",
            f"Give a folder of its own with {option} DIR.",
        )


def _using_workspace(root: Path) -> AbstractContextManager[None]:
    return places.using(root, "workspace", "with --workspace DIR")


def _remove(path: Path, keep: set[Path]) -> int:
    """Remove `path` and everything below except for `keep`; the number of bytes that were freed."""
    if path in keep:
        return 0
    if path.is_dir() and not path.is_symlink():
        freed = sum(_remove(entry, keep) for entry in path.iterdir())
        with suppress(OSError):
            path.rmdir()
        return freed
    size = path.lstat().st_size
    path.unlink()
    return size


def _default_place(checkout: Path) -> Path:
    digest = hashlib.sha256(os.fsencode(checkout)).hexdigest()[:12]
    name = re.sub(r"[^A-Za-z0-9._-]", "-", checkout.name).lstrip(".") or "linux"
    return places.cache_folder() / "gup-migrate" / "work" / f"{name[:40]}-{digest}"
