# SPDX-License-Identifier: GPL-2.0-only
"""What a call means that nothing nearby defines: the functions all over the tree that the compiler
and the linker may take for it.

The memory management is not looked into from elsewhere: with references to pages it does what
nobody else may, and data/kernel_api.toml has what its functions do. A namesake is none of them: it
is static, it belongs to another architecture, or no header that the caller can see declares it. Of
several, one a configuration, each may be meant.
"""

from __future__ import annotations

import re

from migrate.analysis.frontend.corpus import defines
from migrate.analysis.frontend.include_graph import IncludeGraph
from migrate.analysis.frontend.syntax import Function
from migrate.analysis.program.functions import Functions, file_of

_CORE = "mm/"
_MOST_FILES = 400
"""With more files that name a function it is one that everybody uses."""


class Linker:
    """The functions of one tree by name, each looked for once."""

    def __init__(self, functions: Functions, wide: IncludeGraph) -> None:
        self._functions = functions
        self._wide = wide
        self._known: dict[tuple[str, str], tuple[Function, ...]] = {}

    def forget(self) -> None:
        """Let go of all that was found."""
        self._known.clear()

    def meant(self, name: str, path: str) -> tuple[Function, ...]:
        """The definitions that a call of `name` in `path` may mean, wherever they are; none when
        that is not known."""
        key = (name, path)
        if key not in self._known:
            self._known[key] = tuple(self._find(name, file_of(path)) or ())
        return self._known[key]

    def is_stub(self, functions: tuple[Function, ...]) -> bool:
        """Whether what was found nearby may be what stands in for the real function where it is
        not configured: a public header that defines it under a condition declares it as well."""
        return bool(functions) and all(self._stands_in(f) for f in functions)

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
    """Whether no kernel has code of both: user mode Linux shares that of x86."""
    arches = {p.split("/")[1] for p in (one, other) if p.startswith("arch/")}
    return len(arches) > 1 and "um" not in arches
