# SPDX-License-Identifier: GPL-2.0-only
"""Where a function must not sleep because of locks that it takes itself.

A lockset analysis of one function (Engler, Ashcraft, RacerX, SOSP 2003): the locks that are held on
a path. A call is under a lock if one is held on all paths to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from migrate.analysis.ir.expressions import Expression
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
    "kmap_atomic": ("kmap", True),
    "kunmap_atomic": ("kmap", False),
}
_OF_CALLER = "of the caller"
"""The family of a lock that the caller has taken and the function gives up, as __releases()
says."""

_CONTEXTS = frozenset(family for family, _ in _CONTEXT.values())
_TRYING = re.compile(r"(?:raw_)?(spin|read|write)_trylock(?:_bh|_irq|_irqsave)?")
_GUARDED = re.compile(
    r"(?:raw_)?spinlock(?:_\w+)?|(?:read|write)_lock(?:_\w+)?|rcu|preempt|irq|irqsave"
)
"""The classes of guard() and scoped_guard() in which nothing may sleep: include/linux/spinlock.h,
rcupdate.h, preempt.h and irqflags.h."""


@dataclass(frozen=True, order=True)
class Lock:
    """A lock, or another context in which sleeping is not allowed, that the call at `place`
    begins."""

    family: str
    which: str
    place: Place
    text: str


@dataclass(frozen=True)
class Locked:
    """For each call that is under a lock, by its number, one lock that is `held` there; and the
    calls before which the function may have `given` up a lock of its caller."""

    held: Mapping[int, Lock]
    given: frozenset[int] = frozenset()


def locks_at(lowered: Lowered) -> Locked:
    """The locks around the calls of a function."""
    guarded = dict(_in_guards(lowered))
    if not any(_change(c) or _TRYING.fullmatch(c.name) for c in lowered.calls.values()):
        return Locked(guarded)
    found: dict[int, Lock | None] = {}
    given = set[int]()
    for instruction, state, _ in solve(_Locks(lowered), lowered, frozenset()).before():
        if isinstance(instruction, Invoke):
            number = instruction.number
            own = [lock for lock in state if lock.family != _OF_CALLER]
            held = min(own) if own else None
            found[number] = held if number not in found or found[number] is not None else None
            given |= {number} if len(own) < len(state) else set()
    held_at = guarded | {number: lock for number, lock in found.items() if lock is not None}
    return Locked(held_at, frozenset(given))


def _in_guards(lowered: Lowered) -> Iterator[tuple[int, Lock]]:
    """The calls in the scope of a guard(), and in the block of a scoped_guard()."""
    for guard in lowered.calls.values():
        kind = guard.sources[0].strip() if guard.sources else ""
        if guard.name not in ("guard", "scoped_guard") or not _GUARDED.fullmatch(kind):
            continue
        lock = Lock("guard", kind, guard.place, guard.text)
        if guard.name == "guard":
            scope = range(guard.start, _end_of_block(lowered, guard.start))
        else:
            blocks = (b for b in lowered.macros.blocks if b.start > guard.start)
            scope = min(blocks, key=lambda block: block.start, default=range(0))
        yield from ((c.number, lock) for c in lowered.calls.values() if c.start in scope)


def _end_of_block(lowered: Lowered, at: int) -> int:
    """The end of the innermost statement with a block around the byte `at`, or of the function."""
    ends = [c.end for c in lowered.conditions if c.start < at < c.end]
    ends += [block.stop for block in lowered.macros.blocks if at in block]
    return min(ends, default=lowered.function.end)


_Held = frozenset[Lock]


class _Locks(Plain[_Held]):
    """The locks that are held, and those that were given up without having been taken here."""

    def __init__(self, lowered: Lowered) -> None:
        self.lowered = lowered

    def assume(self, condition: Expression, state: _Held) -> tuple[_Held, _Held]:
        """`if (spin_trylock(lock))`: the lock is held if it is true."""
        call = self.lowered.call_of(condition)
        match = _TRYING.fullmatch(call.name) if call is not None else None
        if call is None or match is None:
            return state, state
        which = call.sources[0].strip() if call.sources else ""
        return state | {Lock(match[1], which, call.place, call.text)}, state

    def transfer(self, instruction: Instruction, state: _Held) -> _Held:
        change = _change(instruction) if isinstance(instruction, Invoke) else None
        if change is None or not isinstance(instruction, Invoke):
            return state
        family, takes = change
        which = instruction.sources[0].strip() if instruction.sources else ""
        which = "" if family in _CONTEXTS else which
        left = frozenset(lock for lock in state if (lock.family, lock.which) != (family, which))
        if not takes:
            given = Lock(_OF_CALLER, which, instruction.place, instruction.text)
            return left if left != state else state | {given}
        return left | {Lock(family, which, instruction.place, instruction.text)}


def _change(call: Invoke) -> tuple[str, bool] | None:
    """What a call acquires (True) or releases."""
    if call.name in ("bit_spin_lock", "bit_spin_unlock"):
        return "bit", call.name == "bit_spin_lock"
    if call.name in _CONTEXT:
        return _CONTEXT[call.name]
    match = _SPINNING.fullmatch(call.name)
    return (match[1], not match[2]) if match else None
