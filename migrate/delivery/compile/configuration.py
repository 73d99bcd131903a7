# SPDX-License-Identifier: GPL-2.0-only
"""Makes the configuration of a build folder: its recipe, with the changes of the tool."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from migrate.base.programs import process
from migrate.delivery.compile.jobs import JobServer
from migrate.delivery.compile.make import Kernel
from migrate.delivery.compile.model import Recipe
from migrate.kernel.kbuild.remedies import Version, advice_for
from migrate.kernel.kbuild.toolchains import build_settings

_CONFIG_TIME_LIMIT = 120.0


@dataclass(frozen=True)
class Making:
    """A configuration that is being made; the changes of the tool are written to `fragment`."""

    kernel: Kernel
    recipe: Recipe
    fragment: Path
    log: Path
    server: JobServer

    @property
    def dot_config(self) -> Path:
        return self.kernel.folder / ".config"


def make_config(making: Making, version: Version, cure: Callable[[str], bool]) -> str | None:
    """Make `.config`; returns an error, or None. `cure` tries a remedy for the output of make."""
    kernel, recipe, server = making.kernel, making.recipe, making.server
    making.fragment.parent.mkdir(parents=True, exist_ok=True)
    changes = dict(_changes(kernel))
    lines = "".join(_config_line(k, v) for k, v in changes.items())
    making.fragment.write_text(lines, "utf-8")
    log = making.log
    everything = recipe.base.startswith("all")
    imposed = {"KCONFIG_ALLCONFIG": str(making.fragment)} if everything else {}
    run = kernel.make([recipe.base], server, log=log, variables=imposed, config=True)
    while run.code != 0 and not run.stopped and cure(run.text):
        run = kernel.make([recipe.base], server, log=log, variables=imposed, config=True)
    wanted = dict(recipe.wishes) if everything else changes | dict(recipe.wishes)
    if run.code == 0 and wanted:
        if problem := _change_config(making, wanted):
            return problem
        run = kernel.make(["olddefconfig"], server, log=log, config=True)
    if run.code != 0 or not making.dot_config.is_file():
        advice = advice_for(version, run.text)
        why = f"{run.why}; {advice}" if advice else run.why
        return f"{kernel.toolchain.arch.name}: make {recipe.base} failed: {why} (log: {log})"
    return None


def _change_config(making: Making, changes: dict[str, str]) -> str | None:
    """Run the tree's scripts/config; returns an error, or None."""
    verbs = {"y": "--enable", "m": "--module", "n": "--disable"}
    orders: list[str] = []
    for symbol, value in changes.items():
        orders += [verbs[value], symbol] if value in verbs else ["--set-str", symbol, ""]
    script = making.kernel.worktree.resolve() / "scripts/config"
    outcome = process.run(
        [str(script), "--file", str(making.dot_config), "--keep-case", *orders],
        cwd=making.kernel.folder,
        timeout=_CONFIG_TIME_LIMIT,
    )
    if isinstance(outcome, process.Finished) and outcome.ok:
        return None
    return f"scripts/config failed: {process.describe(outcome)}"


def _changes(kernel: Kernel) -> Iterator[tuple[str, str]]:
    """The changes that the tool makes to every configuration."""
    settings = build_settings()
    if not kernel.options.instrumentation:
        yield from ((symbol, "n") for symbol in settings.instrumentation)
        yield from ((symbol, "y") for symbol in settings.instead)
    yield from ((symbol, "n") for symbol in settings.off)
    yield from ((symbol, "") for symbol in settings.empty)


def _config_line(symbol: str, value: str) -> str:
    if value == "n":
        return f"# CONFIG_{symbol} is not set\n"
    return f"CONFIG_{symbol}={value}\n" if value else f'CONFIG_{symbol}=""\n'
