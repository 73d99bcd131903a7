# SPDX-License-Identifier: GPL-2.0-only
"""C source as a flat list of tokens, and calls in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tree_sitter import Node

from migrate.analysis.frontend.syntax import Source

_PAGE_CALL = re.compile(
    rb"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|/\*.*?\*/|//[^\n]*"
    rb"|\b(?P<name>\w*(?:page|folio)\w*)(?=\()",
    re.S,
)
_IN_CALL = re.compile(rb"[ \t]*(?:(?P<token>\w+|->|[-+*&|~!.,()\[\]])|.)", re.S)
_TO_BACKSLASH = re.compile(rb"[^\n\\]*(?=\\\r?\n)")
_WORD = re.compile(rb"\w+")

_OPENING = {b"(": b")", b"[": b"]", b"{": b"}"}
_CLOSING = frozenset(_OPENING.values())


@dataclass(frozen=True, slots=True)
class Token:
    """A leaf of the syntax tree: bytes `start` to `end`, `line` from 1, `column` from 0 in bytes.

    Comments are tokens; white space and line continuations are not. `end_line` and `end_column` are
    after the last byte.
    """

    start: int
    end: int
    line: int
    column: int
    end_line: int
    end_column: int
    kind: str
    text: bytes


@dataclass(frozen=True)
class Call:
    """A call by token numbers: its name, its parentheses, and first and end of each argument."""

    name: int
    open: int
    close: int
    arguments: tuple[tuple[int, int], ...]


def tokenize(source: Source) -> tuple[Token, ...]:
    """The leaves of the syntax tree that have any text, in order.

    The text is that of the file; the parser's input may differ from it by a few bytes.
    """
    found: list[Token] = []
    cursor = source.root.walk()
    while True:
        node = cursor.node
        assert node is not None
        if cursor.goto_first_child():
            continue
        text = source.text[node.start_byte : node.end_byte]
        if text.strip():
            found.extend(_of_macro(node, text) if _is_body(node) else [_token(node, text)])
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return tuple(found)


def gap_before(text: bytes, tokens: Sequence[Token], number: int) -> bytes:
    """The text between the token before `number` and `number`; both ends of the file count as
    tokens."""
    start = tokens[number - 1].end if number > 0 else 0
    end = tokens[number].start if number < len(tokens) else len(text)
    return text[start:end]


def call_at(tokens: Sequence[Token], name: int) -> Call | None:
    """The call whose function name is token `name`; None if the token is not called."""
    if tokens[name].kind != "identifier":
        return None
    opening = _skip_comments(tokens, name + 1)
    if opening >= len(tokens) or tokens[opening].text != b"(":
        return None
    starts = [opening + 1]
    pending: list[bytes] = []
    for number in range(opening, len(tokens)):
        text = tokens[number].text
        if text in _OPENING:
            pending.append(_OPENING[text])
        elif text in _CLOSING:
            if not pending or pending.pop() != text:
                return None
            if not pending:
                ends = [*(start - 1 for start in starts[1:]), number]
                spans = tuple(_trim(tokens, *span) for span in zip(starts, ends, strict=True))
                empty = len(spans) == 1 and spans[0][0] == spans[0][1]
                return Call(name, opening, number, () if empty else spans)
        elif text == b"," and len(pending) == 1:
            starts.append(number + 1)
    return None


def is_conditional(tokens: Sequence[Token], call: Call) -> bool:
    """Whether a preprocessor line stands between the parentheses of `call`."""
    return any(token.text.startswith(b"#") for token in tokens[call.open : call.close])


def _is_body(node: Node) -> bool:
    """Whether it is the body of a macro with parameters."""
    if node.type != "preproc_arg":
        return False  # for any other node its parent, which is searched for, would not matter
    above = node.parent
    return above is not None and above.type == "preproc_function_def"


def _of_macro(node: Node, text: bytes) -> Iterator[Token]:
    """The body of a macro: calls in it that work on pages token by token, if they are on one line,
    and the text between them unchanged. A backslash at the end of a line with such a call starts a
    token, so that it can be aligned."""
    whole = _token(node, text)
    cuts = sorted({0, len(whole.text), *_cuts(whole.text)})
    for start, end in pairwise(cuts):
        part = whole.text[start:end]
        kept = part.strip()
        if not kept:
            continue
        first = start + part.index(kept)
        (line, column), (last, behind) = (
            _at(node, whole.text, n) for n in (first, first + len(kept))
        )
        word = _WORD.fullmatch(kept) is not None and start in _calls(whole.text)
        kind = "identifier" if word else kept.decode() if len(kept) == 1 else "preproc_arg"
        at = whole.start + first
        yield Token(at, at + len(kept), line, column, last, behind, kind, kept)


def _calls(text: bytes) -> dict[int, list[int]]:
    """Where the names of such calls start, and where each token of the call starts."""
    found: dict[int, list[int]] = {}
    for match in _PAGE_CALL.finditer(text):
        name = match.start("name") if match["name"] else -1
        parts = _until_closed(text, match.end("name")) if name >= 0 else None
        if parts is not None:
            found[name] = parts
    return found


def _until_closed(text: bytes, start: int) -> list[int] | None:
    """The start of each token from a parenthesis to its counterpart, and the end; None if that is
    on another line, or contains more than words and operators."""
    parts: list[int] = []
    depth = 0
    for match in _IN_CALL.finditer(text, start):
        if not match["token"]:
            return None
        parts.append(match.start("token"))
        depth += {b"(": 1, b")": -1}.get(match["token"], 0)
        if depth == 0:
            return [*parts, match.end()]
    return None


def _cuts(text: bytes) -> Iterator[int]:
    for name, parts in _calls(text).items():
        yield name
        yield from parts
        end = _TO_BACKSLASH.match(text, parts[-1])
        if end is not None:
            yield end.end()


def _at(node: Node, text: bytes, offset: int) -> tuple[int, int]:
    """The line and the column of a byte of the body of a macro."""
    line = text.count(b"\n", 0, offset)
    column = offset - (text.rfind(b"\n", 0, offset) + 1)
    start = node.start_point
    return start[0] + 1 + line, column if line else start[1] + column


def _token(node: Node, text: bytes) -> Token:
    kept = text.rstrip() if node.type == "preproc_arg" else text
    return Token(
        node.start_byte,
        node.start_byte + len(kept),
        node.start_point[0] + 1,
        node.start_point[1],
        node.end_point[0] + 1,
        node.end_point[1],
        node.type,
        kept,
    )


def _skip_comments(tokens: Sequence[Token], number: int) -> int:
    while number < len(tokens) and tokens[number].kind == "comment":
        number += 1
    return number


def _trim(tokens: Sequence[Token], first: int, end: int) -> tuple[int, int]:
    """The span without the comments at its ends."""
    while first < end and tokens[first].kind == "comment":
        first += 1
    while end > first and tokens[end - 1].kind == "comment":
        end -= 1
    return first, end
