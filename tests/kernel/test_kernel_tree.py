# SPDX-License-Identifier: GPL-2.0-only
"""The real kernels themselves: what all other tests in this folder build on."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from migrate.kernel.tree import open_tree


def test_the_trees_are_the_versions_they_say(linux_6_1: Path, linux_6_12: Path) -> None:
    assert open_tree(linux_6_1).version[:2] == (6, 1)
    assert open_tree(linux_6_12).version[:2] == (6, 12)


def test_the_whole_tree_is_in_git(linux_6_1: Path, untouched: Callable[[Path], Path]) -> None:
    tree = untouched(linux_6_1)
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
