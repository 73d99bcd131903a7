# SPDX-License-Identifier: GPL-2.0-only
"""Whether a call means a function of the kernel that the table knows, or one of its own file; and
what the table says about where its results come from."""

from __future__ import annotations

from migrate.analysis.functions import Functions
from migrate.analysis.knowledge import KernelFunction, knowledge
from migrate.analysis.trace import ADDRESS, PAGE, PHYSICAL, SCATTER


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


def origin_form(name: str, result: str) -> str:
    """The form of the argument from which `name` makes its result."""
    if result == PAGE:
        if name.startswith(("sg_", "skb_")):
            return SCATTER
        return PHYSICAL if name.startswith(("pfn_", "phys_")) else ADDRESS
    if result == PHYSICAL and name in ("virt_to_phys", "__pa"):
        return ADDRESS
    return PHYSICAL if name in ("phys_to_virt", "__va") else PAGE


def put_in(known: KernelFunction, position: int, count: int) -> list[int]:
    """The arguments of which something goes into argument `position`: those that anything happens
    to. Lengths and offsets come behind them and are not in the table."""
    listed = [n for n in range(min(len(known.effects), count) or count) if n != position]
    return [n for n in listed if known.effect(n)] or listed
