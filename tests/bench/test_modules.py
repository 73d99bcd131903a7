# SPDX-License-Identifier: GPL-2.0-only
"""Modules that are put into a tree, and what is counted of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from bench.modules import FACTS, Module, counted, put_in, read_modules, table
from bench.record import record, sections
from migrate.base.stores.git import git_output
from tests.analysis.groups import acquire

DEMO = Module("demo", "owner/demo", ("src",), "")
WHO = {f"GIT_{w}_{x}": "a@b" for w in ("AUTHOR", "COMMITTER") for x in ("NAME", "EMAIL")}


def repository(folder: Path, files: dict[str, str]) -> str:
    """A repository with one commit, by its id."""
    folder.mkdir(parents=True)
    git_output(["init", "-q"], cwd=folder)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    git_output(["add", "-A", "-f"], cwd=folder)
    git_output(["commit", "-q", "-m", "x"], cwd=folder, env=WHO)
    return git_output(["rev-parse", "HEAD"], cwd=folder).decode().strip()


def test_a_module_is_put_beside_the_kernels_own_files(tmp_path: Path) -> None:
    kernel = repository(tmp_path / "linux", {"Makefile": "x", "drivers/a.c": "a"})
    files = {"src/m.c": "m", "src/in/m.h": "h", "src/Makefile": "o", "src/x.md": "-", "t.c": "-"}
    read = repository(tmp_path / "clones/owner+demo", files)
    made = put_in(tmp_path / "linux", kernel, [replace(DEMO, read=read)], tmp_path / "clones")
    listed = git_output(["ls-tree", "-r", "--name-only", made], cwd=tmp_path / "linux")
    home = "drivers/misc/demo-module/src/"
    own = [f"{home}Makefile", f"{home}in/m.h", f"{home}m.c"]
    assert listed.decode().split() == sorted(["Makefile", "drivers/a.c", *own])


def test_calls_for_other_versions_are_counted_apart() -> None:
    decided = [(acquire(), "pin", "r"), (acquire(), "keep", "for_other_versions")]
    assert counted(DEMO, decided) == (DEMO, Counter(pin=1), 1)


def test_the_table_adds_up_and_says_what_was_wrong() -> None:
    bad = replace(DEMO, name="bad", wrong=("a release was missed",))
    lines = table([(DEMO, Counter(pin=2, manual=1), 4), (bad, Counter(keep=1), 0)], "9.9")
    assert "| demo | owner/demo |  | 2 | 0 | 0 | 1 | 4 | 0 |" in lines
    assert "Decided: 3 of 4." in lines and lines[-1] == "- bad: a release was missed"


def test_the_modules_are_told_apart() -> None:
    modules = read_modules(FACTS)
    assert len({m.name for m in modules}) == len(modules) >= 10
    assert all(m.read and m.folders and m.repository.count("/") == 1 for m in modules)


def test_what_other_benches_wrote_is_kept(tmp_path: Path) -> None:
    document = tmp_path / "a.md"
    document.write_text("# A\n")
    record(document, "bench.one", ["1", "2"])
    record(document, "bench.two", ["3"])
    kept = sections(document.read_text())
    assert [s.split("\n")[2:-1] for s in kept] == [["1", "2"], ["3"]]
    assert document.read_text() == "# A\n" + "".join(f"{s}\n" for s in kept)
