# SPDX-License-Identifier: GPL-2.0-only
"""Figures carry the ids of what they are of, and those of other code are listed."""

from __future__ import annotations

import argparse
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from bench import figures, measured, record
from bench.figures import SECTION, argv_of, make_anew, sections, stale
from bench.measured import FIGURES, Figures, as_text, from_text, marks, named, object_ids
from scripts.tested import PARTS, read, with_ids

MINE = Figures(
    "bench.mine", "docs/a.md", ("code", "data.toml"), "LINUX --fast", "a day", quiet=True
)


def documents(project: Path) -> list[Path]:
    return [project / "README.md", *sorted((project / "docs").glob("*.md"))]


def test_every_section_that_a_bench_wrote_says_what_it_is_of(project: Path) -> None:
    for document in documents(project):
        text = document.read_text("utf-8")
        recorded = marks(text)
        for section in SECTION.findall(text):
            if section != "scripts.tested":  # whose ids are in docs/tested.json
                assert document == project / named(section).document
                assert recorded[section], f"{document.name}: {section} carries no ids"
        assert set(recorded) <= {*SECTION.findall(text), "bench.redo"}


def test_the_page_of_the_redo_says_what_it_is_of(project: Path) -> None:
    assert marks((project / "docs/accuracy.md").read_text("utf-8"))["bench.redo"]


def test_every_run_says_what_it_is_of() -> None:
    for run in read():
        assert from_text(run.measured), "run: python -m scripts.tested --add docs/tested.json"


@pytest.mark.parametrize("name", [figures.name for figures in FIGURES])
def test_what_is_measured_is_there_and_the_bench_records_it(name: str, project: Path) -> None:
    one = named(name)
    assert [p for p in (*one.parts, one.document) if not (project / p).exists()] == []
    module = name.split()[0]
    text = (project / f"{module.replace('.', '/')}.py").read_text("utf-8")
    assert f'add_record(parser, "{module}")' in text


@pytest.mark.parametrize("target", PARTS)
def test_what_a_target_is_a_run_of_is_there(target: str, project: Path) -> None:
    assert [part for part in PARTS[target] if not (project / part).exists()] == []


def git(folder: Path, *args: str) -> str:
    done = subprocess.run(["git", *args], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one bench, which measures a folder and a file."""
    for name in ("code", "docs"):
        (tmp_path / name).mkdir()
    (tmp_path / "code/x.py").write_text("1\n")
    (tmp_path / "data.toml").write_text("a = 1\n")
    (tmp_path / "docs/a.md").write_text("# A\n")
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    for module in (measured, figures):
        monkeypatch.setattr(module, "ROOT", tmp_path)
        monkeypatch.setattr(module, "FIGURES", (MINE,))
    monkeypatch.setattr(figures, "read", tuple)
    return tmp_path


def commit(folder: Path) -> str:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "change")
    return git(folder, "rev-parse", "HEAD")


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(exit_on_error=False)
    record.add_record(made, "bench.mine")
    return made


def test_figures_are_stale_once_a_part_is_another(small: Path) -> None:
    assert [one.parts for one in stale()] == [("code", "data.toml")], "never measured"
    parser().parse_args(["--record", str(small / "docs/a.md")]).record.write(["9 s"])
    text = (small / "docs/a.md").read_text()
    ids = as_text({p: git(small, "rev-parse", f"HEAD:{p}")[:12] for p in MINE.parts})
    mark = f"<!-- bench.mine measured {ids}, with: python -m bench.mine LINUX --fast -->"
    assert f"wrote this: begin -->\n{mark}\n9 s\n<!-- bench.mine wrote" in text
    assert list(stale()) == []
    (small / "other").touch()
    (small / "code/y.py").touch()
    commit(small)
    (found,) = stale()
    assert [*found.lines()] == [
        "bench.mine, in docs/a.md: code",
        "    a day, quiet machine: python -m bench.mine LINUX --fast",
    ]
    (small / "data.toml").unlink()
    commit(small)
    assert [one.parts for one in stale()] == [("code", "data.toml")]


def test_the_ids_are_those_of_when_the_bench_began(small: Path) -> None:
    begun = parser().parse_args(["--record", str(small / "docs/a.md")]).record
    (small / "code/y.py").touch()
    commit(small)
    begun.write(["9 s"])
    assert [one.parts for one in stale()] == [("code",)]


def test_nothing_is_recorded_of_what_is_not_committed(small: Path) -> None:
    (small / "unmeasured").touch()
    parser().parse_args(["--record", "docs/a.md"])
    (small / "code/new.py").touch()
    with pytest.raises(argparse.ArgumentError, match=r"commit first what you changed in code, dat"):
        parser().parse_args(["--record", "docs/a.md"])


@pytest.mark.parametrize(("load", "said"), [(0.2, ""), (3.25, "machine, and its load is 3.2")])
def test_a_busy_machine_is_named(
    small: Path,
    load: float,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(record.os, "getloadavg", lambda: (load, 0, 0))
    parser().parse_args(["--record", str(small / "docs/a.md")])
    assert said in capsys.readouterr().err and "quiet machine" in parser().format_help()
    assert bool(said) == (load > record._QUIET)


def test_a_section_without_ids_is_stale_and_one_of_nobody_is_let_be() -> None:
    text = "<!-- bench.scan wrote this: begin -->\n<!-- x y wrote this: begin -->\n"
    assert [*sections(text)] == [("bench.scan", {}), ("x y", {})]
    assert not figures._is_of("x y", FIGURES[0])


def test_sections_of_one_command_share_what_they_measure() -> None:
    assert named("bench.kernels on Debian 12") is named("bench.kernels")
    assert named("bench.faults --tree") is not named("bench.faults")
    assert argv_of(named("bench.faults --tree"), ["/k"])[2:5] == ["bench.faults", "--tree", "/k"]  # type: ignore[index]
    part = record.Record(Path(), named("bench.faults"), object_ids(named("bench.faults").parts))
    assert set(part.of("bench.faults --tree").ids) == {"migrate", "cocci"}


def test_trees_take_their_place_in_a_command() -> None:
    one, every = replace(MINE, arguments="LINUX -q"), replace(MINE, arguments="LINUX... --jobs 8")
    assert argv_of(one, ["/a", "/b"])[2:] == ["bench.mine", "/a", "-q"]  # type: ignore[index]
    assert argv_of(every, ["/a", "/b"])[3:] == ["/a", "/b", "--jobs", "8"]  # type: ignore[index]
    assert argv_of(one, []) is None
    assert argv_of(replace(MINE, arguments="REPORT.JSON"), ["/a"]) is None


def test_what_cannot_be_run_is_said_and_the_rest_runs(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    good = replace(MINE, name="calendar good", arguments="2024 2")
    known = {"good": good, "typed": MINE, "bad": replace(good, arguments="no year")}
    monkeypatch.setattr(figures, "named", known.__getitem__)
    assert make_anew(["typed", "good", "bad"], []) == 2
    out = capfd.readouterr().out
    assert "To be typed, with what it needs: python -m bench.mine LINUX --fast\n" in out
    assert "python -m calendar 2024 2  (a day, quiet machine)\n   February 2024\n" in out


def test_runs_get_the_ids_of_their_commit() -> None:
    run = read()[0]
    assert with_ids(replace(run, measured="", commit="HEAD")).measured
    assert with_ids(replace(run, measured="migrate 0123456789ab")).measured.endswith("89ab")
    assert with_ids(replace(run, measured="", commit="f" * 12)).measured == ""
