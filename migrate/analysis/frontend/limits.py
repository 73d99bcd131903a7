# SPDX-License-Identifier: GPL-2.0-only
"""Limits on the size of what is analysed.

Code written by people stays far below them; a file made to take the machine down does not. They are
counts, not times, so that the same tree has the same result on every machine. Code beyond them is
reported and left alone: see :func:`migrate.analysis.frontend.syntax.parse`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tree_sitter import Node

_CONDITION = re.compile(rb"^[ \t]*+#[ \t]*+(if|endif)", re.M)

MOST_BYTES = 2_000_000
"""The largest file of a kernel with any code in it has 1.3 MB; lists of registers have more."""

MOST_LEVELS = 150
"""Levels of the syntax tree of a function. Real functions have fewer than 60, and Python allows no
more than 1000 nested calls."""

MOST_LEVELS_OF_A_FILE = 5000
"""Levels outside of functions, where the parser nests the entries of a long table of macros:
lib/test_bpf.c has 2,099."""

MOST_NODES = 60_000
"""Nodes of one function; the largest of a kernel have about 10,000."""

MOST_FUNCTIONS = 10_000
"""Functions of one file; the largest of a kernel have about 1,000."""

MOST_ACQUIRES = 500
"""Acquires of one file; outside of mm/ there are fewer than 20."""

MOST_CALLERS = 1000
"""Calls of one function that are looked at."""

MOST_VARIABLES = 40
"""Variables for pages for which one function is analysed."""

LONGEST_TEXT = 240
"""Characters of a source line that are kept as evidence."""


def too_large(text: bytes) -> str:
    """Why a text is not even parsed, in one line, "" if it is."""
    if len(text) <= MOST_BYTES:
        return ""
    return f"it has {len(text)} bytes, and no more than {MOST_BYTES} are analysed"


def is_deeper(root: Node, most: int) -> bool:
    """Whether the tree below `root` has more levels than `most`.

    A subtree with fewer nodes than the missing levels need not be visited: for most functions only
    a few nodes are.
    """
    cursor, level = root.walk(), 0
    while True:
        node = cursor.node
        if node is not None and level + node.descendant_count - 1 > most:
            cursor.goto_first_child()
            level += 1
            if level > most:
                return True
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return False
            level -= 1


def too_deep(text: bytes, root: Node, bodies: Iterable[Node]) -> str:
    """Why a file with these functions is not analysed, in one line, "" if it is."""
    if not is_deeper(root, MOST_LEVELS):
        return ""
    if is_deeper(root, MOST_LEVELS_OF_A_FILE):
        return f"it is nested in more than {MOST_LEVELS_OF_A_FILE} levels"
    if _conditions(text) > MOST_LEVELS:
        return f"conditions of the preprocessor are nested in more than {MOST_LEVELS} levels"
    for body in bodies:
        if is_deeper(body, MOST_LEVELS):
            line = body.start_point[0] + 1
            return f"the function at line {line} is nested in more than {MOST_LEVELS} levels"
    return ""


def _conditions(text: bytes) -> int:
    level = deepest = 0
    for found in _CONDITION.finditer(text):
        level += 1 if found[1] == b"if" else -1
        deepest = max(deepest, level)
    return deepest


def too_many(functions: Iterable[Node]) -> str:
    """Why a file with these functions is not analysed, in one line, "" if it is."""
    for count, node in enumerate(functions, 1):
        if node.descendant_count > MOST_NODES:
            line = node.start_point[0] + 1
            return f"the function at line {line} is too long to be analysed"
        if count > MOST_FUNCTIONS:
            return f"it has more than {MOST_FUNCTIONS} functions"
    return ""
