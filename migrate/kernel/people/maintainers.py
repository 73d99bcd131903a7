# SPDX-License-Identifier: GPL-2.0-only
"""MAINTAINERS as data: its sections, and the sections that a path belongs to.

The rules are those of the kernel's own scripts/get_maintainer.pl, in all details, because
maintainers expect its results:

/- a section is a run of `X: value` lines after a line of another form; blank lines and comments in
between do not count;
- a file pattern is a prefix of the path: `*` and `?` are wildcards, anything else is a regular
  expression, a pattern that ends in `/` covers everything below, any other one only its own depth;
- the more slashes are in the pattern of a section that matched last, the more specific is the
  section; a pattern that begins with a wildcard is the least specific, a path regex (`N:`) comes
  before it;
- of equally specific sections the script picks one at random; here it is one without wildcards,
  else the one with the longest pattern, else the first in the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from migrate.base.errors import Refusal
from migrate.kernel.people.patterns import BadExpression, Expression, compile_expression
from migrate.kernel.tree import Tree

THE_REST = "THE REST"
_LONGEST_LINE = 4096
_ENTRY = re.compile(r"([A-Z]):\s*(.*)", re.S)
_IGNORED = re.compile(r"\s*(#|$)")
_LITERAL = re.compile(r"[\w/\-.,~=%:#!@ ]*\Z")


@dataclass(frozen=True)
class Section:
    """One section: `entries` are its letters and values in the order of the file.

    `number` is its position in the file, counted in sections from 0; `keywords` are the `K:` values
    with their sort key in the order in which the script uses them.
    """

    number: int
    title: str
    entries: tuple[tuple[str, str], ...]
    keywords: tuple[tuple[str, str], ...]

    def values(self, letter: str) -> tuple[str, ...]:
        """The values of the entries with `letter`, in order."""
        return tuple(value for kind, value in self.entries if kind == letter)

    @property
    def status(self) -> str:
        """The last `S:` value, "" if there is none."""
        return (self.values("S") or ("",))[-1]


class _Rank(NamedTuple):
    """How specific a match is; smaller is more specific. `depth` is minus that of the script."""

    depth: int
    wildcard: bool
    length: int


_NEVER = (-1, _Rank(0, True, 0))


@dataclass(frozen=True)
class _Pattern:
    """One `F:` or `X:` entry: `entry` is its position in the section."""

    section: int
    entry: int
    excludes: bool
    text: str
    expression: Expression | None

    def matches(self, path: str) -> bool:
        if self.expression is None:
            found = path.startswith(self.text)
        else:
            found = self.expression.match(path)
        return found and (self.text.endswith("/") or path.count("/") == self.text.count("/"))

    @property
    def rank(self) -> _Rank:
        depth = self.text.count("/") + (not self.text.endswith("/"))
        if self.text.startswith(".*"):
            depth = -1
        return _Rank(-depth, self.expression is not None, -len(self.text))


@dataclass(frozen=True)
class Maintainers:
    """The sections of one MAINTAINERS; `directories` are those of the tree, without trailing slash.

    `problems` has one line for each entry whose expression cannot be used; it matches nothing.
    """

    sections: tuple[Section, ...]
    directories: frozenset[str]
    problems: list[str] = field(default_factory=list, compare=False)

    def matching(self, path: str) -> tuple[Section, ...]:
        """The sections of `path`, the most specific first, without keywords."""
        return tuple(self.sections[number] for _, number in self._ranked(path))

    def most_specific(self, path: str) -> tuple[Section, ...]:
        """Those of :meth:`matching` from which the script would pick at random."""
        ranked = self._ranked(path)
        return tuple(self.sections[n] for rank, n in ranked if rank.depth == ranked[0][0].depth)

    def _ranked(self, path: str) -> list[tuple[_Rank, int]]:
        last: dict[int, tuple[int, _Rank]] = {}
        excluded: set[int] = set()
        for pattern in self._candidates(path):
            if not pattern.matches(path):
                continue
            if pattern.excludes:
                excluded.add(pattern.section)
            elif last.get(pattern.section, _NEVER)[0] < pattern.entry:
                last[pattern.section] = (pattern.entry, pattern.rank)
        for number, entry, expression in self._path_expressions:
            if last.get(number, _NEVER)[0] < entry and expression.search(path):
                last[number] = (entry, _Rank(0, True, 0))
        return sorted(
            (rank, number) for number, (_, rank) in last.items() if number not in excluded
        )

    def by_keywords(self, texts: Iterable[bytes]) -> tuple[Section, ...]:
        """The sections with a `K:` expression that matches one of `texts`."""
        wanted = list(texts)
        found = [
            (key, number)
            for key, number, expression in self._keywords
            if any(expression.search(text) for text in wanted)
        ]
        return tuple(self.sections[number] for _, number in sorted(found))

    def subsystem_of(self, path: str) -> str:
        """The title of the most specific section of `path`; THE REST if there is none."""
        found = self.matching(path)
        return found[0].title if found else THE_REST

    def _candidates(self, path: str) -> Iterable[_Pattern]:
        """The patterns whose literal directory is an ancestor of `path`."""
        yield from self._by_directory.get("", ())
        at = path.find("/")
        while at >= 0:
            yield from self._by_directory.get(path[: at + 1], ())
            at = path.find("/", at + 1)

    @cached_property
    def _by_directory(self) -> dict[str, list[_Pattern]]:
        """Every pattern, by the longest directory that it spells out."""
        found: dict[str, list[_Pattern]] = {}
        for section in self.sections:
            for entry, (letter, value) in enumerate(section.entries):
                if letter in "FX":
                    pattern, directory = self._pattern(section.number, entry, letter, value)
                    if pattern is not None:
                        found.setdefault(directory, []).append(pattern)
        return found

    def _pattern(
        self, number: int, entry: int, letter: str, value: str
    ) -> tuple[_Pattern | None, str]:
        # Several stars in a row mean the same as one, but would take exponential time.
        text = re.sub(r"\*+", ".*", value.replace(".", r"\.")).replace("?", ".")
        if text == value and value in self.directories:
            value = text = value + "/"
        if _LITERAL.match(value):
            directory = value[: value.rfind("/") + 1]
            return _Pattern(number, entry, letter == "X", value, None), directory
        expression = self._compile(text, number, letter)
        if expression is None:
            return None, ""
        literal = re.split(r"[^\w/\-,~=%:#!@ ]", value)[0]
        directory = literal[: literal.rfind("/") + 1]
        return _Pattern(number, entry, letter == "X", text, expression), directory

    def _compile(
        self, text: str | bytes, number: int, letter: str, *, verbose: bool = False
    ) -> Expression | None:
        try:
            return compile_expression(text, verbose=verbose)
        except BadExpression as error:
            shown = text if isinstance(text, str) else text.decode("utf-8", "surrogateescape")
            title = self.sections[number].title
            self.problems.append(f"MAINTAINERS, {title}: {letter}: {shown[:100]}: {error}")
            return None

    @cached_property
    def _path_expressions(self) -> list[tuple[int, int, Expression]]:
        return [
            (section.number, entry, expression)
            for section in self.sections
            for entry, (letter, value) in enumerate(section.entries)
            if letter == "N"
            and (expression := self._compile(value, section.number, "N", verbose=True)) is not None
        ]

    @cached_property
    def _keywords(self) -> list[tuple[str, int, Expression]]:
        found = []
        for section in self.sections:
            for key, value in section.keywords:
                raw = value.encode("utf-8", "surrogateescape")
                expression = self._compile(raw, section.number, "K", verbose=True)
                if expression is not None:
                    found.append((key, section.number, expression))
        return found


def parse_maintainers(text: bytes, paths: Iterable[str]) -> Maintainers:
    """Parse MAINTAINERS of a tree with the files `paths`. Other lines are titles or prose.

    Bytes that are not UTF-8 are decoded as Latin-1 line by line, so one bad name does not affect
    others. A line of several thousand bytes is a mistake or an attack, and ignored.
    """
    sections: list[Section] = []
    title, entries, keywords, at = "", [], [], 0  # type: ignore[var-annotated]

    def close() -> None:
        if entries:
            sections.append(Section(len(sections), title, tuple(entries), tuple(keywords)))
            entries.clear()
            keywords.clear()

    problems = []
    for number, raw in enumerate(text.split(b"\n"), start=1):
        if len(raw) > _LONGEST_LINE:
            problems.append(f"MAINTAINERS, line {number}: has more than {_LONGEST_LINE} bytes")
            continue
        line = _decode(raw).rstrip("\r")
        if entry := _ENTRY.match(line):
            letter, value = entry[1], entry[2]
            if letter == "K":
                keywords.append((str(at), value))
            entries.append((letter, value))
        elif _IGNORED.match(line):
            continue
        else:
            close()
            title = line.strip()
        at += 1
    close()
    return Maintainers(tuple(sections), frozenset(_directories(paths)), problems)


def read_maintainers(tree: Tree) -> Maintainers:
    """MAINTAINERS of `tree`, without sections if there is none."""
    return parse_maintainers(tree.read("MAINTAINERS") or b"", tree.files)


def require_maintainers(tree: Tree) -> None:
    """Raise a :class:`Refusal` if `tree` has no MAINTAINERS, as trees that were cut down."""
    if tree.read("MAINTAINERS") is None:
        raise Refusal(
            f"{tree.root} has no MAINTAINERS at {tree.commit[:12]}, by which commits are divided.",
            "Add that of the kernel which the tree was made from; up to rewrite, and in an audit,"
            " it is not needed.",
        )


def _decode(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _directories(paths: Iterable[str]) -> Iterable[str]:
    seen: set[str] = set()
    for path in paths:
        directory = path.rpartition("/")[0]
        while directory and directory not in seen:
            seen.add(directory)
            directory = directory.rpartition("/")[0]
    return seen
