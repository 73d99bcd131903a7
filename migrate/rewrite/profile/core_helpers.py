# SPDX-License-Identifier: GPL-2.0-only
"""Callers of a helper that is part of GUP itself: one decision for all of them.

Such a helper is not changed and returns plain references. Its callers are one group, since they can
only be converted together.
"""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

from migrate.analysis.model import (
    Acquire,
    Action,
    Classification,
    PinGroup,
    TraitKind,
    Verdict,
)
from migrate.analysis.pairing.group import Grouper
from migrate.analysis.pairing.pair import union
from migrate.analysis.traits.traits import IMPLEMENTATION
from migrate.analysis.verdicts import classify as rules
from migrate.kernel.signatures import DIRECT_NAMES
from migrate.rewrite.profile.counterparts import Counterparts
from migrate.rewrite.profile.extracted import THROUGH_HELPER

OF_CORE = "of_core"
"""The rule that these verdicts name."""


def of_core(classification: Classification, parts: Counterparts) -> Classification:
    """`classification` with the callers of each helper of GUP itself as one group, if all of their
    pages can be followed."""
    callers: dict[str, list[PinGroup]] = {}
    for group, verdict in classification.pairs():
        trait = group.trait(TraitKind.THROUGH_HELPER)
        if verdict.rule == THROUGH_HELPER and trait and len(group.acquires) == 1:
            callers.setdefault(trait.subject, []).append(group)
    groups = {group.name: (group, verdict) for group, verdict in classification.pairs()}
    for name, found in callers.items():
        decided = _decided(name, found, parts) if _is_core(name, parts) else None
        if decided is None:
            continue
        for group in found[1:]:
            del groups[group.name]
        groups[found[0].name] = decided
    kept = tuple(groups.values())
    return replace(
        classification, groups=tuple(g for g, _ in kept), verdicts=tuple(v for _, v in kept)
    )


def _is_core(name: str, parts: Counterparts) -> bool:
    """Whether a file of GUP itself defines the function `name` for others."""
    sources = [parts.program.source(path) for path in sorted(IMPLEMENTATION)]
    return any(
        not function.static
        for source in sources
        if source is not None
        for function in source.by_name.get(name, ())
    )


def _decided(
    name: str, callers: list[PinGroup], parts: Counterparts
) -> tuple[PinGroup, Verdict] | None:
    """The group and its verdict; None if not all pages could be followed."""
    acquires = tuple(a for group in callers for a in group.acquires)
    grouper = Grouper(parts.program, acquires, DIRECT_NAMES | {name})
    traced = _complete(grouper, acquires)
    if not traced:
        return None
    whole = replace(reduce(union, traced), name=callers[0].name)
    plain = tuple(t for t in whole.traits if t.kind is not TraitKind.THROUGH_HELPER)
    found = rules.verdict(replace(whole, traits=plain), parts.profile.pins_read_only)
    head = f"{name}(), which is part of GUP itself, hands out plain references"
    if found.action is Action.KEEP:
        reason = f"{head}, and that is right for its callers. {found.reason}"
        return whole, replace(found, rule=OF_CORE, reason=reason)
    reason = f"{head}, so that none of its callers can change without it. {found.reason}"
    return whole, replace(
        found, action=Action.MANUAL, case="", rule=THROUGH_HELPER, reason=reason, warnings=()
    )


def _complete(grouper: Grouper, acquires: tuple[Acquire, ...]) -> list[PinGroup]:
    """The groups of all acquires; none if one of them is not complete."""
    traced: list[PinGroup] = []
    for acquire in acquires:
        traced.append(grouper.group(acquire).group)
        if not traced[-1].complete:
            traced.clear()
            break
    grouper.forget()
    return traced
