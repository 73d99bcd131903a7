# SPDX-License-Identifier: GPL-2.0-only
"""Whether a call means a function of the kernel that the table knows, or one of its own file."""

from __future__ import annotations

from migrate.analysis.functions import Functions
from migrate.analysis.knowledge import KernelFunction, knowledge


def known_callee(functions: Functions, name: str, path: str) -> KernelFunction | None:
    """What is known about the function that a call of `name` in `path` means: nothing when the
    file has a static function by that name, which hides the kernel's own; one of a header for the
    whole kernel is the kernel's own."""
    found = knowledge().lookup(name)
    if found is None or path.startswith("include/"):
        return found
    source = functions.source(path)
    own = source.by_name.get(name, ()) if source is not None else ()
    return None if any(f.static for f in own) else found
