# SPDX-License-Identifier: GPL-2.0-only
"""Outcomes: what did not run proves nothing, and every doubt is somebody's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from migrate.delivery.proof.machine.console import Console, Site, Splat, Table
from migrate.delivery.proof.model import GroupProof, HeldPins, Line, Outcome, Pair
from migrate.delivery.proof.seen.judge import failed_by_splats, judge, seen
from migrate.delivery.proof.seen.places import Places
from tests.delivery.proof.groups import group

A10, A20, A30 = Site("a.c", 10), Site("a.c", 20), Site("a.c", 30)
B5, B6 = Site("b.c", 5), Site("b.c", 6)
NOBODY = Site("-", 0)
GROUPS = (group("a", "a.c", [10], [20, 30]), group("b", "b.c", [5], [6]))


def judged(
    pairs: dict[tuple[Site, Site], tuple[int, int]],
    held: dict[Site, int] | None = None,
    splats: list[tuple[str, frozenset[str]]] | None = None,
) -> dict[str, GroupProof]:
    table = Table(
        {a: 1 for a, _ in pairs if a != NOBODY}, {r: 1 for _, r in pairs}, pairs, held or {}
    )
    places = Places(GROUPS, {}, Path())
    found = judge(
        GROUPS, seen(table, places), splats or [], lambda g: f"why {g.name}", lambda *_: True
    )
    return {proof.group: proof for proof in found}


def test_a_pair_of_the_group_is_proved() -> None:
    proof = judged({(A10, A20): (7, 0)})["a"]
    assert proof.outcome is Outcome.PROVED
    assert proof.pairs == (Pair(Line("a.c", 10), Line("a.c", 20), 7),)
    assert proof.count == 7
    assert proof.missed == (Line("a.c", 30),)


def test_what_did_not_run_is_not_proved() -> None:
    proof = judged({(A10, A20): (7, 0)})["b"]
    assert proof.outcome is Outcome.NOT_REACHED
    assert proof.reason == "why b"


def test_pins_that_stay_are_held_though_others_went() -> None:
    proof = judged({(A10, A20): (7, 0)}, {A10: 2})["a"]
    assert proof.outcome is Outcome.HELD
    assert proof.held == (HeldPins(Line("a.c", 10), 2),)
    assert proof.reason == "2 from a.c:10 were never released"


def test_a_release_of_what_nobody_held_is_foreign() -> None:
    proof = judged({(NOBODY, A20): (3, 0)})["a"]
    assert proof.outcome is Outcome.FOREIGN
    assert proof.reason == "a.c:20 released 3 that nobody held"


def test_a_release_elsewhere_is_outside_for_both() -> None:
    found = judged({(A10, A20): (7, 0), (A10, B6): (1, 0)})
    assert [found[n].outcome for n in "ab"] == [Outcome.OUTSIDE, Outcome.OUTSIDE]
    assert found["a"].reason == "a.c:10 -> b.c:6 once, and only one end is in the group"


def test_a_page_that_several_sites_held_each_time_accuses_nobody() -> None:
    found = judged({(A10, A20): (7, 0), (A10, B6): (2, 2), (B5, B6): (1, 0)})
    assert [found[n].outcome for n in "ab"] == [Outcome.PROVED, Outcome.PROVED]


def test_once_without_doubt_is_enough_to_be_outside() -> None:
    assert judged({(A10, B6): (2, 1)})["a"].outcome is Outcome.OUTSIDE


def test_outside_is_worse_than_all_else() -> None:
    found = judged({(A10, B6): (2, 0), (NOBODY, A20): (1, 0)}, {A10: 4}, [("BUG", frozenset("a"))])
    assert found["a"].outcome is Outcome.OUTSIDE


def test_a_complaint_fails_what_ran_then() -> None:
    found = judged({(A10, A20): (1, 0), (B5, B6): (1, 0)}, None, [("BUG: x", frozenset("a"))])
    assert found["a"].outcome is Outcome.SPLAT and found["a"].reason == "BUG: x"
    assert found["b"].outcome is Outcome.PROVED


def test_complaints_fail_the_groups_of_the_exercise_or_all() -> None:
    console = Console(splats=[Splat("one", "exec"), Splat("two", ""), Splat("three", "other")])
    files = {"exec": frozenset({"a.c"}), "other": frozenset({"c.c"})}
    found = failed_by_splats(console, GROUPS, lambda name: files[name])
    assert found == [("one", {"a"}), ("two", {"a", "b"}), ("three", {"a", "b"})]


def test_while_allocations_fail_only_those_fail_whose_functions_were_called() -> None:
    splats = [
        Splat("in f", "exec", frozenset({"f"}), starved=True),
        Splat("elsewhere", "exec", frozenset({"x"}), starved=True),
    ]
    found = failed_by_splats(Console(splats=splats), GROUPS, lambda _: frozenset({"a.c"}))
    assert found == [("in f", {"a"}), ("elsewhere", frozenset())]


def test_of_several_groups_those_fail_whose_functions_were_called() -> None:
    one, two = group("one", "a.c", [1], [2]), replace(group("two", "a.c", [3], [4]), acquires=())
    two = replace(two, releases=(replace(two.releases[0], function="g"),))
    splats = [Splat("in g", "exec", frozenset({"g", "x"})), Splat("in x", "exec", frozenset({"x"}))]
    found = failed_by_splats(Console(splats=splats), [one, two], lambda _: frozenset({"a.c"}))
    assert found == [("in g", {"two"}), ("in x", {"one", "two"})]
