# SPDX-License-Identifier: GPL-2.0-only
"""Compares a file before and after an edit: only the planned tokens may differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from migrate.rewrite.text.tokens import Token, gap_before


@dataclass(frozen=True, order=True)
class TokenEdit:
    """`count` tokens from number `first` on become the tokens `new`.

    `gaps`, if given, is the white space before each new token and, last, before the token that
    follows; otherwise that of spatch is kept.
    """

    first: int
    count: int
    new: tuple[bytes, ...]
    gaps: tuple[bytes, ...] = ()

    @property
    def keeps_layout(self) -> bool:
        """One token replaced by one token: the white space around it is kept as well."""
        return self.count == len(self.new) and not self.gaps


@dataclass(frozen=True)
class AsPlanned:
    """All edits were made, and nothing else. `origin[i]` is the number that token `i` had before,
    None for a new token; a token that was replaced by a single one keeps its number. `gaps` has the
    white space that edits define before tokens of the result, by their numbers."""

    origin: tuple[int | None, ...]
    gaps: tuple[tuple[int, bytes], ...] = ()


@dataclass(frozen=True)
class NotEdited:
    """The file is as planned except for `missing`, where nothing was changed."""

    missing: tuple[TokenEdit, ...]


@dataclass(frozen=True)
class OtherChange:
    """An unplanned change, on `line` (from 1) of the file before."""

    line: int
    what: str


Comparison = AsPlanned | NotEdited | OtherChange


def compare(
    before: bytes,
    old: Sequence[Token],
    after: bytes,
    new: Sequence[Token],
    edits: Sequence[TokenEdit],
) -> Comparison:
    """Whether `after`, with tokens `new`, is `before`, with tokens `old`, plus `edits`.

    Outside the edits every token, comment and line continuation has to be the same. White space is
    ignored: spatch sometimes wraps and shifts lines; `layout.realign` restores the white space of
    `before` wherever both neighbours are from there.
    """
    # The tokens after a deletion may equal the deleted ones: edits count as missing only if not all
    # of them were made.
    walk = _walk(_Walk(before, old, after, new, True), edits)
    if walk.difference is not None:
        walk = _walk(_Walk(before, old, after, new, False), edits)
    if walk.difference is not None:
        return walk.difference
    if walk.missing:
        return NotEdited(tuple(walk.missing))
    return AsPlanned(tuple(walk.origin), tuple(walk.gaps))


def without_added_braces(after: bytes, new: Sequence[Token], edits: Sequence[TokenEdit]) -> bytes:
    """`after`, with tokens `new`, without the braces around the results of `edits`.

    Coccinelle 1.3 adds them if a statement of several lines, which became another one, was a branch
    by itself. The line after them begins where they ended.
    """
    here = there = 0
    cuts: list[tuple[int, int]] = []
    for edit in sorted(edits):
        there += edit.first - here
        here = edit.first + edit.count
        length = len(edit.new)
        texts = tuple(token.text for token in new[there : there + length + 2])
        if length and texts == (b"{", *edit.new, b"}"):
            opening, closing = new[there], new[there + length + 1]
            cuts.append((opening.start - len(gap_before(after, new, there)), opening.end))
            behind = gap_before(after, new, there + length + 2)
            if b"\n" in behind:
                before = len(gap_before(after, new, there + length + 1))
                cuts.append((closing.start - before, closing.end))
            else:  # an else, which moves to the place of the brace
                cuts.append((closing.start, closing.end + len(behind)))
            there += 2
        there += length
    for start, end in reversed(cuts):
        after = after[:start] + after[end:]
    return after


def _walk(walk: _Walk, edits: Sequence[TokenEdit]) -> _Walk:
    for edit in sorted(edits):
        walk.copy_until(edit.first)
        walk.replace(edit)
    walk.copy_until(len(walk.old))
    walk.finish()
    return walk


class _Walk:
    """Walks through both token lists in parallel, up to the first difference.

    With `all_done`, a missing edit is a difference as well.
    """

    def __init__(
        self,
        before: bytes,
        old: Sequence[Token],
        after: bytes,
        new: Sequence[Token],
        all_done: bool,
    ) -> None:
        self.all_done = all_done
        self.before, self.old, self.after, self.new = before, old, after, new
        self.here = self.there = 0
        self.free_gap = False
        self.origin: list[int | None] = []
        self.gaps: list[tuple[int, bytes]] = []
        self.missing: list[TokenEdit] = []
        self.difference: OtherChange | None = None

    def copy_until(self, end: int) -> None:
        while self.here < end and self.difference is None:
            self._gap()
            if not self._same(1):
                self._differs("a token changed that was to stay")
                return
            self._take(1)

    def finish(self) -> None:
        """Check that both lists end here, with the same text before their ends."""
        if self.difference is None and self.there != len(self.new):
            self._differs("text was added at the end")
        if self.difference is None:
            self._gap()

    def replace(self, edit: TokenEdit) -> None:
        if self.difference is not None:
            return
        if edit.count and not self.all_done and self._same(edit.count):
            self._gap()
            self._take(edit.count)
            self.missing.append(edit)
            return
        if edit.keeps_layout:
            self._gap()
        texts = tuple(t.text for t in self.new[self.there : self.there + len(edit.new)])
        if texts != edit.new:
            if edit.count == 0 and not self.all_done:
                self.missing.append(edit)
                return
            self._differs("an edit came out otherwise than planned")
            return
        self.gaps.extend((self.there + n, gap) for n, gap in enumerate(edit.gaps))
        kept = range(self.here, self.here + edit.count) if edit.keeps_layout else ()
        self.origin.extend(kept if edit.keeps_layout else [None] * len(edit.new))
        self.here += edit.count
        self.there += len(edit.new)
        self.free_gap = not edit.keeps_layout

    def _same(self, count: int) -> bool:
        old = self.old[self.here : self.here + count]
        new = self.new[self.there : self.there + count]
        return [t.text for t in old] == [t.text for t in new]

    def _take(self, count: int) -> None:
        self.origin.extend(range(self.here, self.here + count))
        self.here += count
        self.there += count
        self.free_gap = False

    def _gap(self) -> None:
        """Compare the text before the current token."""
        after = gap_before(self.after, self.new, min(self.there, len(self.new)))
        if self.free_gap:
            if after.strip():
                self._differs("text appeared that is no token")
        elif after.split() != gap_before(self.before, self.old, self.here).split():
            self._differs("a line continuation changed")

    def _differs(self, what: str) -> None:
        if self.difference is None:
            self.difference = OtherChange(_line(self.old, self.here), what)


def _line(tokens: Sequence[Token], number: int) -> int:
    if not tokens:
        return 1
    return tokens[min(number, len(tokens) - 1)].line
