# SPDX-License-Identifier: GPL-2.0-only
"""Whether what the user chose for builds can be had on this machine, before any work is done."""

from __future__ import annotations

import re
import shutil
from pathlib import Path, PurePath

from migrate.base import packages, process
from migrate.base.errors import Refusal
from migrate.delivery.builds.model import BuildOptions
from migrate.kernel.toolchains import architectures

_TIME_LIMIT = 30.0
_WARNINGS = re.compile("[123]{0,3}")


def check_options(options: BuildOptions) -> str:
    """The version of sparse, "" when it is not asked for; a :class:`Refusal` for a program that
    is not installed, for an unknown architecture, and for what W= does not take."""
    launcher = options.compiler_launcher
    if launcher is not None and not shutil.which((launcher.split() or [""])[0]):
        raise Refusal(
            f"The compiler launcher {launcher or '(empty)'} is not installed.",
            f"{packages.install((launcher.split() or ['distcc'])[0])}, or leave"
            " --compiler-launcher out.",
        )
    if not _WARNINGS.fullmatch(options.warnings):
        raise Refusal(
            f"W={options.warnings} is no level of warnings.",
            "Give --warnings 1, 2, 3, or several of them, as in --warnings 12.",
        )
    known = [a.name for a in architectures()]
    strange = [name for name in options.architectures or () if name not in known]
    if strange:
        raise Refusal(f"{strange[0]} is not known.", f"Choose from: {', '.join(known)}.")
    return _sparse_version() if options.sparse else ""


def launcher_jobs(launcher: str | None) -> int | None:
    """How many compilers the machines behind `launcher` take at once, by its own word; None when
    it does not say."""
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
