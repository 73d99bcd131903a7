# SPDX-License-Identifier: GPL-2.0-only
"""Who calls a function, and whether those are all that can."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from migrate.analysis.frontend.include_graph import IncludeGraph
from migrate.analysis.frontend.limits import MOST_CALLERS
from migrate.analysis.frontend.mentions import mentions
from migrate.analysis.frontend.syntax import Function, Source
from migrate.analysis.frontend.words import whole_word
from migrate.analysis.ir.model import Call, FunctionFacts
from migrate.analysis.model import Place
from migrate.analysis.place import FunctionId
from migrate.analysis.program.functions import Functions

_ADDRESS_TAKEN_OK = frozenset({"call_expression", "function_declarator", "preproc_arg"})


@dataclass(frozen=True)
class Site:
    """A call inside a function."""

    facts: FunctionFacts
    index: int

    @property
    def call(self) -> Call:
        return self.facts.calls[self.index]


def sites_at(functions: Functions, place: Place, function: str) -> Iterator[Site]:
    """The call at `place` inside one of the definitions of `function`."""
    source = functions.source(place.path)
    for definition in source.by_name.get(function, ()) if source is not None else ():
        facts = functions.facts(definition)
        for index, call in enumerate(facts.calls):
            if call.place == place:
                yield Site(facts, index)


ByPointer = Callable[[Function], tuple[Site, ...] | None]
"""The calls through members that hold a function; None when it may be called otherwise."""


class Callers:
    """The callers of functions of one tree, each looked for once."""

    def __init__(self, functions: Functions, wide: IncludeGraph, by_pointer: ByPointer) -> None:
        self._functions = functions
        self._wide = wide
        self._by_pointer = by_pointer
        self._known: dict[tuple[FunctionId, bool], tuple[tuple[Site, ...], bool]] = {}

    def forget(self) -> None:
        """Let go of all that was found."""
        self._known.clear()

    def of(self, function: Function, far: bool = False) -> tuple[tuple[Site, ...], bool]:
        """All calls of `function` in its scope, and whether those are all there can be; with `far`
        those of an inline function in the rest of the tree, too.

        They are not when its address is taken, or when a header for the whole kernel declares it;
        one that defines it does not matter when the files that see it are few enough.
        """
        key = (function.id, far)
        if key not in self._known:
            self._known[key] = self._find(function, far)
        sites, closed = self._known[key]
        return sites, closed or self._stated(function, sites)

    def _stated(self, function: Function, sites: Iterable[Site]) -> bool:
        """Whether a person says that these are all."""
        names = {site.facts.function.name for site in sites}
        return self._functions.contracts.knows_callers(function.name, function.path, names)

    def is_public(self, function: Function) -> bool:
        """Whether a header for the whole kernel names the function: any file may call it."""
        return not _is_private(function) and bool(self._headers(function))

    def _find(self, function: Function, far: bool) -> tuple[tuple[Site, ...], bool]:
        name = function.name
        paths, all_see = self._paths(function, far)
        calls = (site for path in paths for site in self._calls_in(path, function))
        sites = list(islice(calls, MOST_CALLERS + 1))
        if len(sites) > MOST_CALLERS:
            return tuple(sites[:MOST_CALLERS]), False
        closed = not any(self._address_taken(p, name) for p in paths)
        if not closed:
            by_pointer = self._by_pointer(function)
            closed = by_pointer is not None
            sites.extend(by_pointer or ())
        return tuple(sites), closed and all_see

    def _paths(self, function: Function, far: bool) -> tuple[tuple[str, ...], bool]:
        """The files that may call the function, and whether those are all."""
        if _is_private(function):
            return (function.path,), True
        near = self._functions.files_with(function.path, function.name)
        inline = function.path.startswith("include/")
        if not far or not inline:
            return near, not self._headers(function)
        seeing = [self._wide.files(h, function.name) for h in self._headers(function)]
        others = {path for paths in seeing for path in paths or ()} - set(near)
        return (*near, *sorted(others)), None not in seeing

    def _headers(self, function: Function) -> tuple[str, ...]:
        """The headers below include/ that name the function."""
        return tuple(self._functions.corpus.public_files(function.name))

    def _calls_in(self, path: str, function: Function) -> Iterator[Site]:
        for facts in self._functions.functions_with(path, function.name):
            for number, call in enumerate(facts.calls):
                if call.name == function.name and self._may_mean(path, function):
                    yield Site(facts, number)

    def _may_mean(self, path: str, function: Function) -> bool:
        source = self._functions.source(path) if path != function.path else None
        own = source.by_name.get(function.name, ()) if source is not None else ()
        return not any(other.static for other in own)

    def _address_taken(self, path: str, name: str) -> bool:
        source = self._functions.source(path)
        if source is None:
            return False
        if source.unread:
            return whole_word(name).search(source.text) is not None
        for mention in mentions(source, name):
            if mention.in_macro:
                return True  # whoever uses the macro calls it
            holder = mention.holder
            if mention.kind != "identifier" or not holder or holder in _ADDRESS_TAKEN_OK:
                continue
            if holder.endswith("_declarator") and holder != "init_declarator":
                continue
            if source.function_at(mention.at) is None and is_export(source, mention.at):
                continue
            return True
        return False


def _is_private(function: Function) -> bool:
    return function.static and function.path.endswith(".c")


def is_export(source: Source, at: int) -> bool:
    """Whether the line around `at` is an EXPORT_SYMBOL()."""
    start = source.text.rfind(b"\n", 0, at) + 1
    return source.text[start : start + 13] == b"EXPORT_SYMBOL"
