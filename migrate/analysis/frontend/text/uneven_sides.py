# SPDX-License-Identifier: GPL-2.0-only
"""Conditionals of which a side opens a block or a list that is closed behind them, as in
`#if ...\\nif (a) {\\n#else\\nif (b) {\\n#endif`.

The grammar reads both sides one after the other, and no block ends where it should. Where the
version of the kernel decides, the other sides are blanked, and so are the directives; unless one
of them calls GUP, which would then not be seen at all.
"""

from __future__ import annotations

import re

from migrate.analysis.frontend.text.conditionals import away, blank, conditionals, is_even
from migrate.analysis.frontend.text.lexical import any_word
from migrate.analysis.frontend.text.release import Release

_DIRECTIVE = re.compile(rb"\n[ \t]*#[ \t]*(if|el|endif)(?:\\\n|[^\n])*")
_DECIDED = re.compile(rb"LINUX_VERSION_CODE|\b\d")
"""What may be in a condition that has an answer."""


def with_even_sides(text: bytes, plain: bytes, release: Release) -> bytes:
    """`text` with one side of each uneven conditional that has an answer; its length does not
    change. `plain` is the text without comments and strings."""
    if not _may_have_one(plain):
        return text
    named = any_word(release.counts) if release.counts else re.compile(rb"(?!)")
    result = bytearray(text)
    for one in conditionals(plain):
        areas = list(away(one, release.version, {})) if not one.balanced else [None]
        if None in areas or any(named.search(plain, *area) for area in areas if area):
            continue
        for area in areas:
            blank(result, area)
    return bytes(result) if result != text else text


def _may_have_one(plain: bytes) -> bool:
    """Whether code between two directives is uneven and in a conditional that may have an
    answer."""
    around: list[bool] = []
    known = 0  # of those around
    behind, lines = 0, b"\n" + plain
    for directive in _DIRECTIVE.finditer(lines):
        if known and not is_even(lines, behind, directive.start()):
            return True
        behind = directive.end()
        decided = _DECIDED.search(directive[0]) is not None
        if directive[1] == b"if":
            around.append(False)
        if around and directive[1] == b"endif":
            known -= around.pop()
        elif around and decided and not around[-1]:
            around[-1] = True
            known += 1
    return False
