# SPDX-License-Identifier: GPL-2.0-only
"""C source as a flat list of tokens, and calls in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tree_sitter import Node

from migrate.analysis.frontend.syntax import Source

_OPENING = {b"(": b")", b"[": b"]", b"{": b"}"}
_CLOSING = frozenset(_OPENING.values())


@dataclass(frozen=True, slots=True)
class Token:
    """A leaf of the syntax tree: bytes `start` to `end`, `line` from 1, `column` from 0 in bytes.

    Comments are tokens; white space and line continuations are not. `end_line` and `end_column`
    are behind the last byte.
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

    The text is that of the file: what the parser is given may differ from it by a few bytes.
    """
    found = []
    cursor = source.root.walk()
    while True:
        node = cursor.node
        assert node is not None
        if cursor.goto_first_child():
            continue
        text = source.text[node.start_byte : node.end_byte]
        if text.strip():
            found.append(_token(node, text))
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return tuple(found)


def gap_before(text: bytes, tokens: Sequence[Token], number: int) -> bytes:
    """What stands between the token before `number` and `number`; both ends count as tokens."""
    start = tokens[number - 1].end if number > 0 else 0
    end = tokens[number].start if number < len(tokens) else len(text)
    return text[start:end]


def call_at(tokens: Sequence[Token], name: int) -> Call | None:
    """The call whose function name is token `name`; None when that is not called."""
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
