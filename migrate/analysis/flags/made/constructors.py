# SPDX-License-Identifier: GPL-2.0-only
"""How a function initialises a new object, before other code can reach it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from migrate.analysis.flags.asked import Predicate
from migrate.analysis.flags.made.new_object import (
    Flag,
    Life,
    Made,
    Making,
    Object,
    Watched,
    flag_for,
)
from migrate.analysis.flags.terms import every_way
from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.heap.fresh_memory import allocates
from migrate.analysis.ir.expressions import Expression, Variable, is_null, plain
from migrate.analysis.ir.instructions import Invoke, Leave, Lowered, Store
from migrate.analysis.ir.model import FunctionFacts
from migrate.analysis.paths.solver import Solution, solve
from migrate.analysis.place import Place
from migrate.analysis.program.functions import is_macro
from migrate.analysis.program.program import Program
from migrate.analysis.program.visible_stores import is_set_unseen

_ZEROED = re.compile("zalloc|calloc")
"""Parts of the names of allocators that return zeroed memory."""


Maker = Callable[[str, FunctionFacts], Made | None]
"""The new object that a call by a name in a function returns; None if it returns none."""


@dataclass(frozen=True)
class Construction:
    """What a function does with the new objects in one variable."""

    analysis: Making
    solution: Solution[Object]
    makers: frozenset[str]
    """The functions that it gets them from, without allocators."""

    def before(self, place: Place) -> set[Object]:
        """The possible states of the object before the instruction at `place`."""
        return {s for i, s, _ in self.solution.before() if getattr(i, "place", None) == place}

    def ends(self) -> Iterator[tuple[Object, bool]]:
        """The states of the object where other code can reach it, with True, or where the function
        drops it before that. An object that was passed on can be reached before the function
        returns."""
        for i, state, _ in self.solution.before():
            if state.life is Life.OUT:
                yield state, True
            elif state.life is Life.NEW and isinstance(i, Leave):
                yield state, self.returns(i)
            elif state.life is Life.NEW and self.analysis.lets_go(i):
                yield state, False

    def returns(self, leave: Leave) -> bool:
        """Whether the function returns the object there."""
        return leave.value is not None and self.analysis.holds(leave.value)


def construction(
    program: Program, facts: FunctionFacts, watched: Watched, maker: Maker
) -> Construction | None:
    """What a function does with the new objects in a variable; None if the variable may hold
    others, or the function is not understood well enough."""
    lowered, name = every_way(facts.lowered), watched.owner.name
    local = facts.lowered.locals.get(name)
    if lowered is None or is_macro(facts.function) or local is None:
        return None
    if local.parameter or local.lasting or local.cleaned:
        return None
    if is_set_unseen(program, lowered, watched.owner):
        return None
    stores = [i for i in lowered.order if isinstance(i, Store) and i.target == watched.owner]
    made: dict[Expression, Made] = {}
    makers = set()
    for store in stores:
        if store.operator != "=":
            return None
        if is_null(store.value):
            continue
        call = lowered.call_of(store.value)
        if call is None:
            return None
        found = allocated(program, facts, call, watched.test)
        if found is None:
            found = maker(call.name, facts)
            makers.add(call.name)
        if found is None:
            return None
        made[store.value] = found
    if not made:
        return None
    link = _linked(program, facts, lowered, watched, made)
    analysis = Making(program, facts, lowered, watched, made, link)
    solution = solve(analysis, lowered, Object())
    return Construction(analysis, solution, frozenset(makers)) if solution.settled else None


def allocated(program: Program, facts: FunctionFacts, call: Invoke, test: Predicate) -> Made | None:
    """The new object that a call of an allocator returns; None for any other call."""
    name = call.name
    if name in knowledge().same_memory or not allocates(program, name, facts.function.path):
        return None
    zero = _ZEROED.search(name) or any("__GFP_ZERO" in text for text in call.sources)
    return Made(flag_for(test.holds(0)) if zero else Flag.UNKNOWN)


def _linked(
    program: Program,
    facts: FunctionFacts,
    lowered: Lowered,
    watched: Watched,
    made: dict[Expression, Made],
) -> Variable | None:
    """The one variable that the flag of the object is set from; none if it may change."""
    values = [
        plain(i.value)
        for i in lowered.order
        if isinstance(i, Store) and i.target == watched.flagged
    ]
    for value, new in made.items():
        call = lowered.call_of(value)
        if new.flag is Flag.LINKED and call is not None:
            values += [plain(a) for a in call.arguments[new.parameter : new.parameter + 1]]
    found = {v for v in values if isinstance(v, Variable) and v.name in facts.types}
    if len(found) != 1:
        return None
    (variable,) = found
    stores = [i for i in lowered.order if isinstance(i, Store) and i.target == variable]
    given = variable.name in facts.parameters
    kept = not stores if given else len(stores) == 1
    return variable if kept and not is_set_unseen(program, lowered, variable) else None
