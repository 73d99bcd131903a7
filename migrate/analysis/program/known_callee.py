# SPDX-License-Identifier: GPL-2.0-only
"""Whether a call means a function of the kernel's API that the table lists, or one of its own
file."""

from __future__ import annotations

import re

from migrate.analysis.frontend.kernel_api import Effect, KernelFunction
from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.frontend.macros import is_defined
from migrate.analysis.frontend.syntax import Source
from migrate.analysis.program.functions import Functions, is_macro


def known_callee(functions: Functions, name: str, path: str) -> KernelFunction | None:
    """The entry for the function that a call of `name` in `path` means: None if the file has a
    static function or a macro with that name, or a header of its driver has one, which hides the
    kernel's function; one in a header for the whole kernel is the kernel's function.

    Entries that match a prefix of a name do not apply to functions that the driver defines.
    """
    found = knowledge().lookup(name)
    if path.startswith("include/"):
        return found
    if found is None:
        other = functions.stands_for(name, path)
        return known_callee(functions, other, path) if other else None
    source = functions.source(path)
    if source is not None and _is_of_file(functions, source, name):
        return None
    if not _is_hidden(functions, name, path) or _is_stand_in(functions, name, path, found):
        return found
    return None


def _is_of_file(functions: Functions, source: Source, name: str) -> bool:
    """Whether a file has a static function or a macro of its own with that name, for this version
    of the kernel."""
    static = any(f.static for f in functions.compiled(source, name))
    return static or is_defined(source, name, functions.tree.version)


def _is_stand_in(functions: Functions, name: str, path: str, known: KernelFunction) -> bool:
    """Whether a driver's own function replaces one that maps for a device, judging by its name:
    `#define dma_map_x own_dma_map_x`, for kernels that lack it. Then a device gets the page."""
    return Effect.DMA in known.effects and renamed(functions, name, path).endswith(f"_{name}")


def _is_hidden(functions: Functions, name: str, path: str) -> bool:
    key = (name, functions.corpus.scope_folder(path))
    if key not in functions.hidden:
        functions.hidden[key] = _hides(functions, name, path)
    return functions.hidden[key]


def _hides(functions: Functions, name: str, path: str) -> bool:
    """Whether the folder of `path` has a function or a macro with the name of one of the
    kernel's."""
    if _is_macro_of_headers(functions, name, path):
        return True
    exact = name in knowledge().exact  # the linker accepts only one
    if not exact and functions.corpus.public_files(name):
        return False
    for file in functions.corpus.defining_files(path, name):
        source = None if exact and not file.endswith(".h") else functions.source(file)
        own = functions.compiled(source, name) if source is not None else ()
        if any(not f.static or file.endswith(".h") for f in own):
            return True
    return False


def _is_macro_of_headers(functions: Functions, name: str, path: str) -> bool:
    """Whether a header of the folder of `path` has a macro with that name, for this version of the
    kernel."""
    if name not in functions.corpus.header_macros(path):
        return False
    headers = (f for f in functions.files_with(path, name) if f.endswith(".h"))
    sources = (s for s in map(functions.source, headers) if s is not None)
    return any(is_defined(source, name, functions.tree.version) for source in sources)


def renamed(functions: Functions, name: str, path: str) -> str:
    """The single name that a macro `name` near `path` expands to; "" if there is none, or
    several."""
    texts = functions.corpus.scope(path)
    macro = re.compile(
        rb"^[ \t]*#[ \t]*define[ \t]+" + name.encode() + rb"[ \t]+(\w+)[ \t]*$", re.M
    )
    files = [f for f in functions.files_with(path, name) if f == path or f.endswith(".h")]
    found = {match.decode() for file in files for match in macro.findall(texts[file])}
    return found.pop() if len(found) == 1 else ""


def takes_values(functions: Functions, name: str, path: str) -> bool:
    """Whether a function with that name gets its arguments by value only."""
    known = known_callee(functions, name, path)
    if known is not None:
        return not known.stores
    meant = functions.definitions(name, path)
    return bool(meant) and not any(is_macro(f) for f in meant)
