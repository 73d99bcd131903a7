# SPDX-License-Identifier: GPL-2.0-only
"""Frozen dataclasses to JSON and back: the format of every file in the workspace."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, TypeVar

import cattrs

T = TypeVar("T")

_converter = cattrs.Converter(forbid_extra_keys=True)
_converter.register_unstructure_hook(bytes, lambda b: b.decode("utf-8", "surrogateescape"))
_converter.register_structure_hook(bytes, lambda s, _: s.encode("utf-8", "surrogateescape"))


def to_data(value: Any) -> Any:
    """`value` as plain dicts, lists, strings and numbers; bytes become surrogate-escaped text."""
    return _converter.unstructure(value)


def from_data(data: Any, kind: type[T]) -> T:
    """The inverse of :func:`to_data`; raises ValueError when `data` does not fit `kind`."""
    try:
        return _converter.structure(data, kind)
    except (cattrs.BaseValidationError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"not a valid {getattr(kind, '__name__', kind)}: {error}") from error


def dumps(value: Any) -> str:
    """Stable JSON text: the same value always gives the same bytes."""
    return json.dumps(to_data(value), indent=1, sort_keys=True) + "\n"


def loads(text: str, kind: type[T]) -> T:
    """Parse the output of :func:`dumps`; raises ValueError on anything else."""
    return from_data(json.loads(text), kind)


def write(path: Path, value: Any) -> None:
    """Write `value` to `path` atomically: a reader sees the old file or the new one."""
    scratch = path.with_name(path.name + ".new")
    scratch.write_text(dumps(value), encoding="utf-8")
    flush(scratch)
    scratch.replace(path)


def flush(path: Path) -> None:
    """Flush the contents of `path` to the disk, before a rename makes the file visible."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
