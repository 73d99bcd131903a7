# SPDX-License-Identifier: GPL-2.0-only
"""What a profile from elsewhere may not bring along: programs, names that are none, paths that
lead out of its folder or out of the tree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from migrate.rewrite.profiles import Profile

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,60}")
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_RUNS_CODE = re.compile(rb"\b(script|initiali[sz]e|finali[sz]e)\s*:\s*\w+|^\s*#\s*include\b", re.M)
"""Python and OCaml in a semantic patch, and other files, which may have some."""


def code_in(folder: Path) -> Path | None:
    """A semantic patch in `folder` that runs code when spatch reads it, or None."""
    for path in sorted(folder.rglob("*.cocci")):
        if not path.is_file() or _RUNS_CODE.search(path.read_bytes()):
            return path
    return None


def wrong_in(profile: Profile, files: Iterable[str]) -> str:
    """What is wrong with the names and paths of `profile`, "" for nothing; `files` are those of
    its folder that it names."""
    if not _NAME.fullmatch(profile.name) or ".." in profile.name or profile.name.endswith(".lock"):
        return f"{profile.name!r} cannot be a name"
    for word in _identifiers(profile):
        if not _IDENTIFIER.fullmatch(word):
            return f"{word!r} is no identifier of C"
    for path in _paths(profile):
        parts = PurePosixPath(path).parts
        if (
            not parts
            or path.startswith("/")
            or {"..", ".git"} & set(parts)
            or not path.isprintable()
        ):
            return f"{path!r} is no path in a kernel"
    top = profile.folder.resolve()
    used = [profile.folder / name for name in files]
    for file in (*used, *(profile.folder / "templates").rglob("*")):
        if not file.resolve().is_relative_to(top):
            return f"{file.name} is a file of somewhere else"
    return ""


def _identifiers(profile: Profile) -> Iterator[str]:
    for rule in profile.acquire:
        yield from (rule.source, rule.target, *rule.needs, *rule.append)
        yield from (w for w in (rule.add_flag,) if w)
    for release in profile.release:
        yield from (release.source, release.target, *release.needs)
        yield from (w for w in (release.loop, release.loop_dirty_lock) if w)
    yield from profile.flags.drop
    yield from (w for w in (profile.flags.write,) if w)


def _paths(profile: Profile) -> Iterator[str]:
    if profile.api is None:
        return
    yield from (profile.api.header, *profile.api.sources, *profile.api.shared)
    for commit in profile.api.commit:
        if commit.document is not None:
            yield from (commit.document.path, commit.document.index)
