# SPDX-License-Identifier: GPL-2.0-only
"""Error paths of a function that lack a release which another of its paths has.

After Hector (Saha, Lozi, Thomas, Lawall, Muller, Hector: Detecting Resource-Release Omission Faults
in Error-Handling Code for Systems Software, DSN 2013): if every path on one side of a branch
releases the pages, the function holds them at the branch and has to release them. If they are not
passed to anything on the other side before an error is returned, they are leaked.

Unlike in held_pages, what was done with the pages before the branch does not matter. The condition
of the branch must not depend on the pages, and the objects that contain them must not be passed on
or changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from migrate.analysis.frontend.kernel_api import RELEASE_EFFECTS
from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.frontend.types import SHORT
from migrate.analysis.ir.expressions import (
    AddressOf,
    Binary,
    Expression,
    Variable,
    is_negative,
    is_zero,
    plain,
    subexpressions,
)
from migrate.analysis.ir.instructions import Instruction, Invoke, Leave, Lowered, Store
from migrate.analysis.model import Acquire, Place
from migrate.analysis.paths.acquire_results import Results
from migrate.analysis.paths.callee_releases import HARMLESS
from migrate.analysis.paths.correlated import Correlated
from migrate.analysis.paths.omitted.certain_releases import CertainReleases
from migrate.analysis.paths.omitted.values import Path, Takes, Values, allocates
from migrate.analysis.paths.release_loops import Loops
from migrate.analysis.paths.solver import Plain, Trail, solve
from migrate.analysis.paths.variables import Holder, path_of, plain_stores

_ERRORS = ("ERR_PTR", "PTR_ERR", "ERR_CAST")


@dataclass(frozen=True)
class Omitted:
    """At `place` the function returns an error without releasing pages that `release` releases on
    another path; `taken` is the call that got them."""

    place: Place
    text: str
    taken: Invoke
    release: Invoke
    trail: Trail


def omitted_releases(
    lowered: Lowered, acquires: Mapping[Place, Acquire], takes: Takes
) -> Iterator[Omitted]:
    """The error paths of a function on which pages are leaked, at most one for each call that gets
    pages."""
    if lowered.incomplete or lowered.macros.misread:
        return
    calls = {c.number: acquires[c.place] for c in lowered.calls.values() if c.place in acquires}
    results, omissions = Results(lowered, calls), dict[int, Omitted]()
    loops = Loops.of(lowered)
    for named in results.holders():
        names = frozenset(n for n in named.names if not _is_short(lowered, n))
        holder = replace(named, names=names)
        analysis = _Omissions(lowered, results, holder, takes, loops)
        if analysis.is_clear():
            for instruction, state, trail in solve(analysis, lowered, Path()).before():
                omitted = analysis.omitted(instruction, state, trail)
                if omitted is not None:
                    omissions.setdefault(omitted.taken.number, omitted)
    yield from omissions.values()


def _is_short(lowered: Lowered, name: str) -> bool:
    """Whether a variable cannot contain a pointer, and so is only computed from the pages."""
    local = lowered.locals.get(name)
    return local is not None and not local.type.depth and local.type.tag in SHORT


class _Omissions(Plain[Path]):
    """The analysis of one function for the pages of one holder."""

    def __init__(
        self, lowered: Lowered, results: Results, holder: Holder, takes: Takes, loops: Loops
    ) -> None:
        self.lowered, self.results, self.holder, self.takes = lowered, results, holder, takes
        self.loops = loops
        self.values = Values(lowered, results, holder, takes)
        self.pages = self.values.pages
        self.starts = {
            n: c.start
            for n, c in lowered.calls.items()
            if self.pages.acquire(c) is not None or takes(c)
        }
        self.private = {
            name
            for name, value in plain_stores(lowered)
            if (call := lowered.call_of(value)) is not None
            if allocates(call)
        }
        """The variables with memory that the function has allocated."""
        self.conditions = Correlated(lowered, holder.names, results.acquires)
        self.certain = CertainReleases.of(lowered, self.pages, loops, self.starts)

    def is_clear(self) -> bool:
        """Whether the function gets pages and releases them, and all of this is visible."""
        return bool(
            self.starts and self.certain.releases and not self.is_reset() and not self.is_shared()
        )

    def is_shared(self) -> bool:
        """Whether the holder may get pages in another way, or its address is stored."""
        stores = [i for i in self.lowered.order if isinstance(i, Store) and not i.counts]
        return any(
            self.holder.is_base(store.target) and not self._is_own(store.value) for store in stores
        ) or any(
            isinstance(part, AddressOf) and self.holder.is_base(part.object)
            for store in stores
            for part in subexpressions(store.value)
        )

    def _is_own(self, value: Expression) -> bool:
        call = self.lowered.call_of(value)
        return self.pages.is_fresh(value) or (call is not None and self.takes(call))

    def is_reset(self) -> bool:
        """Whether the function sets a member of an object to 0 after a release, which another
        function may test."""
        first = min(self.lowered.calls[n].start for n in self.certain.releases)
        return any(
            isinstance(i, Store)
            and i.start > first
            and is_zero(i.value)
            and len(path_of(i.target)) > 1
            for i in self.lowered.order
        )

    def omitted(self, instruction: Instruction, state: Path, trail: Trail) -> Omitted | None:
        """What is leaked if the function returns at `instruction`."""
        if state.taken is None or state.witness is None or not isinstance(instruction, Leave):
            return None
        if not self._is_error(instruction.value, state):
            return None
        calls = self.lowered.calls
        taken, release = calls[state.taken], calls[state.witness]
        return Omitted(instruction.place, instruction.text, taken, release, trail)

    # The transfer

    def transfer(self, instruction: Instruction, state: Path) -> Path:
        match instruction:
            case Invoke():
                return self._called(instruction, state)
            case Store(target, value):
                return self._stored(instruction, target, value, state)
        return state

    def _called(self, call: Invoke, state: Path) -> Path:
        if self.pages.acquire(call) is not None:
            return Path(call.number)
        if state.taken is None:
            return state
        known = knowledge().lookup(call.name)
        for position, given in enumerate(call.arguments):
            mine = self.pages.mentions(given)
            effect = known.effect(position) if known is not None else None
            if effect in RELEASE_EFFECTS and (
                mine
                or self.lowered.mentions(given, state.carriers)
                or self.values.carries(given, state)
            ):
                return Path()
            if not mine and not self.values.carries(given, state):
                continue
            if effect not in HARMLESS or (known is not None and known.stores):
                state = replace(state, witness=None)
            if mine and (known is None or known.stores):
                more = frozenset(self.values.beside(call.arguments))
                state = replace(state, carriers=state.carriers | more)
        return state

    def _stored(self, store: Store, target: Expression, value: Expression, state: Path) -> Path:
        call = self.lowered.call_of(value)
        if self.pages.is_array(target):
            taken = call is not None and self.takes(call)
            return Path(call.number if taken and call is not None else None)
        name = target.name if isinstance(target, Variable) else ""
        if name and store.operator == "=":
            state = self._named(name, value, state)
        path = path_of(target)
        given = self.values.knows(value, state) and not self.pages.is_own(target)
        if len(path) > 1 and given and not self.holder.is_base(target):
            state = replace(state, carriers=state.carriers | {path[0]})
        marks = len(path) > 1 and path[0] not in self.private and self.values.carries(target, state)
        return replace(state, witness=None) if marks or given else state

    def _named(self, name: str, value: Expression, state: Path) -> Path:
        """`state` when the variable `name` gets another value."""
        about, fresh = state.about - {name}, state.fresh - {name}
        if self.values.is_about(value, state):
            about |= {name}
        elif name in self.holder.depends:
            fresh |= {name}
        error = "" if name == state.error else state.error
        error = name if is_negative(value) else error
        return replace(state, about=about, fresh=fresh, error=error)

    # Conditions

    def assume(self, condition: Expression, state: Path) -> tuple[Path | None, Path | None]:
        taken = state.taken
        if taken is None:
            return state, state
        if id(condition) in self.certain.rounds:
            return state, Path()
        yes, no = self.certain.sides.get(id(condition), (None, None))
        if self.values.is_about(condition, state):
            state = replace(state, witness=None)
            all_taken = replace(state, witness=yes) if self._asks_for_all(condition) else state
            return self._failed(condition, state), all_taken
        if self._is_correlated(condition, self.starts[taken]):
            state = replace(state, witness=None)
            return state, state
        true, false = state, state
        if yes is None and no is not None:
            true = replace(state, witness=no)
        elif no is None and yes is not None:
            false = replace(state, witness=yes)
        return self._failed(condition, true), false

    def _asks_for_all(self, condition: Expression) -> bool:
        """`if (pinned != n)`, `if (pinned < n)`: if it is false, all pages were got."""
        if not isinstance(condition, Binary) or condition.operator not in ("<", "!="):
            return False
        number = plain(condition.right)
        counts = isinstance(plain(condition.left), Variable)
        return counts and not is_zero(number) and not is_negative(number)

    def _is_correlated(self, condition: Expression, start: int) -> bool:
        asked = (
            c
            for c in self.lowered.conditions
            if c.value is condition and id(c) not in self.loops.heads
        )
        return any(self.conditions.depends(c, start) for c in asked)

    def _failed(self, condition: Expression, state: Path) -> Path:
        """`if (ret)`, `if (ret < 0)`, `if (ret != 0)`: the variable is an error code if it is
        true."""
        inner = plain(condition)
        if isinstance(inner, Binary) and inner.operator in ("<", "!=") and is_zero(inner.right):
            inner = plain(inner.left)
        local = self.lowered.locals.get(inner.name) if isinstance(inner, Variable) else None
        return replace(state, error=local.name) if local and not local.type.depth else state

    def _is_error(self, value: Expression | None, state: Path) -> bool:
        if value is None:
            return False
        call = self.lowered.call_of(value)
        if call is not None:
            given = call.arguments[0] if call.arguments else None
            known = given is not None and self._is_error(given, state)
            return call.name in _ERRORS[1:] or (call.name == _ERRORS[0] and known)
        inner = plain(value)
        return is_negative(inner) or (isinstance(inner, Variable) and inner.name == state.error)
