# SPDX-License-Identifier: GPL-2.0-only
"""Digests of the tool and of a profile: results of other code or other rules are out of date."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import migrate
from migrate.base.data import data_folder
from migrate.rewrite.profile.model import Profile


def profile_identity(profile: Profile) -> str:
    """A digest over the profile and every file of its folder, also for foreign profiles."""
    total = hashlib.sha256()
    for name, content in sorted(profile.files.items()):
        _add(total, name, content)
    return total.hexdigest()


@cache
def tool_identity() -> str:
    """A digest over the tool's own code and rules: after a change, stored results are out of
    date."""
    return migrate.__version__ + _digest([Path(migrate.__file__).parent, data_folder("cocci")])


def _digest(folders: Sequence[Path]) -> str:
    total = hashlib.sha256()
    for folder in folders:
        for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix != ".pyc"):
            _add(total, str(path.relative_to(folder)), path.read_bytes())
    return total.hexdigest()


def _add(total: hashlib._Hash, name: str, content: bytes) -> None:
    total.update(name.encode("utf-8", "surrogateescape") + b"\0")
    total.update(f"{len(content)}:".encode() + content)
