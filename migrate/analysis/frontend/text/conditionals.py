# SPDX-License-Identifier: GPL-2.0-only
"""The preprocessor conditionals in a text, and what is between their directives."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from migrate.analysis.frontend.text.conditions import Version, holds

_TOKEN = re.compile(rb"^[ \t]*#(?:\\\r?\n|[^\n])*\n?|^[{}]|[(){}]", re.M)
_BRACKET = re.compile(rb"[(){}]")
_DIRECTIVE = re.compile(r"\s*#\s*(if|ifdef|ifndef|elif|else|endif)\b(.*)", re.S)
_SIMPLE = re.compile(r"!\s*(defined\s*\(?\s*\w+\s*\)?|\w+)")
_DEFINED = re.compile(r"^defined\s*\(?\s*(\w+)\s*\)?$")
_STEPS = {b"(": (1, 0), b")": (-1, 0), b"{": (0, 1), b"}": (0, -1)}

_MOST_LEVELS = 20
_MOST_PARENTHESES = 100
"""Conditionals in each other, and parentheses in each other; with more, nothing is settled."""

Answers = Mapping[str, bool]
"""The answers to conditions that do not depend on the version; see :func:`positive`."""

Area = tuple[int, int]


@dataclass
class Part:
    """One side of a conditional; the directive before it is between `start` and `body`.

    `net` are the parentheses and braces that it opens and does not close, `low` the most that it
    closes before it opens them.
    """

    condition: str
    start: int
    body: int
    end: int = 0
    inside: list[Conditional] = field(default_factory=list)
    net: tuple[int, int] = (0, 0)
    low: tuple[int, int] = (0, 0)

    def add(self, net: tuple[int, int], low: tuple[int, int]) -> None:
        """Go on behind code that opens and closes that much."""
        before = self.net
        reached = (before[0] + low[0], before[1] + low[1])
        self.low = (min(self.low[0], reached[0]), min(self.low[1], reached[1]))
        self.net = (before[0] + net[0], before[1] + net[1])


@dataclass
class Conditional:
    """`opened` are the parentheses around it; not `even` if a side closes or opens others."""

    opened: tuple[int, ...]
    parts: list[Part] = field(default_factory=list)
    end: int = 0
    even: bool = True
    inner: bool = False
    """Whether it is in another one between parentheses."""

    @property
    def balanced(self) -> bool:
        """Whether every side closes what it opens, and nothing else."""
        return all(part.net == part.low == (0, 0) for part in self.parts)


def conditionals(plain: bytes) -> Iterator[Conditional]:
    """Every conditional in a text without comments and strings, by their ends."""
    opened: list[int] = []
    around: list[Conditional] = []
    for token in _TOKEN.finditer(plain):
        written = token[0]
        step = _STEPS.get(written)
        if step is None:
            found = _DIRECTIVE.match(written.decode("utf-8", "replace"))
            if found is not None:
                yield from _step(found[1], _asked(found), token, opened, around)
            continue
        if around:
            around[-1].parts[-1].add(step, (min(step[0], 0), min(step[1], 0)))
        _track(opened, token, plain)


def is_even(plain: bytes, start: int, end: int) -> bool:
    """Whether code without directives closes all parentheses and braces that it opens, and no
    others."""
    part = Part("", start, start, end)
    for token in _BRACKET.finditer(plain, start, end):
        step = _STEPS[token[0]]
        part.add(step, (min(step[0], 0), min(step[1], 0)))
    return part.net == part.low == (0, 0)


def _track(opened: list[int], token: re.Match[bytes], plain: bytes) -> None:
    """Note a parenthesis; a brace in the first column is the beginning or the end of a function."""
    if token[0] == b"(":
        if len(opened) == _MOST_PARENTHESES:
            opened.clear()
        opened.append(token.start())
    elif token[0] == b")":
        del opened[-1:]
    elif token.start() == 0 or plain[token.start() - 1] == 10:
        opened.clear()


def _step(
    kind: str, asked: str, token: re.Match[bytes], opened: list[int], around: list[Conditional]
) -> Iterator[Conditional]:
    """Go on behind a directive; yields a conditional that ends there."""
    part = Part(asked, token.start(), token.end())
    if kind.startswith("if"):
        around.append(Conditional(tuple(opened), [part], even=len(around) < _MOST_LEVELS))
        return
    if not around:
        return
    current = around[-1]
    current.parts[-1].end = token.start()
    current.even &= tuple(opened) == current.opened
    if kind != "endif":
        current.parts.append(part)
        opened[:] = current.opened
        return
    around.pop()
    current.end = token.end()
    if around:
        outer = around[-1]
        outer.even &= current.even
        outer.parts[-1].add(current.parts[0].net, current.parts[0].low)
        current.inner = bool(outer.opened)
        if current.inner:
            outer.parts[-1].inside.append(current)
    yield current


def _asked(directive: re.Match[str]) -> str:
    """The condition of a directive; that of #else always holds."""
    words = " ".join(directive[2].replace("\\\n", " ").split())
    if directive[1] in ("ifdef", "ifndef"):
        return f"{'!' if directive[1] == 'ifndef' else ''}defined({words})"
    return words if directive[1] in ("if", "elif") else "1"


def away(one: Conditional, version: Version, answers: Answers) -> Iterator[Area | None]:
    """The areas of a conditional that are not compiled, with the directives; None if a condition
    has no answer."""
    chosen = False
    for part in one.parts:
        yield part.start, part.body
        said = False if chosen else _answer(part.condition, version, answers)
        if said is None:
            yield None
        elif not said:
            yield part.body, part.end
        else:
            chosen = True
            for inner in part.inside:
                yield from away(inner, version, answers)
    yield one.parts[-1].end, one.end


def _answer(condition: str, version: Version, answers: Answers) -> bool | None:
    known = holds(condition, version)
    if known is not None:
        return known
    plain, whole = positive(condition)
    return answers[plain] is whole if plain in answers else None


def positive(condition: str) -> tuple[str, bool]:
    """A condition without a `!` that is before the whole of it, and whether there is none."""
    simple = _SIMPLE.fullmatch(condition)
    text = simple[1] if simple is not None else condition
    return _DEFINED.sub(r"defined(\1)", text), simple is None


def blank(text: bytearray, area: Area | None) -> None:
    """Replace an area by blanks; lines stay."""
    start, end = area or (0, 0)
    text[start:end] = re.sub(rb"[^\n]", b" ", bytes(text[start:end]))
