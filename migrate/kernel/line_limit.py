# SPDX-License-Identifier: GPL-2.0-only
"""How wide a line of C may be in a tree."""

from __future__ import annotations

import re

from migrate.kernel.tree import Tree

SCRIPT = "scripts/checkpatch.pl"
NEWEST = 100
"""Columns, from 5.7 on; 80 before."""

_LIMIT = re.compile(rb"^my \$max_line_length = (\d+);", re.M)


def line_limit(tree: Tree) -> int:
    """The columns beyond which the tree's own checkpatch.pl warns; 100 where it does not say."""
    found = _LIMIT.search(tree.read(SCRIPT) or b"")
    return int(found[1]) if found is not None else NEWEST
