# SPDX-License-Identifier: GPL-2.0-only
"""The real kernels themselves: what all other tests in this folder build on."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from migrate.kernel.tree import open_tree


def test_the_trees_are_the_versions_they_say(linux_6_1: Path, linux_6_12: Path) -> None:
    assert open_tree(linux_6_1).version[:2] == (6, 1)
    assert open_tree(linux_6_12).version[:2] == (6, 12)


def test_the_whole_tree_is_in_git(
    linux_6_1: Path, untouched: Callable[[Path], Path], kernel_copy: Callable[[Path], Path]
) -> None:
    tree = untouched(linux_6_1)
    assert len(open_tree(tree).files) > 70_000
    copy = kernel_copy(tree)
    assert (copy / "mm/gup.c").read_bytes() == (tree / "mm/gup.c").read_bytes()
    status = subprocess.run(
        ["git", "-C", str(copy), "status", "--porcelain", "-uno"],
        check=True,
        capture_output=True,
    )
    assert status.stdout == b""
