# SPDX-License-Identifier: GPL-2.0-only
"""Mutation testing: changes the code in one place at a time, and sees whether a test fails.

    python -m bench.mutants [--count 300] [--seed 1] [--jobs 2] [--state FILE]
        [--only MODULE] [--record docs/testing.md]

The code is that of pairing, of the rules and of the comparison that checks a rewrite: MODULES. Of
all changes that bench/mutations.py knows, `count` are drawn. The tests are TESTS, none of which
starts another program. They run once as they are, which tells which tests come through each line;
then each mutant gets those of its line, the quickest first, until one fails. One that takes ten
times the CPU of all its tests is killed as well. With --state, what is known already is kept in
FILE, and a run that was stopped goes on, unless code or tests have changed.

Survivors are listed with what bench/survivors.toml says of them.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import importlib
import importlib.abc
import importlib.machinery
import json
import os
import random
import resource
import sys
import tempfile
import tomllib
import types
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bench.mutations import Mutation, mutated, mutations
from bench.record import add_record

ROOT = Path(__file__).resolve().parents[1]
MODULES = (
    "migrate/analysis/pairing/pair.py",
    "migrate/analysis/pairing/group.py",
    "migrate/analysis/valueflow/flow.py",
    "migrate/analysis/pairing/backward.py",
    "migrate/analysis/heap/unmodelled_uses.py",
    "migrate/analysis/verdicts/rules.py",
    "migrate/analysis/pairing/grounds.py",
    "migrate/analysis/verdicts/classify.py",
    "migrate/rewrite/text/check.py",
)
TESTS = ("tests/analysis", "tests/shapes/test_in_memory.py", "tests/rewrite/test_check.py")
_LEFT_OUT = (
    "tests/analysis/acquires/test_scan.py",
    "tests/analysis/acquires/test_spatch.py",
    "tests/analysis/test_properties.py",
)
"""Two start spatch, and the third takes as long as all others together."""

_OPTIONS = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-seed=0"]
_LEAST_CPU = 30


@dataclass(frozen=True)
class Mutant:
    """One change of one module, by its path below the project."""

    module: str
    mutation: Mutation

    @property
    def key(self) -> str:
        return f"{self.module} {self.mutation.number} {self.mutation}"


@dataclass(frozen=True)
class Coverage:
    """The tests that come through each "module line", and the seconds that each takes."""

    tests: dict[str, list[str]]
    seconds: dict[str, float]

    def of(self, mutant: Mutant) -> list[str]:
        """The tests of the line, the quickest first; of a line that runs at import, those of the
        whole module."""
        line = mutant.mutation.line
        found = set(self.tests.get(f"{mutant.module} {line}", []))
        if not found:
            # Python goes past a `continue` without saying so; the condition stands above it.
            found = set(self.tests.get(f"{mutant.module} {line - 1}", []))
        if line in _lines_at_import(mutant.module):
            found = {
                t for k, v in self.tests.items() if k.startswith(f"{mutant.module} ") for t in v
            }
        return sorted(found, key=lambda test: self.seconds[test])


@cache
def _lines_at_import(module: str) -> frozenset[int]:
    """The lines outside of functions."""
    tree = ast.parse((ROOT / module).read_text(encoding="utf-8"))
    lines = set(range(1, 1 + (ROOT / module).read_text(encoding="utf-8").count("\n")))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.end_lineno is not None:
            lines -= set(range(node.body[0].lineno, node.end_lineno + 1))
    return frozenset(lines)


class _Tracer:
    """A plugin of pytest that notes which test comes through which line of MODULES."""

    def __init__(self) -> None:
        self.paths = {str(ROOT / module): module for module in MODULES}
        self.tests: dict[str, set[str]] = {}
        self.seconds: dict[str, float] = {}
        self.current = ""

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.current = nodeid
        sys.settrace(self._call)

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration

    def _call(self, frame: types.FrameType, _event: str, _arg: Any) -> Any:
        return self._line if frame.f_code.co_filename in self.paths else None

    def _line(self, frame: types.FrameType, _event: str, _arg: Any) -> Any:
        where = f"{self.paths[frame.f_code.co_filename]} {frame.f_lineno}"
        self.tests.setdefault(where, set()).add(self.current)
        return self._line


class _Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds one module of the package with its mutated code."""

    def __init__(self, module: str, code: types.CodeType) -> None:
        self.name, self.code = module.removesuffix(".py").replace("/", "."), code

    def find_spec(self, name: str, *_: Any) -> importlib.machinery.ModuleSpec | None:
        if name != self.name:
            return None
        return importlib.machinery.ModuleSpec(name, self)

    def exec_module(self, module: types.ModuleType) -> None:
        exec(self.code, module.__dict__)


def drawn(count: int, seed: int, only: str | None) -> list[Mutant]:
    """`count` mutants of all there are, in the order in which they were drawn."""
    modules = [m for m in MODULES if only is None or only in m]
    every = [Mutant(m, mutation) for m in modules for mutation in _all_of(m)]
    return random.Random(seed).sample(every, min(count, len(every)))


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


def trace() -> Coverage:
    """Run all tests once, in a child."""
    with tempfile.NamedTemporaryFile() as file:
        child = os.fork()
        if child == 0:
            _quiet()
            tracer = _Tracer()
            left_out = [f"--deselect={path}" for path in _LEFT_OUT]
            code = _pytest([*TESTS, *left_out], [tracer])
            found = {line: sorted(tests) for line, tests in tracer.tests.items()}
            Path(file.name).write_text(json.dumps([code, found, tracer.seconds]))
            os._exit(0)
        os.waitpid(child, 0)
        code, tests, seconds = json.loads(Path(file.name).read_text() or "[1, {}, {}]")
    if code:
        sys.exit("The tests fail without any mutant.")
    return Coverage(tests, seconds)


def start(mutant: Mutant, tests: Sequence[str], seconds: float) -> int:
    """The process in which `tests` run on `mutant`; it ends with 0 when all of them pass."""
    child = os.fork()
    if child:
        return child
    _quiet()
    limit = int(max(_LEAST_CPU, 10 * seconds))
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
    tree = mutated((ROOT / mutant.module).read_text(encoding="utf-8"), mutant.mutation.number)
    code = compile(tree, str(ROOT / mutant.module), "exec", dont_inherit=True)
    sys.meta_path.insert(0, _Mutated(mutant.module, code))
    os._exit(min(_pytest(tests), 100))


class State:
    """What is known so far: which tests come through each line, and what became of each mutant.

    Kept in `file`, and in one beside it, if there is one; what is of other code or tests is
    forgotten.
    """

    def __init__(self, file: Path | None) -> None:
        self.file, self.digest = file, _digest()
        self.results: dict[str, str] = self._load(file) or {}
        beside = file.with_name(f"{file.name}.coverage") if file is not None else None
        known = self._load(beside)
        self.coverage = Coverage(*known) if known else trace()
        if not known:
            self._store(beside, [self.coverage.tests, self.coverage.seconds])

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


def run(mutants: Sequence[Mutant], state: State, jobs: int) -> list[str]:
    """What became of each mutant: "killed", "survived", "not covered" or "takes for ever"."""
    waiting = [m for m in mutants if m.key not in state.results]
    running: dict[int, Mutant] = {}
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop(0)
            tests = state.coverage.of(mutant)
            if tests:
                seconds = sum(state.coverage.seconds[t] for t in tests)
                running[start(mutant, tests, seconds)] = mutant
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
    return [state.results[m.key] for m in mutants]


def report(mutants: Sequence[Mutant], results: Sequence[str], seed: int) -> list[str]:
    """Figures by module, and every survivor with what is said of it."""
    every = {m: len(_all_of(m)) for m in MODULES}
    lines = [
        f"Drawn with seed {seed}: {len(mutants)} of {sum(every.values())} changes.",
        "",
        "| module | changes | drawn | killed |",
        "| --- | --- | --- | --- |",
    ]
    alive = {m for m, r in zip(mutants, results, strict=True) if r in ("survived", "not covered")}
    total, dead = (
        Counter(m.module for m in mutants),
        Counter(m.module for m in set(mutants) - alive),
    )
    for module in MODULES:
        if total[module]:
            share = f"{dead[module]} ({dead[module] / total[module]:.0%})"
            lines.append(f"| {module} | {every[module]} | {total[module]} | {share} |")
    killed = sum(dead.values())
    lines += [
        f"| all | {sum(every.values())} | {len(mutants)} | {killed} ({killed / len(mutants):.0%}) |"
    ]
    lines += ["", "| survivor | change | why it lives |", "| --- | --- | --- |"]
    said = _said()
    for mutant in sorted(alive, key=lambda m: (m.module, m.mutation.line, m.mutation.number)):
        change = str(mutant.mutation).replace("|", "\\|")
        why = said.get((mutant.module, str(mutant.mutation)), "not looked at")
        lines.append(f"| {Path(mutant.module).name}:{mutant.mutation.line} | {change} | {why} |")
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
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", help="modules with this in their path")
    parser.add_argument("--state", type=Path, help="where what is known is kept")
    add_record(parser, "bench.mutants")
    arguments = parser.parse_args()
    _prepare()
    mutants = drawn(arguments.count, arguments.seed, arguments.only)
    results = run(mutants, State(arguments.state), arguments.jobs)
    lines = report(mutants, results, arguments.seed)
    print("\n".join(lines))
    if arguments.record:
        arguments.record.write(lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
