# SPDX-License-Identifier: GPL-2.0-only
"""The rules of an audit that walk one function along its statements and jumps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from migrate.analysis.audit.model import AuditRule, Finding, acquired
from migrate.analysis.frontend.syntax import Function
from migrate.analysis.model import Acquire, Evidence, PinGroup, Place
from migrate.analysis.paths.held_pages import Held, Twice, held_pages
from migrate.analysis.paths.negative_counts import NegativeCount, negative_counts
from migrate.analysis.paths.null_pages import NullPages, null_pages
from migrate.analysis.paths.solver import Trail
from migrate.analysis.program.program import Program
from migrate.analysis.traits.path_traits import own_release_loop
from migrate.analysis.traits.traits import is_implementation_file
from migrate.kernel.signatures import DIRECT_NAMES, Signature


class AuditPaths:
    """Looks at the functions of groups, each once."""

    def __init__(self, program: Program, family: Mapping[str, Signature]) -> None:
        self.program, self.family = program, family
        self._done: set[tuple[str, str]] = set()

    def findings(self, group: PinGroup) -> Iterator[Finding]:
        """What is wrong in the functions that acquire or release pages of `group`."""
        acquires = {a.place: a for a in group.acquires if a.name in DIRECT_NAMES}
        callers = {(a.place.path, a.function) for a in acquires.values()}
        others = {(r.place.path, r.function) for r in group.releases}
        for path, name in sorted(callers | others):
            source = self.program.source(path)
            if source is None or is_implementation_file(path):
                continue
            for function in source.by_name.get(name, ()):
                if (path, name) in callers:
                    yield from self._with_acquires(function, acquires)
                if (path, name) not in self._done:
                    lowered = self.program.facts(function).lowered
                    for found in null_pages(lowered, self.unsigned_count):
                        yield _null(function.name, found)
            self._done.add((path, name))

    def _with_acquires(
        self, function: Function, acquires: Mapping[Place, Acquire]
    ) -> Iterator[Finding]:

        def position(name: str) -> int | None:
            known = self.unsigned_count(name)
            return known if known is not None else own_release_loop(self.program, function, name)

        lowered = self.program.facts(function).lowered
        for count in negative_counts(lowered, acquires, position):
            yield _negative(function.name, count)
        for found in held_pages(lowered, acquires):
            if isinstance(found, Held):
                yield _held(function.name, found)
            else:
                yield _twice(function.name, found)

    def unsigned_count(self, name: str) -> int | None:
        """The position of the unsigned count of bulk release `name`, if it has one."""
        signature = self.family.get(name)
        for position, parameter in enumerate(signature.parameters if signature else ()):
            if position and "unsigned" in parameter.type and "*" not in parameter.type:
                return position
        return None


def _negative(function: str, count: NegativeCount) -> Finding:
    message = (
        f"The count '{count.variable}' may be the negative error of {count.acquire.name}(), and"
        f" {count.release}() takes it as unsigned."
    )
    evidence = (*acquired((count.acquire,)), *_way(count.trail, count.acquire))
    return Finding(count.place, function, AuditRule.NEGATIVE_COUNT, message, count.text, evidence)


def _held(function: str, held: Held) -> Finding:
    name = held.acquire.name
    which = "gets fewer pages than asked for, and those" if held.some else "takes pages, and they"
    message = f"{name}() {which} are neither released nor kept when the function is left here."
    evidence = (*acquired((held.acquire,)), *_way(held.trail, held.acquire))
    return Finding(held.place, function, AuditRule.LEFT_BEHIND, message, held.text, evidence)


def _twice(function: str, twice: Twice) -> Finding:
    message = f"The page that {twice.acquire.name}() takes was released already on the way here."
    before = Evidence(twice.before, "released before", twice.before_text)
    way = _way(twice.trail, twice.acquire)
    evidence = (*acquired((twice.acquire,)), before, *way)
    return Finding(twice.place, function, AuditRule.TWICE, message, twice.text, evidence)


def _null(function: str, null: NullPages) -> Finding:
    message = f"'{null.array}' may be NULL here while '{null.count}' is not 0."
    evidence = _way(null.trail, None)
    return Finding(null.place, function, AuditRule.NULL_PAGES, message, null.text, evidence)


def _way(trail: Trail, behind: Acquire | None) -> tuple[Evidence, ...]:
    """The conditions on the way, those before the acquire left out."""
    found: dict[Evidence, None] = {}
    for condition, truth in trail:
        if behind is None or condition.place.line >= behind.place.line:
            kind = f"when this is {'true' if truth else 'false'}"
            found[Evidence(condition.place, kind, condition.text)] = None
    return tuple(found)
