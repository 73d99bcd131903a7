# SPDX-License-Identifier: GPL-2.0-only
"""Functions that make an object and hand it out through a parameter.

    static int make(const struct ops *ops, struct object **out)
    {
        struct object *new = kzalloc(sizeof(*new), GFP_KERNEL);

        new->ops = ops;
        *out = new;
        return 0;
    }

The caller gets an object with the operations that it passed, or none at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from migrate.analysis.flags.terms import every_way
from migrate.analysis.ir.expressions import (
    AddressOf,
    CallResult,
    Expression,
    Load,
    Member,
    Variable,
    is_null,
    plain,
    subexpressions,
)
from migrate.analysis.ir.instructions import Invoke, Leave, Lowered, Store, is_addressed, operands
from migrate.analysis.ir.model import FunctionFacts
from migrate.analysis.program.functions import is_macro
from migrate.analysis.program.program import Program
from migrate.analysis.program.visible_stores import is_set_by_macro, is_set_unseen

_MOST = 3
"""The maximum number of functions that hand an object out to each other."""


@dataclass(frozen=True)
class Handed:
    """What a function hands out through a parameter: an object with the value of its parameter
    number `given` in the member, or the part `part` of it."""

    given: int
    part: str = ""


@dataclass
class MadeThrough:
    """The functions that hand out objects with a member `word` that one of their parameters
    gives."""

    program: Program
    word: str
    _known: dict[tuple[str, str, int], Handed | None] = field(default_factory=dict)

    def given(self, facts: FunctionFacts, lowered: Lowered, owner: Variable) -> Expression | None:
        """What is in the member of the object in a local variable that has it from the one call
        that gets the address of the variable; None if it may have it from elsewhere."""
        found = self._from_call(facts, lowered, owner, 0)
        if found is None:
            return None
        call, handed = found
        return call.arguments[handed.given]

    def _from_call(
        self, facts: FunctionFacts, lowered: Lowered, owner: Variable, depth: int
    ) -> tuple[Invoke, Handed] | None:
        """The call that sets a variable, and what it gets there."""
        local = lowered.locals.get(owner.name)
        if local is None or local.parameter or local.lasting or local.type.depth != 1:
            return None
        address = AddressOf(owner)
        uses = [
            (i, operand)
            for i in lowered.order
            for operand in operands(i)
            for part in subexpressions(operand)
            if part == address
        ]
        stored = any(
            isinstance(i, Store) and i.target == owner and not is_null(i.value)
            for i in lowered.order
        )
        stored = stored or is_set_by_macro(self.program, lowered, owner)
        if stored or len(uses) != 1 or any(address in _parts(c.value) for c in lowered.conditions):
            return None
        call, operand = uses[0]
        if not isinstance(call, Invoke) or call.unclear or operand != address:
            return None
        position = call.arguments.index(address)
        handed = self._handed(call.name, facts.function.path, position, depth + 1)
        if handed is None or handed.given >= len(call.arguments):
            return None
        return call, handed

    def _handed(self, name: str, path: str, position: int, depth: int) -> Handed | None:
        key = (name, path, position)
        if key not in self._known:
            self._known[key] = None  # ends the recursion of a function that calls itself
            self._known[key] = self._find(name, path, position, depth)
        return self._known[key]

    def _find(self, name: str, path: str, position: int, depth: int) -> Handed | None:
        """What a function hands out through its parameter number `position`."""
        meant = self.program.definitions(name, path) if name else ()
        if len(meant) != 1 or depth > _MOST or is_macro(meant[0]):
            return None
        facts = self.program.facts(meant[0])
        lowered = every_way(facts.lowered)
        if lowered is None or position >= len(facts.parameters):
            return None
        out = Variable(facts.parameters[position], True)
        if not _only_points(lowered, out) or is_set_by_macro(self.program, lowered, Load(out)):
            return None
        values = [i.value for i in lowered.order if isinstance(i, Store) and i.target == Load(out)]
        found = {self._object(facts, lowered, value, depth) for value in values}
        return found.pop() if len(found) == 1 else None

    def _object(
        self, facts: FunctionFacts, lowered: Lowered, value: Expression, depth: int
    ) -> Handed | None:
        """The object, or the part of one, that a function hands out."""
        inner = plain(value)
        if isinstance(inner, AddressOf) and isinstance(inner.object, Member):
            part = inner.object
            if isinstance(part.object, Variable) and part.arrow:
                return self._of_variable(facts, lowered, part.object, part.name, depth)
            return None
        if isinstance(inner, CallResult):
            return self._around(facts, lowered, lowered.calls[inner.call], depth)
        if isinstance(inner, Variable):
            return self._of_variable(facts, lowered, inner, "", depth)
        return None

    def _of_variable(
        self, facts: FunctionFacts, lowered: Lowered, owner: Variable, part: str, depth: int
    ) -> Handed | None:
        if not is_addressed(lowered, owner.name):
            given = self._set_from(facts, lowered, owner)
            return Handed(given, part) if given is not None else None
        found = self._from_call(facts, lowered, owner, depth)
        if found is None or (found[1].part and part):
            return None
        call, handed = found
        given = self._parameter(facts, lowered, call.arguments[handed.given])
        return Handed(given, handed.part or part) if given is not None else None

    def _around(
        self, facts: FunctionFacts, lowered: Lowered, call: Invoke, depth: int
    ) -> Handed | None:
        """The object around a part that a function got from another one."""
        inner = plain(call.arguments[0]) if call.arguments else None
        if not isinstance(inner, Variable):
            return None
        found = self._of_variable(facts, lowered, inner, "", depth)
        if found is None or found.part != self._contained(facts, call):
            return None
        return Handed(found.given) if found.part else None

    def _contained(self, facts: FunctionFacts, call: Invoke) -> str:
        """The member by which a call goes from a part to the object; "" if it does anything
        else."""
        if call.name == "container_of":
            return _contained_as(call)
        meant = self.program.definitions(call.name, facts.function.path)
        if len(meant) != 1 or len(call.arguments) != 1:
            return ""
        inner = self.program.facts(meant[0])
        left = [i for i in inner.lowered.order if isinstance(i, Leave) and i.value is not None]
        if len(left) != 1 or len(inner.parameters) != 1 or left[0].value is None:
            return ""
        within = inner.lowered.call_of(left[0].value)
        if within is None or within.name != "container_of" or not within.arguments:
            return ""
        same = plain(within.arguments[0]) == Variable(inner.parameters[0])
        return _contained_as(within) if same else ""

    def _set_from(self, facts: FunctionFacts, lowered: Lowered, owner: Variable) -> int | None:
        """The parameter that the one store to the member of an object gives it."""
        local = lowered.locals.get(owner.name)
        if local is None or local.parameter or local.lasting:
            return None
        stores = [
            i
            for i in lowered.order
            if isinstance(i, Store) and isinstance(i.target, Member) and i.target.name == self.word
        ]
        if len(stores) != 1 or stores[0].target != Member(owner, self.word, True):
            return None
        if stores[0].operator != "=":
            return None
        return self._parameter(facts, lowered, stores[0].value)

    def _parameter(self, facts: FunctionFacts, lowered: Lowered, value: Expression) -> int | None:
        """The number of the parameter that a value is, if the function never changes it."""
        inner = plain(value)
        if not isinstance(inner, Variable) or inner.name not in facts.parameters:
            return None
        stored = any(isinstance(i, Store) and i.target == inner for i in lowered.order)
        changed = stored or is_set_unseen(self.program, lowered, inner)
        return None if changed else facts.parameters.index(inner.name)


def _contained_as(call: Invoke) -> str:
    """The last argument of container_of(); the one before it is a type."""
    return call.sources[-1].strip() if len(call.sources) > 2 else ""


def _parts(value: Expression) -> set[Expression]:
    return set(subexpressions(value))


def _only_points(lowered: Lowered, out: Variable) -> bool:
    """Whether a parameter is only used to read or write what it points to."""
    every = [o for i in lowered.order for o in operands(i)] + [c.value for c in lowered.conditions]
    named = sum(part == out for value in every for part in subexpressions(value))
    loaded = sum(part == Load(out) for value in every for part in subexpressions(value))
    return named == loaded
