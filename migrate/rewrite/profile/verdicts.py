# SPDX-License-Identifier: GPL-2.0-only
"""The verdicts under a profile: those of the rules, except for groups that the profile cannot
convert."""

from __future__ import annotations

from migrate.analysis.model import (
    Acquire,
    Action,
    Classification,
    Pairing,
    PinGroup,
    TraitKind,
    Verdict,
)
from migrate.analysis.verdicts import classify as rules
from migrate.kernel.tree import Tree
from migrate.rewrite.profile.core_helpers import of_core
from migrate.rewrite.profile.counterparts import Counterparts, Missing
from migrate.rewrite.profile.extracted import THROUGH_HELPER, extracted
from migrate.rewrite.profile.faulted import faulted
from migrate.rewrite.profile.model import Profile

NO_COUNTERPART = "no_counterpart"
"""The rule that a verdict names if a function of its group has no counterpart in this tree."""


def classify(tree: Tree, pairing: Pairing, *, profile: Profile) -> Classification:
    """Like `classify()` of the analysis; a group to be converted is `manual` if an acquire or a
    release has no counterpart; the reason names the function."""
    found = rules.classify(tree, pairing, profile=profile)
    parts = Counterparts(tree, profile)
    reasons = {
        group.name: f"{reason[:1].upper()}{reason[1:]}; {_told(verdict)}"
        for group, verdict in found.pairs()
        if _by_rules(verdict, profile) and (reason := without_counterpart(group, parts))
    }
    left = found.left_manual(reasons, NO_COUNTERPART)
    left = of_core(faulted(left, parts), parts)
    taken = {group.name for group in left.groups if _taker(group, parts)}
    left, stopped = extracted(left, parts, taken)
    words = {
        group.name: reason
        for group, verdict in left.pairs()
        if verdict.rule == THROUGH_HELPER
        if (reason := of_helper(group, parts, stopped.get(group.name, "")))
    }
    return left.left_manual(words, THROUGH_HELPER)


def of_helper(group: PinGroup, parts: Counterparts, stopped: str = "") -> str:
    """What prevents the conversion of callers of a helper on which the profile has a text, "" for
    others; `stopped` is the reason from the analysis."""
    trait = group.trait(TraitKind.THROUGH_HELPER)
    rule = parts.helper(trait.subject) if trait is not None else None
    if rule is None:
        return ""
    taker = _taker(group, parts)
    if taker:
        return (
            f"The pages come from {rule.source}(), and {taker}() takes over plain references,"
            f" not pins of {rule.pins}()."
        )
    head = (
        f"The pages come from {rule.source}(). {rule.pins}() pins them, and then every completion"
        f" has to know what {rule.asks}() returned"
    )
    return f"{head}. But {stopped}." if stopped else f"{head}."


def _taker(group: PinGroup, parts: Counterparts) -> str:
    """The function that takes over plain references and is called beside an acquire of `group`, ""
    if none is."""
    trait = group.trait(TraitKind.THROUGH_HELPER)
    rule = parts.helper(trait.subject) if trait is not None else None
    for acquire in group.acquires if rule is not None and rule.takers else ():
        called = _called_in(acquire, parts)
        taker = next((name for name in rule.takers if name in called), "") if rule else ""
        if taker:
            return taker
    return ""


def _called_in(acquire: Acquire, parts: Counterparts) -> frozenset[str]:
    """The functions that the function with `acquire` calls by name."""
    source = parts.program.source(acquire.place.path)
    functions = source.by_name.get(acquire.function, ()) if source is not None else ()
    return frozenset(c.name for function in functions for c in parts.program.facts(function).calls)


def without_counterpart(group: PinGroup, parts: Counterparts) -> str:
    """A function of `group` without a counterpart in this tree, "" if there is none.

    Callers of a helper whose own acquires are in the group are not changed.
    """
    called = {
        (a.place, parts.acquire(a.name)) for a in group.acquires if a.name not in group.helpers
    }
    dropped = {(r.place, parts.release(r.name, r.place.path)) for r in group.releases}
    missing = sorted((p, r.reason) for p, r in (*called, *dropped) if isinstance(r, Missing))
    return f"{missing[0][1]} ({missing[0][0]})" if missing else ""


def _by_rules(verdict: Verdict, profile: Profile) -> bool:
    """Whether the acquires and releases of a group are replaced one by one."""
    return verdict.action is Action.PIN or (verdict.action is Action.FOLLOW and profile.by_rules)


def _told(verdict: Verdict) -> str:
    return f"else it would be {verdict.action}: {verdict.reason}"
