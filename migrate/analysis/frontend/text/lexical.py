# SPDX-License-Identifier: GPL-2.0-only
"""Words in the text of C, to find out which files have to be parsed."""

from __future__ import annotations

import re
from collections.abc import Iterable

NOT_CODE = re.compile(
    rb"/\*.*?(?:\*/|\Z)|//[^\n]*+|\"(?:[^\"\\\n]++|\\.)*+\"|'(?:\\.[0-9a-fA-F]{0,3}|[^'\\\n])'",
    re.S,
)
"""Comments, strings and characters. The expression does not backtrack: a string may have
megabytes."""


MACRO = re.compile(rb"^[ \t]*#[ \t]*(?:define|undef)[ \t]+(\w+)", re.M)
"""A macro that is defined or undefined, with its name."""


def any_word(names: Iterable[str]) -> re.Pattern[bytes]:
    """A pattern that finds each of `names` as a whole word."""
    return re.compile(rb"\b(?:" + b"|".join(re.escape(n.encode()) for n in names) + rb")\b")


def in_code(pattern: re.Pattern[bytes], text: bytes) -> bool:
    """Whether `pattern` is in `text` outside of comments and strings."""
    return pattern.search(blanked(text)) is not None


def blanked(text: bytes) -> bytearray:
    """`text` with comments, strings and characters replaced by blanks; positions do not change."""
    blank = bytearray(text)
    for match in NOT_CODE.finditer(text):
        blank[match.start() : match.end()] = match.group().translate(_BLANKS)
    return blank


_BLANKS = bytes(10 if byte == 10 else 32 for byte in range(256))
"""For each byte a blank, for a newline a newline."""
