# SPDX-License-Identifier: GPL-2.0-only
"""Which code is changed, which tests come through it, and what is said of the rest."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from bench import mutants
from bench.covered import Coverage, Tracer, functions_of
from bench.mutants import Mutant, drawn, modules, report
from bench.mutations import mutations

CODE = '''"""A module."""
LIMIT = 3


def f(n):
    for i in range(n):
        if i == 1:
            continue
        g(i)
    return n


def g(i):
    if i > 90:
        return LIMIT
    return 0
'''


def test_every_module_of_the_analysis_is_changed(project: Path) -> None:
    argv = ["git", "ls-files", "migrate/analysis/*.py", "migrate/analysis/**/*.py"]
    done = subprocess.run(argv, cwd=project, check=True, capture_output=True, text=True)
    wanted = {name for name in done.stdout.split() if (project / name).exists()}
    assert wanted <= set(modules()) and "migrate/rewrite/text/check.py" in modules()


def test_the_tests_are_those_of_the_mirrored_folders(project: Path) -> None:
    found = mutants.tests()
    assert {"tests/analysis", "tests/rewrite/test_check.py", "tests/test_gaps.py"} <= set(found)
    assert [path for path in (*found, mutants._LEFT_OUT) if not (project / path).exists()] == []


def test_code_without_tests_beside_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutants, "ROOTS", ("migrate/rewrite/text/nothing.py",))
    with pytest.raises(SystemExit, match=r"nothing\.py has no tests below tests/rewrite"):
        mutants.tests()


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two modules, one with few changes."""
    (tmp_path / "migrate/analysis").mkdir(parents=True)
    (tmp_path / "migrate/analysis/a.py").write_text(CODE)
    (tmp_path / "migrate/analysis/b.py").write_text("X = 1\n")
    (tmp_path / "bench").mkdir()
    (tmp_path / "bench/survivors.toml").touch()
    monkeypatch.setattr(mutants, "ROOT", tmp_path)
    monkeypatch.setattr(mutants, "ROOTS", ("migrate/analysis",))
    caches = (mutants.modules, mutants._all_of)
    for one in caches:
        one.cache_clear()
    yield
    for one in caches:
        one.cache_clear()


@pytest.mark.usefixtures("small")
def test_a_sample_has_as_many_of_each_module_as_there_are() -> None:
    chosen = drawn(300, 2, 7, None)
    assert Counter(m.module for m in chosen) == {
        "migrate/analysis/a.py": 2,
        "migrate/analysis/b.py": 1,
    }
    assert chosen == drawn(300, 2, 7, None)
    assert {tuple(drawn(300, 2, seed, "a.py")) for seed in range(9)} != {tuple(chosen)}
    assert len(drawn(4, None, 7, None)) == 4
    assert len(drawn(300, None, 7, "b.py")) == 1


@pytest.mark.usefixtures("small")
def test_each_module_counts_by_its_changes() -> None:
    a, b = modules()
    every = len(mutations(CODE))
    chosen = [*drawn(300, 1, 7, "a.py"), *drawn(300, 1, 7, "b.py")]
    lines = report(chosen, ["survived", "killed"], 7)
    share = f"{1 / (every + 1):.0%}"
    assert lines[0] == (
        f"Drawn with seed 7: 2 of {every + 1} changes in 2 modules. Killed: 1, and {share} when"
        " each module counts as many times as it has changes."
    )
    assert lines[4:6] == [f"| {a} | {every} | 1 | 0 (0%) |", f"| {b} | 1 | 1 | 1 (100%) |"]
    assert lines[-1].startswith("| a.py:") and lines[-1].endswith("| not looked at |")


def traced(folder: Path) -> Coverage:
    """A test that calls f() with few, one with many, and one that calls neither."""
    scope: dict[str, object] = {}
    tracer = Tracer(folder, ["a.py"])
    exec(compile(CODE, str(folder / "a.py"), "exec"), scope)
    before = sys.gettrace()
    try:
        for name, calls in (("few", "f(1)"), ("many", "f(99)"), ("none", "1")):
            tracer.pytest_runtest_logstart(name)
            eval(calls, scope)
            tracer.seconds[name] = {"few": 3.0, "many": 2.0, "none": 1.0}[name]
    finally:
        sys.settrace(before)
    return tracer.coverage()


@pytest.mark.parametrize(
    ("line", "tests"),
    [
        (6, ["many", "few"]),  # the quickest first
        (8, ["many"]),  # `continue`, and only one test comes to it
        (14, ["many", "few"]),
        (15, ["many", "few"]),  # behind the calls whose lines are noted: those of the condition
        (2, ["many", "few"]),  # at import: whoever comes through the module
    ],
)
def test_a_line_has_the_tests_that_come_through_it(
    tmp_path: Path, line: int, tests: list[str]
) -> None:
    (tmp_path / "a.py").write_text(CODE)
    assert traced(tmp_path).of(tmp_path, "a.py", line) == tests


def test_a_line_without_tests_gets_those_of_its_function(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(CODE.replace("if i > 90:", "if i > 90:\n        pass"))
    found = Coverage({}, {"a.py 13": 1}, {"one": 1.0})
    assert found.of(tmp_path, "a.py", 15) == ["one"]
    assert found.of(tmp_path, "a.py", 7) == []


def test_coverage_is_kept_and_put_together(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(CODE)
    found = traced(tmp_path)
    assert Coverage.from_data(json.loads(json.dumps(found.to_data()))) == found
    other = Coverage({"a.py 6": 2, "b.py 1": 1}, {"a.py 13": 1}, {"fifth": 9.0, "sixth": 0.5})
    both = found.with_tests(other)
    assert both.of(tmp_path, "a.py", 6) == ["sixth", "many", "few"]
    assert both.of(tmp_path, "a.py", 14) == ["many", "few"]
    assert both.of(tmp_path, "a.py", 15) == ["many", "few"]
    assert both.lines["b.py 1"] == 8


def test_a_module_without_functions_has_the_tests_beside_it(tmp_path: Path) -> None:
    (tmp_path / "migrate/a/b").mkdir(parents=True)
    for name in ("migrate/a/b/x.py", "migrate/a/y.py"):
        (tmp_path / name).write_text("X = 1\n")
    seconds = {"tests/a/test_y.py::one": 2.0, "tests/a/c/test_z.py::two": 1.0, "tests/d.py::o": 9.0}
    found = Coverage({}, {}, seconds)
    assert found.of(tmp_path, "migrate/a/b/x.py", 1) == [*seconds][1::-1]
    assert found.of(tmp_path, "migrate/a/y.py", 1) == [*seconds][1::-1]
    more = Coverage({}, {}, {**seconds, "tests/a/b/test_x.py::three": 3.0})
    assert more.of(tmp_path, "migrate/a/b/x.py", 1) == ["tests/a/b/test_x.py::three"]


def test_a_test_that_comes_to_nothing_new_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.covered._NOTHING_NEW", 40)
    (tmp_path / "a.py").write_text(CODE)
    found = traced(tmp_path)
    assert found.of(tmp_path, "a.py", 14) == ["many", "few"]
    assert found.lines.get("a.py 15") is None  # g() was called ninety times by then


def test_the_files_of_tests_are_shared_out() -> None:
    one, two = mutants._shares(2)
    assert not set(one) & set(two)
    assert sorted(one + two) == sorted(*mutants._shares(1))
    sizes = [sum((mutants.ROOT / file).stat().st_size for file in share) for share in (one, two)]
    assert max(sizes) < 1.2 * min(sizes)


def test_a_function_begins_at_its_decorator(tmp_path: Path) -> None:
    path = tmp_path / "c.py"
    path.write_text("@x\n@y\ndef f():\n    def g():\n        return 1\n    return g\n")
    assert functions_of(path) == {4: 1, 5: 4, 6: 1}


@pytest.mark.usefixtures("small")
def test_what_is_said_of_code_that_is_gone_is_named() -> None:
    _, b = modules()
    mutant, *_ = drawn(1, None, 7, "b.py")
    (mutants.ROOT / "bench/survivors.toml").write_text(
        f"[[survivor]]\nmodule = '{b}'\nchange = '{mutant.mutation}'\nwhy = 'so'\n"
    )
    assert report([mutant], ["survived"], 7)[-1].endswith("| so |")
    (mutants.ROOT / b).write_text("X = 2\n")
    mutants._all_of.cache_clear()
    last = report([mutant], ["survived"], 7)[-1]
    assert last == f"survivors.toml speaks of code that is gone: {b}."


def test_a_mutant_has_a_name_of_its_own() -> None:
    first, second, *_ = mutations(CODE)
    assert Mutant("a", first).key != Mutant("a", second).key


@pytest.mark.parametrize("name", ["changed.sub", "changed.sub.more"])
def test_a_changed_module_is_imported(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one of a package, whose other modules are found as before."""
    (tmp_path / "changed/sub").mkdir(parents=True)
    for path in ("__init__.py", "sub/__init__.py", "sub/more.py", "sub/other.py"):
        (tmp_path / "changed" / path).write_text(f"X = {path!r}\n")
    path = {"changed.sub": "sub/__init__.py", "changed.sub.more": "sub/more.py"}[name]
    monkeypatch.setattr(mutants, "ROOT", tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    finder = mutants._Mutated(f"changed/{path}", compile("X = 7", path, "exec"))
    monkeypatch.setattr(sys, "meta_path", [finder, *sys.meta_path])
    try:
        assert importlib.import_module(name).X == 7
        assert importlib.import_module("changed.sub.other").X == "sub/other.py"
    finally:
        for module in [m for m in sys.modules if m.partition(".")[0] == "changed"]:
            del sys.modules[module]


@pytest.mark.usefixtures("small")
def test_none_is_started_after_its_time() -> None:
    known, other = drawn(2, None, 7, "a.py")
    state = SimpleNamespace(results={known.key: "killed"})
    assert mutants.run([known, other], state, 2, 0.0) == ["killed", ""]  # type: ignore[arg-type]
