# SPDX-License-Identifier: GPL-2.0-only
"""What a registered MMU notifier is told, and by which functions; one that only hears of the end
of an address space undoes nothing when a page moves."""

from __future__ import annotations

from collections.abc import Mapping

from migrate.analysis.frontend.initializers import initialised
from migrate.analysis.ir.model import AccessPath, Value
from migrate.analysis.program.callers import Site
from migrate.analysis.program.program import Program

_AT_THE_END = frozenset({"release", "alloc_notifier", "free_notifier"})
"""The members of struct mmu_notifier_ops that have nothing to do with pages that move."""

_TAGS = ("mmu_notifier_ops", "mmu_interval_notifier_ops", "hmm_mirror_ops")
_INTERVAL = ("mmu_interval_notifier_insert", "mmu_interval_notifier_insert_locked")
_INTERVAL_OPS = 4
"""The argument of those that has the operations; others find them in the notifier."""


def when_pages_move(program: Program, site: Site) -> Mapping[str, str] | None:
    """What the notifier registered at `site` does when a page moves: the operations by their
    members, each with the name of its function, "" for another value. None when it is not known
    which operations it has: only those that a variable of the file has from the start are."""
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
    which are all about the end of the address space."""
    return when_pages_move(program, site) == {}


def _given(site: Site) -> list[str] | None:
    """The variables with operations that a registration may get; None when they are not known."""
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
        sources = [flow.sources for flow in stored]
    names = [_variable(values, site) for values in sources]
    return None if not names or None in names else [name for name in names if name]


def _variable(values: tuple[Value, ...], site: Site) -> str | None:
    """The one variable that is no local of the function which `values` are; None for others."""
    if len(values) != 1 or not isinstance(values[0], AccessPath) or values[0].members:
        return None
    return values[0].base if values[0].base not in site.facts.types else None


_Members = tuple[tuple[str, str], ...]


def _operations(program: Program, path: str) -> Mapping[str, _Members | None]:
    """The variables of the file that have operations of a notifier: their members with what those
    are, None for those that somebody may change or that are not understood."""
    source = program.source(path)
    found: dict[str, _Members | None] = {}
    for tag in _TAGS if source is not None else ():
        for made in initialised(source, tag) if source is not None else ():
            before = found.get(made.name, ())
            plain = made.const and made.members is not None and before is not None
            members = tuple(made.members.items()) if made.members is not None else ()
            found[made.name] = (*(before or ()), *members) if plain else None
    return found
