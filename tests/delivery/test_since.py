# SPDX-License-Identifier: GPL-2.0-only
"""Which lines a branch adds, in diffs that are made to confuse."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from migrate.analysis.model import Place
from migrate.base.errors import Refusal
from migrate.delivery.commits.since import added_lines, is_added
from migrate.kernel.tree import Tree


class Checkout:
    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir()
        self.git("init", "-q")

    def git(self, *args: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(self.root), *args], check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def commit(self, **files: str | None) -> str:
        for name, text in files.items():
            path = self.root / f"{name}.c"
            if text is None:
                path.unlink()
            else:
                path.write_text(text)
        self.git("add", "-A")
        self.git("commit", "-qm", "change", "--allow-empty")
        return self.git("rev-parse", "HEAD")

    def added(self, revision: str) -> dict[str, list[int]]:
        tree = Tree(self.root, self.git("rev-parse", "HEAD"))
        return {path: sorted(lines) for path, lines in added_lines(tree, revision).items() if lines}


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "linux")


def test_added_and_changed_lines_count_and_removed_ones_do_not(checkout: Checkout) -> None:
    base = checkout.commit(a="1\n2\n3\n4\n5\n", gone="1\n")
    checkout.commit(a="new\n1\n2\nthree\n5\nlast", b="x\ny\n", gone=None)
    assert checkout.added(base) == {"a.c": [1, 4, 6], "b.c": [1, 2]}


def test_lines_of_code_that_look_like_a_diff(checkout: Checkout) -> None:
    base = checkout.commit(a="-- a/z.c\n1\n")
    checkout.commit(a="++ b/z.c\n@@ -1 +7,9 @@\n1\nmore\n")
    assert checkout.added(base) == {"a.c": [1, 2, 4]}


@pytest.mark.parametrize("name", ["with blank", "\u00fcmlaut", 'quo"te', "tab\there"])
def test_odd_names_of_files(checkout: Checkout, name: str) -> None:
    base = checkout.commit()
    checkout.commit(**{name: "1\n"})
    assert checkout.added(base) == {f"{name}.c": [1]}


def test_the_users_own_configuration_of_diff_does_not_count(checkout: Checkout) -> None:
    base = checkout.commit(a="1\n")
    checkout.git("config", "diff.noprefix", "true")
    checkout.git("config", "diff.external", "false")
    checkout.git("config", "color.ui", "always")
    checkout.git("config", "diff.context", "5")
    checkout.commit(a="1\n2\n")
    assert checkout.added(base) == {"a.c": [2]}


def test_a_place_is_added_by_path_and_line(checkout: Checkout) -> None:
    base = checkout.commit(a="1\n")
    checkout.commit(a="1\n2\n")
    added = added_lines(Tree(checkout.root, checkout.git("rev-parse", "HEAD")), base)
    assert is_added(Place("a.c", 2, 0), added)
    assert not is_added(Place("a.c", 1, 0), added)
    assert not is_added(Place("b.c", 2, 0), added)


def test_a_revision_that_is_not_there(checkout: Checkout) -> None:
    checkout.commit(a="1\n")
    with pytest.raises(Refusal, match=r"has no commit v9\.9\.") as caught:
        checkout.added("v9.9")
    assert "log --oneline" in caught.value.next_step
