# SPDX-License-Identifier: GPL-2.0-only
"""Whether a local variable is read after a loop that leaves another value in it.

A client of the solver: which value a variable holds, as in the analysis of reaching definitions
(Aho, Lam, Sethi, Ullman: Compilers, 9.2). Code that is not understood counts as a read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from migrate.analysis.ir.expressions import Expression, Variable, variables
from migrate.analysis.ir.instructions import (
    Declare,
    Instruction,
    Label,
    Lowered,
    Store,
    is_addressed,
    operands,
)
from migrate.analysis.paths.solver import Plain, Solution, solve
from migrate.rewrite.loops.lowered import Loop


class Held(Enum):
    """The origin of the value of a variable."""

    EARLIER = "one from before the loop was ever done"
    LEFT = "what the loop stored"
    LATER = "another, since"


def dead_after(lowered: Lowered, loop: Loop, name: str) -> bool:
    """Whether nothing can read the value that `loop` leaves in the local variable `name`."""
    found = [local for local in lowered.locals.values() if local.name.partition("#")[0] == name]
    if len(found) != 1 or lowered.macros.garbled or lowered.incomplete:
        return False
    (local,) = found
    if local.lasting or local.cleaned or is_addressed(lowered, local.name):
        return False
    if any(name in made.names for made in lowered.macros.loops):
        return False
    variable = Variable(local.name, True)
    solution = solve(_Holding(variable, loop), lowered.looping, Held.EARLIER)
    if not solution.settled:
        return False
    if not loop.sets_first and Held.LEFT in solution.entered.get(loop.head, ()):
        return False  # the loop itself reads it, in the next iteration
    return all(loop.has(start) for start in _reads(solution, variable))


def _reads(solution: Solution[Held], variable: Variable) -> Iterator[int]:
    """The bytes at which the value that the loop left in `variable` is read."""
    for instruction, held, _ in solution.before():
        if held is Held.LEFT and _is_read(instruction, variable):
            yield instruction.start
    for condition, held, _ in solution.asked():
        if held is Held.LEFT and variable in variables(condition.value):
            yield condition.start


def _is_read(instruction: Instruction, variable: Variable) -> bool:
    read: tuple[Expression, ...] = operands(instruction)
    if isinstance(instruction, Store) and instruction.operator == "=":
        read = read[:-1] if instruction.target == variable else read
    return any(variable in variables(expression) for expression in read)


@dataclass(frozen=True)
class _Holding(Plain[Held]):
    variable: Variable
    loop: Loop

    def transfer(self, instruction: Instruction, state: Held) -> Held:
        match instruction:
            case Store(target) if target == self.variable:
                if self.loop.has(instruction.start):
                    return Held.LEFT
                return Held.EARLIER if state is Held.EARLIER else Held.LATER
            case Declare(variable) if variable == self.variable:
                # Each iteration of a loop around the block has its own variable.
                return Held.EARLIER if state is Held.EARLIER else Held.LATER
            case Label() if state is Held.LATER:
                return Held.LEFT  # a macro may jump to here directly after the loop
        return state
