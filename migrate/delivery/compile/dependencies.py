# SPDX-License-Identifier: GPL-2.0-only
"""The files that an object was compiled from, as recorded by the compiler and kbuild."""

from __future__ import annotations

import os
import posixpath
import re
from pathlib import Path

_LISTED = re.compile(r"^(?:deps|source)_\S+ := ((?:.*\\\n)*.*)", re.M)
_WILDCARD = re.compile(r"\$\(wildcard[^)]*\)")


def note_path(folder: Path, name: str, suffix: str) -> Path:
    """Where kbuild keeps its notes on the object `name`: `.foo.o.cmd`, or the compiler's
    `.foo.o.d`, which is all that an object leaves that did not compile."""
    directory, base = posixpath.split(name)
    return folder / directory / f".{base}.{suffix}"


def read_dependencies(folder: Path, name: str, worktree: Path) -> tuple[str, ...]:
    """The files of the tree that the object `name` depends on, sorted; () if unknown.

    Generated files and files of the compiler are left out: the configuration and the compiler
    represent them.
    """
    listed = _from_kbuild(note_path(folder, name, "cmd")) or _from_compiler(
        note_path(folder, name, "d")
    )
    top = f"{worktree.resolve()}{os.sep}"
    inside = {posixpath.normpath(p)[len(top) :] for p in listed if p.startswith(top)}
    return tuple(sorted(p for p in inside if p))


def _from_kbuild(note: Path) -> list[str]:
    return [
        word
        for found in _LISTED.finditer(_WILDCARD.sub("", _text(note)))
        for word in found[1].replace("\\\n", " ").split()
    ]


def _from_compiler(note: Path) -> list[str]:
    rule = _text(note).replace("\\\n", " ").split("\n", 1)[0]
    return rule.partition(": ")[2].split()


def _text(note: Path) -> str:
    try:
        return note.read_text(encoding="utf-8", errors="surrogateescape")
    except FileNotFoundError:
        return ""
