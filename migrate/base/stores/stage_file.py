# SPDX-License-Identifier: GPL-2.0-only
"""Stage files: a value, a fingerprint of its inputs, and a checksum against damage."""

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
    """A `value` read from a file; `inputs` is the fingerprint of its inputs and `digest` that of
    the value itself, both sha256 in hexadecimal."""

    value: T
    inputs: str
    digest: str


def fingerprint(*parts: str) -> str:
    """One sha256 over `parts`; ("ab", "c") and ("a", "bc") give different ones."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogateescape")
        total.update(f"{len(data)}:".encode())
        total.update(data)
    return total.hexdigest()


def save(path: Path, value: T, inputs: str) -> Stored[T]:
    """Write `value` to `path` atomically."""
    data = codec.to_data(value)
    digest = _digest(data)
    path.parent.mkdir(parents=True, exist_ok=True)
    codec.write(path, {"inputs": inputs, "digest": digest, "value": data})
    return Stored(value, inputs, digest)


def load(path: Path, kind: type[T], notice: Callable[[str], None]) -> Stored[T] | None:
    """What :func:`save` wrote, or None; a damaged file is set aside and `notice` is called.

    Returns None without a notice if the file is missing or from another version of the tool. Raises
    OSError if the file may not be read, which does not mean that it is damaged.
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
        # Complete, but in the format of another version of the tool: stale.
        return None


def _digest(data: Any) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
