# SPDX-License-Identifier: GPL-2.0-only
"""The maximum width of C lines in a tree."""

from __future__ import annotations

import re

from migrate.kernel.tree import Tree

SCRIPT = "scripts/checkpatch.pl"
NEWEST = 100
"""Columns, from 5.7 on; 80 before."""

_LIMIT = re.compile(rb"^my \$max_line_length = (\d+);", re.M)


def line_limit(tree: Tree) -> int:
    """The column limit of the tree's own checkpatch.pl; 100 if it does not say."""
    found = _LIMIT.search(tree.read(SCRIPT) or b"")
    return int(found[1]) if found is not None else NEWEST
