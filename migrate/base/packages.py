# SPDX-License-Identifier: GPL-2.0-only
"""The command that installs a package: with apt on Debian and Ubuntu, with dnf on Fedora."""

from __future__ import annotations

import shutil
import tomllib
from functools import cache
from pathlib import Path

_DATA = Path(__file__).parent / "data" / "packages.toml"
_SYSTEM_PYTHON = Path("/usr/bin/python3")


def install(package: str) -> str:
    """How to install the package that Debian calls `package`; one line, for the end of a
    refusal."""
    if not _has_dnf():
        return f"apt-get install {package}"
    name = in_fedora(package)
    return f"dnf install {name}" if name else f"Fedora has no {package}"


def in_fedora(package: str) -> str:
    """Fedora's name of Debian's `package`, "" if it has none; an unknown package keeps its name."""
    names = _names()
    if package in names:
        return names[package]
    starts = (n for n in names if n.endswith("*") and package.startswith(n[:-1]))
    return next((names[n] for n in starts), package)


def libpython() -> str:
    """Debian's package with the library of the system's Python, which spatch needs for scripts."""
    real = _SYSTEM_PYTHON.resolve().name
    return f"lib{real}" if real.startswith("python3.") else "libpython3"


def _has_dnf() -> bool:
    return shutil.which("dnf") is not None and shutil.which("apt-get") is None


@cache
def _names() -> dict[str, str]:
    data: dict[str, str] = tomllib.loads(_DATA.read_text(encoding="utf-8"))["dnf"]
    return data
