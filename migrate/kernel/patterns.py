# SPDX-License-Identifier: GPL-2.0-only
"""Regular expressions that somebody else wrote, which cannot keep us busy for ever.

Python's `re` tries one way to match after the other, and an expression such as `(a+)+b` has more
of them than anybody can wait for. How many there are at most is counted before a search. Where
there are few, the search runs here; else it runs in a child that may use so many seconds of CPU
and no more. An expression that needs more is given up: it matches nothing, and that is said.

CPU seconds, because the result must not depend on what else the machine does.
"""

from __future__ import annotations

import importlib
import re
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from migrate.base import process

MOST_STEPS = 10**8
"""At most so many ways to match are tried here; that takes a second or a few."""

CPU_SECONDS = 5
_PATIENCE = 300.0
"""Seconds until a child that gets no CPU is given up as well."""

_FOR_EVER = float("inf")
_PLAIN = re.compile(r"(?:\\\.|[.\w/\-,~=%:#!@ ]|\[[\w.]+\])*")
# Reads two lines: the flags with the expression, and the text; says whether it is found.
_CHILD = """\
import ast, re, resource, sys, warnings
warnings.simplefilter("ignore")
resource.setrlimit(resource.RLIMIT_CPU, (%d, %d))
how, flags, expression, text = ast.literal_eval(sys.stdin.buffer.read().decode())
print(bool(getattr(re.compile(expression, flags), how)(text)))
"""


class BadExpression(ValueError):
    """Why an expression cannot be used; one line."""


@dataclass
class Expression:
    """An expression of MAINTAINERS. `given_up` is called once, when a search took too long; it
    matches nothing from then on. `parts` are what stands between the stars of a plain one."""

    compiled: re.Pattern[Any]
    given_up: Callable[[], None]
    parts: tuple[re.Pattern[str], ...] = ()
    dead: bool = False

    def search(self, text: str | bytes) -> bool:
        """Whether it is found anywhere in `text`."""
        return self._find("search", text)

    def match(self, text: str | bytes) -> bool:
        """Whether it is found at the beginning of `text`."""
        if self.parts and isinstance(text, str) and "\n" not in text:
            return self._walk(text)
        return self._find("match", text)

    def _walk(self, text: str) -> bool:
        """Each part as early as it can be: they are of one length, so that leaves most room."""
        found = self.parts[0].match(text)
        for part in self.parts[1:]:
            if found is None:
                return False
            found = part.search(text, found.end())
        return found is not None

    def _find(self, how: str, text: str | bytes) -> bool:
        if self.dead:
            return False
        if ways(self.compiled, text) * _starts(self.compiled, how, text) <= MOST_STEPS:
            return getattr(self.compiled, how)(text) is not None
        found = _in_a_child(how, self.compiled, text)
        if found is None:
            self.dead = True
            self.given_up()
        return bool(found)


def compile_expression(
    text: str | bytes, given_up: Callable[[], None], flags: int = 0
) -> Expression:
    """`text` as an expression; a :class:`BadExpression` when it is none."""
    try:
        with warnings.catch_warnings():
            # What Python may read in another way some day is no news for the user.
            warnings.simplefilter("ignore", FutureWarning)
            parts = text.split(".*") if isinstance(text, str) and not flags else []
            plain = len(parts) > 1 and all(map(_PLAIN.fullmatch, parts))
            compiled = tuple(map(re.compile, parts)) if plain else ()
            return Expression(re.compile(text, flags), given_up, compiled)
    except (re.error, OverflowError, RecursionError) as error:
        raise BadExpression(str(error)) from error


def _starts(expression: re.Pattern[Any], how: str, text: str | bytes) -> int:
    """The places of `text` where `re` tries to begin."""
    pattern = expression.pattern
    first, bar = ("^", "|") if isinstance(pattern, str) else (b"^", b"|")
    anchored = pattern.startswith(first) and bar not in pattern
    if how == "match" or (anchored and not expression.flags & re.MULTILINE):
        return 1
    return len(text) + 1


def ways(expression: re.Pattern[Any], text: str | bytes) -> float:
    """No more ways than this does `re` try from one place of `text`.

    That is counted on what `re` itself makes of the expression: pieces in a row multiply,
    alternatives add up, and a piece that is repeated multiplies with itself.
    """
    # Most texts are paths, whose lengths hardly differ: a power of two is asked for only once.
    rough = _ways_up_to(expression, 1 << len(text).bit_length())
    if rough * (len(text) + 1) <= MOST_STEPS:
        return rough
    return _counted(expression, lambda character: _longest_run(character, text))


@cache
def _ways_up_to(expression: re.Pattern[Any], length: int) -> float:
    return _counted(expression, lambda _: length)


_Longest = Callable[[Any], int]
"""How often in a row at most a piece that is one character fits; of others it gets None."""


def _counted(expression: re.Pattern[Any], longest: _Longest) -> float:
    # Not in the documentation of Python, but there from 3.11 on.
    parser = importlib.import_module("re._parser")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            return _ways(parser.parse(expression.pattern, expression.flags), longest)
    except (RecursionError, OverflowError):
        return _FOR_EVER


def _ways(pieces: Any, longest: _Longest) -> float:
    total = 1.0
    for piece in pieces:
        total *= _ways_of_piece(str(piece[0]), piece[1], longest)
        if total > MOST_STEPS:
            return _FOR_EVER
    return total


def _ways_of_piece(kind: str, value: Any, longest: _Longest) -> float:
    match kind:
        case "LITERAL" | "NOT_LITERAL" | "ANY" | "IN" | "AT":
            return 1.0
        case "BRANCH":
            return sum(_ways(alternative, longest) for alternative in value[1])
        case "SUBPATTERN":
            return _ways(value[-1], longest)
        case "ATOMIC_GROUP":
            return _ways(value, longest)
        case "ASSERT" | "ASSERT_NOT":
            return 1.0 + _ways(value[1], longest)
        case "GROUPREF" | "GROUPREF_IGNORE":
            return 1.0 + longest(None)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            least, most, item = value
            return _ways_of_repeat(int(least), int(most), item, longest)
        case _:
            return _FOR_EVER


def _ways_of_repeat(least: int, most: int, item: Any, longest: _Longest) -> float:
    each = _ways(item, longest)
    single = item[0] if len(item) == 1 and str(item[0][0]) in _SINGLE else None
    room = longest(single) + 1
    if each == 1.0:
        return max(1.0, 1.0 + min(most, room) - least)
    total = 0.0
    for times in range(min(least, room), min(most, room) + 1):
        # An item that matches in no way at all is as good as one that matches in one.
        total += max(each, 1.0) ** times
        if total > MOST_STEPS:
            return _FOR_EVER
    return total


_SINGLE = ("LITERAL", "NOT_LITERAL", "ANY", "IN")
_CATEGORIES: dict[str, Callable[[str], bool]] = {
    "CATEGORY_SPACE": str.isspace,
    "CATEGORY_DIGIT": str.isdigit,
    "CATEGORY_WORD": lambda c: c.isalnum() or c == "_",
}


def _longest_run(piece: Any, text: str | bytes) -> int:
    """The length of the longest run of characters that `piece` can be, of everything for None."""
    if piece is None:
        return len(text)
    plain = text.decode("latin-1") if isinstance(text, bytes) else text
    fits = {c for c in set(plain) if _accepts(str(piece[0]), piece[1], c)}
    longest = run = 0
    for c in plain:
        run = run + 1 if c in fits else 0
        longest = max(longest, run)
    return longest


def _accepts(kind: str, value: Any, c: str) -> bool:
    """Whether the piece can be `c`; in doubt, and with upper and lower case the same, it can."""
    match kind:
        case "LITERAL":
            return c.lower() == chr(value).lower()
        case "ANY":
            return c != "\n"
        case "RANGE":
            low, high = value
            return any(low <= ord(same) <= high for same in (c, *c.swapcase()))
        case "CATEGORY" if str(value) in _CATEGORIES:
            return _CATEGORIES[str(value)](c)
        case "IN" if str(value[0][0]) != "NEGATE":
            return any(_accepts(str(k), v, c) for k, v in value)
        case _:
            return True


def _in_a_child(how: str, expression: re.Pattern[Any], text: str | bytes) -> bool | None:
    """Whether it is found; None when that could not be told within the limits."""
    outcome = process.run(
        [sys.executable, "-I", "-S", "-c", _CHILD % (CPU_SECONDS, CPU_SECONDS)],
        cwd=Path("/"),
        timeout=_PATIENCE,
        stdin=ascii((how, expression.flags, expression.pattern, text)).encode(),
    )
    if isinstance(outcome, process.Finished) and outcome.ok:
        return outcome.stdout.strip() == b"True"
    return None
