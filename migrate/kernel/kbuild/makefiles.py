# SPDX-License-Identifier: GPL-2.0-only
"""One kbuild makefile as data: the words of its variables, and the CONFIG symbols around them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

ON = ("y", "m")
OFF = ("",)


@dataclass(frozen=True, order=True)
class Guard:
    """A CONFIG symbol and the values for which something is built; "" stands for unset."""

    symbol: str
    values: tuple[str, ...]

    def met(self, config: Mapping[str, str]) -> bool:
        return config.get(self.symbol, "") in self.values

    def __str__(self) -> str:
        if self.values == OFF:
            return f"!CONFIG_{self.symbol}"
        return f"CONFIG_{self.symbol}" + ("" if self.values == ON else f"={self.values[0]}")


Way = frozenset[Guard]
"""Guards that all have to hold; an object can get into the kernel in several ways."""


@dataclass(frozen=True)
class Assignment:
    """`name` is the left side as written, `words` the right side, `guards` the ifdefs around it;
    `adds` distinguishes `+=` from an assignment that replaces earlier words."""

    name: str
    words: tuple[str, ...]
    guards: Way
    adds: bool = True


@dataclass(frozen=True)
class Makefile:
    """The assignments of the makefile at `path`, including those of included files."""

    path: str
    assignments: tuple[Assignment, ...]
    _values: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    @property
    def folder(self) -> str:
        return posixpath.dirname(self.path)

    def words(self) -> Iterator[str]:
        """Every word of every right side, simple variables expanded."""
        for assignment in self.assignments:
            for word in assignment.words:
                yield self.expand(word)

    def expand(self, word: str) -> str:
        """Expand the variables in `word` that have exactly one word as their value; the lists of
        kbuild are followed instead, because they have guards."""
        if "$" not in word:
            return word
        if not self._values:
            self._values[""] = ""
            for item in self.assignments:
                if len(item.words) == 1 and not _LIST.search(item.name):
                    self._values.setdefault(item.name, item.words[0])
        return _REFERENCE.sub(lambda m: self._values.get(m[1], m[0]), word)

    def ways(self, word: str) -> set[Way]:
        """Every way in which the object or folder `word` gets into a list that kbuild builds."""
        return simplest(self._ways(word, frozenset()))

    def _ways(self, word: str, seen: frozenset[str]) -> Iterator[Way]:
        if word in seen:
            return
        for item in self.assignments:
            if any(self.expand(w) == word for w in item.words):
                yield from self._onwards(item, frozenset(), seen | {word})

    def _onwards(self, item: Assignment, so_far: Way, seen: frozenset[str]) -> Iterator[Way]:
        """Follow a variable that contains the word to the lists of kbuild that the variable is part
        of."""
        for name, guard in _variants(item.name):
            here = so_far | item.guards | guard
            if _GOAL.match(name):
                yield here
                continue
            if composite := _COMPOSITE.match(name):
                for way in self._ways(composite[1] + ".o", seen):
                    yield here | way
        for name, guard in _variants(item.name, each_value=True):
            reference = f"$({name})"
            if reference in seen:
                continue
            here = so_far | item.guards | guard
            for other in self.assignments:
                if any(reference in w for w in other.words):
                    yield from self._onwards(other, here, seen | {reference})


def simplest(ways: Iterable[Way]) -> set[Way]:
    """`ways` without contradictory ones and those that are implied by another one."""
    possible = {m for way in ways if (m := _merged(way)) is not None}
    return {way for way in possible if not any(o != way and _implies(way, o) for o in possible)}


def parse(path: str, text: str, read: Callable[[str], str | None]) -> Makefile:
    """Parse a makefile; `read` returns the text of an included one, or None."""
    found = list(_assignments(posixpath.dirname(path), text, read, 0))
    return Makefile(path, tuple(_unless_set_anew(found)))


def _unless_set_anew(assignments: Sequence[Assignment]) -> Iterator[Assignment]:
    """With `x-y := a.o` and then `x-$(CONFIG_S) := b.o`, a.o is built only without S."""
    for n, item in enumerate(assignments):
        anew = {
            _negated(guard)
            for later in assignments[n + 1 :]
            if not later.adds and not later.guards and later.name != item.name
            for name, guard in _variants(later.name)
            if name == item.name and len(guard) == 1
        }
        yield replace(item, guards=item.guards.union(*anew)) if anew else item


def _merged(way: Way) -> Way | None:
    """`way` with one guard per symbol; None if no configuration satisfies it."""
    values: dict[str, tuple[str, ...]] = {}
    for guard in sorted(way):
        before = values.get(guard.symbol, guard.values)
        values[guard.symbol] = tuple(v for v in before if v in guard.values)
    if not all(values.values()):
        return None
    return frozenset(Guard(symbol, wanted) for symbol, wanted in values.items())


def _implies(way: Way, other: Way) -> bool:
    have = {g.symbol: set(g.values) for g in way}
    return all(have.get(g.symbol, {"*"}) <= set(g.values) for g in other)


_REFERENCE = re.compile(r"\$[({]([\w.-]+)[)}]")
_GOAL = re.compile(
    r"(obj|lib|core|drivers|net|libs|virt|init|extra|always|head|subdir|targets)-[ym]?$"
)
_LIST = re.compile(r"\$|-[ym]$")
_COMPOSITE = re.compile(r"(.+?)-(?:y|m|objs|objs-y|objs-m)$")
_NAME = r"(?:\$\((?:[^()]|\([^()]*\))*\)|\$\{\w+\}|[^\s:=#?+$])+"
_ASSIGN = re.compile(rf"^\s*(?:export\s+|override\s+)*({_NAME})\s*(\+=|::?=|\?=|=)\s*(.*)$")
_CONDITION = re.compile(r"^\s*(else\s+)?(ifdef|ifndef|ifeq|ifneq)\b\s*(.*)$")
_NO_RECIPE = re.compile(r"\s*(else|endif|ifdef|ifndef|ifeq|ifneq)\b")
"""Directives may be indented by a tab, which normally starts a recipe."""
_SYMBOL = re.compile(r"CONFIG_(\w+)")
_SYMBOL_REFERENCE = re.compile(r"\$\(CONFIG_(\w+)\)|\$\{CONFIG_(\w+)\}")
_CALL = re.compile(r"\$\(\w+\s[^$]*(?:\$\(CONFIG_\w+\)[^$)]*)+\)")
_INCLUDE = re.compile(r"^\s*-?include\s+(\S+)\s*$")
_DEEPEST_INCLUDE = 4


def _assignments(
    folder: str, text: str, read: Callable[[str], str | None], depth: int
) -> Iterator[Assignment]:
    conditions: list[Way] = []
    for line in _logical_lines(text):
        if found := _CONDITION.match(line):
            if found[1] and conditions:
                conditions.pop()
            conditions.append(_condition(found[2], found[3]))
        elif re.match(r"\s*else\s*$", line) and conditions:
            conditions.append(_negated(conditions.pop()))
        elif re.match(r"\s*endif\b", line) and conditions:
            conditions.pop()
        elif (included := _INCLUDE.match(line)) and depth < _DEEPEST_INCLUDE:
            path = re.sub(r"^\$\(srctree\)/", "", included[1]).replace("$(src)", folder)
            if "$" not in path and (body := read(posixpath.normpath(path))) is not None:
                yield from _assignments(folder, body, read, depth + 1)
        elif found := _ASSIGN.match(line):
            words, adds = tuple(_words(found[3])), found[2] in ("+=", "?=")
            yield Assignment(found[1], words, frozenset().union(*conditions), adds)


def _words(text: str) -> Iterator[str]:
    """The words of a right side; a word with kbuild's $(BITS) stands for two."""
    for word in text.split():
        if "$(BITS)" in word:
            yield from (word.replace("$(BITS)", bits) for bits in ("32", "64"))
        else:
            yield word


def _logical_lines(text: str) -> Iterator[str]:
    """Lines with continuations joined, without comments, recipes and `define` bodies."""
    inside_define = False
    for line in re.sub(r"\\\n", " ", text).splitlines():
        if inside_define or line.startswith("define "):
            inside_define = not line.startswith("endef")
        elif not line.startswith("\t") or _NO_RECIPE.match(line) or _ASSIGN.match(line):
            yield re.sub(r"(?<!\\)#.*", "", line)


def _condition(keyword: str, argument: str) -> Way:
    """The guards that a conditional adds; none if it does not depend on the configuration."""
    symbols = _SYMBOL.findall(argument)
    if len(symbols) != 1:
        return frozenset()
    if keyword in ("ifdef", "ifndef"):
        values: tuple[str, ...] = ON
    else:
        compared = re.sub(r"\$[({]CONFIG_\w+[)}]|[\s(),'\"]", "", argument)
        if compared not in ("", "y", "m"):
            return frozenset()
        values = (compared,)
    wanted = frozenset({Guard(symbols[0], values)})
    return _negated(wanted) if keyword in ("ifndef", "ifneq") else wanted


def _negated(way: Way) -> Way:
    return frozenset(Guard(g.symbol, tuple(v for v in (*ON, "") if v not in g.values)) for g in way)


def _variants(name: str, *, each_value: bool = False) -> Iterator[tuple[str, Way]]:
    """The variable names that a left side with CONFIG symbols stands for.

    With `each_value`, `x-$(CONFIG_A)` is `x-y` and `x-m`, as needed for references.
    """
    symbols = _SYMBOL.findall(name)
    if not symbols:
        yield name, frozenset()
        return
    called = _CALL.sub("y", name)
    for symbol in symbols:
        if called != name:
            yield called, frozenset({Guard(symbol, ON)})
        elif each_value:
            for value in ON:
                yield _SYMBOL_REFERENCE.sub(value, name), frozenset({Guard(symbol, (value,))})
        else:
            yield _SYMBOL_REFERENCE.sub("y", name), frozenset({Guard(symbol, ON)})
