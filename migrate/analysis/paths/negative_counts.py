# SPDX-License-Identifier: GPL-2.0-only
"""Error codes that reach a release as its number of pages.

A taint analysis of one function: which variables may hold the negative value that an acquire
returned? Sinks are the unsigned count of a bulk release, and the end of a loop with an unsigned
comparison. Code that is not understood is assumed not to hold one.

An error is not less than an unsigned number, so that `if (ret < nr)` takes it for success; from
there on each release of the array is a sink.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from migrate.analysis.frontend.kernel_api import RELEASE_EFFECTS
from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.ir.expressions import (
    AddressOf,
    Binary,
    Cast,
    Evaluated,
    Expression,
    Unary,
    Variable,
    is_zero,
    plain,
    subexpressions,
)
from migrate.analysis.ir.instructions import (
    Condition,
    Instruction,
    Invoke,
    Lowered,
    Select,
    Store,
    operands,
)
from migrate.analysis.ir.unsigned_tests import TypeOf, is_made_unsigned
from migrate.analysis.model import Acquire, Place
from migrate.analysis.paths.acquire_results import MIRRORED, argument
from migrate.analysis.paths.release_loops import UNSIGNED, Loops
from migrate.analysis.paths.solver import Trail, solve
from migrate.analysis.paths.variables import path_of, plain_stores

_SIGNED = frozenset({"int", "long", "long int", "long long", "ssize_t", "signed int", "s32", "s64"})


@dataclass(frozen=True)
class NegativeCount:
    """At `place`, `variable` is the number of pages to release, and may be the error code of
    `acquire`: as an argument of `release`, or, without one, as the end of a loop. `trail` has the
    conditions on the path to it.

    `passed` is the condition that took the error for success. With it, `variable` is "" where
    something else says how many pages to release."""

    place: Place
    text: str
    release: str
    variable: str
    acquire: Acquire
    trail: Trail
    passed: Condition | None = None


def negative_counts(
    lowered: Lowered,
    acquires: Mapping[Place, Acquire],
    unsigned_count: Callable[[str], int | None],
    type_of: TypeOf,
) -> Iterator[NegativeCount]:
    """The releases in a function that may get a negative count, or pages that were never taken.

    `unsigned_count` says which argument of a function is an unsigned number of pages, `type_of`
    what the type of a member is.
    """
    analysis = _Error(lowered, acquires, type_of)
    if not analysis.starts:
        return
    found: dict[Place, NegativeCount] = {}
    solution = solve(analysis, lowered, _NO_ERROR)
    for instruction, state, trail in solution.before():
        if not isinstance(instruction, Invoke) or state.acquire is None:
            continue
        position = unsigned_count(instruction.name)
        counted = position is not None and position < len(instruction.arguments)
        name = state.holds(instruction.arguments[position or 0]) if counted else ""
        if name or (state.passed is not None and analysis.releases(instruction, state)):
            place, text, release = instruction.place, instruction.text, instruction.name
            passed = _condition(state.passed, trail)
            found[place] = NegativeCount(place, text, release, name, state.acquire, trail, passed)
    ends = Loops.of(lowered).ends
    for condition, state, trail in solution.asked():
        if state.acquire is None or id(condition) not in ends:
            continue
        name = analysis.is_end(condition.value, state)
        if name:
            place, text = condition.place, condition.text
            passed = _condition(state.passed, trail)
            count = NegativeCount(place, text, "", name, state.acquire, trail, passed)
            found.setdefault(place, count)
    yield from found.values()


def _condition(value: Expression | None, trail: Trail) -> Condition | None:
    """The last condition of a path that is `value`."""
    met = (c for c, _ in reversed(trail) if value is not None and c.value == value)
    return next(met, None)


@dataclass(frozen=True)
class _State:
    """The acquire whose error code the variables `names` may hold, None for no error; `passed` is
    the comparison that took the error for success."""

    acquire: Acquire | None = None
    names: frozenset[str] = frozenset()
    passed: Expression | None = None

    def holds(self, value: Expression) -> str:
        """The variable among `names` that `value` is, in the source's spelling; "" for anything
        else."""
        inner = value.operand if isinstance(value, Evaluated) else value
        is_one = isinstance(inner, Variable) and inner.name in self.names
        return inner.written if is_one and isinstance(inner, Variable) else ""


_NO_ERROR = _State()


class _Error:
    """Which variables may hold the error of an acquire."""

    def __init__(
        self, lowered: Lowered, acquires: Mapping[Place, Acquire], type_of: TypeOf
    ) -> None:
        self.lowered, self.acquires, self.type_of = lowered, acquires, type_of
        self.starts = {
            name for name, value in plain_stores(lowered) if self._acquire(value) is not None
        }

    @cached_property
    def _followed(self) -> frozenset[str]:
        """Plain integers whose address is not taken, since they could be changed through a
        pointer."""
        names = self._unsigned | {
            local.name
            for local in self.lowered.locals.values()
            if local.type.depth == 0 and " ".join(local.type.tag.split()) in _SIGNED
        }
        taken = {
            e.object.name
            for instruction in self.lowered.order
            for operand in operands(instruction)
            for e in subexpressions(operand)
            if isinstance(e, AddressOf) and isinstance(e.object, Variable)
        }
        return frozenset(names - taken)

    @cached_property
    def _unsigned(self) -> frozenset[str]:
        return frozenset(
            local.name
            for local in self.lowered.locals.values()
            if local.type.depth == 0 and " ".join(local.type.tag.split()) in UNSIGNED
        )

    @cached_property
    def _computed(self) -> Mapping[str, frozenset[str]]:
        """For each variable those that are computed from it: testing one may test both."""
        found: dict[str, set[str]] = {}
        for name, value in plain_stores(self.lowered):
            if isinstance(plain(value), Variable):
                continue  # copies are tracked separately
            for part in self.lowered.behind(value):
                if isinstance(part, Variable):
                    found.setdefault(part.name, set()).add(name)
        return {name: frozenset(names) for name, names in found.items()}

    def transfer(self, instruction: Instruction, state: _State) -> _State:
        if isinstance(instruction, Store) and isinstance(instruction.target, Variable):
            return self._stored(instruction.target.name, instruction, state)
        if isinstance(instruction, Select) and self._mentions(instruction.value, state):
            return _NO_ERROR
        if state.passed is not None and self._is_told(instruction, state):
            return _NO_ERROR
        return state

    def _is_told(self, instruction: Instruction, state: _State) -> bool:
        """Whether somebody else gets to know the error."""
        match instruction:
            case Invoke():
                return any(self._mentions(value, state) for value in instruction.arguments)
            case Store():
                return self._mentions(instruction.value, state)
        return False

    def releases(self, call: Invoke, state: _State) -> bool:
        """Whether `call` drops what the acquire of `state` should have stored."""
        known = knowledge().lookup(call.name)
        if known is None or known.effect(0) not in RELEASE_EFFECTS or not call.arguments:
            return False
        taken = next((c for c in self.lowered.calls.values() if self._is_of(c, state)), None)
        if taken is None or state.acquire is None:
            return False
        pages = argument(state.acquire, taken, "pages", "page", "pagep")
        return pages is not None and path_of(pages) == path_of(call.arguments[0]) != ()

    def _is_of(self, call: Invoke, state: _State) -> bool:
        return state.acquire is not None and call.place == state.acquire.place

    def _stored(self, name: str, store: Store, state: _State) -> _State:
        acquire = self._acquire(store.value) if store.operator == "=" else None
        if name not in self._followed:
            return state
        if acquire is not None:
            return _State(acquire, frozenset({name}))
        same = store.operator == "=" and bool(state.holds(plain(store.value)))
        names = state.names | {name} if same else state.names - {name}
        return replace(state, names=names) if names or state.passed is not None else _NO_ERROR

    def meet(self, state: _State, _others: Collection[_State]) -> _State:
        return state

    def assume(self, condition: Expression, state: _State) -> tuple[_State, _State]:
        """After any comparison, the variable counts as not negative."""
        if state.holds(condition) or self._is_error(condition, state):
            return state, _NO_ERROR
        if isinstance(condition, Binary) and condition.operator in MIRRORED:
            kind, left, right = condition.operator, condition.left, condition.right
            if state.holds(plain(right)):
                kind, left, right = MIRRORED[kind], right, left
            name = plain(left)
            if isinstance(name, Variable) and name.name in state.names:
                if kind in ("<", "<=") and self._is_made_unsigned(left, right):
                    return _NO_ERROR, replace(state, passed=condition)
                return self._compared(kind, left, right, state)
        return (_NO_ERROR, _NO_ERROR) if self._mentions(condition, state) else (state, state)

    def _compared(
        self, kind: str, left: Expression, right: Expression, state: _State
    ) -> tuple[_State, _State]:
        negative = isinstance(right, Unary) and right.operator == "-"
        if self._mentions(right, state) or negative:
            return _NO_ERROR, _NO_ERROR
        if self._is_unsigned(left):
            large = kind in (">", ">=", "!=") or (kind == "<" and is_zero(right))
            if kind == "<" and is_zero(right):
                return _NO_ERROR, state  # never true
            return (state, _NO_ERROR) if large else (_NO_ERROR, state)
        return (state, _NO_ERROR) if kind in ("<", "<=", "!=") else (_NO_ERROR, state)

    def _is_made_unsigned(self, left: Expression, right: Expression) -> bool:
        """Whether the error in the signed variable `left` counts as large beside `right`."""
        name = plain(left)
        if not isinstance(name, Variable) or isinstance(left, Cast):
            return False
        return is_made_unsigned(self._type_of(name), right, self._type_of)

    def _type_of(self, value: Expression) -> str:
        local = self.lowered.locals.get(value.name) if isinstance(value, Variable) else None
        if local is not None:
            return local.type.tag if local.type.depth == 0 else ""
        return self.type_of(value)

    def _is_unsigned(self, value: Expression) -> bool:
        """Whether `value` is an unsigned variable, not cast to a signed type."""
        inner = value.operand if isinstance(value, Evaluated) else value
        if isinstance(inner, Cast) and inner.type is not None:
            return " ".join(inner.type.tag.split()) in UNSIGNED
        return isinstance(inner, Variable) and inner.name in self._unsigned

    def is_end(self, condition: Expression, state: _State) -> str:
        """The variable that is the end of a loop with an unsigned comparison; "" if there is
        none."""
        if not isinstance(condition, Binary):
            return ""
        name = state.holds(condition.right)
        signs = self._is_unsigned(condition.left) or self._is_unsigned(condition.right)
        return name if signs else ""

    def _acquire(self, value: Expression) -> Acquire | None:
        call = self.lowered.call_of(value)
        return self.acquires.get(call.place) if call is not None else None

    def _mentions(self, value: Expression, state: _State) -> bool:
        names = state.names.union(*(self._computed.get(name, ()) for name in state.names))
        return self.lowered.mentions(value, names)

    def _is_error(self, value: Expression, state: _State) -> bool:
        """IS_ERR_VALUE(variable)."""
        call = self.lowered.call_of(value)
        if call is None or call.name != "IS_ERR_VALUE" or len(call.arguments) != 1:
            return False
        return bool(state.holds(call.arguments[0]))
