# SPDX-License-Identifier: GPL-2.0-only
"""Resolves calls of functions that are not defined nearby: the functions of the whole tree that the
compiler and the linker may choose.

Functions of memory management are not analysed from other folders: they handle references to pages
in special ways, and data/kernel_api.toml describes their effects. A function with the same name is
excluded if it is static, belongs to another architecture, or is not declared in a header that the
caller can see. If there are several, for different configurations, each may be the callee.
"""

from __future__ import annotations

import re

from migrate.analysis.frontend.corpus import defines
from migrate.analysis.frontend.syntax import Function
from migrate.analysis.program.functions import Functions, file_of
from migrate.analysis.program.include_graph import IncludeGraph

_CORE = "mm/"
_MOST_FILES = 400
"""If more files name a function, it is a general one."""


class Linker:
    """The functions of one tree by name, each looked for once."""

    def __init__(self, functions: Functions, wide: IncludeGraph) -> None:
        self._functions = functions
        self._wide = wide
        self._known: dict[tuple[str, str], tuple[Function, ...]] = {}

    def forget(self) -> None:
        """Drop all results."""
        self._known.clear()

    def meant(self, name: str, path: str) -> tuple[Function, ...]:
        """The definitions that a call of `name` in `path` may mean, in the whole tree; none if that
        is not known."""
        key = (name, path)
        if key not in self._known:
            self._known[key] = tuple(self._find(name, file_of(path)) or ())
        return self._known[key]

    def is_stub(self, functions: tuple[Function, ...]) -> bool:
        """Whether the functions found nearby may be stubs for a real function that is configured
        out: a public header that defines one under a condition also declares it, and a weak one
        gives way to any other."""
        return bool(functions) and all(f.is_weak or self._stands_in(f) for f in functions)

    def _stands_in(self, function: Function) -> bool:
        if not is_public_header(function.path):
            return False
        declared = re.compile(
            rb"\b" + re.escape(function.name.encode()) + rb"\s*\([^;{}]*\)[^;{}()]*;"
        )
        text = self._functions.tree.read(function.path) or b""
        return bool(self._functions.facts(function).guards) and declared.search(text) is not None

    def _find(self, name: str, path: str) -> list[Function] | None:
        named = self._wide.mentioning(name) if name else ()
        if len(named) > _MOST_FILES or any(not p.endswith((".c", ".h")) for p in named):
            return None  # assembly may define it
        seen = {h for h in named if h.endswith(".h") and self._sees(path, h, name)}
        if not seen:
            return None
        found: list[Function] = []
        for file in named:
            if file.endswith(".h") and file not in seen:
                continue
            if _other_architecture(path, file) or file == path:
                continue
            if not defines(self._functions.tree.read(file) or b"", name):
                continue
            if file.startswith(_CORE) and not path.startswith(_CORE):
                return None
            source = self._functions.source(file)
            if source is None or source.unread:
                return None
            found += [f for f in source.by_name.get(name, ()) if not f.static or file in seen]
        return found

    def _sees(self, path: str, header: str, name: str) -> bool:
        if is_public_header(header):
            return not _other_architecture(path, header)
        seeing = self._wide.files(header, name)
        return seeing is None or path in seeing


def is_public_header(path: str) -> bool:
    """Whether it is a header for the whole kernel, or for all of one architecture."""
    return path.startswith("include/") or (path.startswith("arch/") and "/include/" in path)


def _other_architecture(one: str, other: str) -> bool:
    """Whether no kernel contains code of both: user mode Linux shares that of x86."""
    arches = {p.split("/")[1] for p in (one, other) if p.startswith("arch/")}
    return len(arches) > 1 and "um" not in arches
