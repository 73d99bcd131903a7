# SPDX-License-Identifier: GPL-2.0-only
"""Whether memory is new, so that nobody else has its address or has stored anything in it.

Only data/kernel_api.toml says which calls allocate: see :func:`allocates`. After such a call an
escape analysis of one variable in one function follows: the memory is fresh until its address is
passed on.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from migrate.analysis.ir.expressions import (
    AddressOf,
    CallResult,
    Element,
    Expression,
    Load,
    Member,
    Variable,
    parts,
)
from migrate.analysis.ir.instructions import Instruction, Invoke, Lowered, Store, is_addressed
from migrate.analysis.ir.model import Call, FunctionFacts, Result, Value
from migrate.analysis.paths.solver import Plain, solve
from migrate.analysis.paths.variables import plain_stores
from migrate.analysis.program.functions import is_macro
from migrate.analysis.program.known_callee import known_callee
from migrate.analysis.program.program import Program


def allocates(program: Program, name: str, path: str) -> bool:
    """Whether a call of `name` in `path` returns new memory."""
    known = known_callee(program, name, path)
    return known is not None and known.allocates


def is_new(program: Program, facts: FunctionFacts, values: tuple[Value, ...]) -> bool:
    """Whether all of `values` are memory that was just allocated by calls."""
    path = facts.function.path
    return all(
        isinstance(v, Result) and allocates(program, facts.calls[v.call].name, path) for v in values
    )


def is_fresh(program: Program, facts: FunctionFacts, call: Call, variable: str) -> bool:
    """Whether, on every path to `call`, the local `variable` points to memory that was allocated in
    this function and was not passed to any other function since."""
    lowered = facts.lowered
    if variable in facts.parameters or is_macro(facts.function):
        return False
    if lowered.unsure or is_addressed(lowered, variable):
        return False
    analysis = _Fresh(program, lowered, variable, _aliases(lowered, variable))
    solution = solve(analysis, lowered, False)
    reached = {
        state
        for instruction, state, _ in solution.before()
        if isinstance(instruction, Invoke) and instruction.start == call.start
    }
    return solution.settled and reached == {True}


def _aliases(lowered: Lowered, variable: str) -> frozenset[str]:
    """The variable, and those that get a value derived from it."""
    found = {variable}
    while True:
        more = {name for name, value in plain_stores(lowered) if lowered.mentions(value, found)}
        if more <= found:
            return frozenset(found)
        found |= more


@dataclass(frozen=True)
class _Fresh(Plain[bool]):
    """Its state is whether the memory is fresh."""

    program: Program
    lowered: Lowered
    variable: str
    aliases: Collection[str]

    def transfer(self, instruction: Instruction, state: bool) -> bool:
        match instruction:
            case Invoke(arguments=arguments):
                given = any(self._is_handed_out(argument) for argument in arguments)
                return state and not (given and not self._is_bytes(instruction))
            case Store(Variable(name), value) if name == self.variable:
                return instruction.operator == "=" and self._allocates(value)
            case Store(Variable(local=True)):
                return state  # it is an alias already, and analysed as one
            case Store(target, value) if _root(target) not in self.aliases:
                return state and not self._is_handed_out(value)
        return state

    def _is_bytes(self, call: Invoke) -> bool:
        """Whether the call only copies bytes, or frees."""
        known = known_callee(self.program, call.name, self.lowered.function.path)
        return known is not None and not known.keeps

    def _allocates(self, value: Expression) -> bool:
        call = self.lowered.call_of(value)
        path = self.lowered.function.path
        return call is not None and allocates(self.program, call.name, path)

    def _is_handed_out(self, value: Expression) -> bool:
        """Whether `value` contains the address that one of the variables holds; the address of a
        member counts, its value does not."""
        queue = [value]
        while queue:
            match queue.pop():
                case Variable(name) if name in self.aliases:
                    return True
                case AddressOf(inner) if self.lowered.mentions(inner, self.aliases):
                    return True
                case Member():
                    continue
                case CallResult(number):
                    queue.extend(self.lowered.calls[number].arguments)
                case other:
                    queue.extend(parts(other))
        return False


def _root(target: Expression) -> str:
    """The variable from which members and elements are taken; "" for arithmetic, which may lead to
    other memory."""
    current = target
    while isinstance(current, (Member, Load, Element, AddressOf)):
        current = parts(current)[0]
    return current.name if isinstance(current, Variable) else ""
