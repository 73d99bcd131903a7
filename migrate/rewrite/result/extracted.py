# SPDX-License-Identifier: GPL-2.0-only
"""The audit of groups whose pages come from an iterator: released on every path, and as pins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from migrate.analysis.audit.sources import unpins
from migrate.analysis.model import Acquire, PinGroup
from migrate.analysis.program.program import Program
from migrate.analysis.traits.balanced import Balance
from migrate.kernel.tree import Tree
from migrate.rewrite.profile.counterparts import Counterparts
from migrate.rewrite.profile.model import HelperRule


def audit_extracted(
    edited: Tree, groups: Sequence[PinGroup], parts: Counterparts
) -> Iterator[tuple[PinGroup, str]]:
    """Each of `groups`, with its problem in `edited`, "" if there is none."""
    if groups:
        program = Program(edited, parts.program.contracts)
        for group in groups:
            yield group, _wrong(group, program, parts)


def _wrong(group: PinGroup, program: Program, parts: Counterparts) -> str:
    rule = next(r for a in group.acquires if (r := parts.helper(a.name)))
    functions = sorted({(a.place.path, a.function) for a in group.acquires})
    taken = [a for path, name in functions for a in _calls(program, path, name, rule)]
    if len(taken) < len(group.acquires):
        return "another number of acquires"
    reasons, made = Balance(program, rule.asks).of(taken)
    if reasons:
        return next(iter(reasons.values()))
    releases = {r for balanced in made for r in balanced.releases}
    for release in sorted(releases):
        if not unpins(release.name):
            return f"that {release.name}() in {release.function}() drops pages that are pinned"
    before = {(r.place.path, r.function) for r in group.releases}
    gone = before - {(r.place.path, r.function) for r in releases}
    return f"no release in {min(gone)[1]}() any more" if gone else ""


def _calls(program: Program, path: str, name: str, rule: HelperRule) -> Iterator[Acquire]:
    """The calls in a function of the helper's replacement; calls of the helper itself would be
    missing."""
    source = program.source(path)
    for function in source.by_name.get(name, ()) if source is not None else ():
        for call in program.facts(function).calls:
            if call.name == rule.pins:
                yield Acquire(call.place, name, call.name, call.sources, (), call.text)
