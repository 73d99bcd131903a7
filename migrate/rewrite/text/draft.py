# SPDX-License-Identifier: GPL-2.0-only
"""One file between edits: its current text, and the mapping of tokens from the tree's text."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from tree_sitter import Node

from migrate.analysis.frontend.syntax import Source, parse
from migrate.analysis.model import Place
from migrate.rewrite.text.check import (
    AsPlanned,
    Comparison,
    OtherChange,
    TokenEdit,
    compare,
    without_added_braces,
)
from migrate.rewrite.text.layout import WIDEST_LINE, realign
from migrate.rewrite.text.tokens import Call, Token, call_at, tokenize


@dataclass(frozen=True, eq=False)
class Draft:
    """A file after some edits. `origin[i]` is the number that token `i` had in the tree's text.

    Places of the analysis refer to the tree's text; `number_at` finds them after any number of
    edits. `widest` is the maximum width of a line in columns.
    """

    path: str
    text: bytes
    tokens: tuple[Token, ...]
    source: Source
    origin: tuple[int | None, ...]
    places: dict[tuple[int, int], int]
    widest: int = WIDEST_LINE

    @cached_property
    def _numbers(self) -> dict[int, int]:
        return {old: new for new, old in enumerate(self.origin) if old is not None}

    def number_at(self, place: Place) -> int | None:
        """The current number of the token at `place` of the tree's text."""
        old = self.places.get((place.line, place.column))
        return self._numbers.get(old) if old is not None else None

    def place_of(self, number: int) -> Place | None:
        """The place of token `number` in the tree's text; None if it is new."""
        old = self.origin[number]
        if old is None:
            return None
        line, column = self._where[old]
        return Place(self.path, line, column)

    @cached_property
    def _where(self) -> dict[int, tuple[int, int]]:
        return {old: where for where, old in self.places.items()}

    def call_at(self, place: Place) -> Call | None:
        """The call whose name is at `place` of the tree's text."""
        number = self.number_at(place)
        return call_at(self.tokens, number) if number is not None else None

    def node_at(self, number: int) -> Node:
        """The smallest node of the syntax tree that has token `number`."""
        token = self.tokens[number]
        node = self.source.root.descendant_for_byte_range(token.start, token.end)
        return node if node is not None else self.source.root

    def node_of(self, first: int, end: int) -> Node | None:
        """The node that consists of exactly the tokens from `first` up to, but without, `end`."""
        start, stop = self.tokens[first].start, self.tokens[end - 1].end
        node = self.source.root.descendant_for_byte_range(start, stop)
        if node is None or (node.start_byte, node.end_byte) != (start, stop):
            return None
        return node

    def tokens_of(self, node: Node) -> tuple[int, int]:
        """First and end of the tokens that `node`, which is not empty, consists of."""
        return self._from_byte(node.start_byte), self._from_byte(node.end_byte)

    def is_plain(self, node: Node) -> bool:
        """Whether the parser has understood all of `node`: it skips some kinds of attributes."""
        return self.text[node.start_byte : node.end_byte] == node.text

    def _from_byte(self, byte: int) -> int:
        """The number of the first token that starts at `byte` or after it."""
        return bisect_left(self.tokens, byte, key=lambda token: token.start)

    def span(self, first: int, end: int) -> bytes:
        """The text of the tokens from number `first` up to, but without, number `end`."""
        return (
            self.text[self.tokens[first].start : self.tokens[end - 1].end] if end > first else b""
        )

    def advance(self, after: bytes, edits: Sequence[TokenEdit]) -> Draft | Comparison:
        """The draft with the text `after`, laid out, if that is this one plus `edits`."""
        tokens = tokenize(parse(self.path, after))
        found = compare(self.text, self.tokens, after, tokens, edits)
        if isinstance(found, OtherChange):
            after = without_added_braces(after, tokens, edits)
            tokens = tokenize(parse(self.path, after))
            found = compare(self.text, self.tokens, after, tokens, edits)
        if not isinstance(found, AsPlanned):
            return found
        text = realign(
            self.text, self.tokens, after, tokens, found.origin, dict(found.gaps), self.widest
        )
        source = parse(self.path, text)
        tokens = tokenize(source)
        found = compare(self.text, self.tokens, text, tokens, edits)
        if not isinstance(found, AsPlanned):
            return found
        origin = tuple(None if old is None else self.origin[old] for old in found.origin)
        return replace(self, text=text, tokens=tokens, source=source, origin=origin)


def open_draft(path: str, text: bytes, widest: int = WIDEST_LINE) -> Draft:
    """The draft of a file as the tree has it."""
    source = parse(path, text)
    tokens = tokenize(source)
    places = {(t.line, t.column): number for number, t in enumerate(tokens)}
    return Draft(path, text, tokens, source, tuple(range(len(tokens))), places, widest)
