# SPDX-License-Identifier: GPL-2.0-only
"""Which exercises are chosen, what is configured for them, and why a group is not reached."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from migrate.analysis.model import Evidence, PinGroup, Trait, TraitKind
from migrate.analysis.place import Place
from migrate.delivery.proof.chosen import Chosen, choose
from migrate.delivery.proof.machine.emulated import emulated_machines
from migrate.delivery.proof.machine.exercises import Exercise
from migrate.delivery.proof.scratch.configuration import Configuring, recipe
from migrate.kernel.kbuild.toolchains import known_architecture
from migrate.kernel.tree import Tree, open_tree
from tests.delivery.proof.groups import group

TALLY = "drivers/char/tally/tally_main.c"
ONLY_S = "arch/powerpc/mvm/tlb_share.c"


@pytest.fixture
def tree(mini: Path) -> Tree:
    return open_tree(mini)


def configuring(tree: Tree) -> Configuring:
    return Configuring(tree, known_architecture("x86_64"), {"MMU": "y"})


def exercise(name: str, *objects: str, symbols: tuple[str, ...] = ()) -> Exercise:
    return Exercise(name, "", objects, symbols, 10, f"{name}=1", Path())


def chosen(tree: Tree, *every: Exercise) -> Chosen:
    groups = [group("t", TALLY, [1], [2]), group("p", ONLY_S, [1], [2])]
    return choose(every, groups, configuring(tree), {TALLY: "a tally"}, frozenset({"l"}))


def faulting() -> PinGroup:
    """A group that asks for no pages."""
    seen = Evidence(Place(TALLY, 1, 1), "", "")
    return replace(group("l", TALLY, [1], []), traits=(Trait(TraitKind.PAGES_NULL, seen),))


def test_those_for_a_converted_file_are_chosen(tree: Tree) -> None:
    found = chosen(tree, exercise("one", TALLY), exercise("two", "mm/swap.c"))
    assert [e.name for e in found.exercises] == ["one"]
    assert found.wishes[0].get("TALLY") in ("m", "y")
    assert found.command_line == "one=1" and found.seconds == 10
    assert found.files_of("one") == {TALLY} and found.files_of("two") == frozenset()


def test_a_file_of_another_architecture_is_not_built(tree: Tree) -> None:
    found = chosen(tree, exercise("one", ONLY_S))
    assert found.exercises == ()
    assert found.why_not(group("p", ONLY_S, [1], [2]), {}) == "only on powerpc"


def test_symbols_that_the_tree_lacks_are_left_out(tree: Tree) -> None:
    found = chosen(tree, exercise("one", TALLY, symbols=("GUP_TEST", "NO_SUCH_SYMBOL")))
    assert "GUP_TEST" in found.wishes[1] and "NO_SUCH_SYMBOL" not in found.wishes[1]


def test_everything_is_built_in(tree: Tree) -> None:
    found = recipe("proof", "x86_64", chosen(tree, exercise("one", TALLY)).wishes)
    assert found.name == "proof"
    set_to = dict(found.wishes)
    assert set_to["TALLY"] == "y" and set_to["ACPI"] == "n" and set_to["SERIAL_8250"] == "y"
    assert "KASAN" not in set_to


def test_each_architecture_has_a_small_machine_of_its_own() -> None:
    set_to = dict(recipe("proof", "arm64").wishes)
    assert set_to["SERIAL_AMBA_PL011"] == "y" and "SERIAL_8250" not in set_to
    assert {"DEBUG_VM", "DEBUG_ATOMIC_SLEEP", "FAIL_PAGE_ALLOC"} <= set_to.keys()
    for machine in emulated_machines():
        assert recipe("small", machine.arch).wishes


def test_kasan_is_a_kernel_beside_the_other() -> None:
    found = recipe("proof", "x86_64", kasan=True)
    assert found.name == "proof-kasan"
    assert dict(found.wishes)["KASAN"] == "y" and dict(found.wishes)["SLUB_TINY"] == "n"


def test_an_exercise_for_another_architecture_is_left_to_another_machine(tree: Tree) -> None:
    other = replace(exercise("one", TALLY), arch="arm64")
    assert chosen(tree, other, exercise("two", TALLY)).exercises == (exercise("two", TALLY),)


@pytest.mark.parametrize(
    ("one", "results", "why"),
    [
        (group("t", TALLY, [1], [2]), {"one": "done"}, "one does not get there"),
        (group("t", TALLY, [1], [2]), {"one": "lacking no tally"}, "one: lacking no tally"),
        (group("t", TALLY, [1], [2]), {}, "one: it did not run"),
        (
            group("l", TALLY, [1], []),
            {},
            "it looks a page up and hands it on, and releases nothing itself",
        ),
        (faulting(), {}, "it only has a page faulted in, and takes none"),
        (group("l", TALLY, [1], [2]), {"one": "done"}, "one does not get there"),
        (group("x", "mm/swap.c", [1], [2]), {}, "no exercise for mm/swap.c"),
    ],
)
def test_why_a_group_is_not_reached(
    tree: Tree, one: PinGroup, results: dict[str, str], why: str
) -> None:
    assert chosen(tree, exercise("one", TALLY)).why_not(one, results) == why


def test_an_exercise_that_was_left_out_is_named(tree: Tree) -> None:
    t, p = group("t", TALLY, [1], [2]), group("p", ONLY_S, [1], [2])
    every = [exercise("one", TALLY), exercise("two", "mm/swap.c")]
    found = choose(every, [t, p], configuring(tree), {}, frozenset(), {"one"})
    assert found.exercises == () and found.wishes == ()
    assert found.why_not(t, {}) == "the exercise one was left out"


def test_an_exercise_takes_its_hardware_with_it_or_says_that_there_is_none(tree: Tree) -> None:
    t, card = group("t", TALLY, [1], [2]), ("-device", "card")
    one = replace(exercise("one", TALLY), device="card", hardware=card)
    found = choose([one], [t], configuring(tree), {}, frozenset(), (), {"card"}.__contains__)
    assert found.hardware == card and found.exercises == (one,)
    none = choose([one], [t], configuring(tree), {}, frozenset(), (), {"disk"}.__contains__)
    assert none.hardware == () and none.exercises == () and none.wishes == ()
    assert none.why_not(t, {}) == "this QEMU has no card"


@pytest.mark.parametrize(("releases", "names"), [([2], ["one"]), ([], [])])
def test_what_shows_no_pair_is_not_exercised(
    tree: Tree, releases: list[int], names: list[str]
) -> None:
    every, groups = [exercise("one", TALLY)], [group("l", TALLY, [1], releases)]
    found = choose(every, groups, configuring(tree), {}, frozenset({"l"}))
    assert [e.name for e in found.exercises] == names
    assert choose(every, [faulting()], configuring(tree), {}, frozenset()).exercises == ()


def test_a_machine_that_nobody_has_is_named(tree: Tree) -> None:
    assert chosen(tree).why_not(group("t", TALLY, [1], [2]), {}) == "takes a tally"
