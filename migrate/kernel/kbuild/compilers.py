# SPDX-License-Identifier: GPL-2.0-only
"""The versions of gcc and clang that suit a tree, by release date: data/compilers.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from migrate.kernel.kbuild.remedies import Version, parse_version

_DATA = Path(__file__).parent / "data/compilers.toml"
_RELEASE = Path("/etc/os-release")


@dataclass(frozen=True)
class Suited:
    """A kind of compiler for one kernel: `then` is the newest version at the release of the kernel,
    `least` the minimum version ("" if unknown), `packages` those of this distribution, the closest
    to `then` first."""

    kind: str
    then: str
    least: str
    packages: tuple[str, ...]


def suited(version: Version, release: str) -> tuple[Suited, ...]:
    """The compilers that suit a kernel of `version`, with packages of the Debian release
    `release`."""
    found = []
    for kind, data in _data().items():
        then, least = _newest(data["came"], version), _least(data["least"], version)
        names = [f"{kind}-{n}" for n in data["debian"].get(release, ())]
        names = [n for n in names if not least or _at_least(n, least)]
        if then:
            found.append(Suited(kind, then, least, tuple(nearest(version, names))))
    return tuple(found)


def nearest(version: Version, names: Sequence[str]) -> list[str]:
    """Sort compilers, as "gcc-11", by their distance from the release date of a kernel of
    `version`."""

    def distance(name: str) -> tuple[float, float]:
        kind, _, number = name.rpartition("-")
        then = _newest(_data().get(kind, {}).get("came", {}), version)
        own = float(number)
        return (abs(own - float(then)) if then else own, own)

    return sorted(names, key=distance)


def release_name() -> str:
    """The code name of the distribution, as "bookworm"; "" if it has none."""
    try:
        text = _RELEASE.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    lines = (line.partition("=") for line in text.splitlines())
    return next((v.strip('"') for k, _, v in lines if k == "VERSION_CODENAME"), "")


@cache
def _data() -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads(_DATA.read_text(encoding="utf-8"))


def _newest(came: dict[str, str], version: Version) -> str:
    """The newest compiler that was released before a kernel of `version`, "" if there is none."""
    there = [name for name, kernel in came.items() if parse_version(kernel) <= version[:2]]
    return max(there, key=parse_version, default="")


def _least(least: dict[str, str], version: Version) -> str:
    known = [kernel for kernel in least if parse_version(kernel) <= version[:2]]
    return least[max(known, key=parse_version)] if known else ""


def _at_least(name: str, least: str) -> bool:
    return parse_version(name.rpartition("-")[2]) >= parse_version(least)[:1]
