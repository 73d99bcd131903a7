# SPDX-License-Identifier: GPL-2.0-only
"""What a repository looks like, in a form that two looks can be compared by."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

TOOL_REFS = "refs/heads/gup-migrate/"


@dataclass(frozen=True)
class Snapshot:
    """Everything of a user's checkout that the tool has no business with.

    `refs` are lines "name id", the stash with all its entries among them; `tree` has one digest
    a file: contents (or size and mtime), type and mode.
    """

    head: bytes
    refs: tuple[str, ...]
    index: bytes
    config: bytes
    worktrees: tuple[str, ...]
    tree: dict[str, str]


def snapshot(root: Path, *, contents: bool = True, but_refs: str = TOOL_REFS) -> Snapshot:
    """Look at the checkout `root` without changing a byte of it.

    `contents` False compares files by size and mtime, for trees that are too large to read.
    Refs below `but_refs` are left out.
    """
    dot_git = root / ".git"
    stash = dot_git / "logs/refs/stash"
    return Snapshot(
        head=(dot_git / "HEAD").read_bytes(),
        refs=(*_refs(root, but_refs), *_lines(stash)),
        index=_bytes(dot_git / "index"),
        config=_bytes(dot_git / "config"),
        worktrees=tuple(sorted(p.name for p in (dot_git / "worktrees").glob("*"))),
        tree=dict(_files(root, contents)),
    )


def _refs(root: Path, but: str) -> list[str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    listed = subprocess.run(
        ["git", "-C", str(root), "for-each-ref", "--format=%(refname) %(objectname)"],
        env=env | {"GIT_OPTIONAL_LOCKS": "0"},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [line for line in listed.splitlines() if not line.startswith(but)]


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def _files(root: Path, contents: bool) -> list[tuple[str, str]]:
    found = []
    for folder, folders, names in os.walk(root):
        if Path(folder) == root:
            folders.remove(".git")
        for name in sorted(names + [f for f in folders if (Path(folder) / f).is_symlink()]):
            path = Path(folder) / name
            found.append((str(path.relative_to(root)), _digest(path, contents)))
    return found


def _digest(path: Path, contents: bool) -> str:
    info = path.lstat()
    if stat.S_ISLNK(info.st_mode):
        return f"link to {path.readlink()}"
    mode = oct(info.st_mode)
    if not contents:
        return f"{mode} {info.st_size} {info.st_mtime_ns}"
    return f"{mode} {hashlib.sha256(path.read_bytes()).hexdigest()}"
