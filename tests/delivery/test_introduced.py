# SPDX-License-Identifier: GPL-2.0-only
"""Which commit brought a bug, and when nobody can say."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from migrate.delivery.commits.introduced import fixes_trailer
from migrate.kernel.tree import Tree
from migrate.rewrite.model import Line

PATH = "drivers/demo/demo.c"
TAKE = "	pin_user_pages_fast(addr, 1, 0, &page);\n"
DROP = "	put_page(page);\n"


def code(*lines: str) -> str:
    return "".join(("int demo(unsigned long addr)\n{\n", *lines, "	return 0;\n}\n"))


class History:
    """A small history of one file."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.git("init", "-q")
        self.commit("begin", "int nothing;\n")

    def git(self, *words: str) -> str:
        who = ("-c", "user.name=Test Author", "-c", "user.email=author@example.org")
        done = subprocess.run(
            ["git", *who, *words], cwd=self.root, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def commit(self, subject: str, text: str) -> str:
        place = self.root / PATH
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        self.git("add", "-A")
        self.git("commit", "-qm", subject)
        return self.git("rev-parse", "HEAD")

    def trailer(self) -> str:
        text = (self.root / PATH).read_text().splitlines()
        words = {"put_page": "demo", "pin_user_pages_fast": "demo"}
        lines = [
            Line(PATH, number, words[word], word)
            for number, line in enumerate(text, start=1)
            for word in words
            if word in line
        ]
        return fixes_trailer(Tree(self.root, self.git("rev-parse", "HEAD")), lines)


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path)


def test_the_later_of_two_lines_made_the_bug(history: History) -> None:
    history.commit("demo: drop", code(DROP))
    made = history.commit("demo: pin the page", code(TAKE, DROP))
    history.commit("demo: more", code(TAKE, "	more();\n", DROP))
    assert history.trailer() == f'Fixes: {made[:12]} ("demo: pin the page")'


def test_who_only_moves_a_line_did_not_bring_it(history: History) -> None:
    history.commit("demo: all at once", code(TAKE, DROP))
    moved = code(TAKE, "	if (addr)\n", f"	{DROP}")
    history.commit("demo: move it", moved)
    assert history.trailer() == ""


def test_where_the_history_ends_nobody_knows(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    whole = History(tmp_path / "whole")
    whole.commit("demo: all at once", code(TAKE, DROP))
    whole.commit("demo: more", code("	more();\n", TAKE, DROP))
    subprocess.run(
        ["git", "clone", "-q", "--depth", "1", f"file://{tmp_path}/whole", "short"],
        cwd=tmp_path,
        check=True,
    )
    short = object.__new__(History)
    short.root = tmp_path / "short"
    assert whole.trailer().startswith("Fixes: ")
    assert short.trailer() == ""


def test_the_first_commit_of_a_history_may_be_an_import(tmp_path: Path) -> None:
    history = object.__new__(History)
    history.root = tmp_path
    history.git("init", "-q")
    history.commit("Import", code(TAKE, DROP))
    assert history.trailer() == ""
