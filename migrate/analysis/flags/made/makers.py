# SPDX-License-Identifier: GPL-2.0-only
"""Functions that return new objects to each other, until one passes them on."""

from __future__ import annotations

from dataclasses import dataclass, field

from migrate.analysis.flags.asked import Predicate
from migrate.analysis.flags.made.constructors import Construction, allocated, construction
from migrate.analysis.flags.made.new_object import Flag, Life, Made, Object, Watched
from migrate.analysis.flags.terms import every_way
from migrate.analysis.ir.expressions import Choice, Expression, Variable, is_null, plain
from migrate.analysis.ir.instructions import Invoke, Leave
from migrate.analysis.ir.model import FunctionFacts
from migrate.analysis.place import FunctionId
from migrate.analysis.program.functions import is_macro
from migrate.analysis.program.program import Program

_MOST = 3
"""The maximum number of functions that return a new object to each other."""


@dataclass
class Makers:
    """The functions that make new objects, whose `member` and `flag` are followed."""

    program: Program
    member: str
    flag: str
    test: Predicate
    _made: dict[FunctionId, Made | None] = field(default_factory=dict)
    _by: dict[str, frozenset[str]] = field(default_factory=dict)
    """The functions that a function gets its objects from."""

    def construction(
        self, facts: FunctionFacts, owner: Variable, depth: int = 0
    ) -> Construction | None:
        """What a function does with the new objects in a variable; None if the variable may hold
        others."""

        def made(name: str, user: FunctionFacts) -> Made | None:
            return self.returned(name, user, depth + 1)

        watched = Watched(owner, self.member, self.flag, self.test)
        return construction(self.program, facts, watched, made)

    def behind(self, names: frozenset[str]) -> frozenset[str]:
        """The functions `names`, and those that they get their objects from."""
        found = names
        while more := frozenset(by for name in found for by in self._by.get(name, ())) - found:
            found |= more
        return found

    def returned(self, name: str, user: FunctionFacts, depth: int = 0) -> Made | None:
        """The new object that a call by `name` returns; None if it returns none."""
        meant = self.program.definitions(name, user.function.path) if name else ()
        if len(meant) != 1 or depth > _MOST:
            return None
        (function,) = meant
        if function.id not in self._made:
            self._made[function.id] = None  # ends the recursion of a function that calls itself
            self._made[function.id] = self._maker(self.program.facts(function), depth)
        return self._made[function.id]

    def _maker(self, facts: FunctionFacts, depth: int) -> Made | None:
        """The object that a function returns, if it is always new."""
        lowered = every_way(facts.lowered)
        if lowered is None or is_macro(facts.function):
            return None
        left = [v for i in lowered.order if isinstance(i, Leave) for v in _values(i)]
        owners = {v for v in left if isinstance(v, Variable)}
        made: set[Made | None] = set()
        for value in left:
            call = lowered.call_of(value)
            if call is not None and call.name not in ("ERR_PTR", "ERR_CAST"):
                made.add(self._allocated(call, facts, depth))
            elif call is None and value not in owners and not is_null(value):
                return None
        for owner in owners:
            made |= self._kept(facts, owner, depth)
        if None in made:
            return None
        if len(made) > 1:
            return Made(Flag.UNKNOWN)
        return made.pop() if made else None

    def _allocated(self, call: Invoke, facts: FunctionFacts, depth: int) -> Made | None:
        found = allocated(self.program, facts, call, self.test)
        if found is None and (given := self.returned(call.name, facts, depth + 1)) is not None:
            found = Made(given.flag if given.flag is not Flag.LINKED else Flag.UNKNOWN)
            before = self._by.get(facts.function.name, frozenset())
            self._by[facts.function.name] = before | {call.name}
        return found

    def _kept(self, facts: FunctionFacts, owner: Variable, depth: int) -> set[Made | None]:
        """The object that a function returns after making it in a variable."""
        found = self.construction(facts, owner, depth)
        if found is None:
            return {None}
        before = self._by.get(facts.function.name, frozenset())
        self._by[facts.function.name] = before | found.makers
        made: set[Made | None] = set()
        for i, state, _ in found.solution.before():
            if isinstance(i, Leave) and owner in _values(i) and state.life is not Life.NONE:
                new = state.life is Life.NEW
                made.add(_as_made(state, facts, found) if new else None)
        return made


def _values(leave: Leave) -> list[Expression]:
    """The values that a function may return there, without casts."""
    found: list[Expression] = []
    queue = [leave.value] if leave.value is not None else []
    while queue:
        value = plain(queue.pop())
        if isinstance(value, Choice):
            queue += [value.first, value.second]
        else:
            found.append(value)
    return found


def _as_made(state: Object, facts: FunctionFacts, found: Construction) -> Made:
    link = found.analysis.link
    if state.flag is not Flag.LINKED:
        return Made(state.flag)
    if state.linked is not None:
        return Made(Flag.SET if state.linked else Flag.CLEAR)
    if link is not None and link.name in facts.parameters:
        return Made(Flag.LINKED, facts.parameters.index(link.name))
    return Made(Flag.UNKNOWN)
