# SPDX-License-Identifier: GPL-2.0-only
"""Every function over GUP that the headers of a real kernel have is known."""

from __future__ import annotations

from pathlib import Path

from migrate.kernel.tree import open_tree
from scripts.unknown_api import unknown


def test_no_function_over_gup_is_new(each_linux: Path) -> None:
    """One that is: say in kernel_api.toml or in signatures.py what it does."""
    assert unknown(open_tree(each_linux)) == ()
