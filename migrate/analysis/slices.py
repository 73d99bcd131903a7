# SPDX-License-Identifier: GPL-2.0-only
"""A file without the bodies of functions that name nothing that is looked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from migrate.analysis.syntax import Function, Source


def sliced(source: Source, names: Iterable[str]) -> bytes:
    """The text of `source` with the bodies of functions that have none of `names` empty.

    Every line stays where it is. A body that the parser did not understand whole, or that has
    preprocessor directives in it, stays: it may not end where it seems to.
    """
    pattern = re.compile(rb"\b(?:" + b"|".join(re.escape(n.encode()) for n in names) + rb")\b")
    return b"".join(_pieces(source, pattern))


def _pieces(source: Source, pattern: re.Pattern[bytes]) -> Iterator[bytes]:
    text, at = source.text, 0
    for function in source.functions:
        start, end = function.body.start_byte + 1, function.body.end_byte - 1
        if start < at or not _may_go(function, text[start:end], pattern):
            continue
        yield text[at:start]
        yield b"\n" * text.count(b"\n", start, end)
        at = end
    yield text[at:]


def _may_go(function: Function, body: bytes, pattern: re.Pattern[bytes]) -> bool:
    known = function.node.type == "function_definition" and not function.node.has_error
    return known and b"#" not in body and not pattern.search(body)
