# SPDX-License-Identifier: GPL-2.0-only
"""Stage files: a value, what it was made from, and a check sum that tells damage."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from migrate.base import codec
from migrate.base.files.quarantine import set_aside

T = TypeVar("T")


@dataclass(frozen=True)
class Stored(Generic[T]):
    """`value` as read from a file; `inputs` is the fingerprint of what it was made from and
    `digest` that of the value itself, both sha256 in hexadecimal."""

    value: T
    inputs: str
    digest: str


def fingerprint(*parts: str) -> str:
    """One sha256 over `parts`, in which ("ab", "c") and ("a", "bc") differ."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogateescape")
        total.update(f"{len(data)}:".encode())
        total.update(data)
    return total.hexdigest()


def save(path: Path, value: T, inputs: str) -> Stored[T]:
    """Write `value` to `path`, all of it or nothing."""
    data = codec.to_data(value)
    digest = _digest(data)
    path.parent.mkdir(parents=True, exist_ok=True)
    codec.write(path, {"inputs": inputs, "digest": digest, "value": data})
    return Stored(value, inputs, digest)


def load(path: Path, kind: type[T], notice: Callable[[str], None]) -> Stored[T] | None:
    """What :func:`save` wrote, or None; a damaged file is set aside and `notice` told so.

    None without a notice for a file that is missing or of another version of the tool. An OSError
    for one that may not be read, which says nothing of what is in it.
    """
    try:
        text = path.read_text(encoding="utf-8")
        data = json.loads(text)
        if set(data) != {"inputs", "digest", "value"} or _digest(data["value"]) != data["digest"]:
            raise ValueError("its check sum does not fit")
    except FileNotFoundError:
        return None
    except (IsADirectoryError, ValueError, TypeError, RecursionError) as error:
        kept = set_aside(path)
        why = str(error).splitlines()[0][:80] if str(error) else type(error).__name__
        notice(f"{path.name} was damaged ({why}); set aside as {kept.name} and made again")
        return None
    try:
        return Stored(codec.from_data(data["value"], kind), str(data["inputs"]), data["digest"])
    except ValueError:
        # Whole, but in the form of another version of the tool: stale like any other.
        return None


def _digest(data: Any) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
