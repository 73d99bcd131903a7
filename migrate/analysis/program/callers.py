# SPDX-License-Identifier: GPL-2.0-only
"""The callers of a function, and whether all of them are known.

The tree is the whole program: the kernel has no interface for modules outside of it
(Documentation/process/stable-api-nonsense.rst), so a search of the whole tree finds all callers of
an exported function. Users with modules elsewhere say so (`open_world`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from migrate.analysis.frontend.limits import MOST_CALLERS
from migrate.analysis.frontend.mentions import Mention, mentions
from migrate.analysis.frontend.syntax import Function, Source
from migrate.analysis.gaps import UNKNOWN_SOURCES, Gap, GapKind
from migrate.analysis.ir.model import Call, FunctionFacts
from migrate.analysis.model import Place
from migrate.analysis.place import FunctionId
from migrate.analysis.program.functions import (
    Functions,
    called_by,
    file_of,
    is_macro,
    start_of,
)
from migrate.analysis.program.include_graph import IncludeGraph
from migrate.analysis.program.macro_sites import calls_in_macro
from migrate.kernel.words import whole_word

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


ByPointer = Callable[[Function, tuple[str, ...], bool], tuple[Site, ...] | None]
"""The calls through members that contain a function which these files name, in the whole tree or
only nearby; None if it may be called in other ways."""


@dataclass(frozen=True)
class _Found:
    """The calls of a function, whether they are complete, whether the whole tree was searched for
    them, and a place that names it and is not understood."""

    sites: tuple[Site, ...]
    closed: bool
    searched: bool = False
    unread: Place | None = None


class Callers:
    """The callers of functions of one tree, each looked for once."""

    def __init__(self, functions: Functions, wide: IncludeGraph, by_pointer: ByPointer) -> None:
        self._functions = functions
        self._wide = wide
        self._by_pointer = by_pointer
        self._known: dict[tuple[FunctionId, bool], _Found] = {}

    def forget(self) -> None:
        """Drop all results."""
        self._known.clear()

    def of(self, function: Function, far: bool = False) -> tuple[tuple[Site, ...], bool]:
        """All calls of `function` in its scope, and whether they are complete; with `far` also
        those in the rest of the tree, if a header for the whole kernel declares it.

        They are incomplete if its address is taken, if such a header declares it and `far` is
        false, or if too many files name it.
        """
        found = self._all(function, far)
        return found.sites, found.closed

    def none(self, function: Function, far: bool = False) -> bool:
        """Whether it is known that the function is never called."""
        found = self._all(function, far)
        return found.closed and not found.sites and (function.static or found.searched)

    def gap(self, function: Function, far: bool, kind: GapKind) -> Gap:
        """The gap if not all callers are known: the place that names the function and is not
        understood, or else the gap of `kind` about the function as a whole."""
        unread = self._all(function, far).unread
        if unread is None or not far:
            return Gap(kind, start_of(function), function=called_by(function))
        back = kind in UNKNOWN_SOURCES
        named = GapKind.SOURCE_FUNCTION_NAMED if back else GapKind.FUNCTION_NAMED
        return Gap(named, unread, function=function.name)

    def _all(self, function: Function, far: bool) -> _Found:
        key = (function.id, far)
        if key not in self._known:
            found = self._find(function, far)
            stated = self._stated(function, found.sites)
            self._known[key] = replace(found, closed=True, unread=None) if stated else found
        return self._known[key]

    def _stated(self, function: Function, sites: Iterable[Site]) -> bool:
        """Whether a contract says that these are all."""
        names = {site.facts.function.name for site in sites}
        return self._functions.contracts.knows_callers(function.name, function.path, names)

    def is_public(self, function: Function) -> bool:
        """Whether a header for the whole kernel, or for all of an architecture, names the function:
        any file may call it."""
        if _is_private(function):
            return False
        return bool(self._headers(function)) or self._of_architecture(function)

    def _find(self, function: Function, far: bool) -> _Found:
        if is_macro(function) and not function.path.startswith("include/"):
            return self._uses(function)
        name = function.name
        named, all_see = self._paths(function, far)
        paths = tuple(p for p in named if self._may_mean(p, function))
        calls = (site for path in paths for site in self._calls_in(path, function))
        sites = list(islice(calls, MOST_CALLERS + 1))
        if len(sites) > MOST_CALLERS:
            return _Found(tuple(sites[:MOST_CALLERS]), False)
        unread = next((at for p in paths if (at := self._address_taken(p, name))), None)
        if unread is not None:
            by_pointer = self._by_pointer(function, paths, far)
            unread = None if by_pointer is not None else unread
            sites.extend(by_pointer or ())
        searched = far and not self._functions.open_world and self.is_public(function)
        return _Found(tuple(sites), unread is None and all_see, searched, unread)

    def _uses(self, macro: Function) -> _Found:
        """All uses of a driver's own macro, and whether it is named nowhere else: in another macro,
        in a preprocessor condition, or in code that is not understood."""
        name, home = called_by(macro), file_of(macro.path)
        alone = home.endswith(".c") and not self._wide.is_mixed(home)
        paths = (home,) if alone else self._functions.files_with(home, name)
        sites = [
            Site(facts, number)
            for path in paths
            for facts in self._functions.functions_with(path, name)
            for number, call in enumerate(facts.calls)
            if call.name == name and macro in self._functions.definitions(name, path)
        ]
        used = {(site.facts.function.path, site.call.start) for site in sites}
        closed = len(sites) <= MOST_CALLERS and not any(
            not mention.is_definition and (path, mention.at) not in used
            for path in paths
            for mention in self._written(path, name)
        )
        return _Found(tuple(sites), closed and (alone or not self._wide.is_shared(home)))

    def _written(self, path: str, name: str) -> Iterator[Mention]:
        source = self._functions.source(path)
        for mention in mentions(source, name) if source is not None else ():
            if mention.kind not in ("comment", "string_content"):
                yield mention

    def _paths(self, function: Function, far: bool) -> tuple[tuple[str, ...], bool]:
        """The files that may call the function, and whether these are all."""
        if _is_private(function):
            return (function.path,), True
        near = self._functions.files_with(function.path, function.name)
        headers = self._headers(function)
        if not far or not (headers or self._of_architecture(function)):
            return near, not headers
        if function.path.startswith("include/"):
            seeing = [self._calling(header, function.name) for header in headers]
        elif self._functions.open_world:
            return near, not headers
        else:
            self._wide.expect(self._above(function))
            seeing = [self._wide.few(self._wide.mentioning(function.name))]
        others = {path for paths in seeing for path in paths or ()} - set(near)
        return (*near, *sorted(others)), None not in seeing

    def _calling(self, header: str, name: str) -> tuple[str, ...] | None:
        """The files that may call a function of a public header: those that see it, or for a header
        that too many files see, all that name the function; None if there are too many."""
        seeing = self._wide.files(header, name)
        return seeing if seeing is not None else self._wide.few(self._wide.mentioning(name))

    def _above(self, function: Function) -> Iterator[str]:
        """The public functions in the same file that call `function`, directly or not: they
        probably pass its result on to their callers."""
        source = self._functions.source(function.path)
        others = source.functions if source is not None else ()
        found, fresh = {function.name}, [function.name]
        while fresh and source is not None:
            word = whole_word(fresh.pop())
            for other in others:
                if other.name not in found and word.search(source.text, other.start, other.end):
                    found.add(other.name)
                    fresh.append(other.name)
                    if self.is_public(other):
                        yield other.name

    def _headers(self, function: Function) -> tuple[str, ...]:
        """The headers below include/ that name the function."""
        return tuple(self._functions.corpus.public_files(function.name))

    def _of_architecture(self, function: Function) -> bool:
        """Whether a header for all of one architecture names the function."""
        folder = "/".join(function.path.split("/")[:2]) + "/include/"
        here = folder.startswith("arch/")
        return here and bool(self._functions.files_with(folder, function.name))

    def _calls_in(self, path: str, function: Function) -> Iterator[Site]:
        for facts in self._functions.functions_with(path, function.name):
            for number, call in enumerate(facts.calls):
                if call.name == function.name:
                    yield Site(facts, number)
        for mention in self._written(path, function.name):
            if mention.is_first_in_macro:
                yield from (Site(*call) for call in calls_in_macro(self._functions, mention))

    def _may_mean(self, path: str, function: Function) -> bool:
        """Whether the linker may resolve the name in a file to `function`: not if the file defines
        a function with that name, or if it is in the folder of another driver that does."""
        if path == function.path:
            return True
        source = self._functions.source(path) if path.endswith((".c", ".h")) else None
        own = source.by_name.get(function.name, ()) if source is not None else ()
        if any(other.static or path.endswith(".c") for other in own):
            return False
        corpus = self._functions.corpus
        if path.startswith("include/") or not path.endswith(".c"):
            return True
        if corpus.scope_folder(path) == corpus.scope_folder(function.path):
            return True
        return not any(
            not other.static
            for near in corpus.defining_files(path, function.name)
            if near.endswith(".c") and (parsed := self._functions.source(near)) is not None
            for other in parsed.by_name.get(function.name, ())
        )

    def _address_taken(self, path: str, name: str) -> Place | None:
        """The first place in a file that names the function other than to call or declare it."""
        if not path.endswith((".c", ".h")):
            return Place(path, 1, 0)
        source = self._functions.source(path)
        if source is None:
            return None
        if source.unread:
            return Place(path, 1, 0) if whole_word(name).search(source.text) is not None else None
        for mention in mentions(source, name):
            if mention.is_defined_by_itself:
                continue
            if mention.is_looked_up:
                return mention.place
            if mention.in_macro:
                if not calls_in_macro(self._functions, mention):
                    return mention.place  # every user of the macro may call it
                continue
            holder = mention.holder
            if mention.kind != "identifier" or not holder or holder in _ADDRESS_TAKEN_OK:
                continue
            if holder.endswith("_declarator") and holder != "init_declarator":
                continue
            if source.function_at(mention.at) is None and is_export(source, mention.at):
                continue
            return mention.place
        return None


def _is_private(function: Function) -> bool:
    return function.static and function.path.endswith(".c")


def is_export(source: Source, at: int) -> bool:
    """Whether the line around `at` is an EXPORT_SYMBOL()."""
    start = source.text.rfind(b"\n", 0, at) + 1
    return source.text[start : start + 13] == b"EXPORT_SYMBOL"
