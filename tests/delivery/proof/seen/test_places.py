# SPDX-License-Identifier: GPL-2.0-only
"""Lines of a scratch build, in the tree as the user has it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from migrate.delivery.proof.machine.console import Site
from migrate.delivery.proof.model import NOBODY, Line
from migrate.delivery.proof.seen.places import Hunk, Places, hunks_between, old_lines
from tests.delivery.proof.groups import group

SAME = Hunk(10, 1, 10, 1)
LONGER = Hunk(20, 1, 20, 3)
GONE = Hunk(30, 2, 31, 0)


def test_lines_outside_of_hunks_move_with_what_is_before_them() -> None:
    hunks = (SAME, LONGER, GONE)
    assert list(old_lines(hunks, 5)) == [5]
    assert list(old_lines(hunks, 10)) == [10]
    assert list(old_lines(hunks, 19)) == [19]
    assert list(old_lines(hunks, 23)) == [21]
    assert list(old_lines(hunks, 40)) == [40]


def test_a_line_of_a_hunk_that_grew_is_all_of_its_old_lines() -> None:
    assert list(old_lines((LONGER,), 21)) == [20]
    assert list(old_lines((Hunk(20, 3, 20, 1),), 20)) == [20, 21, 22]


def test_a_new_line_that_replaces_nothing_is_where_it_stands() -> None:
    assert list(old_lines((Hunk(20, 0, 21, 2),), 21)) == [20]
    assert list(old_lines((Hunk(20, 0, 21, 2),), 23)) == [21]


def test_hunks_are_those_of_git(tmp_path: Path) -> None:
    def git(*args: str) -> str:
        done = subprocess.run(["git", "-C", str(tmp_path), *args], check=True, capture_output=True)
        return done.stdout.decode().strip()

    git("init", "-q")
    file = tmp_path / "a b.c"
    file.write_text("".join(f"{n}\n" for n in range(1, 41)))
    git("add", ".")
    git("commit", "-q", "-m", "one")
    base = git("rev-parse", "HEAD")
    lines = file.read_text().splitlines(keepends=True)
    lines[9] = "ten\n"
    lines[19:20] = ["20\n", "and\n", "more\n"]
    file.write_text("".join(lines))
    git("commit", "-q", "-a", "-m", "two")
    found = hunks_between(tmp_path, base, git("rev-parse", "HEAD"))
    assert found == {"a b.c": (Hunk(10, 1, 10, 1), Hunk(20, 0, 21, 2))}


def places(folder: Path) -> Places:
    groups = [group("one", "a/x.c", [10], [20]), group("two", "a/y.c", [5], [6])]
    return Places(groups, {"a/x.c": (Hunk(1, 1, 1, 3), Hunk(20, 3, 22, 1))}, folder)


def test_sites_are_found_in_their_groups(tmp_path: Path) -> None:
    found = places(tmp_path)
    assert found.acquire(Site("a/x.c", 12)).groups == {"one"}
    assert found.release(Site("a/x.c", 22)).at == Line("a/x.c", 20)
    assert found.release(Site("a/x.c", 22)).groups == {"one"}
    assert found.release(Site("a/y.c", 6)).groups == {"two"}


def test_an_acquire_is_no_release(tmp_path: Path) -> None:
    assert places(tmp_path).release(Site("a/y.c", 5)).groups == frozenset()


def test_names_of_files_may_have_the_work_tree_in_front(tmp_path: Path) -> None:
    found = places(tmp_path)
    assert found.release(Site(f"{tmp_path.resolve()}/a/y.c", 6)).at == Line("a/y.c", 6)
    assert found.release(Site("../../a/y.c", 6)).groups == {"two"}


def test_nobody_is_nobody(tmp_path: Path) -> None:
    assert places(tmp_path).acquire(Site("-", 0)).at == NOBODY
