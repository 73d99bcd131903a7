# SPDX-License-Identifier: GPL-2.0-only
"""What a cover letter and a report say of a branch that was booted."""

from __future__ import annotations

from migrate.delivery.mail.seen import seen_lines
from migrate.delivery.proof.model import (
    Control,
    ControlOutcome,
    FunctionLines,
    GroupProof,
    Line,
    Outcome,
    Pair,
    Proof,
    Spoiling,
)

TAKEN, GIVEN, OTHER = Line("a/x.c", 10), Line("a/x.c", 20), Line("a/y.c", 7)
CAUGHT = Control(GIVEN, Spoiling.DROPPED, ControlOutcome.CAUGHT, "held")
PROVED = GroupProof(
    "a/x.c:f",
    Outcome.PROVED,
    (Pair(TAKEN, GIVEN, 7), Pair(TAKEN, OTHER, 1)),
    missed=(Line("a/x.c", 30),),
    controls=(CAUGHT,),
    lines=(FunctionLines("a/x.c", "f", 12, (14, 15)),),
)
PROOF = Proof(
    "tip",
    groups=(
        PROVED,
        GroupProof("b.c:g", Outcome.NOT_REACHED, reason="only on s390"),
        GroupProof("c.c:h", Outcome.HELD, reason="2 from c.c:1 were never released"),
    ),
)


def test_pairs_are_told_with_what_did_not_run_and_what_was_spoiled() -> None:
    assert seen_lines(PROOF, ["a/x.c:f"]) == [
        "a/x.c:10 -> :20 7 times",
        "a/x.c:10 -> a/y.c:7 once",
        "did not run: a/x.c:30",
        "f(): 10 of 12 lines ran, not 14 and 15",
        "when spoiled on purpose, pins stayed or were foreign: a/x.c:20",
    ]


def test_bad_news_is_told_and_so_is_what_was_not_reached() -> None:
    assert seen_lines(PROOF, ["b.c:g", "c.c:h"]) == [
        "not reached: b.c:g (only on s390)",
        "held: c.c:h (2 from c.c:1 were never released)",
    ]


def test_nothing_is_said_where_nothing_ran() -> None:
    assert seen_lines(PROOF, ["b.c:g"]) == []
    assert seen_lines(None, ["a/x.c:f"]) == []


def test_a_control_that_was_missed_is_no_control() -> None:
    missed = Control(GIVEN, Spoiling.DROPPED, ControlOutcome.MISSED)
    one = GroupProof("a", Outcome.PROVED, (Pair(TAKEN, GIVEN, 1),), controls=(CAUGHT, missed))
    assert not one.controlled
    assert PROVED.controlled
