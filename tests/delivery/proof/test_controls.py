# SPDX-License-Identifier: GPL-2.0-only
"""Releases that are spoiled on purpose."""

from __future__ import annotations

from dataclasses import replace

from migrate.delivery.proof.controls import (
    Names,
    NotSpoiled,
    Round,
    Spoiled,
    is_final,
    judged,
    not_made,
    rounds,
    spoil,
    unbuilt,
)
from migrate.delivery.proof.model import (
    Control,
    ControlOutcome,
    GroupProof,
    HeldPins,
    Line,
    Outcome,
    Pair,
    Spoiling,
)
from migrate.delivery.proof.seen.places import Hunk

BASE = b"""\
void f(void)
{
	got = get_user_pages(a, n, 0, pages, NULL);
	other();
	put_page(page);
	for (i = 0; i < n; i++)
		put_page(pages[i]);
}
"""
TIP = b"""\
void f(void)
{
	got = pin_user_pages(a, n, 0, pages, NULL);
	other();
	unpin_user_page(page);
	unpin_user_pages(
		pages, count(n));
	last();
}
"""
HUNKS = (Hunk(3, 1, 3, 1), Hunk(5, 3, 5, 4))
NAMES = Names(("pin_user_pages",), ("unpin_user_page", "unpin_user_pages"))
A10, A20, A30 = Line("a.c", 10), Line("a.c", 20), Line("a.c", 30)


def wanted(line: int, spoiling: Spoiling) -> Spoiled:
    return Spoiled("g", Line("a.c", line), spoiling)


def test_a_line_is_turned_back_and_its_neighbours_stay() -> None:
    hunks = (Hunk(3, 1, 3, 1), Hunk(5, 1, 5, 1))
    made, failed = spoil(TIP, BASE, [wanted(5, Spoiling.TURNED_BACK)], hunks, NAMES)
    assert made == TIP.replace(b"unpin_user_page(page)", b"put_page(page)")
    assert failed == {}


def test_a_hunk_of_another_length_is_turned_back_whole() -> None:
    made, failed = spoil(TIP, BASE, [wanted(7, Spoiling.TURNED_BACK)], HUNKS, NAMES)
    assert made == BASE.replace(b"get_user", b"pin_user")
    assert failed == {}


def test_a_call_is_dropped_and_the_lines_below_keep_their_numbers() -> None:
    hunks = (Hunk(6, 2, 6, 2),)
    made, failed = spoil(TIP, BASE, [wanted(6, Spoiling.DROPPED)], hunks, NAMES)
    assert made == TIP.replace(b"unpin_user_pages(\n\t\tpages, count(n))", b"gup_prove_dropped()\n")
    assert failed == {}
    assert made.count(b"\n") == TIP.count(b"\n")


def test_several_of_a_file_are_spoiled_at_once() -> None:
    hunks = (Hunk(3, 1, 3, 1), Hunk(5, 1, 5, 1), Hunk(6, 2, 6, 2))
    both = [wanted(5, Spoiling.TURNED_BACK), wanted(6, Spoiling.DROPPED)]
    made, _ = spoil(TIP, BASE, both, hunks, NAMES)
    assert b"put_page(page);\n\tgup_prove_dropped()\n;" in made


def test_what_cannot_be_spoiled_is_said() -> None:
    unchanged, acquire = wanted(4, Spoiling.TURNED_BACK), wanted(3, Spoiling.DROPPED)
    made, failed = spoil(TIP, BASE, [unchanged, acquire], HUNKS, NAMES)
    assert made == TIP
    assert failed == {
        unchanged: NotSpoiled("the conversion did not change its line"),
        acquire: NotSpoiled("no call of a release function is in its line"),
    }


def proof(group: str, *releases: Line, outcome: Outcome = Outcome.PROVED) -> GroupProof:
    return GroupProof(group, outcome, tuple(Pair(A10, r, 1) for r in releases))


def test_every_release_that_ran_is_turned_back_and_one_dropped() -> None:
    found = rounds([proof("a", A20, A30), proof("b", A20), proof("c", A20, outcome=Outcome.HELD)])
    back, dropped = Spoiling.TURNED_BACK, Spoiling.DROPPED
    assert found == (
        Round((Spoiled("a", A20, back), Spoiled("b", A20, back))),
        Round((Spoiled("a", A30, back),)),
        Round((Spoiled("a", A20, dropped), Spoiled("b", A20, dropped))),
    )


def test_a_lookup_is_released_as_before_so_that_each_release_is_dropped() -> None:
    found = rounds([proof("a", A20), proof("look", A20, A30)], frozenset({"look"}))
    back, dropped = Spoiling.TURNED_BACK, Spoiling.DROPPED
    assert found == (
        Round((Spoiled("a", A20, back), Spoiled("look", A20, dropped))),
        Round((Spoiled("look", A30, dropped),)),
        Round((Spoiled("a", A20, dropped),)),
    )
    assert rounds([proof("look", A20)], frozenset({"look"})) == (
        Round((Spoiled("look", A20, dropped),)),
    )


def test_a_line_that_was_not_changed_is_found_behind_what_was() -> None:
    base = b"a();\nb();\nput_page(page);\n"
    tip = b"a();\na2();\na3();\nb();\nput_page(page);\n"
    item = wanted(3, Spoiling.DROPPED)
    names = replace(NAMES, drops=("put_page",))
    made, failed = spoil(tip, base, [item], (Hunk(1, 0, 2, 2),), names)
    assert made == tip.replace(b"put_page(page)", b"gup_prove_dropped()")
    assert failed == {}


def test_a_release_that_was_one_of_pins_before_is_removed() -> None:
    text = b"a();\nunpin_user_page(p);\n"
    made, failed = spoil(text, text, [wanted(2, Spoiling.DROPPED)], (), NAMES)
    assert made == b"a();\ngup_prove_dropped();\n"
    assert failed == {}


def test_nothing_proved_has_no_controls() -> None:
    assert rounds([proof("c", A20, outcome=Outcome.NOT_REACHED)]) == ()


def test_a_control_is_caught_when_the_pins_stay_or_are_foreign() -> None:
    tried = Round(tuple(Spoiled(n, A20, Spoiling.DROPPED) for n in "abcd"))
    proofs = [
        GroupProof("a", Outcome.HELD, held=(HeldPins(A10, 3),), reason="3 held"),
        GroupProof("b", Outcome.FOREIGN),
        GroupProof("c", Outcome.PROVED),
        GroupProof("d", Outcome.SPLAT, held=(HeldPins(A10, 3),)),
    ]
    found = {name: control.outcome for name, control in judged(tried, proofs, {}, {A20})}
    caught, missed = ControlOutcome.CAUGHT, ControlOutcome.MISSED
    assert found == {"a": caught, "b": caught, "c": missed, "d": caught}


def test_a_control_that_was_not_made_is_neither() -> None:
    tried = Round((Spoiled("a", A20, Spoiling.DROPPED),))
    failed = {tried.spoiled[0]: NotSpoiled("so")}
    (one,) = judged(tried, [], failed, ())
    (other,) = not_made(tried, "it does not build")
    assert one[1].outcome is other[1].outcome is ControlOutcome.NOT_MADE
    assert other[1].reason == "it does not build"
    assert not GroupProof("a", Outcome.PROVED, controls=(one[1],)).controlled


def test_a_release_that_was_taken_out_but_not_reached_misses_nothing() -> None:
    proofs = [GroupProof("a", Outcome.PROVED)]
    for spoiling, passed, outcome in [
        (Spoiling.DROPPED, {A30}, ControlOutcome.NOT_MADE),
        (Spoiling.DROPPED, {A20}, ControlOutcome.MISSED),
        (Spoiling.TURNED_BACK, set[Line](), ControlOutcome.MISSED),
    ]:
        ((_, control),) = judged(Round((Spoiled("a", A20, spoiling),)), proofs, {}, passed)
        assert control.outcome is outcome
        # What was reached and yet not noticed is not booted again until it is.
        assert is_final(control) is (passed == {A20})
    assert control.reason == "proved"


def test_a_file_that_does_not_compile_takes_its_own_controls_along_alone() -> None:
    one = Spoiled("a", A20, Spoiling.TURNED_BACK)
    other = Spoiled("b", Line("d/b.c", 3), Spoiling.TURNED_BACK)
    reason = "its file does not compile with that release alone spoiled"
    assert unbuilt(Round((one, other)), {"d/b.o"}) == {other: NotSpoiled(reason)}
    assert unbuilt(Round((one, other)), {"b.o", "d/c.o"}) == {}


def test_a_release_that_was_noticed_is_final() -> None:
    assert is_final(Control(A20, Spoiling.TURNED_BACK, ControlOutcome.CAUGHT))


def test_what_groups_have_in_common_is_spoiled_once() -> None:
    both = [replace(wanted(7, Spoiling.TURNED_BACK), group=name) for name in "gh"]
    assert spoil(TIP, BASE, both, HUNKS, NAMES) == spoil(TIP, BASE, both[:1], HUNKS, NAMES)
    both = [replace(wanted(6, Spoiling.DROPPED), group=name) for name in "gh"]
    made, failed = spoil(TIP, BASE, both, (Hunk(6, 2, 6, 2),), NAMES)
    assert failed == {} and made.count(b"gup_prove_dropped()") == 1


def test_a_hunk_with_an_acquire_is_not_turned_back() -> None:
    item = wanted(5, Spoiling.TURNED_BACK)
    made, failed = spoil(TIP, BASE, [item], (Hunk(3, 5, 3, 6),), NAMES)
    assert made == TIP
    assert failed == {item: NotSpoiled("an acquire was changed together with it")}
