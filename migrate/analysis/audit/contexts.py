# SPDX-License-Identifier: GPL-2.0-only
"""Releases that may sleep, where nothing may: under a spinlock, in a tasklet, an interrupt handler.

unpin_user_pages_dirty_lock() and set_page_dirty_lock() wait for the lock of the page; see the
comment of the latter in the kernel. DSAC (Bai, Lawall, Hu, Effective Detection of
Sleep-in-Atomic-Context Bugs in the Linux Kernel, ACM TOCS 2020) looks for all such calls.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from migrate.analysis.audit.model import AuditRule, Finding
from migrate.analysis.frontend.syntax import Function
from migrate.analysis.ir.expressions import AddressOf, Expression, Member, Variable, plain
from migrate.analysis.ir.instructions import Invoke, Store
from migrate.analysis.ir.model import FunctionFacts
from migrate.analysis.model import Evidence, PinGroup, Place, UseKind
from migrate.analysis.paths.locks import locks_at
from migrate.analysis.program.callers import Site, sites_at
from migrate.analysis.program.program import Program
from migrate.analysis.traits.traits import is_implementation_file

_SLEEPING = re.compile(
    r"(?:un)?(?:put|pin)_user_page\w*_dirty_lock|(?:set_page|folio_mark)_dirty_lock"
)
_ATOMIC = {
    "tasklet_init": (1, "a tasklet"),
    "tasklet_setup": (1, "a tasklet"),
    "timer_setup": (1, "a timer"),
    "setup_timer": (1, "a timer"),
    "hrtimer_setup": (1, "a timer"),
    "request_irq": (1, "an interrupt handler"),
    "devm_request_irq": (2, "an interrupt handler"),
    "call_rcu": (1, "an RCU callback"),
    "init_irq_work": (1, "an interrupt handler"),
    "usb_fill_bulk_urb": (5, "the completion of a USB request"),
    "usb_fill_int_urb": (5, "the completion of a USB request"),
}
"""Functions that are told what to call where nothing may sleep: the argument, and what it is."""

_COMPLETIONS = {"bi_end_io": "the completion of a bio"}
_ASKING = re.compile(r"in_(?:interrupt|atomic|irq|softirq|task|hardirq)|irqs_disabled|preemptible")
_DEEPEST = 4


@dataclass(frozen=True)
class Contexts:
    """Asks who calls a release of `program`."""

    program: Program

    def findings(self, group: PinGroup) -> Iterator[Finding]:
        """The releases of `group`, and what marks its pages dirty, where nothing may sleep."""
        dirty = ((u.place, u.function) for u in group.uses if u.kind is UseKind.DIRTY)
        places = {*dirty, *((r.place, r.function) for r in group.releases)}
        for place, function in sorted(places):
            for site in sites_at(self.program, place, function):
                if _sleeps(site) and not is_implementation_file(place.path):
                    way = self._forbidden(site.facts, site.index, _DEEPEST)
                    if way:
                        yield _finding(site, way)

    def _forbidden(self, facts: FunctionFacts, number: int, depth: int) -> tuple[Evidence, ...]:
        """Why call `number` of a function must not sleep, from there outwards; () when it may."""
        if any(_ASKING.fullmatch(call.name) for call in facts.calls):
            return ()
        lock = locks_at(facts.lowered).get(number)
        if lock is not None:
            return (Evidence(lock.place, "nothing may sleep from here on", lock.text),)
        given = self._given(facts.function)
        if given is not None:
            return (given,)
        sites = self.program.callers.of(facts.function)[0] if depth else ()
        for caller in sites:
            if caller.facts.function.id == facts.function.id:
                continue
            way = self._forbidden(caller.facts, caller.index, depth - 1)
            if way:
                call = caller.call
                return (Evidence(call.place, f"calls {facts.function.name}()", call.text), *way)
        return ()

    def _given(self, function: Function) -> Evidence | None:
        """Where `function` is given to somebody who calls it where nothing may sleep."""
        for path in self.program.files_with(function.path, function.name):
            for facts in self.program.functions_with(path, function.name):
                for instruction in facts.lowered.order:
                    what = _registered(instruction, function.name)
                    if what is not None and isinstance(instruction, (Invoke, Store)):
                        return Evidence(instruction.place, f"made {what}", instruction.text)
        return None


def _registered(instruction: object, name: str) -> str | None:
    match instruction:
        case Invoke(name=called, arguments=arguments) if called in _ATOMIC:
            position, what = _ATOMIC[called]
            return what if position < len(arguments) and _is(arguments[position], name) else None
        case Store(target, value):
            member = plain(target)
            if isinstance(member, Member) and member.name in _COMPLETIONS and _is(value, name):
                return _COMPLETIONS[member.name]
    return None


def _is(value: Expression, name: str) -> bool:
    inner = plain(value)
    inner = plain(inner.object) if isinstance(inner, AddressOf) else inner
    return isinstance(inner, Variable) and inner.name == name


def _sleeps(site: Site) -> bool:
    """Whether the call waits for the lock of a page: not when it is told that nothing is dirty."""
    if not _SLEEPING.fullmatch(site.call.name):
        return False
    last = site.facts.lowered.calls[site.index].sources[-1:]
    return last not in (("false",), ("0",))


def _finding(site: Site, way: tuple[Evidence, ...]) -> Finding:
    call = site.call
    message = f"{call.name}() may sleep, and is called where nothing may."
    where: Place = call.place
    return Finding(where, site.facts.function.name, AuditRule.SLEEPS, message, call.text, way)
