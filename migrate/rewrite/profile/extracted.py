# SPDX-License-Identifier: GPL-2.0-only
"""Verdicts on callers of a helper that takes pages from an iterator, in a tree with a helper that
pins them."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import replace

from migrate.analysis.model import (
    Acquire,
    Action,
    Classification,
    Confidence,
    Evidence,
    PinGroup,
    Place,
    TraitKind,
    UseKind,
    Verdict,
)
from migrate.analysis.pairing.group import Grouper
from migrate.analysis.traits.balanced import Balance, Balanced
from migrate.kernel.signatures import DIRECT_NAMES
from migrate.rewrite.profile.counterparts import Counterparts
from migrate.rewrite.profile.model import HelperRule

THROUGH_HELPER = "through_helper"
EXTRACTED = "extracted"
"""The name of the rule in verdicts on such callers."""

_STRUCT = frozenset({UseKind.STRUCT_PAGE, UseKind.PHYSICAL, UseKind.PHYSICAL_KEY, UseKind.STORED})
_MORE = frozenset({UseKind.EXTRA_REFERENCE, UseKind.USER_MAPPED})
_OTHERS = _MORE | {UseKind.OTHER_SOURCE, UseKind.FREED}
_DEVICE = frozenset({UseKind.DMA, UseKind.SCATTER, UseKind.ESCAPES})


def extracted(
    classification: Classification, parts: Counterparts, taken: AbstractSet[str] = frozenset()
) -> tuple[Classification, dict[str, str]]:
    """`classification`, in which callers of helpers are `pin` if they can be converted by the
    profile's rules, merged if they share releases; and what prevents the conversion of the others,
    by group, each one line without a full stop. The groups `taken` give their references away, and
    are not converted."""
    asked = {
        a.place: (g, a, rule)
        for g, v in classification.pairs()
        if v.rule == THROUGH_HELPER and len(g.acquires) == 1
        for a in g.acquires
        if (rule := parts.helper(a.name)) is not None
    }
    if not asked:
        return classification, {}
    reasons, made = balance_of((a for _, a, _ in asked.values()), parts)
    stopped = {asked[place][0].name: why for place, why in reasons.items()}
    grouper = Grouper(
        parts.program,
        tuple(a for _, a, _ in asked.values()),
        DIRECT_NAMES | {a.name for _, a, _ in asked.values()},
    )
    groups = dict(zip((g.name for g in classification.groups), classification.pairs(), strict=True))
    for balanced in made:
        found = [asked[place] for place in balanced.acquires]
        names = [g.name for g, _, _ in found]
        if not taken.isdisjoint(names):
            stopped |= dict.fromkeys(names, "pages that share a release are given away")
            continue
        group, verdict = _converted(balanced, found, grouper)
        wrong = _unconverted(group, balanced)
        if wrong:
            stopped |= dict.fromkeys(names, wrong)
            continue
        for name in names[1:]:
            del groups[name]
        groups[names[0]] = (group, verdict)
    kept = tuple(groups.values())
    result = replace(
        classification, groups=tuple(g for g, _ in kept), verdicts=tuple(v for _, v in kept)
    )
    return result, stopped


def is_extracted(group: PinGroup, parts: Counterparts) -> bool:
    """Whether the acquires of `group` are calls of a helper that is converted to another one."""
    through = [a for a in group.acquires if a.name not in group.helpers]
    return bool(through) and all(parts.helper(a.name) for a in group.acquires)


def balance_of(
    acquires: Iterable[Acquire], parts: Counterparts
) -> tuple[dict[Place, str], tuple[Balanced, ...]]:
    """How the pages of calls of helpers are dropped; where that is not known, the reason."""
    wanted = list(acquires)
    rules = [rule for a in wanted if (rule := parts.helper(a.name)) is not None]
    return Balance(parts.program, rules[0].asks if rules else "").of(wanted)


_Found = tuple[PinGroup, Acquire, HelperRule]


def _converted(
    balanced: Balanced, found: list[_Found], grouper: Grouper
) -> tuple[PinGroup, Verdict]:
    first, _, rule = found[0]
    acquires = tuple(sorted(a for _, a, _ in found))
    traced = [grouper.group(a).group for a in acquires]
    grouper.forget()
    uses = {use: None for group in traced for use in group.uses}
    group = replace(
        first,
        acquires=acquires,
        releases=balanced.releases,
        uses=tuple(sorted(uses, key=lambda u: (u.place, u.kind.name))),
        edges=tuple(dict.fromkeys(e for g in traced for e in g.edges)),
        traits=tuple(dict.fromkeys(t for g, _, _ in found for t in g.traits)),
    )
    case = "1" if any(use.kind in _DEVICE for use in uses) else "5"
    named = " and ".join(sorted({f"{r.source}()" for _, _, r in found}))
    lends = "and takes no reference on those that an iterator lends"
    if not rule.twin:
        lends = f"{lends[4:]}, and accepts kernel memory (kvec), which {named} refuses"
    reason = (
        f"Every path drops the pages that it took. {rule.pins}() pins those"
        f" of user memory, {lends}; {rule.asks}() says whether there is anything to drop."
    )
    dropped = "the pages are dropped"
    evidence = tuple(Evidence(g.place, dropped, g.text) for g in balanced.guards)
    verdict = Verdict(
        first.name,
        Action.PIN,
        case,
        EXTRACTED,
        reason,
        Confidence.MEDIUM,
        evidence,
        (),
    )
    return group, verdict


def _unconverted(group: PinGroup, balanced: Balanced) -> str:
    """Why pages whose releases are known are not to be pinned, "" if they are."""
    kinds = {use.kind for use in group.uses}
    consumed = next((u for u in group.uses if u.kind is UseKind.CONSUMED), None)
    if consumed is not None:
        return f"a callee takes over plain references at {consumed.place}"
    more = next((u for u in group.uses if u.kind in _MORE), None)
    if more is not None:
        return (
            f"another reference is taken at {more.place}: it may outlive the pin, and none may be"
            " taken on what an iterator lends"
        )
    if not kinds - _STRUCT - _OTHERS:
        return "only struct page is looked at, which needs no pin"
    if not {g.place.path for g in balanced.guards} <= set(group.paths):
        return "the pages are dropped in another file than they are taken in"
    if group.has(TraitKind.FOR_OTHER_VERSIONS):
        return "it is not compiled in this version"
    return ""
