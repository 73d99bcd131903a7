# SPDX-License-Identifier: GPL-2.0-only
"""Whether a call that asks for no pages can become fixup_user_fault(): what the code shows, or why
not.

Such a call only faults in one page of another address space. GUP may drop the lock for that and
reports this through `locked`; fixup_user_fault() may drop it as well, but always returns with the
lock held. So the code after the call has to release the lock if it is still held, and do nothing
else before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from migrate.analysis.ir.expressions import (
    AddressOf,
    CallResult,
    Constant,
    Expression,
    Member,
    Variable,
    variable_name,
)
from migrate.analysis.ir.instructions import (
    Condition,
    Instruction,
    Invoke,
    Lowered,
    Store,
    all_expressions,
)
from migrate.analysis.model import Acquire, Place
from migrate.analysis.paths.balance import is_understood
from migrate.analysis.program.callers import sites_at
from migrate.analysis.program.program import Program

FROM = "get_user_pages_remote"
"""The only function with `locked` that is called for no pages."""

FLAGS = {"0": "FAULT_FLAG_REMOTE", "FOLL_WRITE": "FAULT_FLAG_WRITE | FAULT_FLAG_REMOTE"}
"""The flags of fixup_user_fault() for gup_flags; GUP adds FAULT_FLAG_REMOTE by itself. No other
flag has a counterpart, not even FOLL_HWPOISON."""

UNLOCKED = "unlocked"
"""The kernel's usual name for the variable that fixup_user_fault() sets."""

_LOCKS = ("mmap_lock", "mmap_sem")
_MENTIONS = 3
"""How often the variable occurs in the function: its declaration, the call, and the test after
it."""


@dataclass(frozen=True)
class FaultSite:
    """The call at `place`: `locked` is the variable that says whether the lock is still held, and
    is tested at `asked` by the `if` that releases the lock; `flags` are those of
    fixup_user_fault()."""

    place: Place
    locked: str
    asked: Place
    flags: str


def fault_site(program: Program, acquire: Acquire) -> FaultSite | str:
    """The replacement of the call, or why there is none, without a full stop."""
    found = [*sites_at(program, acquire.place, acquire.function)]
    lowered = found[0].facts.lowered if len(found) == 1 else None
    call = lowered.calls.get(found[0].index) if lowered is not None else None
    if lowered is None or call is None or call.unclear or not is_understood(lowered):
        return "the call is not understood"
    if call.start not in lowered.statements or CallResult(call.number) in all_expressions(lowered):
        return "what the call returns is used"
    flags = FLAGS.get(acquire.argument("gup_flags", "flags") or "")
    if flags is None:
        return f"it knows no counterpart to the flags {acquire.argument('gup_flags', 'flags')}"
    if acquire.name != FROM or acquire.inside is not None or acquire.argument("pages") != "NULL":
        return f"it takes the place of {FROM}() alone"
    one = acquire.argument("nr_pages") == "1" and acquire.argument("vmas") in (None, "NULL")
    if not one or acquire.argument("tsk") not in (None, "NULL"):
        return "it faults in one page, on nobody's account"
    if Variable(UNLOCKED) in all_expressions(lowered) or UNLOCKED in lowered.locals:
        return f"there is another {UNLOCKED} already"
    locked = _locked(lowered, acquire, call)
    asked = _given_back(lowered, call, locked) if locked else None
    if asked is None:
        return "the lock is not given back at once where it is still held"
    return FaultSite(acquire.place, locked, asked.place, flags)


def _locked(lowered: Lowered, acquire: Acquire, call: Invoke) -> str:
    """The plain variable that is 1 before the call, and has no other use in the function."""
    given = dict(zip(acquire.roles, call.arguments, strict=False)).get("locked")
    if not isinstance(given, AddressOf) or not isinstance(given.object, Variable):
        return ""
    name = given.object.name
    local = lowered.locals.get(name)
    if local is None or local.parameter or local.lasting or local.cleaned:
        return ""
    if (local.type.tag, local.type.depth, local.type.array) != ("int", 0, False):
        return ""
    begins = [
        i
        for i in lowered.order
        if isinstance(i, Store) and i.initial and i.target == given.object and i.operator == "="
    ]
    ones = [i for i in begins if i.value == Constant("1") and i.guards == call.guards]
    count = sum(e == given.object for e in all_expressions(lowered))
    return name if len(begins) == len(ones) == 1 and count == _MENTIONS else ""


def _given_back(lowered: Lowered, call: Invoke, locked: str) -> Condition | None:
    """The `if` that releases the lock, if it comes next and does nothing else."""
    after = [i for i in lowered.order if i.start > call.start]
    asked = [c for c in lowered.conditions if variable_name(c.value) == locked and c.alone]
    if len(asked) != 1 or not after or asked[0].start < call.start:
        return None
    (condition,) = asked
    first = after[0]
    inside = [i for i in after if i.start < condition.end]
    jumps = any(call.start < jump < condition.end for jump in lowered.jumps)
    if inside != [first] or jumps or condition.asked > first.start:
        return None
    return condition if _gives_back(first, call) else None


def _gives_back(instruction: Instruction, call: Invoke) -> bool:
    """Whether it releases the lock of the address space in `call`, as a reader."""
    if not isinstance(instruction, Invoke) or instruction.guards != call.guards:
        return False
    given: Sequence[Expression] = instruction.arguments
    if len(given) != 1 or instruction.unclear:
        return False
    if instruction.name == "mmap_read_unlock":
        return given[0] in call.arguments[:2]
    lock = given[0].object if isinstance(given[0], AddressOf) else None
    if instruction.name != "up_read" or not isinstance(lock, Member):
        return False
    return lock.arrow and lock.name in _LOCKS and lock.object in call.arguments[:2]
