# SPDX-License-Identifier: GPL-2.0-only
"""The machines that QEMU emulates, from data/machines.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from migrate.base.programs import process

_DATA = Path(__file__).parent / "data/machines.toml"
_HELP = 60.0


@dataclass(frozen=True)
class Emulated:
    """An emulated machine; the fields are those of data/machines.toml."""

    arch: str
    emulator: str
    package: str
    libc: str
    hardware: tuple[str, ...]
    interpreted: tuple[str, ...]
    kvm: tuple[str, ...]
    command_line: str
    goal: str
    image: str

    def has(self, device: str) -> bool:
        """Whether its QEMU was built with `device`; true without one, which the boot reports."""
        outcome = process.run(
            [self.emulator, "-machine", "none", "-device", "help"],
            cwd=Path("/"),
            timeout=_HELP,
            one_stream=True,
        )
        if not isinstance(outcome, process.Finished):
            return True
        return f'name "{device}"'.encode() in outcome.stdout


@cache
def emulated_machines() -> tuple[Emulated, ...]:
    """All of them, in the order in which they are tried."""
    data = tomllib.loads(_DATA.read_text(encoding="utf-8"))
    return tuple(map(_emulated, data["machine"]))


def _emulated(entry: Mapping[str, Any]) -> Emulated:
    fields: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()
    }
    return Emulated(**fields)
