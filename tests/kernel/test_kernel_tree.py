# SPDX-License-Identifier: GPL-2.0-only
"""The real kernels themselves: what all other tests in this folder build on."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from migrate.kernel.tree import open_tree


def test_the_trees_are_the_versions_they_say(each_linux: Path) -> None:
    major, minor = open_tree(each_linux).version[:2]
    assert each_linux.name == f"linux-{major}.{minor}"


def test_the_whole_tree_is_in_git(linux: Path, untouched: Callable[[Path], Path]) -> None:
    tree = untouched(linux)
    opened = open_tree(tree)
    assert len(opened.files) > 70_000
    assert opened.read("mm/gup.c") == (tree / "mm/gup.c").read_bytes()
    status = subprocess.run(
        ["git", "-C", str(tree), "status", "--porcelain", "-uno"],
        env=os.environ | {"GIT_OPTIONAL_LOCKS": "0"},
        check=True,
        capture_output=True,
    )
    assert status.stdout == b""
