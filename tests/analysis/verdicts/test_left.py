# SPDX-License-Identifier: GPL-2.0-only
"""What of GUP is left outside of mm/, and what stops it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.model import (
    Action,
    Classification,
    Confidence,
    Evidence,
    PinGroup,
    Place,
    Trait,
    TraitKind,
    UseKind,
    Verdict,
)
from migrate.analysis.verdicts.left import CONVERTED, INSIDE_HELPER, STOPS, UNDECIDED, Left, left
from migrate.analysis.verdicts.rules import RULES
from tests.analysis.groups import acquire, group, use


def verdict(about: PinGroup, action: Action, rule: str) -> Verdict:
    return Verdict(about.name, action, "", rule, "Because.", Confidence.LOW, (), ())


def at(path: str, name: str = "get_user_pages_fast") -> PinGroup:
    call = replace(acquire(name=name), place=Place(path, 10, 1))
    return replace(group(acquires=(call,)), name=f"{path}:get")


def counted(*decided: tuple[PinGroup, Action, str]) -> Left:
    groups = tuple(about for about, _, _ in decided)
    verdicts = tuple(verdict(*entry) for entry in decided)
    return left(Classification("c" * 40, "some-api", groups, verdicts))


def test_every_rule_that_leaves_a_caller_has_its_words() -> None:
    leaving = {r.name for r in RULES if {Action.KEEP, Action.MANUAL} & set(r.actions)}
    assert leaving - {"implementation"} <= set(STOPS)
    assert len(set(STOPS.values())) == len(STOPS)


def test_what_counts_is_direct_and_outside_of_mm() -> None:
    found = counted(
        (at("drivers/a.c"), Action.PIN, "device_access"),
        (at("drivers/b.c"), Action.KEEP, "mmu_notifier"),
        (at("drivers/c.c", "some_helper"), Action.MANUAL, "through_helper"),
        (at("mm/d.c"), Action.KEEP, "only_struct_page"),
        (at("include/linux/mm.h"), Action.KEEP, "implementation"),
        (at("drivers/e.c", "pin_user_pages"), Action.KEEP, "only_struct_page"),
        (at("drivers/f.c"), Action.FOLLOW, "followed"),
        (at("drivers/g.c"), Action.MANUAL, "rewrite"),
    )
    assert [c.acquire.place.path for c in found.direct] == [f"drivers/{n}.c" for n in "abfg"]
    assert [c.stop for c in found.direct] == [
        CONVERTED,
        STOPS["mmu_notifier"],
        CONVERTED,
        STOPS["rewrite"],
    ]
    assert [c.group for c in found.staying] == ["drivers/b.c:get", "drivers/g.c:get"]
    assert [c.group for c in found.helpers_staying] == ["drivers/c.c:get"]


def test_the_most_frequent_reason_comes_first() -> None:
    found = counted(
        (at("drivers/a.c"), Action.KEEP, "fast_only"),
        (at("drivers/b.c"), Action.MANUAL, "not_followed"),
        (at("drivers/c.c"), Action.MANUAL, "not_followed"),
    )
    assert found.by_stop() == ((STOPS["not_followed"], 2), (STOPS["fast_only"], 1))


def test_a_call_is_named_by_what_it_is_about() -> None:
    """A lookup that never sleeps may be one under an MMU notifier, and what changes references may
    change mappings."""
    quick, mapped, other = at("drivers/a.c"), at("drivers/b.c"), at("drivers/c.c")
    mapped = replace(mapped, uses=(use(UseKind.MANIPULATED),))
    other = replace(other, uses=(use(UseKind.EXTRA_REFERENCE),))
    lookup = verdict(quick, Action.KEEP, "fast_only")
    more = [verdict(about, Action.MANUAL, "extra_references") for about in (mapped, other)]
    for case, stop in (("3", "mmu_notifier"), ("4", "fast_only"), ("5", "fast_only")):
        groups, verdicts = (quick, mapped, other), (replace(lookup, case=case), *more)
        found = left(Classification("c" * 40, "some-api", groups, verdicts))
        assert [c.stop for c in found.direct] == [
            STOPS[stop],
            STOPS["mappings_changed"],
            STOPS["extra_references"],
        ]


def test_the_call_inside_a_helper_waits_for_its_callers() -> None:
    gap = Gap(GapKind.FILLED_FOR_UNKNOWN, function="some_helper")
    inside = replace(at("lib/a.c"), gaps=(gap,))
    caller = at("drivers/b.c", "some_helper")
    found = counted(
        (inside, Action.MANUAL, "not_followed"), (caller, Action.MANUAL, "through_helper")
    )
    assert [c.stop for c in found.direct] == [INSIDE_HELPER]
    assert found.in_words() == (
        "1 of 1 calls of get_user_pages*() outside of mm/ remain, 1 of them inside a helper, and"
        " all 1 calls of helpers over it."
    )
    alone = counted((inside, Action.MANUAL, "not_followed"))
    assert [c.stop for c in alone.direct] == [STOPS["not_followed"]]
    assert "inside" not in alone.in_words()


def test_what_could_not_be_followed_is_about_the_notifier_beside_it() -> None:
    """Which rule came first does not matter: with a notifier in the driver it is CASE 3."""
    about = at("drivers/a.c")
    lacking = (about, Action.MANUAL, "not_followed")
    assert [c.stop for c in counted(lacking).direct] == [STOPS["not_followed"]]
    for kind in (TraitKind.NOTIFIER_FILE, TraitKind.NOTIFIER_NEAR):
        near = replace(
            about, traits=(Trait(kind, Evidence(Place("drivers/b.c", 1, 0), "a notifier", "")),)
        )
        found = counted((near, Action.MANUAL, "not_followed"))
        assert [c.stop for c in found.direct] == [STOPS["notifier_near"]]


@pytest.mark.parametrize("action", [Action.KEEP, Action.MANUAL])
def test_what_a_person_left_says_so(action: Action) -> None:
    about = at("drivers/a.c")
    decided = replace(verdict(about, action, "only_struct_page"), decided_by="author")
    found = left(Classification("c" * 40, "some-api", (about,), (decided,)))
    assert [c.stop for c in found.direct] == [UNDECIDED]
