# SPDX-License-Identifier: GPL-2.0-only
"""What functions of the same file do with pages that are passed to them.

A summary of a callee (Sharir, Pnueli, Two Approaches to Interprocedural Data Flow Analysis, 1981),
for one parameter and one question: are the pages released, are they only looked at, or is it
unclear? A function that releases on one path is assumed to release always.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from migrate.analysis.frontend.kernel_api import RELEASE_EFFECTS, Effect
from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.ir.expressions import Variable
from migrate.analysis.ir.instructions import Invoke, Leave, Lowered, Store
from migrate.analysis.paths.variables import Holder, Path, path_of, plain_stores

Find = Callable[[str], Lowered | None]
"""The only function that a call of a name in the same file can mean."""

HARMLESS = frozenset(
    {Effect.NOTHING, Effect.MAP, Effect.UNMAP, Effect.READ, Effect.WRITE, Effect.TOUCH, Effect.DMA}
    | {Effect.DIRTY, Effect.STRUCT, Effect.DISCARD, Effect.FREE_ADDRESS}
)
_DEEPEST = 3


class Does(Enum):
    """What a function does with pages."""

    RELEASE = "releases them"
    LOOK = "neither keeps nor releases them"
    UNCLEAR = "who knows"


@dataclass(frozen=True)
class CalleeReleases:
    """Answers for the calls in one file."""

    find: Find

    def of(self, call: Invoke, holder: Holder, depth: int = _DEEPEST) -> Does:
        """The effect of `call` on the pages of `holder`, which are in one of its arguments."""
        callee = self.find(call.name) if depth else None
        if callee is None or callee.incomplete or callee.unsure:
            return Does.UNCLEAR
        found = {
            self._of_parameter(callee, (callee.parameters[n], *rest), depth)
            for n, argument in enumerate(call.arguments)
            if (rest := _rest(path_of(argument), holder)) is not None
            if n < len(callee.parameters)
        }
        if len(found) != 1:
            return Does.RELEASE if found == {Does.RELEASE, Does.LOOK} else Does.UNCLEAR
        return found.pop()

    def always(self, call: Invoke, names: frozenset[str]) -> bool:
        """Whether `call` passes one of the variables `names`, pointers to one page, to a function
        that releases its page without any condition."""
        callee = self.find(call.name)
        if callee is None or callee.incomplete or callee.unsure or callee.conditions:
            return False
        given = {
            callee.parameters[n]
            for n, argument in enumerate(call.arguments)
            if isinstance(argument, Variable) and argument.name in names
            if n < len(callee.parameters)
        }
        kept = given - {name for name, _ in plain_stores(callee)}
        return any(
            known.effect(n) is Effect.RELEASE
            for inner in callee.calls.values()
            if (known := knowledge().lookup(inner.name)) is not None
            for n, argument in enumerate(inner.arguments)
            if isinstance(argument, Variable) and argument.name in kept
        )

    def _of_parameter(self, callee: Lowered, path: Path, depth: int) -> Does:
        names = _names(callee, path)
        inside = Holder(path, names, False, False, frozenset())
        does = Does.LOOK
        for instruction in callee.order:
            match instruction:
                case Store(target, value) if not instruction.counts:
                    own = len(path_of(target)) == 1 and path_of(target)[0] in callee.locals
                    if not own and any(inside.is_base(part) for part in callee.behind(value)):
                        return Does.UNCLEAR
                case Leave(value) if value is not None and inside.is_base(value):
                    return Does.UNCLEAR
                case Invoke():
                    done = self._of_call(instruction, inside, depth)
                    if done is Does.UNCLEAR:
                        return done
                    does = done if done is Does.RELEASE else does
        return does

    def _of_call(self, call: Invoke, inside: Holder, depth: int) -> Does:
        given = [n for n, a in enumerate(call.arguments) if inside.is_base(a) or inside.is_owner(a)]
        if not given:
            return Does.LOOK
        known = knowledge().lookup(call.name)
        if known is None:
            return self.of(call, inside, depth - 1)
        effects = {known.effect(n) for n in given}
        if effects & RELEASE_EFFECTS:
            return Does.RELEASE
        return Does.LOOK if effects <= HARMLESS and not known.stores else Does.UNCLEAR


def _rest(given: Path, holder: Holder) -> Path | None:
    """The members that lead from an argument to the pages of `holder`; None if they are not in
    it."""
    if not given:
        return None
    if given[0] in holder.names or given[: len(holder.path)] == holder.path:
        return ()
    return holder.path[len(given) :] if holder.path[: len(given)] == given else None


def _names(lowered: Lowered, path: Path) -> frozenset[str]:
    """The variables that have the pages at `path`, or one of them."""
    found = {path[0]} if len(path) == 1 else set()
    while True:
        holder = Holder(path, frozenset(found), False, False, frozenset())
        more = {name for name, value in plain_stores(lowered) if holder.is_base(value)} - found
        if not more:
            return frozenset(found)
        found |= more
