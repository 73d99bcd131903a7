# SPDX-License-Identifier: GPL-2.0-only
"""What functions do with an array of pages that is passed to them: drop all of it and nothing else,
look at it, or change its contents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migrate.analysis.frontend.kernel_api import RELEASE_EFFECTS, Effect
from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.frontend.syntax import Function
from migrate.analysis.ir.expressions import (
    AddressOf,
    Binary,
    Choice,
    Element,
    Expression,
    Load,
    Temporary,
    Variable,
    plain,
    variable_name,
)
from migrate.analysis.ir.instructions import Invoke, Leave, Lowered, Store
from migrate.analysis.model import Release
from migrate.analysis.paths.balance import is_understood
from migrate.analysis.paths.callee_releases import HARMLESS
from migrate.analysis.paths.variables import path_of
from migrate.analysis.program.program import Program
from migrate.analysis.traits.whole_array import from_the_first, gets_a_count

_DEEPEST = 3
_QUIET = frozenset({Effect.NOTHING, Effect.DIRTY, Effect.STRUCT}) | RELEASE_EFFECTS


@dataclass(frozen=True)
class Dropper:
    """A call that drops the pages, and the releases that it is, or leads to."""

    call: Invoke
    releases: tuple[Release, ...]
    callee: Function | None


class Droppers:
    """Answers for the calls of one tree."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def of(self, lowered: Lowered, pages: str, besides: frozenset[int]) -> Iterator[Dropper]:
        """The calls that drop the pages in the variable `pages`, from the first page on, without
        the calls whose numbers are in `besides`."""
        for call in lowered.calls.values():
            if call.number in besides or not call.name:
                continue
            known = knowledge().lookup(call.name)
            if known is not None and known.releases:
                if from_the_first(lowered, call, pages):
                    yield Dropper(call, (_release(call, lowered, ""),), None)
                continue
            for position, given in enumerate(call.arguments):
                if variable_name(given) != pages or gets_a_count(lowered, call, pages):
                    continue
                for function in self.program.definitions(call.name, lowered.function.path):
                    releases = self._pure(function, position)
                    if releases:
                        yield Dropper(call, releases, function)

    def _pure(self, function: Function, position: int) -> tuple[Release, ...]:
        """The releases of a function that only drops the pages in its parameter; () for one that
        does anything else."""
        lowered = self.program.facts(function).lowered
        if not is_understood(lowered) or position >= len(lowered.parameters):
            return ()
        pages = lowered.parameters[position]
        found = []
        for instruction in lowered.order:
            match instruction:
                case Store(target):
                    if variable_name(target) not in lowered.locals:
                        return ()
                case Invoke():
                    known = knowledge().lookup(instruction.name)
                    if known is None or not set(known.effects) <= _QUIET:
                        return ()
                    if known.releases:
                        if not from_the_first(lowered, instruction, pages):
                            return ()
                        found.append(_release(instruction, lowered, function.name))
        return tuple(found)

    def changes(
        self, call: Invoke, position: int, given: Expression, lowered: Lowered, pages: str
    ) -> str:
        """Why a call may replace the pages in the array, "" if it does not."""
        inner = plain(given)
        if isinstance(inner, AddressOf) and variable_name(inner.object) == pages:
            return f"the address of {pages} goes to {call.name}()"
        if not is_array(inner, lowered, pages):
            return ""
        if self._only_reads(call, position, lowered.function.path, _DEEPEST):
            return ""
        return f"{pages} goes to {call.name or 'a pointer'}(), which may change it"

    def _only_reads(self, call: Invoke, position: int, path: str, depth: int) -> bool:
        known = knowledge().lookup(call.name)
        if known is not None:
            return known.effect(position) in HARMLESS | RELEASE_EFFECTS and not known.stores
        meant = self.program.definitions(call.name, path) if call.name and depth else ()
        return len(meant) == 1 and self._reads(meant[0], position, depth)

    def _reads(self, function: Function, position: int, depth: int) -> bool:
        """Whether a function stores nothing through its parameter, and passes it to none that
        does."""
        lowered = self.program.facts(function).lowered
        if not is_understood(lowered) or position >= len(lowered.parameters):
            return False
        name = lowered.parameters[position]
        for instruction in lowered.order:
            match instruction:
                case Store(target, value):
                    through = isinstance(plain(target), (Element, Load))
                    if through and path_of(target)[:1] == (name,):
                        return False
                    if is_array(value, lowered, name) or isinstance(plain(value), AddressOf):
                        return False
                case Leave(value) if value is not None and is_array(value, lowered, name):
                    return False
                case Invoke():
                    for number, given in enumerate(instruction.arguments):
                        if not is_array(given, lowered, name):
                            continue
                        if not self._only_reads(instruction, number, function.path, depth - 1):
                            return False
        return True


def is_array(value: Expression, lowered: Lowered, pages: str) -> bool:
    """Whether a value is the array in the variable `pages`, a place in it, or where one of these is
    stored: who has it may put other pages there."""
    return _depth(value, lowered, pages) > 1


def _depth(value: Expression, lowered: Lowered, pages: str) -> int:
    """How many pointers lead from a value to a page of the variable `pages`, 0 if none does."""
    match plain(value):
        case Variable(name) if name == pages:
            return lowered.locals[pages].type.depth
        case AddressOf(inner):
            depth = _depth(inner, lowered, pages)
            return depth + 1 if depth else 0
        case Load(inner) | Element(inner):
            return max(_depth(inner, lowered, pages) - 1, 0)
        case Binary("+" | "-", left, right) | Choice(left, right):
            return max(_depth(left, lowered, pages), _depth(right, lowered, pages))
        case Temporary(_, elements):
            return max((_depth(element, lowered, pages) for element in elements), default=0)
    return 0


def _release(call: Invoke, lowered: Lowered, helper: str) -> Release:
    known = knowledge().lookup(call.name)
    bulk = known is not None and known.effect(0) is Effect.RELEASE_BULK
    return Release(call.place, lowered.function.name, call.name, bulk, helper, call.text)
