# SPDX-License-Identifier: GPL-2.0-only
"""The verdicts under a profile: what the rules say, but for what the profile cannot convert."""

from __future__ import annotations

from migrate.analysis.model import Action, Classification, Pairing, PinGroup, Verdict
from migrate.analysis.verdicts import classify as rules
from migrate.kernel.tree import Tree
from migrate.rewrite.profile.counterparts import Counterparts, Missing
from migrate.rewrite.profile.model import Profile

NO_COUNTERPART = "no_counterpart"
"""The rule that a verdict names when a function of its group becomes nothing in this tree."""


def classify(tree: Tree, pairing: Pairing, *, profile: Profile) -> Classification:
    """As `classify()` of the analysis; a group that was to be converted and of which an acquire or
    a release has no counterpart is `manual`, with the name of the function."""
    found = rules.classify(tree, pairing, profile=profile)
    parts = Counterparts(tree, profile)
    reasons = {
        group.name: f"{reason[:1].upper()}{reason[1:]}; {_told(verdict)}"
        for group, verdict in found.pairs()
        if _by_rules(verdict, profile) and (reason := without_counterpart(group, parts))
    }
    return found.left_manual(reasons, NO_COUNTERPART)


def without_counterpart(group: PinGroup, parts: Counterparts) -> str:
    """Which function of `group` the profile has nothing for in this tree, "" when there is none.

    Callers of a helper whose own acquires are in the group stay as they are.
    """
    called = {
        (a.place, parts.acquire(a.name)) for a in group.acquires if a.name not in group.helpers
    }
    dropped = {(r.place, parts.release(r.name)) for r in group.releases}
    missing = sorted((p, r.reason) for p, r in (*called, *dropped) if isinstance(r, Missing))
    return f"{missing[0][1]} ({missing[0][0]})" if missing else ""


def _by_rules(verdict: Verdict, profile: Profile) -> bool:
    """Whether the acquires and releases of a group are to be replaced one by one."""
    return verdict.action is Action.PIN or (verdict.action is Action.FOLLOW and profile.by_rules)


def _told(verdict: Verdict) -> str:
    return f"else it would be {verdict.action}: {verdict.reason}"
