# SPDX-License-Identifier: GPL-2.0-only
"""The operations of a registered MMU notifier, and the functions behind them. A notifier that only
handles the end of an address space does nothing when a page moves."""

from __future__ import annotations

from collections.abc import Mapping

from migrate.analysis.frontend.initializers import initialised
from migrate.analysis.ir.model import AccessPath, Value
from migrate.analysis.program.callers import Site
from migrate.analysis.program.program import Program

_AT_THE_END = frozenset({"release", "alloc_notifier", "free_notifier"})
"""The members of struct mmu_notifier_ops that are not called when pages move."""

_TAGS = ("mmu_notifier_ops", "mmu_interval_notifier_ops", "hmm_mirror_ops")
_INTERVAL = ("mmu_interval_notifier_insert", "mmu_interval_notifier_insert_locked")
_INTERVAL_OPS = 4
"""The argument with the operations in these functions; in others they are in the notifier."""


def when_pages_move(program: Program, site: Site) -> Mapping[str, str] | None:
    """The operations of the notifier registered at `site` that are called when a page moves, by
    member, each with the name of its function, "" for another value. None if the operations are not
    known: they must be in a variable of the file that is initialised with them."""
    given = _given(site)
    if given is None or site.facts.incomplete:
        return None
    known = _operations(program, site.facts.function.path)
    found: dict[str, str] = {}
    for name in given:
        members = known.get(name)
        if members is None:
            return None
        found |= {member: value for member, value in members if member not in _AT_THE_END}
    return found


def hears_only_the_end(program: Program, site: Site) -> bool:
    """Whether the function that registers a notifier at `site` gives it operations of its own file
    which only handle the end of the address space."""
    return when_pages_move(program, site) == {}


def _given(site: Site) -> list[str] | None:
    """The variables with operations that a registration may use; None if they are not known."""
    facts, call = site.facts, site.call
    if call.name in _INTERVAL:
        sources = [call.values(_INTERVAL_OPS)]
    elif call.name.startswith("mmu_notifier_get"):
        sources = [call.values(0)]
    else:
        notifiers = [v for v in call.values(0) if isinstance(v, AccessPath)]
        if len(notifiers) != 1:
            return None
        wanted = (notifiers[0].base, (*notifiers[0].members, "ops"))
        stored = [f for f in facts.flows if (f.target.base, f.target.members) == wanted]
        sources = [flow.sources for flow in stored if not flow.null]
    names = [_variable(values, site) for values in sources]
    return None if not names or None in names else [name for name in names if name]


def _variable(values: tuple[Value, ...], site: Site) -> str | None:
    """The single variable that `values` are, if it is not local to the function; None otherwise."""
    if len(values) != 1 or not isinstance(values[0], AccessPath) or values[0].members:
        return None
    return values[0].base if values[0].base not in site.facts.types else None


_Members = tuple[tuple[str, str], ...]


def _operations(program: Program, path: str) -> Mapping[str, _Members | None]:
    """The variables of the file that are operations of a notifier: the value of each member, None
    if it may be changed or is not understood."""
    source = program.source(path)
    found: dict[str, _Members | None] = {}
    for tag in _TAGS if source is not None else ():
        for made in initialised(source, tag) if source is not None else ():
            before = found.get(made.name, ())
            plain = made.const and made.members is not None and before is not None
            members = tuple(made.members.items()) if made.members is not None else ()
            found[made.name] = (*(before or ()), *members) if plain else None
    return found
