# SPDX-License-Identifier: GPL-2.0-only
"""The rules of an audit that follow the paths through one function."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import partial

from migrate.analysis.audit.model import FEWER, AuditRule, Finding, acquired
from migrate.analysis.frontend.syntax import Function
from migrate.analysis.ir.expressions import Binary, Element, Expression, Load, is_zero, plain
from migrate.analysis.ir.instructions import Condition, Invoke, Lowered
from migrate.analysis.model import Acquire, Evidence, PinGroup, Place, Release
from migrate.analysis.paths.held.held_pages import held_pages
from migrate.analysis.paths.held_state import Excess, Held, Stale, Twice, Unheld, Wrong
from migrate.analysis.paths.negative_counts import NegativeCount, negative_counts
from migrate.analysis.paths.null_pages import NullPages, null_pages
from migrate.analysis.paths.omitted.omitted_releases import Omitted, omitted_releases
from migrate.analysis.paths.solver import Trail
from migrate.analysis.paths.variables import path_of, plain_stores
from migrate.analysis.program.program import Program
from migrate.analysis.traits.path_traits import (
    found_again,
    lowered_in,
    number_type,
    own_release_loop,
)
from migrate.analysis.traits.traits import is_implementation_file
from migrate.kernel.signatures import DIRECT_NAMES, Signature


class AuditPaths:
    """Applies these rules to the functions of groups."""

    def __init__(self, program: Program, family: Mapping[str, Signature]) -> None:
        self.program, self.family = program, family

    def findings(self, group: PinGroup) -> Iterator[Finding]:
        """The findings in the functions that acquire or release pages of `group`."""
        acquires = {a.place: a for a in group.acquires if a.name in DIRECT_NAMES}
        callers = {(a.place.path, a.function) for a in acquires.values()}
        others = {(r.place.path, r.function) for r in group.releases}
        for path, name in sorted(callers | others):
            source = self.program.source(path)
            if source is None or is_implementation_file(path):
                continue
            for function in source.by_name.get(name, ()):
                known: list[Finding] = []
                if (path, name) in callers:
                    known += self._with_acquires(function, acquires, group.releases)
                lowered = self.program.facts(function).lowered
                yield from known
                if all(finding.rule is not AuditRule.LEFT_BEHIND for finding in known):
                    names = {n for p, n in callers if p == path}
                    yield from self._omitted(function, lowered, acquires, names)
                for found in null_pages(lowered, self.unsigned_count):
                    yield _null(function.name, found)

    def _with_acquires(
        self,
        function: Function,
        acquires: Mapping[Place, Acquire],
        releases: tuple[Release, ...],
    ) -> Iterator[Finding]:

        def position(name: str) -> int | None:
            known = self.unsigned_count(name)
            return known if known is not None else own_release_loop(self.program, function, name)

        facts = self.program.facts(function)
        lowered, type_of = facts.lowered, partial(number_type, self.program, facts)
        counts = negative_counts(lowered, acquires, position, type_of)
        yield from dict.fromkeys(_negative(function.name, count) for count in counts)
        find = partial(lowered_in, self.program, function.path)
        again = partial(found_again, self.program, function.path)
        for found in held_pages(lowered, acquires, find, again):
            member = found.member if isinstance(found, (Held, Stale)) else ""
            in_array = isinstance(found, Held)
            by = self._asked_for_null(member, releases, in_array) if member else None
            if not isinstance(found, Stale):
                if by is None:  # a test for NULL replaces the count
                    yield _wrong(function.name, found)
            elif by is not None:
                yield _stale(function.name, found, by)

    def _omitted(
        self,
        function: Function,
        lowered: Lowered,
        acquires: Mapping[Place, Acquire],
        callers: Collection[str],
    ) -> Iterator[Finding]:
        """What the function leaks on one path and releases on another. `callers` are the functions
        of its file that acquire."""

        def takes(call: Invoke) -> bool:
            return call.name in callers

        for omitted in omitted_releases(lowered, acquires, takes):
            yield _left_out(function.name, omitted, acquires.get(omitted.taken.place))

    def _asked_for_null(
        self, member: str, releases: tuple[Release, ...], in_array: bool
    ) -> Release | None:
        """The release that treats whatever is not NULL in the member, or in the array that it
        points to, as a page."""
        for release in releases:
            lowered = lowered_in(self.program, release.place.path, release.function)
            if lowered is None:
                continue
            names = {n for n, v in plain_stores(lowered) if _is_in(v, member, in_array)}
            for condition in lowered.conditions:
                asked = _pointer_asked(condition.value)
                if asked is None or condition.place > release.place:
                    continue
                if _is_in(asked, member, in_array) or path_of(asked)[0] in names:
                    return release
        return None

    def unsigned_count(self, name: str) -> int | None:
        """The position of the unsigned count of bulk release `name`, if it has one."""
        signature = self.family.get(name)
        for position, parameter in enumerate(signature.parameters if signature else ()):
            if position and "unsigned" in parameter.type and "*" not in parameter.type:
                return position
        return None


def _negative(function: str, count: NegativeCount) -> Finding:
    if count.passed is not None:
        return _taken_for_success(function, count.passed, count.acquire)
    taker = f"{count.release}() takes it" if count.release else "the loop that releases takes it"
    message = (
        f"The count '{count.variable}' may be the negative error of {count.acquire.name}(), and"
        f" {taker} as unsigned."
    )
    evidence = (*acquired((count.acquire,)), *_way(count.trail, count.acquire))
    return Finding(count.place, function, AuditRule.NEGATIVE_COUNT, message, count.text, evidence)


def _taken_for_success(function: str, passed: Condition, acquire: Acquire) -> Finding:
    message = (
        f"An error of {acquire.name}() is taken for success here: compared with something unsigned,"
        " it is not less. Pages that were never taken are then released."
    )
    evidence = acquired((acquire,))
    return Finding(passed.place, function, AuditRule.NEGATIVE_COUNT, message, passed.text, evidence)


def _is_in(value: Expression, member: str, in_array: bool) -> bool:
    path, inner = path_of(value), plain(value)
    element = isinstance(inner, (Element, Load))
    return len(path) > 1 and path[-1] == member and element is in_array


def _pointer_asked(condition: Expression) -> Expression | None:
    """What `condition` compares with NULL, or uses as a truth value."""
    inner = plain(condition)
    if isinstance(inner, Binary) and inner.operator in ("==", "!="):
        sides = (plain(inner.left), plain(inner.right))
        return next(
            (s for s, other in zip(sides, reversed(sides), strict=True) if is_zero(other)), None
        )
    return inner if path_of(inner) else None


def _wrong(function: str, found: Wrong) -> Finding:
    match found:
        case Held():
            return _held(function, found)
        case Twice():
            return _twice(function, found)
        case Excess():
            return _excess(function, found)
        case Unheld():
            return _unheld(function, found)
        case Stale():
            raise AssertionError("only with the release that it is for")


def _held(function: str, held: Held) -> Finding:
    name = held.acquire.name
    which = f"{FEWER}, and those" if held.some else "takes pages, and they"
    when = "the array with them is freed" if held.freed else "the function is left"
    message = f"{name}() {which} are neither released nor kept when {when} here."
    evidence = (*acquired((held.acquire,)), *_way(held.trail, held.acquire))
    rule, place, text = AuditRule.LEFT_BEHIND, held.place, held.text
    return Finding(place, function, rule, message, text, evidence, held.alone)


def _left_out(function: str, omitted: Omitted, acquire: Acquire | None) -> Finding:
    name, release = omitted.taken.name, omitted.release
    message = (
        f"The pages that {name}() takes are neither released nor kept when the function is left"
        f" here; another path releases them with {release.name}()."
    )
    taken = Evidence(omitted.taken.place, f"acquired by {name}()", omitted.taken.text)
    before = Evidence(release.place, "released on another path", release.text)
    evidence = (taken, before, *_way(omitted.trail, acquire))
    rule, place, text = AuditRule.LEFT_BEHIND, omitted.place, omitted.text
    return Finding(place, function, rule, message, text, evidence)


def _twice(function: str, twice: Twice) -> Finding:
    message = f"The page that {twice.acquire.name}() takes was released already on the way here."
    before = Evidence(twice.before, "released before", twice.before_text)
    way = _way(twice.trail, twice.acquire)
    evidence = (*acquired((twice.acquire,)), before, *way)
    return Finding(twice.place, function, AuditRule.TWICE, message, twice.text, evidence)


def _excess(function: str, excess: Excess) -> Finding:
    name = excess.acquire.name
    message = f"{name}() got fewer pages than asked for, and as many as asked for are released."
    if excess.beyond:
        message = f"More pages are released than {name}() took: the count begins beyond its result."
    evidence = (*acquired((excess.acquire,)), *_way(excess.trail, excess.acquire))
    rule = AuditRule.MORE_THAN_TAKEN
    return Finding(excess.place, function, rule, message, excess.text, evidence)


def _unheld(function: str, unheld: Unheld) -> Finding:
    message = f"{unheld.acquire.name}() took no page on this way, and what it left is released."
    evidence = (*acquired((unheld.acquire,)), *_way(unheld.trail, unheld.acquire))
    rule = AuditRule.UNHELD
    return Finding(unheld.place, function, rule, message, unheld.text, evidence)


def _stale(function: str, stale: Stale, by: Release) -> Finding:
    message = (
        f"{stale.acquire.name}() failed, and what it left in '{stale.member}' is not reset;"
        f" {by.name}() takes it for a page when it is not NULL."
    )
    evidence = (*acquired((stale.acquire,)), Evidence(by.place, "released", by.text))
    return Finding(stale.place, function, AuditRule.UNHELD, message, stale.text, evidence)


def _null(function: str, null: NullPages) -> Finding:
    message = f"'{null.array}' may be NULL here while '{null.count}' is not 0."
    evidence = _way(null.trail, None)
    return Finding(null.place, function, AuditRule.NULL_PAGES, message, null.text, evidence)


def _way(trail: Trail, behind: Acquire | None) -> tuple[Evidence, ...]:
    """The conditions on the path behind the acquire."""
    found: dict[Evidence, None] = {}
    for condition, truth in trail:
        if behind is None or condition.place.line >= behind.place.line:
            kind = f"when this is {'true' if truth else 'false'}"
            found[Evidence(condition.place, kind, condition.text)] = None
    return tuple(found)
