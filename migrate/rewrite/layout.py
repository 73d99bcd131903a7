# SPDX-License-Identifier: GPL-2.0-only
"""Continuation lines that were aligned with an opening parenthesis follow it when it moves.

Only white space at the start of such lines changes; spatch has no rule for that, and a renamed
call would come out with its arguments one column off.
"""

from __future__ import annotations

from collections.abc import Sequence

from migrate.rewrite.tokens import Token, gap_before

WIDEST_LINE = 100
"""Columns; a line that would grow beyond is left where it is."""

_TAB = 8


def realign(
    before: bytes,
    old: Sequence[Token],
    after: bytes,
    new: Sequence[Token],
    origin: Sequence[int | None],
) -> bytes:
    """`after` with the white space of `before`, and continuation lines aligned as they were there.

    `origin` gives for each token of `after` its number in `before`, or None.
    """
    columns = _columns(before, old)
    pieces: list[bytes] = []
    column = 0
    opened: list[tuple[bytes, int, int | None]] = []
    for number, token in enumerate(new):
        source = origin[number]
        kept = source is not None and (number == 0 or origin[number - 1] == source - 1)
        gap = gap_before(before, old, source) if kept and source else gap_before(after, new, number)
        if b"\n" in gap and kept and source is not None:
            inner = opened[-1] if opened else None
            if inner and inner[0] == b"(" and inner[2] is not None:
                aligned = columns[source] == columns[inner[2]] + 1
                wanted = inner[1] + 1
                if aligned and wanted != columns[source] and _fits(after, token, wanted):
                    gap = _indented(gap, wanted)
        column = _advance(column, gap)
        if token.text in (b"(", b"[", b"{"):
            opened.append((token.text, column, source))
        elif token.text in (b")", b"]", b"}") and opened:
            opened.pop()
        column = _advance(column, token.text)
        pieces += (gap, token.text)
    pieces.append(gap_before(after, new, len(new)))
    return b"".join(pieces)


def with_layout(text: bytes, start: int, end: int, wanted: bytes) -> bytes:
    """`text` with the bytes from `start` to `end` laid out as `wanted`, which has the same tokens.

    spatch lays out what it adds in ways of its own, "for(i = 0;" and lines of a single tab.
    """
    return text[:start] + wanted.strip(b"\n") + text[end:]


def _columns(text: bytes, tokens: Sequence[Token]) -> list[int]:
    """The visual column of each token, from 0."""
    found = []
    column = 0
    for number, token in enumerate(tokens):
        column = _advance(column, gap_before(text, tokens, number))
        found.append(column)
        column = _advance(column, token.text)
    return found


def _advance(column: int, text: bytes) -> int:
    """The visual column behind `text` when that starts in `column`."""
    line_start = text.rfind(b"\n") + 1
    if line_start:
        column = 0
    rest = text[line_start:]
    if b"\t" not in rest:
        return column + _width(rest)
    for part in rest.split(b"\t")[:-1]:
        column = (column + _width(part)) // _TAB * _TAB + _TAB
    return column + _width(rest.rpartition(b"\t")[2])


def _width(text: bytes) -> int:
    return len(text.decode("utf-8", "replace"))


def _fits(text: bytes, token: Token, column: int) -> bool:
    end = text.find(b"\n", token.start)
    rest = text[token.start : end if end >= 0 else len(text)].rstrip()
    return _advance(column, rest) <= WIDEST_LINE


def _indented(gap: bytes, column: int) -> bytes:
    """`gap` with its last line replaced by an indentation up to `column`."""
    kept = gap[: gap.rfind(b"\n") + 1]
    indent = gap[len(kept) :]
    if b"\t" not in indent and len(indent) >= _TAB:
        return kept + b" " * column
    return kept + b"\t" * (column // _TAB) + b" " * (column % _TAB)
