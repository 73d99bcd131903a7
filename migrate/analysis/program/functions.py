# SPDX-License-Identifier: GPL-2.0-only
"""The files and functions that the analysis has used so far, parsed on demand."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import cached_property
from typing import Protocol
from weakref import WeakSet

from migrate.analysis.contract import Contracts
from migrate.analysis.frontend.corpus import Corpus
from migrate.analysis.frontend.guards import guards_around, never, without
from migrate.analysis.frontend.macros import macro_bodies, other_names
from migrate.analysis.frontend.syntax import Function, Source, parse
from migrate.analysis.frontend.text.conditions import holds
from migrate.analysis.frontend.text.release import Release
from migrate.analysis.frontend.text.vendors import absent_names
from migrate.analysis.ir.facts import extract
from migrate.analysis.ir.model import FunctionFacts
from migrate.analysis.place import FunctionId, Place
from migrate.kernel.signatures import read_signatures
from migrate.kernel.tree import Tree
from migrate.kernel.words import whole_word


class Made(Protocol):
    """An object that caches results about functions."""

    def forget(self) -> None:
        """Drop the cached results."""


class Functions:
    """Sources, functions and their facts in one tree, each computed once."""

    def __init__(
        self, tree: Tree, contracts: Contracts | None = None, *, open_world: bool = False
    ) -> None:
        self.tree = tree
        self.contracts = contracts or Contracts()
        self.open_world = open_world
        """Whether modules outside of the tree may call what it exports."""
        self.corpus = Corpus(tree)
        self._sources: dict[str, Source | None] = {}
        self.unread: dict[str, Source] = {}
        """Those of the files that are not analysed."""
        self._facts: dict[FunctionId, FunctionFacts] = {}
        self._definitions: dict[tuple[str, str], tuple[Function, ...]] = {}
        self.hidden: dict[tuple[str, str], bool] = {}
        """By name and folder, whether a function of the driver hides a kernel function of that
        name; see :mod:`migrate.analysis.program.known_callee`."""
        self._other_names: dict[tuple[str, str], str] = {}
        self._with: dict[tuple[str, str, frozenset[str] | None], tuple[FunctionFacts, ...]] = {}
        self.read: set[str] = set()
        """The files that were used since :meth:`forget`."""
        self.made: WeakSet[Made] = WeakSet()
        """Caches that depend on the functions, to be dropped with them."""

    def forget(self, keeping: Callable[[str], bool]) -> None:
        """Drop what is cached for all files, except for those that `keeping` selects. Their syntax
        trees use most of the memory, and files of one folder rarely need those of another.

        Caches about more than one file are dropped as well: `read` and the searches of the corpus
        then contain all files on which later results depend.
        """
        self._sources = {p: source for p, source in self._sources.items() if keeping(p)}
        self.unread = {p: source for p, source in self.unread.items() if keeping(p)}
        for known in (self._facts, self._definitions, self.hidden, self._with, self.read):
            known.clear()
        self._other_names.clear()
        for made in self.made:
            made.forget()
        self.corpus.forget()

    @property
    def sources(self) -> Collection[str]:
        """The paths of the files that are parsed now."""
        return self._sources.keys()

    def source(self, path: str) -> Source | None:
        """The parsed file, or None when the tree has no such file."""
        self.read.add(path)
        if path not in self._sources:
            text = self.tree.read(path)
            source = self._sources[path] = self._parsed(path, text)
            if source is not None and source.unread:
                self.unread[path] = source
        return self._sources[path]

    def glance(self, path: str) -> Source | None:
        """The same without keeping the syntax tree."""
        self.read.add(path)
        if path in self._sources:
            return self._sources[path]
        return self._parsed(path, self.tree.read(path))

    def _parsed(self, path: str, text: bytes | None) -> Source | None:
        return parse(path, text, release=self.release) if text is not None else None

    @cached_property
    def release(self) -> Release:
        """What the tree says about the code that is compiled for it."""
        counts = {n: len(s.parameters) for n, s in read_signatures(self.tree).items()}
        return Release(self.tree.version, counts, absent_names(self.tree))

    def facts(self, function: Function) -> FunctionFacts:
        if function.id not in self._facts:
            source = self.source(function.path)
            assert source is not None
            self._facts[function.id] = self.resolved(extract(source, function))
        return self._facts[function.id]

    def function(self, id: FunctionId) -> Function | None:
        """The function by that id, or None when the tree has no such file."""
        source = self.source(id.path)
        return source.functions[id.ordinal] if source is not None else None

    def resolved(self, facts: FunctionFacts) -> FunctionFacts:
        """`facts` with additional types."""
        return facts

    def functions_with(
        self, path: str, word: str, others: frozenset[str] | None = None
    ) -> tuple[FunctionFacts, ...]:
        """The functions of `path` whose text contains `word` as a whole word, each once; with
        `others`, those that contain one of these as well."""
        key = (path, word, others)
        if key not in self._with:
            self.read.add(path)
            text = self.tree.read(path) or b"" if others is not None else b""
            able = others is None or any(whole_word(other).search(text) for other in others)
            source = self.source(path) if able else None
            self._with[key] = tuple(
                self.facts(function)
                for function in (_naming(source, word) if source is not None else ())
                if others is None or _has_any(text, function, others)
            )
        return self._with[key]

    def initialising(self, path: str, word: str) -> Iterator[FunctionFacts]:
        """Those of :meth:`functions_with` that have an initialiser list."""
        source = self.source(path)
        for function in _naming(source, word) if source is not None else ():
            if source is not None and source.has_initialiser(function):
                yield self.facts(function)

    def files_with(self, path: str, word: str) -> tuple[str, ...]:
        """The files of the scope of `path` that contain `word` as a whole word."""
        return self.corpus.files_with(path, word)

    def near_definitions(self, name: str, path: str) -> tuple[Function, ...]:
        """The functions of the scope of `path` that a call of `name` there may mean."""
        source = self.source(path) if name else None
        own = self.compiled(source, name) if source is not None else ()
        return own or (self._elsewhere(name, path) if name else ())

    def compiled(self, source: Source, name: str) -> tuple[Function, ...]:
        """The functions by that name in a file without those for other kernels."""
        return tuple(f for f in source.by_name.get(name, ()) if not self._is_of_others(source, f))

    def _is_of_others(self, source: Source, function: Function) -> bool:
        """Whether a function is not compiled for this version of the kernel, or stands in where the
        kernel has no such function: a static one beside a declaration does not compile."""
        guards = guards_around(function.node)
        if never(guards, self.tree.version):
            return True
        if not function.static or not guards or source.path.startswith(("include/", "arch/")):
            return False
        asked = without(guards, source.macros)
        tried_out = any(
            "CONFIG_" not in condition and holds(condition, self.tree.version) is None
            for condition, _ in asked
        )
        return tried_out and self.corpus.is_declared(function.name)

    def definitions(self, name: str, path: str) -> tuple[Function, ...]:
        """The definitions that a call of `name` in `path` may mean: functions of its scope, or of
        headers for the whole kernel, or a macro."""
        key = (name, path)
        if key not in self._definitions:
            self._definitions[key] = self._find_definitions(name, path)
        return self._definitions[key]

    def _find_definitions(self, name: str, path: str) -> tuple[Function, ...]:
        if not name:
            return ()
        other = self.stands_for(name, path)
        return self.definitions(other, path) if other else self._defined(name, path)

    def _defined(self, name: str, path: str) -> tuple[Function, ...]:
        """The functions and macros by that very name."""
        near = self.near_definitions(name, path)
        return near or self._public_definitions(name) or self._macros(name, path)

    def stands_for(self, name: str, path: str) -> str:
        """The function that a driver calls `name` in `path`: `#define name function`; "" if there
        is no such macro, if this tree's version may compile several that differ, or a function by
        that name."""
        source = self.source(path) if name else None
        here = source is not None and name in source.macros
        if not here and (not name or name not in self.corpus.header_macros(path)):
            return ""
        key = (name, path if here else self.corpus.scope_folder(path))
        if key not in self._other_names:
            self._other_names[key] = ""  # for names that stand for each other
            if self._defined(name, path):
                return ""
            files = (f for f in self.files_with(path, name) if f == path or f.endswith(".h"))
            found = {
                word
                for parsed in map(self.source, files)
                for word, guards in (other_names(parsed, name) if parsed is not None else ())
                if not never(guards, self.tree.version)
            }
            other = found.pop() if len(found) == 1 else ""
            self._other_names[key] = other if other != name else ""
        return self._other_names[key]

    def _elsewhere(self, name: str, path: str) -> tuple[Function, ...]:
        """The functions of other files of the scope of `path`."""
        found: list[Function] = []
        for other in self.corpus.defining_files(path, name):
            if other == path:
                continue
            parsed = self.source(other)
            for function in self.compiled(parsed, name) if parsed is not None else ():
                if not function.static or other.endswith(".h"):
                    found.append(function)
        return tuple(found)

    def _macros(self, name: str, path: str) -> tuple[Function, ...]:
        """The macro `name` as a function, from the nearest file that defines it."""
        version = self.tree.version
        for other in self.corpus.macro_files(name, path):
            found: list[Function] = []
            source = self.source(other)
            bodies = macro_bodies(source, name, version) if source is not None else ()
            for n, (text, origin) in enumerate(bodies):
                virtual = f"{other}:{name}:{n}"
                parsed = self._sources.get(virtual) or parse(virtual, text, origin)
                self._sources[virtual] = parsed  # one function for all who use the macro
                found.extend(parsed.functions)
            if found:
                return tuple(found)
        return ()

    def _public_definitions(self, name: str) -> tuple[Function, ...]:
        """The inline functions by that name in the headers for the whole kernel."""
        found: list[Function] = []
        for header in self.corpus.public_defining_files(name):
            source = self.source(header)
            found.extend(source.by_name.get(name, ()) if source is not None else ())
        return tuple(found)


def _naming(source: Source, word: str) -> Iterator[Function]:
    """The functions whose text contains `word` as a whole word, each once."""
    seen = set[int]()
    for match in whole_word(word).finditer(source.text):
        function = source.function_at(match.start())
        if function is not None and function.ordinal not in seen:
            seen.add(function.ordinal)
            yield function


def _has_any(text: bytes, function: Function, words: frozenset[str]) -> bool:
    start, end = function.start, function.end
    return any(whole_word(word).search(text, start, end) for word in words)


def start_of(function: Function) -> Place:
    """Where the function starts."""
    row, column = function.node.start_point
    return Place(function.path, row + 1, column)


def is_macro(function: Function) -> bool:
    """Whether this is a macro that was converted to a function."""
    return ":" in function.path


def called_by(function: Function) -> str:
    """The name by which a function, or a macro that was converted to one, is called."""
    return function.path.split(":")[1] if is_macro(function) else function.name


def file_of(path: str) -> str:
    """The file of the tree that contains a function with that path; for a macro, too."""
    return path.partition(":")[0]
