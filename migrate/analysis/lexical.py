# SPDX-License-Identifier: GPL-2.0-only
"""Words in the text of C, for narrowing down what is worth a parse."""

from __future__ import annotations

import re
from collections.abc import Iterable

NOT_CODE = re.compile(
    rb"/\*.*?(?:\*/|\Z)|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.[0-9a-fA-F]{0,3}|[^'\\\n])'", re.S
)
"""Comments, strings and characters."""


def any_word(names: Iterable[str]) -> re.Pattern[bytes]:
    """A pattern that finds each of `names` as a whole word."""
    return re.compile(rb"\b(?:" + b"|".join(re.escape(n.encode()) for n in names) + rb")\b")


def in_code(pattern: re.Pattern[bytes], text: bytes) -> bool:
    """Whether `pattern` is in `text` outside of comments and strings."""
    return pattern.search(NOT_CODE.sub(b" ", text)) is not None
