# SPDX-License-Identifier: GPL-2.0-only
"""Where a function must not sleep because of locks that it takes itself.

A lockset analysis of one function (Engler, Ashcraft, RacerX, SOSP 2003): the locks that are held on
a path. A call is under a lock if one is held on all paths to it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from migrate.analysis.ir.instructions import Instruction, Invoke, Lowered
from migrate.analysis.model import Place
from migrate.analysis.paths.solver import Plain, solve

_SPINNING = re.compile(r"(?:raw_)?(spin|read|write)_(un)?lock(?:_bh|_irq|_irqsave|_irqrestore)?")
_CONTEXT = {
    "local_irq_disable": ("irq", True),
    "local_irq_save": ("irq", True),
    "local_irq_enable": ("irq", False),
    "local_irq_restore": ("irq", False),
    "local_bh_disable": ("bh", True),
    "local_bh_enable": ("bh", False),
    "preempt_disable": ("preempt", True),
    "preempt_enable": ("preempt", False),
    "rcu_read_lock": ("rcu", True),
    "rcu_read_unlock": ("rcu", False),
}


@dataclass(frozen=True, order=True)
class Lock:
    """A lock, or another context in which sleeping is not allowed, that the call at `place`
    begins."""

    family: str
    which: str
    place: Place
    text: str


def locks_at(lowered: Lowered) -> dict[int, Lock]:
    """For each call that is under a lock, by its number, one lock that is held there."""
    if not any(_change(call) for call in lowered.calls.values()):
        return {}
    found: dict[int, Lock | None] = {}
    for instruction, state, _ in solve(_Locks(), lowered, frozenset()).before():
        if isinstance(instruction, Invoke):
            number = instruction.number
            held = min(state) if state else None
            found[number] = held if number not in found or found[number] is not None else None
    return {number: lock for number, lock in found.items() if lock is not None}


_Held = frozenset[Lock]


class _Locks(Plain[_Held]):
    """The locks that are held."""

    def transfer(self, instruction: Instruction, state: _Held) -> _Held:
        change = _change(instruction) if isinstance(instruction, Invoke) else None
        if change is None or not isinstance(instruction, Invoke):
            return state
        family, takes = change
        which = instruction.sources[0].strip() if instruction.sources else ""
        which = "" if family in ("irq", "bh", "preempt", "rcu") else which
        left = frozenset(lock for lock in state if (lock.family, lock.which) != (family, which))
        if not takes:
            return left
        return left | {Lock(family, which, instruction.place, instruction.text)}


def _change(call: Invoke) -> tuple[str, bool] | None:
    """What a call acquires (True) or releases."""
    if call.name in _CONTEXT:
        return _CONTEXT[call.name]
    match = _SPINNING.fullmatch(call.name)
    return (match[1], not match[2]) if match else None
