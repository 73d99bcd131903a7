# SPDX-License-Identifier: GPL-2.0-only
"""Preprocessor conditionals between parentheses, such as `f(a,\\n#if ...\\nb,\\n#endif\\nc)`.

The grammar has no place for them. Where the version of the kernel decides, or where only one
choice gives a call of GUP as many arguments as the function has in this tree, what is not compiled
is blanked, and so are the directives. Everything else stays, and is not understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from migrate.analysis.frontend.conditions import Version, holds
from migrate.analysis.frontend.lexical import blanked

_MAY_BE = re.compile(rb"[\w(),|&+?:/][ \t]*\n(?:[ \t]*\n)*[ \t]*#[ \t]*if")
"""A directive that does not begin behind a statement, as far as one line shows."""

_DECIDED = (b"LINUX_VERSION_CODE", b"if 0", b"if 1")
_TOKEN = re.compile(rb"^[ \t]*#(?:\\\r?\n|[^\n])*\n?|^[{}]|[()]", re.M)
_DIRECTIVE = re.compile(r"\s*#\s*(if|ifdef|ifndef|elif|else|endif)\b(.*)", re.S)
_END = re.compile(rb"[(){};]|^[ \t]*#", re.M)
_CALLED = re.compile(rb"(\w+)\s*\Z")
_MOST_OPEN = 4
"""Conditions of one list that only the number of arguments may decide."""

_MOST_LEVELS = 20
_MOST_PARENTHESES = 100
_LONGEST = 4000
"""Conditionals in each other, parentheses in each other, and bytes of a list; with more, nothing is
settled."""

Counts = Mapping[str, int]
"""How many arguments functions of this tree have."""


@dataclass(frozen=True)
class Release:
    """What a tree says about the code that is compiled for it."""

    version: Version = (0, 0, 0)
    counts: Counts = field(default_factory=dict)


@dataclass
class _Part:
    """One side of a conditional; the directive before it is between `start` and `body`."""

    condition: str
    start: int
    body: int
    end: int = 0
    inside: list[_Conditional] = field(default_factory=list)


@dataclass
class _Conditional:
    """`opened` are the parentheses around it; not `even` if a side closes or opens others."""

    opened: tuple[int, ...]
    parts: list[_Part] = field(default_factory=list)
    end: int = 0
    even: bool = True


Answers = Mapping[str, bool]
_Area = tuple[int, int]


def settled(text: bytes, release: Release) -> bytes:
    """`text` without the conditionals between parentheses that have an answer; its length does not
    change."""
    asked = (*_DECIDED, *(name.encode() for name in release.counts))
    if not any(word in text for word in asked) or _MAY_BE.search(text) is None:
        return text
    plain = bytes(blanked(text))
    lists: dict[int, list[_Conditional]] = {}
    for found in _conditionals(plain):
        lists.setdefault(found.opened[-1], []).append(found)
    result = bytearray(text)
    for opened, conditionals in lists.items():
        answers = _answers(plain, opened, conditionals, release)
        for one in conditionals:
            away = list(_away(one, release.version, answers))
            if None not in away:
                for area in away:
                    _blank(result, area or (0, 0))
    return bytes(result)


def _conditionals(plain: bytes) -> Iterator[_Conditional]:
    """The outermost conditionals between parentheses."""
    opened: list[int] = []
    around: list[_Conditional] = []
    for token in _TOKEN.finditer(plain):
        written = token[0]
        if written == b"(":
            if len(opened) == _MOST_PARENTHESES:
                opened.clear()
            opened.append(token.start())
        elif written == b")":
            del opened[-1:]
        elif written in b"{}":
            opened.clear()
        else:
            found = _DIRECTIVE.match(written.decode("utf-8", "replace"))
            if found is not None:
                yield from _step(found[1], _asked(found), token, opened, around)


def _step(
    kind: str, asked: str, token: re.Match[bytes], opened: list[int], around: list[_Conditional]
) -> Iterator[_Conditional]:
    """Go on behind a directive; yields a conditional that ends there."""
    part = _Part(asked, token.start(), token.end())
    if kind.startswith("if"):
        around.append(_Conditional(tuple(opened), [part], even=len(around) < _MOST_LEVELS))
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
    if not current.even:
        for outer in around[-1:]:
            outer.even = False
    elif around and around[-1].opened:
        around[-1].parts[-1].inside.append(current)
    elif current.opened:
        yield current


def _asked(directive: re.Match[str]) -> str:
    """The condition of a directive; that of #else always holds."""
    words = " ".join(directive[2].replace("\\\n", " ").split())
    if directive[1] in ("ifdef", "ifndef"):
        return f"{'!' if directive[1] == 'ifndef' else ''}defined({words})"
    return words if directive[1] in ("if", "elif") else "1"


def _away(one: _Conditional, version: Version, answers: Answers) -> Iterator[_Area | None]:
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
                yield from _away(inner, version, answers)
    yield one.parts[-1].end, one.end


def _answer(condition: str, version: Version, answers: Answers) -> bool | None:
    known = holds(condition, version)
    if known is not None:
        return known
    plain, positive = _positive(condition)
    return answers[plain] is positive if plain in answers else None


def _positive(condition: str) -> tuple[str, bool]:
    """A condition without a `!` that is before the whole of it, and whether there is none."""
    simple = re.fullmatch(r"!\s*(defined\s*\(?\s*\w+\s*\)?|\w+)", condition)
    text = simple[1] if simple is not None else condition
    return re.sub(r"^defined\s*\(?\s*(\w+)\s*\)?$", r"defined(\1)", text), simple is None


def _answers(
    plain: bytes, opened: int, conditionals: Sequence[_Conditional], release: Release
) -> Answers:
    """The answers to conditions of other things than the version: those with which a call has as
    many arguments as its function. None if several choices do."""
    called = _CALLED.search(plain, max(0, opened - 100), opened)
    wanted = release.counts.get(called[1].decode()) if called is not None else None
    asked = sorted({c for one in conditionals for c in _open_conditions(one, release.version)})
    if wanted is None or not 0 < len(asked) <= _MOST_OPEN:
        return {}
    fitting: dict[bytes, Answers] = {}
    end = opened + _LONGEST
    for choice in product((True, False), repeat=len(asked)):
        answers = dict(zip(asked, choice, strict=True))
        copy = bytearray(plain[:end])
        for one in conditionals:
            for area in _away(one, release.version, answers):
                _blank(copy, area or (0, 0))
        listed = _listed(bytes(copy), opened)
        if listed is not None and _count(listed) == wanted:
            fitting[b"".join(listed.split())] = answers
    return next(iter(fitting.values())) if len(fitting) == 1 else {}


def _open_conditions(one: _Conditional, version: Version) -> Iterator[str]:
    for part in one.parts:
        if holds(part.condition, version) is None:
            yield _positive(part.condition)[0]
        for inner in part.inside:
            yield from _open_conditions(inner, version)


def _listed(plain: bytes, opened: int) -> bytes | None:
    """What is between the parenthesis at `opened` and its counterpart; None if the end is not
    found, or a directive or a block is before it."""
    depth = 0
    for token in _END.finditer(plain, opened):
        if token[0] not in (b"(", b")"):
            return None
        depth += 1 if token[0] == b"(" else -1
        if depth == 0:
            return plain[opened + 1 : token.start()]
    return None


def _count(listed: bytes) -> int:
    """The number of arguments in a list."""
    flat, before = listed, b""
    while flat != before:
        before, flat = flat, re.sub(rb"\([^()]*\)", b"x", flat)
    return flat.count(b",") + 1 if flat.strip() else 0


def _blank(text: bytearray, area: _Area) -> None:
    start, end = area
    text[start:end] = re.sub(rb"[^\n]", b" ", bytes(text[start:end]))
