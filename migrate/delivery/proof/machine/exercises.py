# SPDX-License-Identifier: GPL-2.0-only
"""The exercises: small programs that make the kernel run the code of an object, as data and C."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrate.base.data import data_folder

_KEYS = {
    *("title", "objects", "symbols", "seconds", "command_line", "arch", "device", "hardware"),
}
_SECONDS = 30
_ARCH = "x86_64"
_MACHINES = "hardware/machines.toml"


@dataclass(frozen=True)
class Exercise:
    """`objects` are the sources whose code it runs, `symbols` the additional configuration,
    `seconds` its time limit, and `command_line` the additional arguments for the kernel. `code` is
    a C file that defines `exercise_NAME()`, and `arch` the architecture that it runs on.
    `hardware` are arguments for QEMU, which has to have `device`; "{share}" in them is a folder
    that the guest may write to."""

    name: str
    title: str
    objects: tuple[str, ...]
    symbols: tuple[str, ...]
    seconds: int
    command_line: str
    code: Path
    arch: str = _ARCH
    device: str = ""
    hardware: tuple[str, ...] = ()

    @property
    def function(self) -> str:
        return f"exercise_{self.name}"


def exercises(folder: Path | None = None) -> tuple[Exercise, ...]:
    """All exercises, by name; raises ValueError for a file that is not an exercise."""
    place = folder or data_folder("exercises")
    return tuple(_read(path) for path in sorted(place.glob("*.toml")))


def machines(folder: Path | None = None) -> dict[str, str]:
    """The objects whose code needs hardware that QEMU does not emulate, with the hardware."""
    place = folder or data_folder("exercises")
    data = tomllib.loads((place / _MACHINES).read_text(encoding="utf-8"))
    return {path: entry["name"] for entry in data["machine"] for path in entry["objects"]}


def _read(path: Path) -> Exercise:
    data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    if strange := sorted(data.keys() - _KEYS):
        raise ValueError(f"{path.name}: {strange[0]} is no key of an exercise")
    if lacking := sorted({"title", "objects"} - data.keys()):
        raise ValueError(f"{path.name}: {lacking[0]} is missing")
    code = path.with_suffix(".c")
    if not code.is_file():
        raise ValueError(f"{path.name}: {code.name} is missing")
    return Exercise(
        path.stem,
        data["title"],
        tuple(data["objects"]),
        tuple(data.get("symbols", ())),
        data.get("seconds", _SECONDS),
        data.get("command_line", ""),
        code,
        data.get("arch", _ARCH),
        data.get("device", ""),
        tuple(data.get("hardware", ())),
    )
