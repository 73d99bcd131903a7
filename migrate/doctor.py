# SPDX-License-Identifier: GPL-2.0-only
"""What is installed, in which version, what is missing and how to get it."""

from __future__ import annotations

import platform
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import migrate
from migrate.base import process
from migrate.base.errors import Refusal

_VERSION = re.compile(r"\d+(?:\.\d+)+")
_TIME_LIMIT = 20.0
_TREE_TOOLS = (
    ("perl", "the tree's get_maintainer.pl and checkpatch.pl", "apt-get install perl"),
    ("make", "builds", "apt-get install make"),
    ("flex", "builds of a real kernel", "apt-get install flex"),
    ("bison", "builds of a real kernel", "apt-get install bison"),
    ("bc", "builds of a real kernel", "apt-get install bc"),
)
_LIBRARIES = (
    ("libelf", "libelf.h", "builds of a real kernel", "apt-get install libelf-dev"),
    ("openssl", "openssl/opensslv.h", "builds of a real kernel", "apt-get install libssl-dev"),
)
_EXTRAS = (
    ("sparse", "--sparse", "apt-get install sparse"),
    ("ccache", "builds that repeat", "apt-get install ccache"),
    ("distcc", "--compiler-launcher distcc", "apt-get install distcc"),
)


@dataclass(frozen=True)
class Check:
    """One thing that was looked for. `found` is a version or "", `needed` says what for, `get`
    how to get it; without a `required` one the command cannot work at all."""

    name: str
    found: str
    needed: str
    get: str
    required: bool

    @property
    def ok(self) -> bool:
        return bool(self.found)


def examine() -> tuple[Check, ...]:
    """Look at this machine; nothing is changed."""
    return (
        Check("gup-migrate", migrate.__version__, "", "", True),
        Check("python", platform.python_version(), "", "", True),
        *_spatch(),
        Check("git", _version("git"), "everything", "apt-get install git", True),
        *(Check(name, _version(name), use, get, False) for name, use, get in _TREE_TOOLS),
        *(Check(name, _header(file), use, get, False) for name, file, use, get in _LIBRARIES),
        *_compilers(),
        *(Check(name, _version(name), use, get, False) for name, use, get in _EXTRAS),
        Check("free space", _free_space(), "5 GB for the builds of a real kernel", "", False),
    )


def _spatch() -> Iterator[Check]:
    from migrate.analysis.spatch import spatch_version

    use, get = "finding and editing C", "apt-get install coccinelle"
    try:
        yield Check("spatch", ".".join(map(str, spatch_version())), use, get, True)
    except Refusal as refusal:
        yield Check("spatch", "", f"{use}: {refusal.what}", get, True)


def _compilers() -> Iterator[Check]:
    from migrate.kernel.toolchains import toolchains_report

    for item in toolchains_report():
        get = f"apt-get install {item.debian_package}"
        found = _VERSION.findall(item.version or "")
        version = found[-1] if found else item.version or ""
        yield Check(item.compiler, version, f"builds for {item.arch}", get, False)


def _version(program: str) -> str:
    """The version that `program --version` says, "?" when it says none, "" without it."""
    outcome = process.run([program, "--version"], cwd=Path("/"), timeout=_TIME_LIMIT)
    if not isinstance(outcome, process.Finished):
        return ""
    found = _VERSION.search((outcome.stdout + outcome.stderr).decode("utf-8", "replace"))
    return found[0] if found else "?"


def _header(name: str) -> str:
    """ "installed" when the machine's own compiler finds the header `name`, else ""."""
    argv = ["gcc", "-E", "-o", "/dev/null", "-include", name, "-x", "c", "/dev/null"]
    outcome = process.run(argv, cwd=Path("/"), timeout=_TIME_LIMIT)
    return "installed" if isinstance(outcome, process.Finished) and outcome.ok else ""


def _free_space() -> str:
    cache = Path("~/.cache").expanduser()
    place = next(p for p in (cache, *cache.parents) if p.exists())
    return f"{shutil.disk_usage(place).free / 1e9:.0f} GB"
