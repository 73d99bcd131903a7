# SPDX-License-Identifier: GPL-2.0-only
"""Releases that may sleep in atomic context: under a spinlock, in a tasklet, in an interrupt
handler.

unpin_user_pages_dirty_lock() and set_page_dirty_lock() wait for the lock of the page; see the
comment of the latter in the kernel. DSAC (Bai, Lawall, Hu, Effective Detection of
Sleep-in-Atomic-Context Bugs in the Linux Kernel, ACM TOCS 2020) looks for all such calls.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from migrate.analysis.audit.atomic_callbacks import made_atomic
from migrate.analysis.audit.model import AuditRule, Finding
from migrate.analysis.ir.model import FunctionFacts
from migrate.analysis.model import Evidence, PinGroup, Place, UseKind
from migrate.analysis.paths.locks import locks_at
from migrate.analysis.program.callers import Site, sites_at
from migrate.analysis.program.program import Program
from migrate.analysis.traits.traits import is_implementation_file

_SLEEPING = re.compile(
    r"(?:un)?(?:put|pin)_user_page\w*_dirty_lock|(?:set_page|folio_mark)_dirty_lock"
)
_ASKING = re.compile(r"in_(?:interrupt|atomic|irq|softirq|task|hardirq)|irqs_disabled|preemptible")
_DEEPEST = 4


@dataclass(frozen=True)
class Contexts:
    """Examines the callers of a release in `program`."""

    program: Program

    def findings(self, group: PinGroup) -> Iterator[Finding]:
        """The releases of `group`, and calls that mark its pages dirty, in atomic context."""
        dirty = ((u.place, u.function) for u in group.uses if u.kind is UseKind.DIRTY)
        places = {*dirty, *((r.place, r.function) for r in group.releases)}
        for place, function in sorted(places):
            for site in sites_at(self.program, place, function):
                if _sleeps(site) and not is_implementation_file(place.path):
                    way = self._forbidden(site.facts, site.index, _DEEPEST)
                    if way:
                        yield _finding(site, way)

    def _forbidden(
        self, facts: FunctionFacts, number: int, depth: int, unlocked: bool = False
    ) -> tuple[Evidence, ...]:
        """Why call number `number` of a function must not sleep, in the function or in its callers;
        () if it may. If the caller is `unlocked`, its locks do not count."""
        if any(_ASKING.fullmatch(call.name) for call in facts.calls):
            return ()
        locks = locks_at(facts.lowered)
        lock = locks.held.get(number) if not unlocked else None
        if lock is not None:
            return (Evidence(lock.place, "nothing may sleep from here on", lock.text),)
        given = made_atomic(self.program, facts.function)
        if given is not None:
            return (given,)
        unlocked = unlocked or number in locks.given
        sites = self.program.callers.of(facts.function)[0] if depth else ()
        for caller in sites:
            if caller.facts.function.id == facts.function.id:
                continue
            way = self._forbidden(caller.facts, caller.index, depth - 1, unlocked)
            if way:
                call = caller.call
                return (Evidence(call.place, f"calls {facts.function.name}()", call.text), *way)
        return ()


def _sleeps(site: Site) -> bool:
    """Whether the call waits for the lock of a page: not if its argument says that nothing is
    dirty."""
    if not _SLEEPING.fullmatch(site.call.name):
        return False
    last = site.facts.lowered.calls[site.index].sources[-1:]
    return last not in (("false",), ("0",))


def _finding(site: Site, way: tuple[Evidence, ...]) -> Finding:
    call = site.call
    message = f"{call.name}() may sleep, and is called where nothing may."
    where: Place = call.place
    return Finding(where, site.facts.function.name, AuditRule.SLEEPS, message, call.text, way)
