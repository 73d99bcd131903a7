# SPDX-License-Identifier: GPL-2.0-only
"""What conditions say about the flag of an object in a variable, if the flag never changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from migrate.analysis.flags.asked import IS_SET, Asked, Predicate, asked
from migrate.analysis.flags.terms import every_way
from migrate.analysis.ir.expressions import Expression, Member, Variable
from migrate.analysis.ir.instructions import Instruction, Invoke, Leave, Store
from migrate.analysis.ir.model import FunctionFacts
from migrate.analysis.paths.solver import Plain, solve
from migrate.analysis.place import Place
from migrate.analysis.program.program import Program
from migrate.analysis.program.visible_stores import is_set_unseen


class Said(Enum):
    """What is known about the flag of an object."""

    YES = "set"
    NO = "not set"
    EITHER = "not known"

    @property
    def answers(self) -> frozenset[bool]:
        """The possible results of the test of the flag."""
        both = frozenset({True, False})
        return both if self is Said.EITHER else frozenset({self is Said.YES})


def said_before(
    program: Program, facts: FunctionFacts, flag: Member, test: Predicate, start: Said
) -> dict[Place, frozenset[bool]]:
    """The possible results of the test of the flag before each instruction; empty if the function
    is not understood. `start` is what is known at the entry of the function."""
    lowered = every_way(facts.lowered)
    if lowered is None:
        return {}
    answers = _answers(program, facts, flag, test)
    solution = solve(_Tested(program, facts.function.path, flag, test, answers), lowered, start)
    found: dict[Place, frozenset[bool]] = {}
    for i, state, _ in solution.before() if solution.settled else ():
        if isinstance(i, Store | Invoke | Leave):
            found[i.place] = found.get(i.place, frozenset()) | state.answers
    return found


def _answers(
    program: Program, facts: FunctionFacts, flag: Member, test: Predicate
) -> dict[Variable, Asked]:
    """The variables that only hold the result of the test of the flag of one object."""
    lowered = facts.lowered
    stores: dict[Expression, list[Store]] = {}
    for i in lowered.order:
        if isinstance(i, Store):
            stores.setdefault(i.target, []).append(i)
    owner = flag.object
    local = lowered.locals.get(owner.name) if isinstance(owner, Variable) else None
    if local is None or len(stores.get(owner, ())) > (0 if local.parameter else 1):
        return {}
    found: dict[Variable, Asked] = {}
    for target, made in stores.items():
        kept = lowered.locals.get(target.name) if isinstance(target, Variable) else None
        if kept is None or kept.parameter or kept.lasting or len(made) > 1:
            continue
        said = asked(program, made[0].value, facts.function.path)
        if made[0].operator != "=" or said is None or (said.flag, said.test) != (flag, test):
            continue
        if isinstance(target, Variable) and not is_set_unseen(program, lowered, target):
            found[target] = said
    return found


@dataclass(frozen=True)
class _Tested(Plain[Said]):
    program: Program
    path: str
    flag: Member
    test: Predicate
    answers: Mapping[Variable, Asked]

    def transfer(self, instruction: Instruction, state: Said) -> Said:
        if isinstance(instruction, Store) and instruction.target == self.flag.object:
            return Said.EITHER
        return state

    def assume(self, condition: Expression, state: Said) -> tuple[Said | None, Said | None]:
        found = asked(self.program, condition, self.path)
        if found is not None and isinstance(found.flag, Variable) and found.test == IS_SET:
            answer = self.answers.get(found.flag)
            found = answer and replace(answer, positive=answer.positive is found.positive)
        if found is None or found.flag != self.flag:
            return state, state
        yes, no = self._said(found, True, state), self._said(found, False, state)
        return (yes, no) if found.positive else (no, yes)

    def _said(self, found: Asked, answer: bool, state: Said) -> Said | None:
        """What is known after a result of the test; None if this result is impossible."""
        if found.test == self.test:
            said = answer
        elif found.test.equal is not None and answer:
            said = self.test.holds(found.test.equal)
        else:
            return state
        if said not in state.answers:
            return None
        return Said.YES if said else Said.NO
