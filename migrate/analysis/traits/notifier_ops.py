# SPDX-License-Identifier: GPL-2.0-only
"""What a registered MMU notifier is told: one that only hears of the end of an address space
undoes nothing when a page moves."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.analysis.frontend.initializers import initialised
from migrate.analysis.ir.model import AccessPath
from migrate.analysis.program.callers import Site
from migrate.analysis.program.program import Program

_AT_THE_END = frozenset({"release", "alloc_notifier", "free_notifier"})
"""The members of struct mmu_notifier_ops that have nothing to do with pages that move."""


def hears_only_the_end(program: Program, site: Site) -> bool:
    """Whether the function that registers a notifier at `site` gives it operations of its own file
    which are all about the end of the address space."""
    facts, call = site.facts, site.call
    notifiers = [v for v in call.values(0) if isinstance(v, AccessPath)]
    if len(notifiers) != 1 or facts.incomplete:
        return False
    wanted = (notifiers[0].base, (*notifiers[0].members, "ops"))
    given = [f for f in facts.flows if (f.target.base, f.target.members) == wanted]
    known: dict[str, bool] = {}
    for name, about_the_end in _operations(program, facts.function.path):
        known[name] = about_the_end and known.get(name, True)
    return bool(given) and all(
        len(flow.sources) == 1
        and isinstance(flow.sources[0], AccessPath)
        and not flow.sources[0].members
        and flow.sources[0].base not in facts.types
        and known.get(flow.sources[0].base, False)
        for flow in given
    )


def _operations(program: Program, path: str) -> Iterator[tuple[str, bool]]:
    """The variables of the file that are a struct mmu_notifier_ops, and whether all that each
    sets is about the end."""
    source = program.source(path)
    for made in initialised(source, "mmu_notifier_ops") if source is not None else ():
        yield made.name, made.const and made.members is not None and made.members <= _AT_THE_END
