# SPDX-License-Identifier: GPL-2.0-only
"""The architectures, and the installed compilers for them."""

from __future__ import annotations

import platform
import re
import shutil
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from migrate.base.programs import process
from migrate.kernel.kbuild.compilers import nearest
from migrate.kernel.kbuild.remedies import Version

_DATA = Path(__file__).parent / "data"
_GCC = (4, 20)
"""Versions of gcc that are looked for besides the default one."""
_NUMBER = re.compile(r"\d+(?:\.\d+)+")
_TIME_LIMIT = 30.0
"""Seconds for `gcc --version`, which may have to wake up a disk or a network drive."""


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
class Choice:
    """The user's choice of compilers: CC= and CROSS_COMPILE= by architecture, and LLVM=1."""

    compilers: tuple[tuple[str, str], ...] = ()
    prefixes: tuple[tuple[str, str], ...] = ()
    llvm: bool = False

    def is_made_for(self, arch: str) -> bool:
        """Whether the user has chosen the compiler for `arch`."""
        return self.llvm or arch in dict(self.compilers) or arch in dict(self.prefixes)


@dataclass(frozen=True)
class Toolchain:
    """An installed compiler. `identity` changes with every change of the compiler.

    `host` is the compiler for programs that run during the build; `llvm` means all tools of LLVM.
    """

    arch: Architecture
    prefix: str
    compiler: str
    version: str
    identity: str
    host: str = "gcc"
    llvm: bool = False

    @property
    def description(self) -> str:
        """ "gcc-11 11.3.0", for messages."""
        found = _NUMBER.findall(self.version)
        return f"{self.compiler} {found[-1] if found else self.version}"


@dataclass(frozen=True)
class ToolchainState:
    """A row of `doctor`: `version` is None if no compiler for `arch` is installed; `native` says
    that this is the machine's own architecture."""

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


def known_architecture(name: str) -> Architecture:
    """The architecture of that name, which must exist."""
    return next(a for a in architectures() if a.name == name)


@cache
def build_settings() -> BuildSettings:
    """The options that the tool changes in the configurations that it makes."""
    data = tomllib.loads((_DATA / "build_options.toml").read_text(encoding="utf-8"))
    return BuildSettings(**{key: tuple(value) for key, value in data.items()})


NO_CHOICE = Choice()


def find_toolchain(arch: Architecture, choice: Choice = NO_CHOICE) -> Toolchain | None:
    """The compiler for `arch`: the user's `choice`, plain gcc on a machine of that architecture,
    else the first cross compiler."""
    named = dict(choice.compilers).get(arch.name, "")
    given = dict(choice.prefixes).get(arch.name)
    for prefix in _prefixes(arch) if given is None else (given,):
        if choice.llvm or named:
            fits = not prefix or bool(shutil.which(prefix + "ld")) or choice.llvm
            if fits and (found := _toolchain(arch, prefix, named or "clang", llvm=choice.llvm)):
                return found
        elif found := _toolchain(arch, prefix, prefix + "gcc"):
            return found
    return None


def other_toolchains(arch: Architecture, version: Version) -> tuple[Toolchain, ...]:
    """The other installed compilers for `arch`; first those that suit a kernel of `version`
    best."""
    usual = find_toolchain(arch)
    found = []
    for name in nearest(version, [f"gcc-{n}" for n in range(*_GCC)]):
        for prefix in _prefixes(arch):
            other = _toolchain(arch, prefix, prefix + name)
            if other:
                host = name if shutil.which(name) else other.host
                found.append(replace(other, host=host))
                break
    if usual is None:
        return tuple(found)
    return tuple(t for t in found if t.version != usual.version and not _is_same(t, usual))


def installed(choice: Choice = NO_CHOICE) -> tuple[str, ...]:
    """The identities of all compilers that builds may use; with others, results may differ."""
    usual = [t for a in architectures() if (t := find_toolchain(a, choice))]
    free = [a for a in architectures() if not choice.is_made_for(a.name)]
    others = [t for a in free for t in other_toolchains(a, ())]
    return tuple(f"{t.arch.name} {t.identity}" for t in (*usual, *others))


def _is_same(one: Toolchain, other: Toolchain) -> bool:
    """Whether both are one program: plain gcc is a link to a gcc with a version."""
    paths = [Path(shutil.which(t.compiler) or t.compiler).resolve() for t in (one, other)]
    return paths[0] == paths[1]


def _toolchain(
    arch: Architecture, prefix: str, compiler: str, *, llvm: bool = False
) -> Toolchain | None:
    path = shutil.which(compiler)
    if not path or not (version := _version(path)):
        return None
    stat = Path(path).resolve().stat()
    identity = f"{compiler} {version} {stat.st_size} {stat.st_mtime_ns}"
    host = "clang" if llvm else "gcc"
    identity += " LLVM=1" if llvm else ""
    return Toolchain(arch, prefix, compiler, version, identity, host, llvm)


def missing_compiler(arch: Architecture, choice: Choice = NO_CHOICE) -> str:
    """Why nothing can be built for `arch`, with what to install."""
    if choice.llvm or arch.name in dict(choice.compilers):
        named = dict(choice.compilers).get(arch.name, "clang")
        return f"{arch.name}: no compiler {named}, which was asked for"
    wanted = dict(choice.prefixes).get(arch.name, _prefixes(arch)[0]) + "gcc"
    return f"{arch.name}: no compiler {wanted}; Debian: {_package(arch)}"


def toolchains_report(choice: Choice = NO_CHOICE) -> tuple[ToolchainState, ...]:
    """For `doctor`: the compiler of every architecture, or the Debian package that has it."""
    states = []
    for arch in architectures():
        found = find_toolchain(arch, choice)
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
    """The first line of `--version`, or None if the program does not run."""
    outcome = process.run([path, "--version"], cwd=Path("/"), timeout=_TIME_LIMIT)
    if not isinstance(outcome, process.Finished) or not outcome.ok:
        return None
    return outcome.stdout.decode("utf-8", "replace").splitlines()[0].strip()
