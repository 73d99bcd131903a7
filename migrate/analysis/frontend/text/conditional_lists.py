# SPDX-License-Identifier: GPL-2.0-only
"""Preprocessor conditionals between parentheses, such as `f(a,\\n#if ...\\nb,\\n#endif\\nc)`.

The grammar has no place for them. Where the version of the kernel decides, or where only one
choice gives a call of GUP as many arguments as the function has in this tree, what is not compiled
is blanked, and so are the directives. Everything else stays, and is not understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import product

from migrate.analysis.frontend.text.conditionals import (
    Answers,
    Conditional,
    away,
    blank,
    conditionals,
    positive,
)
from migrate.analysis.frontend.text.conditions import Version, holds
from migrate.analysis.frontend.text.release import Release

_IF = re.compile(rb"\n[ \t]*#[ \t]*if")
_IN_LIST = re.compile(rb"[\w(),|&+?:/]")
"""What is before a directive that does not begin behind a statement."""

_NEAR = 200
"""Bytes before a directive that are looked at; one that has only blanks there may be in a list."""

_END = re.compile(rb"[(){};]|^[ \t]*#", re.M)
_CALLED = re.compile(rb"(\w+)\s*\Z")
_MOST_OPEN = 4
"""Conditions of one list that only the number of arguments may decide."""

_LONGEST = 4000
"""Bytes of a list; nothing is settled in a longer one."""


def with_plain_lists(text: bytes, plain: bytes, release: Release) -> bytes:
    """`text` without the conditionals between parentheses that have an answer; its length does not
    change. `plain` is the text without comments and strings."""
    if not _may_have_one(plain):
        return text
    lists: dict[int, list[Conditional]] = {}
    for found in conditionals(plain):
        if found.opened and found.even and not found.inner:
            lists.setdefault(found.opened[-1], []).append(found)
    result = bytearray(text)
    for opened, listed in lists.items():
        answers = _answers(plain, opened, listed, release)
        for one in listed:
            areas = list(away(one, release.version, answers))
            for area in areas if None not in areas else ():
                blank(result, area)
    return bytes(result)


def _may_have_one(plain: bytes) -> bool:
    """Whether a conditional may be between parentheses, as a quick search tells."""
    for directive in _IF.finditer(plain):
        before = plain[max(0, directive.start() - _NEAR) : directive.start()].rstrip()
        if not before or _IN_LIST.search(before[-1:]):
            return True
    return False


def _answers(plain: bytes, opened: int, listed: Sequence[Conditional], release: Release) -> Answers:
    """The answers to conditions of other things than the version: those with which a call has as
    many arguments as its function. None if several choices do; any if all have more arguments,
    because then the call is not compiled for this tree."""
    called = _CALLED.search(plain, max(0, opened - 100), opened)
    wanted = release.counts.get(called[1].decode()) if called is not None else None
    asked = sorted({c for one in listed for c in _open_conditions(one, release.version)})
    if wanted is None or not 0 < len(asked) <= _MOST_OPEN:
        return {}
    fitting: dict[bytes, Answers] = {}
    fewest, every = wanted + 1, list[Answers]()
    end = opened + _LONGEST
    for choice in product((True, False), repeat=len(asked)):
        answers = dict(zip(asked, choice, strict=True))
        copy = bytearray(plain[:end])
        for one in listed:
            for area in away(one, release.version, answers):
                blank(copy, area)
        given = _given(bytes(copy), opened)
        count = _count(given) if given is not None else 0
        fewest = min(fewest, count)
        every.append(answers)
        if given is not None and count == wanted:
            fitting[b"".join(given.split())] = answers
    if fewest > wanted:
        return every[0]
    return next(iter(fitting.values())) if len(fitting) == 1 else {}


def _open_conditions(one: Conditional, version: Version) -> Iterator[str]:
    for part in one.parts:
        if holds(part.condition, version) is None:
            yield positive(part.condition)[0]
        for inner in part.inside:
            yield from _open_conditions(inner, version)


def _given(plain: bytes, opened: int) -> bytes | None:
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


def _count(given: bytes) -> int:
    """The number of arguments in a list."""
    flat, before = given, b""
    while flat != before:
        before, flat = flat, re.sub(rb"\([^()]*\)", b"x", flat)
    return flat.count(b",") + 1 if flat.strip() else 0
