# SPDX-License-Identifier: GPL-2.0-only
"""One build folder: its configuration, made once and then kept, and the objects built in it."""

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

from migrate.base.progress import Progress, silent
from migrate.delivery.compile.attempts import Made, attempt
from migrate.delivery.compile.configuration import Making, make_config
from migrate.delivery.compile.dependencies import note_path, read_dependencies
from migrate.delivery.compile.jobs import JobServer
from migrate.delivery.compile.make import Kernel, MakeRun
from migrate.delivery.compile.model import Attempt, BuildOptions, Recipe, Unit
from migrate.kernel.kbuild.remedies import Remedy, Version, remedy_for
from migrate.kernel.kbuild.remedies import remedies as all_remedies
from migrate.kernel.kbuild.toolchains import Toolchain, build_settings


@dataclass(frozen=True)
class Config:
    """A finished configuration: the digest of its bytes, and the symbols that are set."""

    sum: str
    values: dict[str, str]


@dataclass(frozen=True)
class NoConfig:
    """Why there is no configuration."""

    reason: str


@dataclass(frozen=True)
class KernelFacts:
    """Facts about the tree at the tip of the branch.

    `environment` is the digest of everything that is not C; `by_owner` says that make takes the
    folder of the makefile from the variable build-dir, as it did until 5.3.
    """

    version: Version
    environment: str
    by_owner: bool


class BuildFolder:
    """The build folder of one recipe on one architecture.

    `identity` represents everything that the configuration is made from (recipe, compiler, the
    tree's Kconfig): if it changes, the folder is configured again. Beside the folder are its notes:
    `.config` is the configuration as it was made, `.stamp` what it was made from, `.remedies` the
    remedies that the tree needs, `.running` exists while make works in it; and logs.
    """

    def __init__(
        self,
        builds: Path,
        worktree: Path,
        toolchain: Toolchain,
        recipe: Recipe,
        options: BuildOptions,
        facts: KernelFacts,
        *,
        other_compiler: bool = False,
    ) -> None:
        kind = "-instrumented" if options.instrumentation else ""
        kind += f"-{toolchain.compiler}" if other_compiler else ""
        self.progress: Progress = silent
        self.recipe = recipe
        self.path = builds / toolchain.arch.name / f"{recipe.name}{kind}"
        self._kernel = Kernel(worktree, self.path, toolchain, options)
        self._facts = facts
        parts = (repr(recipe), repr(build_settings()), options.instrumentation, facts.environment)
        self._identity = _sum(json.dumps([*parts, toolchain.identity]))
        self._kernel.remedies = self._noted_remedies()

    @property
    def arguments(self) -> list[str]:
        return self._kernel.result_arguments()

    @property
    def remedies(self) -> tuple[Remedy, ...]:
        """The remedies that have been needed here so far."""
        return self._kernel.remedies

    @property
    def toolchain(self) -> Toolchain:
        return self._kernel.toolchain

    def curable(self, said: str) -> Remedy | None:
        """The remedy for the output `said` of make or a compiler, if there is one that is not used
        yet."""
        return remedy_for(self._facts.version, said, [r.name for r in self.remedies])

    def cure(self, said: str) -> bool:
        """Use the remedy for the output `said` of make or a compiler; False if there is no new
        one."""
        known = [r.name for r in self.remedies]
        remedy = self.curable(said)
        if remedy is None:
            return False
        self._kernel.remedies = (*self.remedies, remedy)
        note = {"made from": self._identity, "remedies": [*known, remedy.name]}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._beside("remedies").write_text(json.dumps(note), encoding="utf-8")
        return True

    def _noted_remedies(self) -> tuple[Remedy, ...]:
        """The remedies that an earlier run needed for the same folder."""
        try:
            note = json.loads(self._beside("remedies").read_text(encoding="utf-8"))
            names = note["remedies"] if note["made from"] == self._identity else ()
        except (OSError, ValueError, TypeError, KeyError):
            return ()
        return tuple(r for r in all_remedies() if r.name in names)

    def log(self, occasion: str) -> Path:
        return self._beside(f"{occasion}.log")

    def known_config(self) -> str | None:
        """The digest of the configuration, None if it has to be made first."""
        try:
            stamp = json.loads(self._beside("stamp").read_text(encoding="utf-8"))
            bytes_now = self._beside("config").read_bytes()
        except (OSError, ValueError):
            return None
        fits = stamp == {"made from": self._identity, "sum": _sum(bytes_now)}
        return str(stamp["sum"]) if fits else None

    def config(self, server: JobServer) -> Config | NoConfig:
        """The configuration; it is made if it does not exist."""
        if self.known_config() is None:
            self.progress(
                f"configuring {self._kernel.toolchain.arch.name}, {self.recipe.name}", 0, 0
            )
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
        self, units: Sequence[Unit], commit: str, environment: str, server: JobServer
    ) -> dict[Unit, Attempt]:
        """Compile `units` from the work tree, even if they exist already.

        `environment` is that of the commit in the work tree: its makefiles may need symbols that
        the configuration lacks. If make reaches no object, and there is a remedy for its error, the
        remedy is tried once.
        """
        attempts: dict[Unit, Attempt] = {}
        with self._working() as started:
            self._settle_config(environment, server)
            for unit in units:
                self._forget(posixpath.normpath(unit.target))
            for owner, owned in self._by_owner(units).items():
                log = self.log(commit[:12] + (f".{owner.replace('/', '-')}" if owner else ""))
                targets = sorted({unit.target for unit in owned})
                run = self._make_objects(targets, server, log, owner, started)
                share = run.seconds / max(1, len(targets))
                made = {t: self._attempt(t, run, started, share) for t in targets}
                attempts |= {unit: made[unit.target] for unit in owned}
        return attempts

    def _by_owner(self, units: Sequence[Unit]) -> dict[str, list[Unit]]:
        """`units` by the folder that make has to be told, "" for those that make finds by
        itself."""
        groups: dict[str, list[Unit]] = {}
        for unit in units:
            groups.setdefault(unit.owner if self._facts.by_owner else "", []).append(unit)
        return groups

    def _make_objects(
        self, targets: Sequence[str], server: JobServer, log: Path, owner: str, started: int
    ) -> MakeRun:
        while True:
            run = self._kernel.make(targets, server, log=log, objects=True, owner=owner)
            if run.stopped:
                _remove_newer(self.path, started)
                return run
            if self._got_to_objects(targets, run, started) or not self.cure(run.text):
                return run

    def _got_to_objects(self, targets: Sequence[str], run: MakeRun, started: int) -> bool:
        names = [posixpath.normpath(t) for t in targets]
        return any(n in run.objects or n in run.failed or self._is_new(n, started) for n in names)

    def build_all(
        self, goals: Sequence[str], commit: str, server: JobServer, *, image: bool = False
    ) -> MakeRun:
        """Make `goals`, incrementally; an `image` is one that will be booted."""
        with self._working():
            self._settle_config(self._facts.environment, server)
            return self._kernel.make(goals, server, log=self.log(commit[:12]), image=image)

    def _attempt(self, target: str, run: MakeRun, started: int, seconds: float) -> Attempt:
        name = posixpath.normpath(target)
        made = Made(
            run,
            self._kernel.toolchain.arch.name,
            self.recipe.name,
            self._facts.version,
            self._last_log,
            seconds,
        )

        def read() -> tuple[str, ...]:
            return read_dependencies(self.path, name, self._kernel.worktree)

        return attempt(target, made, is_new=self._is_new(name, started), read=read)

    def _is_new(self, name: str, started: int) -> bool:
        try:
            return (self.path / name).stat().st_mtime_ns >= started
        except FileNotFoundError:
            return False

    def _forget(self, name: str) -> None:
        for path in (self.path / name, *(note_path(self.path, name, s) for s in ("cmd", "d"))):
            path.unlink(missing_ok=True)

    def _make_config(self, server: JobServer) -> str | None:
        """Make `.config` from the recipe; returns an error, or None."""
        making = Making(
            self._kernel, self.recipe, self._beside("fragment"), self.log("config"), server
        )
        return make_config(making, self._facts.version, self.cure)

    def _settle_config(self, environment: str, server: JobServer) -> None:
        """Restore the configuration as it was made, whatever happened to the folder since."""
        made = self._beside("config").read_bytes()
        if not self._dot_config.is_file() or self._dot_config.read_bytes() != made:
            self._dot_config.write_bytes(made)
        if environment != self._facts.environment:
            self._kernel.make(["olddefconfig"], server, log=self.log("config"), config=True)

    @contextmanager
    def _working(self) -> Iterator[int]:
        """Marks that make is working in the folder; gives a time that is not later than that of new
        files.

        Files written by a killed make may be incomplete: they are removed on entry.
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


def _sum(text: str | bytes) -> str:
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()
