# SPDX-License-Identifier: GPL-2.0-only
"""White space after an edit: as it was, but aligned and wrapped in the kernel's style.

spatch makes every edit of C; this restores white space that spatch has changed, and aligns lines
after a name above them has become longer. No token is changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from migrate.rewrite.text.tokens import Token, gap_before

WIDEST_LINE = 100
"""Columns; the limit of the kernel's own style check, 80 in older kernels."""

PREFERRED_LINE = 80
"""Columns; where a line that has become too wide is wrapped."""

_TAB = 8
_GOES_ON = (b"\\\n", b"\\\r\n")
_OPEN = (b"(", b"[", b"{")
_CLOSE = (b")", b"]", b"}")


def realign(
    before: bytes,
    old: Sequence[Token],
    after: bytes,
    new: Sequence[Token],
    origin: Sequence[int | None],
    wanted: Mapping[int, bytes],
    widest: int = WIDEST_LINE,
) -> bytes:
    """`after` with the white space of `before`, and continuation lines aligned as they were there.

    `origin` gives for each token of `after` its number in `before`, or None; `wanted` the white
    space before some of them, which has precedence over that of `before`. A line that has become
    wider than `widest` is wrapped after a comma; one that was so before may go up to WIDEST_LINE.
    """
    gaps = _aligned(before, old, after, new, origin, wanted, widest)
    lines = before.split(b"\n")
    texts = [token.text for token in new]
    edited = [
        source is None or old[source].text != token.text
        for source, token in zip(origin, new, strict=True)
    ]
    for first, end in list(_lines(gaps, texts)):
        if any(edited[first:end]) and not _in_macro(new, first):
            sources = [s for s in origin[first:end] if s is not None]
            was = max((width_of(lines[old[s].line - 1]) for s in sources), default=0)
            _wrap(gaps, texts, first, end, limit(was, widest))
    pieces = [part for pair in zip(gaps, texts, strict=False) for part in pair]
    return b"".join([*pieces, gaps[-1]])


def with_layout(text: bytes, start: int, end: int, wanted: bytes) -> bytes:
    """`text` with the bytes from `start` to `end` laid out as `wanted`, which has the same tokens.

    spatch has a layout of its own for new code: "for(i = 0;" and lines with a single tab.
    """
    return text[:start] + wanted.strip(b"\n") + text[end:]


def width_of(line: bytes) -> int:
    """The width of the line in columns."""
    return _advance(0, line)


def limit(was: int, widest: int) -> int:
    """The maximum width for a line that was `was` columns wide."""
    return widest if was <= widest else WIDEST_LINE


def _aligned(
    before: bytes,
    old: Sequence[Token],
    after: bytes,
    new: Sequence[Token],
    origin: Sequence[int | None],
    wanted: Mapping[int, bytes],
    widest: int,
) -> list[bytes]:
    """The white space before each token and after the last."""
    columns = _columns(before, old)
    gaps: list[bytes] = []
    column = 0
    opened: list[tuple[bytes, int, int | None]] = []
    for number, token in enumerate(new):
        source = origin[number]
        kept = source is not None and (number == 0 or origin[number - 1] == source - 1)
        gap = gap_before(before, old, source) if kept and source else gap_before(after, new, number)
        gap = wanted.get(number, gap)
        inner = opened[-1] if opened else None
        if b"\n" in gap and kept and source is not None and inner and inner[0] == b"(":
            aligned = inner[2] is not None and columns[source] == columns[inner[2]] + 1
            column_wanted = inner[1] + 1
            moved = column_wanted != columns[source]
            if aligned and moved and _fits(after, token, column_wanted, widest):
                gap = _indented(gap, column_wanted)
        if kept and source and b"\t" in gap and token.text.startswith(_GOES_ON):
            gap = _up_to(column, columns[source])
        column = _advance(column, gap)
        if token.text in _OPEN:
            opened.append((token.text, column, source))
        elif token.text in _CLOSE and opened:
            opened.pop()
        column = _advance(column, token.text)
        gaps.append(gap)
    return [*gaps, wanted.get(len(new), gap_before(after, new, len(new)))]


def _up_to(column: int, wanted: int) -> bytes:
    """Tabs and blanks from one column to another, or one blank."""
    gap = b""
    while (column // _TAB + 1) * _TAB <= wanted:
        gap += b"\t"
        column = (column // _TAB + 1) * _TAB
    return gap + b" " * (wanted - column) or b" "


def _in_macro(tokens: Sequence[Token], first: int) -> bool:
    """Whether the line that starts with token `first` is in the definition of a macro, where lines
    end with a backslash."""
    body = first > 0 and tokens[first - 1].kind == "preproc_arg"
    return body or tokens[first].text.startswith(b"#")


def _lines(gaps: Sequence[bytes], texts: Sequence[bytes]) -> Iterator[tuple[int, int]]:
    """The tokens of each line, first and end; a multi-line token ends the line."""
    first = 0
    for number in range(1, len(texts) + 1):
        if number == len(texts) or b"\n" in gaps[number] or b"\n" in texts[number - 1]:
            yield first, number
            first = number


def _wrap(gaps: list[bytes], texts: Sequence[bytes], first: int, end: int, most: int) -> None:
    """Break the line of tokens `first` to `end` after a comma, if it is too wide."""
    column = _advance(0, gaps[first])
    opened: list[int] = []
    place: tuple[int, int] | None = None
    for number in range(first, end):
        if number > first:
            column = _advance(column, gaps[number])
        inside = bool(opened) and texts[number - 1] == b"," and gaps[number] == b" "
        if inside and opened[-1] >= 0 and column <= PREFERRED_LINE:
            place = (number, opened[-1] + 1)
        if texts[number] in _OPEN:
            opened.append(column if texts[number] == b"(" else -1)
        elif texts[number] in _CLOSE and opened:
            opened.pop()
        column = _advance(column, texts[number])
    if column > most and place is not None:
        gaps[place[0]] = _indented(b"\n", place[1])


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
    """The visual column after `text` if that starts in `column`."""
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


def _fits(text: bytes, token: Token, column: int, widest: int) -> bool:
    start, end = text.rfind(b"\n", 0, token.start) + 1, text.find(b"\n", token.start)
    line = text[start : end if end >= 0 else len(text)].rstrip()
    return _advance(column, line[token.start - start :]) <= limit(width_of(line), widest)


def _indented(gap: bytes, column: int) -> bytes:
    """`gap` with its last line replaced by an indentation up to `column`."""
    kept = gap[: gap.rfind(b"\n") + 1]
    indent = gap[len(kept) :]
    if b"\t" not in indent and len(indent) >= _TAB:
        return kept + b" " * column
    return kept + b"\t" * (column // _TAB) + b" " * (column % _TAB)
