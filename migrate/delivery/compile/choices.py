# SPDX-License-Identifier: GPL-2.0-only
"""Checks before any work whether the user's choices for builds are available on this machine."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path, PurePath

from migrate.base import packages
from migrate.base.errors import Refusal
from migrate.base.programs import process
from migrate.delivery.compile.model import BuildOptions
from migrate.kernel.kbuild.toolchains import (
    Choice,
    architectures,
    find_toolchain,
    missing_compiler,
)

_TIME_LIMIT = 30.0
_EXAMPLES = {"--cc": "x86_64=gcc-11", "--cross-compile": "arm64=aarch64-linux-gnu-"}
_LLVM = (
    *("clang", "ld.lld", "llvm-ar", "llvm-nm", "llvm-objcopy", "llvm-objdump", "llvm-readelf"),
    "llvm-strip",
)
"""The programs that the kernel's makefile uses with LLVM=1."""
_WARNINGS = re.compile("[123]{0,3}")


def check_options(options: BuildOptions) -> str:
    """The version of sparse, "" if it is not requested; raises a :class:`Refusal` for a program
    that is not installed, an unknown architecture, and an invalid value of W=."""
    launcher = options.compiler_launcher
    if launcher is not None and not shutil.which((launcher.split() or [""])[0]):
        raise Refusal(
            f"The compiler launcher {launcher or '(empty)'} is not installed.",
            f"{packages.install((launcher.split() or ['distcc'])[0])}, or leave"
            " --compiler-launcher out.",
        )
    if not _WARNINGS.fullmatch(options.warnings):
        raise Refusal(
            f"W={options.warnings} is not a warning level.",
            "Give --warnings 1, 2, 3, or several of them, as in --warnings 12.",
        )
    known = [a.name for a in architectures()]
    strange = [name for name in options.architectures or () if name not in known]
    if strange:
        raise Refusal(f"{strange[0]} is not known.", f"Choose from: {', '.join(known)}.")
    _check_compilers(options.choice, known)
    return _sparse_version() if options.sparse else ""


def read_choice(compilers: str | None, prefixes: str | None, *, llvm: bool) -> Choice:
    """Parse `--cc` and `--cross-compile`, each a list of ARCH=VALUE with commas; raises a
    :class:`Refusal` for anything else."""
    return Choice(_pairs("--cc", compilers), _pairs("--cross-compile", prefixes), llvm)


def _pairs(option: str, given: str | None) -> tuple[tuple[str, str], ...]:
    """ "a=b,c=d" as pairs; the last one of an architecture counts."""
    found: dict[str, str] = {}
    for part in (given or "").split(",") if given is not None else ():
        arch, equals, value = part.partition("=")
        if not equals or not arch.strip() or (option == "--cc" and not value.strip()):
            raise Refusal(
                f"{option} {given} names no architecture.",
                f"Give it as in {option} {_EXAMPLES[option]}.",
            )
        found[arch.strip()] = value.strip()
    return tuple(sorted(found.items()))


def _check_compilers(choice: Choice, known: Sequence[str]) -> None:
    """Raise a :class:`Refusal` for a requested compiler that is not installed."""
    named = dict((*choice.prefixes, *choice.compilers))
    strange = [arch for arch in named if arch not in known]
    if strange:
        raise Refusal(f"{strange[0]} is not known.", f"Choose from: {', '.join(known)}.")
    for arch in architectures():
        if arch.name in named and find_toolchain(arch, choice) is None:
            raise Refusal(
                f"{missing_compiler(arch, choice)}.",
                "Install it, or name another one; gup-migrate doctor has the packages.",
            )
    missing = [name for name in _LLVM if choice.llvm and not shutil.which(name)]
    if missing:
        how_to_get = packages.install("clang lld llvm")
        raise Refusal(f"{missing[0]} is not installed.", f"{how_to_get}, or leave --llvm out.")


def launcher_jobs(launcher: str | None) -> int | None:
    """How many compilers the machines behind `launcher` run at once, according to `launcher`; None
    if it does not say."""
    words = (launcher or "").split()
    if not words or PurePath(words[0]).name != "distcc":
        return None
    outcome = process.run([words[0], "-j"], cwd=Path("/"), timeout=_TIME_LIMIT)
    if not isinstance(outcome, process.Finished) or not outcome.ok:
        return None
    said = outcome.stdout.decode("ascii", "replace").strip()
    return int(said) if said.isdecimal() and int(said) > 0 else None


def _sparse_version() -> str:
    outcome = process.run(["sparse", "--version"], cwd=Path("/"), timeout=_TIME_LIMIT)
    if not isinstance(outcome, process.Finished) or not outcome.ok:
        how_to_get = packages.install("sparse")
        raise Refusal("sparse is not installed.", f"{how_to_get}, or leave --sparse out.")
    return outcome.stdout.decode("utf-8", "replace").strip()
