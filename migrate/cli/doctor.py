# SPDX-License-Identifier: GPL-2.0-only
"""What is installed, in which version, what is missing and how to install it."""

from __future__ import annotations

import platform
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import migrate
from migrate.base.errors import Refusal
from migrate.base.files.places import cache_folder
from migrate.base.packages import install
from migrate.base.programs import process

_VERSION = re.compile(r"\d+(?:\.\d+)+")
_TIME_LIMIT = 20.0
_MOST_SUITED = 2
"""Versions of each kind of compiler that are named for a tree."""
# The program or header, its purpose, and Debian's package.
_TREE_TOOLS = (
    ("perl", "the tree's get_maintainer.pl and checkpatch.pl", "perl"),
    ("make", "builds", "make"),
    ("flex", "builds of a real kernel", "flex"),
    ("bison", "builds of a real kernel", "bison"),
    ("bc", "builds of a real kernel", "bc"),
)
_LIBRARIES = (
    ("libelf", "libelf.h", "builds of a real kernel", "libelf-dev"),
    ("openssl", "openssl/opensslv.h", "builds of a real kernel", "libssl-dev"),
)
_EXTRAS = (
    ("sparse", "--sparse", "sparse"),
    ("ccache", "builds that repeat", "ccache"),
    ("distcc", "--compiler-launcher distcc", "distcc"),
)


class Need(StrEnum):
    """How much the tool needs something: without it nothing works, a common task does not work, or
    one thing does not work that many users never need."""

    REQUIRED = "required"
    USUAL = "usual"
    OPTIONAL = "optional"


@dataclass(frozen=True)
class Check:
    """One thing that was looked for. `found` is a version or "", `needed` the purpose, `get` how to
    install it."""

    name: str
    found: str
    needed: str
    get: str
    need: Need

    @property
    def ok(self) -> bool:
        return bool(self.found)

    @property
    def required(self) -> bool:
        return self.need is Need.REQUIRED

    @property
    def optional(self) -> bool:
        return self.need is Need.OPTIONAL


def examine(version: tuple[int, ...] | None = None) -> tuple[Check, ...]:
    """Examine this machine, for a kernel of `version` if given; nothing is changed."""
    return (
        Check("gup-migrate", migrate.__version__, "", "", Need.REQUIRED),
        Check("python", platform.python_version(), "", "", Need.REQUIRED),
        *_spatch(),
        Check("git", _version("git"), "everything", install("git"), Need.REQUIRED),
        *(Check(n, _version(n), use, install(p), Need.USUAL) for n, use, p in _TREE_TOOLS),
        *(Check(n, _header(h), use, install(p), Need.USUAL) for n, h, use, p in _LIBRARIES),
        *_compilers(),
        *(_suited(version) if version else ()),
        *(Check(n, _version(n), use, install(p), Need.OPTIONAL) for n, use, p in _EXTRAS),
        *_machines(),
        Check("free space", _free_space(), "5 GB for the builds of a real kernel", "", Need.USUAL),
    )


def _spatch() -> Iterator[Check]:
    from migrate.analysis.acquires.spatch import spatch_version

    use, get = "finding and editing C", install("coccinelle")
    try:
        yield Check("spatch", ".".join(map(str, spatch_version())), use, get, Need.REQUIRED)
    except Refusal as refusal:
        yield Check("spatch", "", f"{use}: {refusal.what}", get, Need.REQUIRED)


def _compilers() -> Iterator[Check]:
    from migrate.kernel.kbuild.toolchains import toolchains_report

    for item in toolchains_report():
        get = install(item.debian_package)
        # The machine's own compiler builds most objects; the others build those of other
        # architectures.
        need = Need.USUAL if item.native else Need.OPTIONAL
        found = _VERSION.findall(item.version or "")
        version = found[-1] if found else item.version or ""
        yield Check(item.compiler, version, f"builds for {item.arch}", get, need)


def _suited(version: tuple[int, ...]) -> Iterator[Check]:
    """The compilers of this distribution that are closest to the release date of the kernel."""
    from migrate.kernel.kbuild.compilers import release_name, suited

    kernel = ".".join(map(str, version[:2]))
    for item in suited(version, release_name()):
        needs = f" and needs at least {item.least}" if item.least else ""
        use = f"Linux {kernel}, which came out with {item.kind} {item.then}{needs}"
        for name in item.packages[:_MOST_SUITED]:
            yield Check(name, _version(name), use, install(name), Need.OPTIONAL)


def _version(program: str) -> str:
    """The version that `program --version` prints, "?" if it prints none, "" if it is not
    installed."""
    outcome = process.run([program, "--version"], cwd=Path("/"), timeout=_TIME_LIMIT)
    if not isinstance(outcome, process.Finished):
        return ""
    found = _VERSION.search((outcome.stdout + outcome.stderr).decode("utf-8", "replace"))
    return found[0] if found else "?"


def _header(name: str) -> str:
    """ "installed" if the machine's own compiler finds the header `name`, else ""."""
    argv = ["gcc", "-E", "-o", "/dev/null", "-include", name, "-x", "c", "/dev/null"]
    outcome = process.run(argv, cwd=Path("/"), timeout=_TIME_LIMIT)
    return "installed" if isinstance(outcome, process.Finished) and outcome.ok else ""


def _machines() -> Iterator[Check]:
    """What `prove` needs for each machine that it boots."""
    from migrate.delivery.proof.machine.emulated import emulated_machines
    from migrate.kernel.kbuild.toolchains import find_toolchain, known_architecture

    for item in emulated_machines():
        program, use = item.emulator, f"prove on {item.arch}"
        yield Check(program, _version(program), use, install(item.package), Need.OPTIONAL)
        found = find_toolchain(known_architecture(item.arch))
        libc = _static_libc(found.compiler) if found else ""
        name = f"static libc for {item.arch}"
        yield Check(name, libc, use, install(item.libc), Need.OPTIONAL)


def _static_libc(compiler: str) -> str:
    """ "installed" if `compiler` has a static C library, else ""."""
    argv = [compiler, "-print-file-name=libc.a"]
    outcome = process.run(argv, cwd=Path("/"), timeout=_TIME_LIMIT)
    there = isinstance(outcome, process.Finished) and outcome.stdout.startswith(b"/")
    return "installed" if there else ""


def _free_space() -> str:
    with suppress(OSError, Refusal):
        cache = cache_folder()
        place = next(p for p in (cache, *cache.parents) if p.exists())
        return f"{shutil.disk_usage(place).free / 1e9:.0f} GB"
    return ""
