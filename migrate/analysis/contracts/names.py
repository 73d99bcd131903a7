# SPDX-License-Identifier: GPL-2.0-only
"""The names in contracts, looked up in the whole tree, and the most similar one if a name is
missing."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator

from migrate.analysis.frontend.syntax import Function
from migrate.analysis.ir.model import FunctionFacts
from migrate.analysis.model import Scan
from migrate.analysis.pairing.closure import Acquires
from migrate.analysis.program.program import Program

_NOT_KERNEL = ("Documentation/", "tools/", "scripts/", "samples/")
_CALLED = re.compile(rb"\b([A-Za-z_]\w+)\s*\(")
_STRUCT = re.compile(rb"\bstruct\s+(\w+)")
_CONDITION = re.compile(rb"^[ \t]*#[ \t]*(?:el)?if(?:n?def)?\b(.*)$", re.M)
_WORD = re.compile(rb"[A-Za-z_]\w+")
MOST = 400
"""Files that contain a word; if there are more, they are not searched."""


class Names:
    """The names of one tree; `scan` has the places near which similar names are searched."""

    def __init__(self, program: Program, scan: Scan) -> None:
        self.program, self.scan, self._tree = program, scan, program.tree
        self.known = Acquires(program, scan.acquires)
        self._found: dict[str, list[str]] = {}
        self._near = {a.place.path for a in scan.acquires}

    def files(self, word: str) -> list[str]:
        """The kernel's own files that have `word`."""
        if word not in self._found:
            found = [p for p in self._tree.grep([word]) if not p.startswith(_NOT_KERNEL)]
            self._found[word] = found
        return self._found[word][:MOST]

    def is_common(self, word: str) -> bool:
        """Whether more files contain `word` than are searched."""
        return len(self.files(word)) == MOST < len(self._found[word])

    def definitions(self, name: str) -> tuple[Function, ...]:
        """All functions of the tree by that name."""
        opening = re.compile(rb"\b" + re.escape(name.encode()) + rb"\s*\([^;{}]*\)[^;{}]*\{")
        texts = self._tree.read_many(self.files(name))
        found: list[Function] = []
        for path in sorted(p for p, text in texts.items() if opening.search(text)):
            source = self.program.source(path)
            found += source.by_name.get(name, ()) if source is not None else ()
        return tuple(found)

    def is_function(self, name: str) -> bool:
        """Whether anything calls, declares or defines it."""
        called = re.compile(rb"\b" + re.escape(name.encode()) + rb"\s*\(")
        defined = re.compile(rb"#[ \t]*define[ \t]+" + re.escape(name.encode()) + rb"\b")
        texts = self._tree.read_many(self.files(name)).values()
        return any(called.search(text) or defined.search(text) for text in texts)

    def callers(self, name: str) -> Iterator[FunctionFacts]:
        """The functions of the tree that call `name`."""
        for path in self.files(name):
            for facts in self.program.functions_with(path, name):
                if any(call.name == name for call in facts.calls):
                    yield facts

    def structs(self, tag: str) -> Iterator[tuple[str, dict[str, object]]]:
        """The files that define struct `tag`, and its members."""
        opening = re.compile(rb"\b(?:struct|union)\s+" + re.escape(tag.encode()) + rb"\s*\{")
        texts = self._tree.read_many(self.files(tag))
        for path in sorted(p for p, text in texts.items() if opening.search(text)):
            found = self.program.types.declarations(path).structs.get(tag)
            if found is not None:
                yield path, dict(found.members)

    def conditions_with(self, macro: str) -> list[str]:
        """The files in which a preprocessor condition tests `macro`."""
        texts = self._tree.read_many(self.files(macro))
        word = macro.encode()
        return sorted(p for p, text in texts.items() if word in _asked(text))

    def near_function(self, name: str) -> str:
        """The function called near an acquire whose name is most similar to `name`, or ""."""
        return _nearest(name, self._words(_CALLED))

    def near_struct(self, tag: str) -> str:
        """The same for the tag of a struct."""
        return _nearest(tag, self._words(_STRUCT))

    def near_macro(self, macro: str) -> str:
        """The same for a macro in a preprocessor condition."""
        texts = self._tree.read_many(sorted(self._near)).values()
        return _nearest(macro, {word.decode() for text in texts for word in _asked(text)})

    def _words(self, pattern: re.Pattern[bytes]) -> set[str]:
        texts = self._tree.read_many(sorted(self._near)).values()
        return {word.decode() for text in texts for word in pattern.findall(text)}


def nearest_of(name: str, known: Iterable[str], what: str = "{}") -> str:
    """A sentence that suggests the member of `known` most similar to `name`; "" if none is."""
    near = _nearest(name, known)
    return f"The nearest there is: {what.format(near)}." if near else ""


def _nearest(name: str, known: Iterable[str]) -> str:
    found = difflib.get_close_matches(name, sorted(set(known)), n=1, cutoff=0.4)
    return found[0] if found else ""


def _asked(text: bytes) -> set[bytes]:
    return {word for line in _CONDITION.findall(text) for word in _WORD.findall(line)}
