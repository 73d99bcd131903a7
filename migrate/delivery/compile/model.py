# SPDX-License-Identifier: GPL-2.0-only
"""Data that the modules of the build stage exchange."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from migrate.kernel.kbuild.toolchains import NO_CHOICE, Choice


class BuildCache(Protocol):
    """Results that can be computed again: the workspace's database, or a dict in tests."""

    def get(self, key: str) -> str | None: ...

    def put(self, key: str, value: str) -> None: ...


@dataclass(frozen=True)
class BuildOptions:
    """The user's choices.

    `jobs` is the number of compilers that run at once, over all architectures. `warnings` is the
    value of kbuild's W=, "" for the kernel's default; `sparse` is kbuild's C=1. `instrumentation`
    keeps KASAN, debug info and objtool on. `compiler_launcher` (distcc, icecc) is put before the
    compiler, which `choice` names. `architectures` limits what is built; if given, each object is
    built on each of them that has it. Without `keep_going` the first commit that fails is the last
    one to be built.
    """

    jobs: int = field(default_factory=lambda: os.cpu_count() or 1)
    warnings: str = ""
    sparse: bool = False
    instrumentation: bool = False
    compiler_launcher: str | None = None
    architectures: tuple[str, ...] | None = None
    keep_going: bool = True
    choice: Choice = NO_CHOICE

    def asked(self) -> str:
        """The choices that affect results, as text; the launcher does not."""
        found = (self.warnings, self.sparse, self.instrumentation, self.architectures)
        return repr((*found, self.keep_going, self.choice))


@dataclass(frozen=True, order=True)
class Recipe:
    """A configuration: the goal of make, then symbols set by scripts/config ("n" for off). `label`
    is a name for one with many symbols, or ""."""

    base: str
    wishes: tuple[tuple[str, str], ...] = ()
    label: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """For file names and messages."""
        if self.label:
            return self.label
        signs = {"n": "-"}
        extra = "".join(f"{signs.get(value, '+')}{symbol}" for symbol, value in self.wishes)
        return self.base.replace("/", "-") + extra[:120]


@dataclass(frozen=True, order=True)
class Unit:
    """An object on one architecture: `target` is make's name for the object of `path`.

    `owner` is the folder of the makefile that lists it, "" for the folder that make derives from
    the target; `compiler` is that of another toolchain than the default of `arch`, or "".
    """

    path: str
    arch: str
    recipe: Recipe
    target: str
    owner: str = ""
    compiler: str = ""


@dataclass(frozen=True, order=True)
class Unroutable:
    """A file that cannot be built here, on `arch` or ("") anywhere, and why.

    `lasting` is False if the same tree and compilers may give another result later.
    """

    path: str
    arch: str
    reason: str
    lasting: bool = True


Route = Unit | Unroutable


class AttemptStatus(StrEnum):
    """The result of one make run for one object."""

    COMPILED = "compiled"
    ERROR = "error"
    NOT_MADE = "not made"
    """Make did not try: there is no rule for the object in this configuration."""
    NO_MAKE = "no make"
    """Make did not reach this object."""
    UNPREPARED = "unprepared"
    """Make did not reach any object: a program of the build or the preparation failed."""


@dataclass(frozen=True)
class Attempt:
    """One object at one commit.

    `output` is that of the compiler, or for the last three states why there is no object; paths in
    it are relative to the tree. `dependencies` are the files of the tree that were read, () if
    unknown. `seconds` is this object's share of the make run.
    """

    status: AttemptStatus
    output: str
    dependencies: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class FullBuild:
    """The whole tree of one architecture. `errors` are the messages about objects that failed."""

    commit: str
    arch: str
    recipe: str
    ok: bool
    errors: tuple[str, ...]
    log: str
    seconds: float
