# SPDX-License-Identifier: GPL-2.0-only
"""Who calls a function, and whether those are all that can."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from migrate.analysis.corpus import whole_word
from migrate.analysis.fact_model import Call, FunctionFacts
from migrate.analysis.functions import Functions, scope_of
from migrate.analysis.syntax import Function, Source

_ADDRESS_TAKEN_OK = frozenset({"call_expression", "function_declarator", "preproc_arg"})


@dataclass(frozen=True)
class Site:
    """A call inside a function."""

    facts: FunctionFacts
    index: int

    @property
    def call(self) -> Call:
        return self.facts.calls[self.index]


class Callers:
    """The callers of functions of one tree, each looked for once."""

    def __init__(self, functions: Functions) -> None:
        self._functions = functions
        self._known: dict[str, tuple[tuple[Site, ...], bool]] = {}

    def of(self, function: Function) -> tuple[tuple[Site, ...], bool]:
        """All calls of `function` in its scope, and whether those are all there can be.

        They are not when its address is taken, or when a header outside its scope declares it.
        """
        key = scope_of(function)
        if key not in self._known:
            private = function.static and function.path.endswith(".c")
            path, name = function.path, function.name
            paths = (path,) if private else self._functions.files_with(path, name)
            sites: list[Site] = []
            for other in paths:
                sites.extend(self._calls_in(other, function))
            closed = not any(self._address_taken(p, name) for p in paths)
            if not private:
                closed = closed and not self._public(name)
            self._known[key] = (tuple(sites), closed)
        return self._known[key]

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
        for match in whole_word(name).finditer(source.text):
            node = source.root.descendant_for_byte_range(match.start(), match.end())
            if node is not None and node.type == "preproc_arg":
                return True  # whoever uses the macro calls it
            if node is None or node.type != "identifier" or node.parent is None:
                continue
            parent = node.parent
            if parent.type in _ADDRESS_TAKEN_OK:
                continue
            if parent.type.endswith("_declarator") and parent.type != "init_declarator":
                continue
            if source.function_at(match.start()) is None and self._is_export(source, parent):
                continue
            return True
        return False

    @staticmethod
    def _is_export(source: Source, parent: Node) -> bool:
        start = source.text.rfind(b"\n", 0, parent.start_byte) + 1
        return source.text[start : start + 13] == b"EXPORT_SYMBOL"

    def _public(self, name: str) -> bool:
        """Whether a header below include/ names the function."""
        return bool(self._functions.corpus.public_files(name))
