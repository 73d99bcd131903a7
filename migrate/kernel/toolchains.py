# SPDX-License-Identifier: GPL-2.0-only
"""Which architectures there are and which compilers for them are installed."""

from __future__ import annotations

import platform
import shutil
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from migrate.base import process

_DATA = Path(__file__).parent / "data"
_TIME_LIMIT = 30.0
"""Seconds for `gcc --version`, which may wake a sleeping disk or a network drive."""


@dataclass(frozen=True)
class Architecture:
    """An architecture of data/architectures.toml, where the fields are explained."""

    name: str
    source: str
    machines: tuple[str, ...]
    prefixes: tuple[str, ...]
    package: str
    defconfigs: tuple[str, ...]


@dataclass(frozen=True)
class Toolchain:
    """An installed compiler. `identity` changes whenever the compiler does."""

    arch: Architecture
    prefix: str
    compiler: str
    version: str
    identity: str


@dataclass(frozen=True)
class ToolchainState:
    """A line of `doctor`: `version` is None when no compiler for `arch` is installed; `native`
    says that this is the machine's own architecture."""

    arch: str
    compiler: str
    version: str | None
    debian_package: str
    native: bool


@dataclass(frozen=True)
class BuildSettings:
    """data/build_options.toml, where the fields are explained."""

    instrumentation: tuple[str, ...]
    instead: tuple[str, ...]
    off: tuple[str, ...]
    empty: tuple[str, ...]
    make_off: tuple[str, ...]


@cache
def architectures() -> tuple[Architecture, ...]:
    """Every known architecture, in the order of preference."""
    data = tomllib.loads((_DATA / "architectures.toml").read_text(encoding="utf-8"))
    return tuple(
        Architecture(
            entry["name"],
            entry["source"],
            tuple(entry["machines"]),
            tuple(entry["prefixes"]),
            entry["package"],
            tuple(entry["defconfigs"]),
        )
        for entry in data["architecture"]
    )


@cache
def build_settings() -> BuildSettings:
    """What the tool changes in the configurations that it makes."""
    data = tomllib.loads((_DATA / "build_options.toml").read_text(encoding="utf-8"))
    return BuildSettings(**{key: tuple(value) for key, value in data.items()})


def find_toolchain(arch: Architecture) -> Toolchain | None:
    """The compiler for `arch`: plain gcc on such a machine, else the first cross compiler."""
    for prefix in _prefixes(arch):
        path = shutil.which(prefix + "gcc")
        if path and (version := _version(path)):
            stat = Path(path).resolve().stat()
            identity = f"{prefix}gcc {version} {stat.st_size} {stat.st_mtime_ns}"
            return Toolchain(arch, prefix, prefix + "gcc", version, identity)
    return None


def missing_compiler(arch: Architecture) -> str:
    """Why nothing can be built for `arch`, with the way out."""
    wanted = _prefixes(arch)[0] + "gcc"
    return f"{arch.name}: no compiler {wanted}; Debian: {_package(arch)}"


def toolchains_report() -> tuple[ToolchainState, ...]:
    """For `doctor`: the compiler of every architecture, or the Debian package that brings it."""
    states = []
    for arch in architectures():
        found = find_toolchain(arch)
        compiler = found.compiler if found else _prefixes(arch)[0] + "gcc"
        version = found.version if found else None
        native = platform.machine() in arch.machines
        states.append(ToolchainState(arch.name, compiler, version, _package(arch), native))
    return tuple(states)


def _prefixes(arch: Architecture) -> tuple[str, ...]:
    return ("", *arch.prefixes) if platform.machine() in arch.machines else arch.prefixes


def _package(arch: Architecture) -> str:
    return "gcc" if platform.machine() in arch.machines else arch.package


def _version(path: str) -> str | None:
    """The first line of `--version`, or None when the program does not run."""
    outcome = process.run([path, "--version"], cwd=Path("/"), timeout=_TIME_LIMIT)
    if not isinstance(outcome, process.Finished) or not outcome.ok:
        return None
    return outcome.stdout.decode("utf-8", "replace").splitlines()[0].strip()
