# SPDX-License-Identifier: GPL-2.0-only
"""Blocks whose two ends are under the same condition, as in `#ifdef A\\nif (x) {\\n...\\n} else {
\\n#endif\\nf();\\n#ifdef A\\n}\\n#endif`.

The grammar wants whole statements between directives. Without these the code is what is compiled
with the condition. Without the condition only the code in between is, and it does what it does as a
block: nothing is left out, and nothing is said to happen that may not.
"""

from __future__ import annotations

import re

from migrate.analysis.frontend.text.conditionals import Conditional, blank, conditionals

_OPENS = re.compile(rb"\{[ \t]*\n(?:[ \t]*\n)*[ \t]*#[ \t]*endif")
_CLOSES = re.compile(rb"\n[ \t]*#[ \t]*if[^\n]*\n(?:[ \t]*\n)*[ \t]*\}")
_BRACE = re.compile(rb"[{}]")
_EDGE = re.compile(rb"^[{}]", re.M)
"""Where a function begins or ends."""


def may_be_split(text: bytes) -> bool:
    """Whether a text may have such blocks, as two quick searches tell."""
    return _OPENS.search(text) is not None and _CLOSES.search(text) is not None


def with_whole_blocks(text: bytes, plain: bytes) -> bytes:
    """`text` without the directives around the two ends of such blocks; its length does not change.
    `plain` is the text without comments and strings."""
    result, waiting = bytearray(text), list[Conditional]()
    for one in conditionals(plain):
        if one.balanced:
            continue
        if _opens(one) and _is_inside(plain, one.parts[0].start):
            waiting.append(one)
        elif waiting and _closes(waiting[-1], one, plain):
            for end in (waiting.pop(), one):
                blank(result, (end.parts[0].start, end.parts[0].body))
                blank(result, (end.parts[0].end, end.end))
        else:
            waiting.clear()
    return bytes(result) if result != text else text


def _opens(one: Conditional) -> bool:
    """Whether a condition without an #else opens blocks, and nothing else."""
    part = one.parts[0]
    plain = len(one.parts) == 1 and not one.opened
    return plain and part.net[0] == 0 and part.net[1] > 0 and part.low == (0, 0)


def _closes(first: Conditional, last: Conditional, plain: bytes) -> bool:
    """Whether `last` closes what `first` opens, in the same function."""
    opening, closing = first.parts[0], last.parts[0]
    if len(last.parts) > 1 or last.opened or closing.condition != opening.condition:
        return False
    even = closing.net == (0, -opening.net[1]) and closing.low[0] == 0
    return even and _is_whole(plain[first.end : closing.start])


def _is_whole(between: bytes) -> bool:
    """Whether code is in one function and closes the blocks that it opens, and no others."""
    depth = 0
    for brace in _BRACE.finditer(between):
        depth += 1 if brace[0] == b"{" else -1
        if depth < 0:
            return False
    return depth == 0 and _EDGE.search(between) is None


def _is_inside(plain: bytes, at: int) -> bool:
    """Whether a place is inside of a function."""
    edges = [edge[0] for edge in _EDGE.finditer(plain, 0, at)]
    return edges[-1:] == [b"{"]
