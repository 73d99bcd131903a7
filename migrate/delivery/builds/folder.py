# SPDX-License-Identifier: GPL-2.0-only
"""One build folder: its configuration, made once and then guarded, and the objects built in it."""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from migrate.base import process
from migrate.delivery.builds.dependencies import note_path, read_dependencies
from migrate.delivery.builds.jobs import JobServer
from migrate.delivery.builds.make import Kernel, MakeRun
from migrate.delivery.builds.model import Attempt, AttemptStatus, BuildOptions, Recipe
from migrate.kernel.toolchains import Toolchain, build_settings

_CONFIG_TIME_LIMIT = 120.0
_ERROR = re.compile(r"\b[Ee]rror: ")
_NOT_THE_CODE = re.compile(
    r"Killed signal terminated program|internal compiler error"
    r"|^(ccache|distcc|icecc)\b.*(?i:error)",
    re.M,
)


@dataclass(frozen=True)
class Config:
    """A finished configuration: the sum of its bytes, and the symbols that are set."""

    sum: str
    values: dict[str, str]


@dataclass(frozen=True)
class NoConfig:
    """Why there is no configuration."""

    reason: str


class BuildFolder:
    """The build folder of one recipe on one architecture.

    `identity` stands for everything that the configuration is made from (recipe, compiler, the
    tree's Kconfig): a folder that was configured from something else is configured again. Beside
    the folder lie its notes: `.config` the configuration as it was made, `.stamp` what it was
    made from, `.running` while make works in it, and logs.
    """

    def __init__(
        self,
        builds: Path,
        worktree: Path,
        toolchain: Toolchain,
        recipe: Recipe,
        options: BuildOptions,
        environment: str,
    ) -> None:
        kind = "-instrumented" if options.instrumentation else ""
        self.recipe = recipe
        self.path = builds / toolchain.arch.name / f"{recipe.name}{kind}"
        self._kernel = Kernel(worktree, self.path, toolchain, options)
        self._environment = environment
        parts = (repr(recipe), repr(build_settings()), options.instrumentation, environment)
        self._identity = _sum(json.dumps([*parts, toolchain.identity]))

    @property
    def arguments(self) -> list[str]:
        return self._kernel.result_arguments()

    def log(self, occasion: str) -> Path:
        return self._beside(f"{occasion}.log")

    def known_config(self) -> str | None:
        """The sum of the configuration, None when it has to be made first."""
        try:
            stamp = json.loads(self._beside("stamp").read_text(encoding="utf-8"))
            bytes_now = self._beside("config").read_bytes()
        except (OSError, ValueError):
            return None
        fits = stamp == {"made from": self._identity, "sum": _sum(bytes_now)}
        return str(stamp["sum"]) if fits else None

    def config(self, server: JobServer) -> Config | NoConfig:
        """The configuration, made now unless it is there."""
        if self.known_config() is None:
            with self._working():
                problem = self._make_config(server)
            if problem:
                return NoConfig(problem)
            made = self._dot_config.read_bytes()
            self._beside("config").write_bytes(made)
            stamp = {"made from": self._identity, "sum": _sum(made)}
            self._beside("stamp").write_text(json.dumps(stamp), encoding="utf-8")
        body = self._beside("config").read_bytes()
        values = re.findall(r"^CONFIG_(\w+)=(.*)$", body.decode("utf-8", "replace"), re.M)
        return Config(_sum(body), dict(values))

    def build(
        self, targets: Sequence[str], commit: str, environment: str, server: JobServer
    ) -> dict[str, Attempt]:
        """Compile `targets` anew from the work tree, whatever of them is there already.

        `environment` is that of the commit in the work tree: makefiles that differ from those
        which the configuration was made from may want symbols that it does not have.
        """
        with self._working() as started:
            self._settle_config(environment, server)
            for target in targets:
                self._forget(posixpath.normpath(target))
            run = self._kernel.make(targets, server, log=self.log(commit[:12]), objects=True)
            if run.stopped:
                _remove_newer(self.path, started)
        share = run.seconds / max(1, len(targets))
        return {target: self._attempt(target, run, started, share) for target in targets}

    def build_all(self, goals: Sequence[str], commit: str, server: JobServer) -> MakeRun:
        """Make `goals`, incrementally."""
        with self._working():
            self._settle_config(self._environment, server)
            return self._kernel.make(goals, server, log=self.log(commit[:12]))

    def _attempt(self, target: str, run: MakeRun, started: int, seconds: float) -> Attempt:
        name = posixpath.normpath(target)
        said = run.objects.get(name, "")
        if run.stopped:
            why = f"{run.why.strip('* ')} (log: {self._last_log})"
            return Attempt(AttemptStatus.NO_MAKE, why, (), seconds)
        if self._is_new(name, started):
            depends = read_dependencies(self.path, name, self._kernel.worktree)
            return Attempt(AttemptStatus.COMPILED, said, depends, seconds)
        if said and (_NOT_THE_CODE.search(said) or not _ERROR.search(said)):
            # Nothing that the object is to blame for, and nothing to be remembered.
            first = said.strip().partition("\n")[0]
            why = f"the compiler did not get to work: {first} (log: {self._last_log})"
            return Attempt(AttemptStatus.NO_MAKE, why, (), seconds)
        if name in run.objects or name in run.failed:
            depends = read_dependencies(self.path, name, self._kernel.worktree)
            return Attempt(AttemptStatus.ERROR, said or run.why, depends, seconds)
        if run.code == 0 or f"No rule to make target '{target}'" in run.text:
            why = f"make builds no {target} with {self.recipe.name}"
            return Attempt(AttemptStatus.NOT_MADE, why, (), seconds)
        arch = self._kernel.toolchain.arch.name
        why = f"{arch}: make stopped before any object: {run.why} (log: {self._last_log})"
        return Attempt(AttemptStatus.NO_MAKE, why, (), seconds)

    def _is_new(self, name: str, started: int) -> bool:
        try:
            return (self.path / name).stat().st_mtime_ns >= started
        except FileNotFoundError:
            return False

    def _forget(self, name: str) -> None:
        for path in (self.path / name, *(note_path(self.path, name, s) for s in ("cmd", "d"))):
            path.unlink(missing_ok=True)

    def _make_config(self, server: JobServer) -> str | None:
        """Make `.config` from the recipe; what went wrong, or None."""
        fragment = self._beside("fragment")
        fragment.parent.mkdir(parents=True, exist_ok=True)
        changes = dict(self._changes())
        fragment.write_text("".join(_config_line(k, v) for k, v in changes.items()), "utf-8")
        log = self.log("config")
        everything = self.recipe.base.startswith("all")
        imposed = {"KCONFIG_ALLCONFIG": str(fragment)} if everything else {}
        run = self._kernel.make([self.recipe.base], server, log=log, variables=imposed, config=True)
        wanted = dict(self.recipe.wishes) if everything else changes | dict(self.recipe.wishes)
        if run.code == 0 and wanted:
            if problem := self._change_config(wanted):
                return problem
            run = self._kernel.make(["olddefconfig"], server, log=log, config=True)
        if run.code != 0 or not self._dot_config.is_file():
            arch = self._kernel.toolchain.arch.name
            return f"{arch}: make {self.recipe.base} failed: {run.why} (log: {log})"
        return None

    def _change_config(self, changes: dict[str, str]) -> str | None:
        """Run the tree's scripts/config; what went wrong, or None."""
        verbs = {"y": "--enable", "m": "--module", "n": "--disable"}
        orders: list[str] = []
        for symbol, value in changes.items():
            orders += [verbs[value], symbol] if value in verbs else ["--set-str", symbol, ""]
        script = self._kernel.worktree.resolve() / "scripts/config"
        outcome = process.run(
            [str(script), "--file", str(self._dot_config), "--keep-case", *orders],
            cwd=self.path,
            timeout=_CONFIG_TIME_LIMIT,
        )
        if isinstance(outcome, process.Finished) and outcome.ok:
            return None
        return f"scripts/config failed: {process.describe(outcome)}"

    def _changes(self) -> Iterator[tuple[str, str]]:
        """What the tool changes in every configuration that it makes."""
        settings = build_settings()
        if not self._kernel.options.instrumentation:
            yield from ((symbol, "n") for symbol in settings.instrumentation)
            yield from ((symbol, "y") for symbol in settings.instead)
        yield from ((symbol, "n") for symbol in settings.off)
        yield from ((symbol, "") for symbol in settings.empty)

    def _settle_config(self, environment: str, server: JobServer) -> None:
        """Have the configuration as it was made, whatever happened to the folder since."""
        made = self._beside("config").read_bytes()
        if not self._dot_config.is_file() or self._dot_config.read_bytes() != made:
            self._dot_config.write_bytes(made)
        if environment != self._environment:
            self._kernel.make(["olddefconfig"], server, log=self.log("config"), config=True)

    @contextmanager
    def _working(self) -> Iterator[int]:
        """While make works in the folder; gives the time that new files are at least as new as.

        What a make that was killed had written may be half a file: it is removed on entry.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        marker = self._beside("running")
        if marker.exists():
            _remove_newer(self.path, marker.stat().st_mtime_ns)
            marker.unlink()
        marker.touch()
        yield marker.stat().st_mtime_ns
        marker.unlink()

    @property
    def _dot_config(self) -> Path:
        return self.path / ".config"

    @property
    def _last_log(self) -> Path:
        logs = self.path.parent.glob(f"{self.path.name}.*.log")
        return max(logs, key=lambda p: p.stat().st_mtime_ns, default=self.path)

    def _beside(self, suffix: str) -> Path:
        return self.path.with_name(f"{self.path.name}.{suffix}")


def _remove_newer(folder: Path, moment: int) -> None:
    for directory, _, names in os.walk(folder):
        for name in names:
            path = Path(directory, name)
            if path.lstat().st_mtime_ns >= moment:
                path.unlink()


def _config_line(symbol: str, value: str) -> str:
    if value == "n":
        return f"# CONFIG_{symbol} is not set\n"
    return f"CONFIG_{symbol}={value}\n" if value else f'CONFIG_{symbol}=""\n'


def _sum(text: str | bytes) -> str:
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()
