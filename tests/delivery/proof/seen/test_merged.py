# SPDX-License-Identifier: GPL-2.0-only
"""One proof of what several machines showed."""

from __future__ import annotations

from migrate.delivery.proof.machine.emulated import emulated_machines
from migrate.delivery.proof.model import (
    Control,
    ControlOutcome,
    ExerciseResult,
    FunctionLines,
    GroupProof,
    HeldPins,
    Line,
    Outcome,
    Pair,
    Proof,
    Spoiling,
)
from migrate.delivery.proof.seen.merged import merged

X86, ARM64 = emulated_machines()
TAKEN, GIVEN, OTHER = Line("x.c", 10), Line("x.c", 20), Line("x.c", 30)
CAUGHT = Control(GIVEN, Spoiling.DROPPED, ControlOutcome.CAUGHT)


def proved(*pairs: Pair) -> GroupProof:
    return GroupProof(
        "a", Outcome.PROVED, pairs, (), (OTHER,), lines=(FunctionLines("x.c", "f", 4, (7, 8)),)
    )


def not_reached(why: str) -> GroupProof:
    return GroupProof("a", Outcome.NOT_REACHED, reason=why)


def both(one: GroupProof, other: GroupProof) -> GroupProof:
    found = merged(
        "tip",
        [(X86, Proof("tip", "A", groups=(one,))), (ARM64, Proof("tip", "B", groups=(other,)))],
    )
    assert found.machine == "A; B"
    return found.groups[0]


def test_a_group_that_one_machine_reaches_is_reached() -> None:
    one = proved(Pair(TAKEN, GIVEN, 2))
    assert both(not_reached("only on arm64"), one) == one
    assert both(one, not_reached("no exercise")) == one


def test_the_machine_of_the_architecture_knows_why_not() -> None:
    assert both(not_reached("only on arm64"), not_reached("mte: late")).reason == "mte: late"
    assert both(not_reached("takes a card"), not_reached("no exercise")).reason == "takes a card"


def test_pins_of_both_are_counted_and_lines_ran_that_ran_once() -> None:
    seen = proved(Pair(TAKEN, GIVEN, 2), Pair(TAKEN, OTHER, 1, 1))
    more = GroupProof(
        "a", Outcome.PROVED, (Pair(TAKEN, GIVEN, 3),), controls=(CAUGHT,),
        lines=(FunctionLines("x.c", "f", 4, (8,)),),
    )  # fmt: skip
    found = both(seen, more)
    assert found.pairs == (Pair(TAKEN, GIVEN, 5), Pair(TAKEN, OTHER, 1, 1))
    assert found.missed == () and found.controls == (CAUGHT,)
    assert found.lines == (FunctionLines("x.c", "f", 4, (8,)),)


def test_the_worse_outcome_counts() -> None:
    held = GroupProof("a", Outcome.HELD, held=(HeldPins(TAKEN, 2),), reason="2 held")
    found = both(proved(Pair(TAKEN, GIVEN, 1)), held)
    assert found.outcome is Outcome.HELD and found.reason == "2 held"
    assert found.held == (HeldPins(TAKEN, 2),) and found.count == 1


def test_a_machine_that_is_not_there_is_said_and_the_others_count() -> None:
    one = Proof(
        "tip", "A", groups=(proved(Pair(TAKEN, GIVEN, 1)),), splats=("BUG",),
        exercises=(ExerciseResult("e", "done"),), unfinished=("fail",),
    )  # fmt: skip
    gone = Proof("tip", problem="no QEMU", groups=(not_reached("arm64: no QEMU"),), again=True)
    found = merged("tip", [(X86, one), (ARM64, gone)])
    assert found.problem == "" and found.problems == ("arm64: no QEMU",) and found.again
    assert found.machine == "A" and found.splats == ("BUG",) and found.unfinished == ("fail",)
    assert found.exercises == (ExerciseResult("e", "done"),)
    assert found.groups[0].outcome is Outcome.PROVED


def test_without_any_machine_nothing_is_claimed() -> None:
    gone = Proof("tip", problem="no QEMU", groups=(not_reached("x86_64: no QEMU"),))
    assert merged("tip", [(X86, gone), (ARM64, gone)]) == Proof("tip", problem="no QEMU")
