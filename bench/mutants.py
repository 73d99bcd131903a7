# SPDX-License-Identifier: GPL-2.0-only
"""Mutation testing: changes the code in one place at a time, and sees whether a test fails.

    python -m bench.mutants [--count 300 | --per-module N] [--seed 1] [--jobs 2] [--state FILE]
        [--minutes M] [--only MODULE] [--record docs/testing.md]

The code is all of ROOTS: the analysis, and the comparison that checks a rewrite. Of all changes
that bench/mutations.py knows, `count` are drawn, or N of each module. The tests are those of the
folders that mirror ROOTS, and those of _BESIDE, which need neither spatch nor git. They run once as
they are, in as many processes as there are jobs, which tells which tests come through each line
(bench/covered.py); then each mutant gets those of its line, the quickest first, until one fails.
One that takes ten times the CPU of all its tests is killed as well. With --state, what is known
already is kept in FILE, and a run that was stopped goes on, unless code or tests have changed.
After --minutes, from the start, no mutant is started any more, and the figures are of those that
were, which are as random as the others.

Survivors are listed with what bench/survivors.toml says of them.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import importlib.abc
import importlib.machinery
import json
import math
import os
import random
import resource
import sys
import tempfile
import time
import tomllib
import types
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bench.covered import Coverage, Tracer
from bench.mutations import Mutation, mutated, mutations
from bench.record import add_record, show

ROOT = Path(__file__).resolve().parents[1]
ROOTS = ("migrate/analysis", "migrate/rewrite/text/check.py")
_BESIDE = (
    "tests/shapes/test_in_memory.py",
    "tests/test_audit_judgements.py",
    "tests/test_gaps.py",
    "tests/test_verdict_rules.py",
)
"""Quick tests of the analysis in other places: the shapes, and what documents say of it."""

_LEFT_OUT = "tests/analysis/test_properties.py"
"""It takes as long as all others together."""

_OPTIONS = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-seed=0"]
_LEAST_CPU = 30
_NO_TESTS = 5
"""The code with which pytest ends if there was nothing to do."""


@dataclass(frozen=True)
class Mutant:
    """One change of one module, by its path below the project."""

    module: str
    mutation: Mutation

    @property
    def key(self) -> str:
        return f"{self.module} {self.mutation.number} {self.mutation}"


@cache
def modules() -> tuple[str, ...]:
    """Every module of ROOTS, by its path below the project."""
    below = [ROOT / root for root in ROOTS]
    files = [file for path in below for file in ([path] if path.is_file() else path.rglob("*.py"))]
    return tuple(sorted(str(file.relative_to(ROOT)) for file in files))


def tests() -> list[str]:
    """Where the tests of ROOTS are: the folder that mirrors a folder, the file of a module."""
    found = [*_BESIDE]
    for root in map(Path, ROOTS):
        mirror = ROOT / "tests" / root.relative_to("migrate")
        layer = ROOT / "tests" / root.parts[1]
        files = [mirror] if mirror.is_dir() else sorted(layer.rglob(f"test_{root.stem}.py"))
        if not files:
            sys.exit(f"{root} has no tests below {layer.relative_to(ROOT)}.")
        found += [str(file.relative_to(ROOT)) for file in files]
    return found


class _Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds one module of the package with its mutated code."""

    def __init__(self, module: str, code: types.CodeType) -> None:
        path = Path(module).with_suffix("")
        self.package = str(ROOT / path.parent) if path.name == "__init__" else None
        self.name, self.code = ".".join((path.parent if self.package else path).parts), code

    def find_spec(self, name: str, *_: Any) -> importlib.machinery.ModuleSpec | None:
        if name != self.name:
            return None
        spec = importlib.machinery.ModuleSpec(name, self, is_package=self.package is not None)
        if self.package is not None:
            spec.submodule_search_locations = [self.package]
        return spec

    def exec_module(self, module: types.ModuleType) -> None:
        exec(self.code, module.__dict__)


def drawn(count: int, per_module: int | None, seed: int, only: str | None) -> list[Mutant]:
    """`count` mutants of all there are, or `per_module` of each module that has as many, in the
    order in which they were drawn."""
    rng = random.Random(seed)
    every = {m: [Mutant(m, x) for x in _all_of(m)] for m in modules() if not only or only in m}
    if per_module is None:
        one_list = [mutant for found in every.values() for mutant in found]
        return rng.sample(one_list, min(count, len(one_list)))
    parts = [rng.sample(found, min(per_module, len(found))) for found in every.values()]
    mutants = [mutant for part in parts for mutant in part]
    rng.shuffle(mutants)
    return mutants


@cache
def _all_of(module: str) -> list[Mutation]:
    return mutations((ROOT / module).read_text(encoding="utf-8"))


def _pytest(arguments: Sequence[str], plugins: Sequence[object] = ()) -> int:
    import pytest

    return int(pytest.main([*_OPTIONS, *arguments], plugins=list(plugins)))


def _quiet() -> None:
    """What tests say is not for the terminal."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)


def trace(jobs: int) -> Coverage:
    """Run all tests once, in `jobs` children."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / str(n) for n in range(jobs)]
        shares = _shares(jobs)
        for file, share in zip(files, shares, strict=True):
            if os.fork() == 0:
                _quiet()
                tracer = Tracer(ROOT, modules())
                code = _pytest([*share, f"--deselect={_LEFT_OUT}"], [tracer])
                file.write_text(json.dumps([code, *tracer.coverage().to_data()]))
                os._exit(0)
        for _ in files:
            os.wait()
        found = Coverage({}, {}, {})
        for file in files:
            code, *data = json.loads(file.read_text() if file.exists() else "[1]")
            if code not in (0, _NO_TESTS):
                sys.exit("The tests fail without any mutant.")
            found = found.with_tests(Coverage.from_data(data))
    return found


def _shares(jobs: int) -> list[list[str]]:
    """The files of tests, with about as much text in each share."""
    places = [ROOT / place for place in tests()]
    found = [f for p in places for f in (p.rglob("test_*.py") if p.is_dir() else [p])]
    shares: list[list[str]] = [[] for _ in range(jobs)]
    sizes = [0] * jobs
    for file in sorted(found, key=lambda f: (-f.stat().st_size, f)):
        least = sizes.index(min(sizes))
        sizes[least] += file.stat().st_size
        shares[least].append(str(file.relative_to(ROOT)))
    return shares


def start(mutant: Mutant, known: Sequence[str], seconds: float) -> int:
    """The process in which the tests `known` run on `mutant`; it ends with 0
    when all of them pass."""
    child = os.fork()
    if child:
        return child
    _quiet()
    limit = int(max(_LEAST_CPU, 10 * seconds))
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
    tree = mutated((ROOT / mutant.module).read_text(encoding="utf-8"), mutant.mutation.number)
    code = compile(tree, str(ROOT / mutant.module), "exec", dont_inherit=True)
    sys.meta_path.insert(0, _Mutated(mutant.module, code))
    os._exit(min(_pytest(known), 100))


class State:
    """What is known so far: which tests come through each line, and what became of each mutant.

    Kept in `file`, and in one beside it, if there is one; what is of other code or tests is
    forgotten.
    """

    def __init__(self, file: Path | None, jobs: int) -> None:
        self.file, self.digest = file, _digest()
        self.results: dict[str, str] = self._load(file) or {}
        beside = file.with_name(f"{file.name}.coverage") if file is not None else None
        known = self._load(beside)
        self.coverage = Coverage.from_data(known) if known else trace(jobs)
        if not known:
            self._store(beside, self.coverage.to_data())

    def save(self) -> None:
        self._store(self.file, self.results)

    def _load(self, file: Path | None) -> Any:
        if file is None or not file.exists():
            return None
        data = json.loads(file.read_text(encoding="utf-8"))
        return data["known"] if data["digest"] == self.digest else None

    def _store(self, file: Path | None, known: object) -> None:
        if file is not None:
            file.write_text(json.dumps({"digest": self.digest, "known": known}), encoding="utf-8")


def _digest() -> str:
    total = hashlib.sha256()
    for path in sorted(p for d in ("migrate", "tests", "bench") for p in (ROOT / d).rglob("*.py")):
        total.update(path.read_bytes())
    return total.hexdigest()


def run(mutants: Sequence[Mutant], state: State, jobs: int, until: float) -> list[str]:
    """What became of each mutant: "killed", "survived", "not covered" or "takes for ever"; "" of
    one that was not started `until` then, by the monotonic clock."""
    waiting = [m for m in mutants if m.key not in state.results]
    running: dict[int, Mutant] = {}
    while waiting or running:
        while waiting and len(running) < jobs and time.monotonic() < until:
            mutant = waiting.pop(0)
            known = state.coverage.of(ROOT, mutant.module, mutant.mutation.line)
            if known:
                seconds = sum(state.coverage.seconds[t] for t in known)
                running[start(mutant, known, seconds)] = mutant
            else:
                state.results[mutant.key] = "not covered"
        if not running:
            break
        child, status = os.wait()
        mutant = running.pop(child)
        code = os.waitstatus_to_exitcode(status)
        result = "survived" if code == 0 else "takes for ever" if code < 0 else "killed"
        state.results[mutant.key] = result
        state.save()
        print(f"{len(waiting) + len(running):4} left  {result:14} {mutant.key}", flush=True)
    return [state.results.get(m.key, "") for m in mutants]


def report(mutants: Sequence[Mutant], results: Sequence[str], seed: int) -> list[str]:
    """Figures by module, and every survivor with what is said of it."""
    changes = {m: len(_all_of(m)) for m in modules()}
    alive = {m for m, r in zip(mutants, results, strict=True) if r in ("survived", "not covered")}
    total = Counter(m.module for m in mutants)
    dead = Counter(m.module for m in set(mutants) - alive)
    shares = {m: dead[m] / total[m] for m in modules() if total[m]}
    weight = sum(changes[m] for m in shares)
    share = sum(shares[m] * changes[m] for m in shares) / weight if weight else 0.0
    lines = [
        f"Drawn with seed {seed}: {len(mutants)} of {sum(changes.values())} changes in"
        f" {len(shares)} modules. Killed: {sum(dead.values())}, and {share:.0%} when each module"
        " counts as many times as it has changes.",
        "",
        "| module | changes | drawn | killed |",
        "| --- | --- | --- | --- |",
    ]
    for module in shares:
        killed = f"{dead[module]} ({shares[module]:.0%})"
        lines.append(f"| {module} | {changes[module]} | {total[module]} | {killed} |")
    lines += ["", "| survivor | change | why it lives |", "| --- | --- | --- |"]
    said = _said()
    for mutant in sorted(alive, key=lambda m: (m.module, m.mutation.line, m.mutation.number)):
        change = str(mutant.mutation).replace("|", "\\|")
        why = said.get((mutant.module, str(mutant.mutation)), "not looked at")
        lines.append(f"| {Path(mutant.module).name}:{mutant.mutation.line} | {change} | {why} |")
    gone = [m for m, change in said if m not in changes or change not in map(str, _all_of(m))]
    if gone:
        lines += ["", f"survivors.toml speaks of code that is gone: {', '.join(gone)}."]
    return lines


def _said() -> dict[tuple[str, str], str]:
    data = tomllib.loads((ROOT / "bench/survivors.toml").read_text(encoding="utf-8"))
    return {(s["module"], s["change"]): s["why"] for s in data.get("survivor", [])}


def _prepare() -> None:
    """Import once, before the forks, what is the same for every mutant."""
    for name in ("pytest", "hypothesis", "tree_sitter", "tree_sitter_c", "cattrs", "rich"):
        importlib.import_module(name)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--per-module", type=int, metavar="N", help="draw N of each module")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument(
        "--minutes", type=float, default=math.inf, help="start no mutant after that"
    )
    parser.add_argument("--only", help="modules with this in their path")
    parser.add_argument("--state", type=Path, help="where what is known is kept")
    add_record(parser, "bench.mutants")
    arguments = parser.parse_args()
    _prepare()
    mutants = drawn(arguments.count, arguments.per_module, arguments.seed, arguments.only)
    until = time.monotonic() + 60 * arguments.minutes
    results = run(mutants, State(arguments.state, arguments.jobs), arguments.jobs, until)
    done = [m for m, result in zip(mutants, results, strict=True) if result]
    lines = report(done, [result for result in results if result], arguments.seed)
    show(lines, arguments.record)
    return 0


if __name__ == "__main__":
    sys.exit(main())
