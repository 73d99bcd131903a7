# SPDX-License-Identifier: GPL-2.0-only
"""explain: the right groups, in the form of a compiler's notes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from migrate.analysis.edges import Edge, EdgeKind
from migrate.analysis.model import (
    Acquire,
    Action,
    Classification,
    Confidence,
    Evidence,
    PinGroup,
    Place,
    Release,
    Use,
    UseKind,
    Verdict,
)
from migrate.analysis.verdicts.gap_words import WORDING
from migrate.analysis.verdicts.rules import RULES
from migrate.base.errors import Refusal
from migrate.delivery.report import advice
from migrate.delivery.report.explain import explain, notes_on
from migrate.kernel.tree import Tree
from tests.analysis.groups import GAP

SOURCE = "\tget_user_pages_fast(a);\n\tkmap(b);\nü\tput_page(c);\n".encode()


def group(path: str, function: str) -> tuple[PinGroup, Verdict]:
    acquire = Acquire(Place(path, 1, 1), function, "get_user_pages_fast", (), (), "")
    use = Use(Place(path, 2, 1), function, UseKind.MAP, "")
    release = Release(Place(path, 3, 3), f"{function}_free", "put_page", False, "helper", "")
    evidence = Evidence(use.place, "kmap", "")
    name = f"{path}:{function}"
    made = PinGroup(name, (acquire,), (release,), (use,), (), (GAP,))
    verdict = Verdict(
        name, Action.PIN, "5", "mapped", "It maps.", Confidence.HIGH, (evidence,), ("dirty",)
    )
    return made, verdict


@pytest.fixture
def classification() -> Classification:
    pairs = [group("a.c", "one"), group("a.c", "two"), group("b/b.c", "three")]
    return Classification("c", "p", tuple(g for g, _ in pairs), tuple(v for _, v in pairs))


@pytest.fixture
def tree() -> Tree:
    return Tree(Path("/"), "c", {"a.c": SOURCE, "b/b.c": SOURCE})


@pytest.mark.parametrize(
    ("where", "groups"),
    [
        ("a.c", ["a.c:one", "a.c:two"]),
        ("a.c:two", ["a.c:two"]),
        ("a.c:one_free", ["a.c:one"]),
        ("b/b.c:3", ["b/b.c:three"]),
        ("b/b.c:3:7", ["b/b.c:three"]),
        ("./b/b.c", ["b/b.c:three"]),
    ],
)
def test_places_are_found(
    tree: Tree, classification: Classification, where: str, groups: list[str]
) -> None:
    notes = explain(tree, classification, where)
    heads = [n.text.split(",")[0].removeprefix("group ") for n in notes if "group " in n.text]
    assert heads == groups


@pytest.mark.parametrize(
    ("where", "hint"),
    [("a.c:99", "a.c:one"), ("b.c", "b/b.c"), ("zzzzzzzzz", "gup-migrate classify")],
)
def test_an_unknown_place_gets_the_nearest_one(
    tree: Tree, classification: Classification, where: str, hint: str
) -> None:
    with pytest.raises(Refusal) as refused:
        explain(tree, classification, where)
    assert where in refused.value.what
    assert hint in refused.value.next_step


def test_everything_is_said_where_it_is(tree: Tree, classification: Classification) -> None:
    notes = explain(tree, classification, "b/b.c")
    assert notes[0].text == "pin (CASE 5): three() should pin the pages, because it maps."
    assert (notes[0].path, notes[0].line, notes[0].source) == (
        "b/b.c",
        1,
        "\tget_user_pages_fast(a);",
    )
    texts = [n.text for n in notes]
    assert "not followed: the page is put on a list at drivers/demo/demo.c:12" in texts
    assert "dirty" in texts
    assert "evidence: kmap" in texts
    assert not [t for t in texts if t.startswith("used here")], "the evidence shows it already"
    last = notes[-1]
    assert last.text == "released here by put_page(), through helper()"
    assert last.source is not None and last.source[last.caret :].startswith("put_page")


def test_of_long_lists_the_first_come_and_a_number(
    tree: Tree, classification: Classification
) -> None:
    made, verdict = classification.pairs()[0]
    uses = tuple(Use(Place("a.c", 2, n), "one", UseKind.MAP, "") for n in range(30))
    header = Use(Place("include/linux/mm.h", 2, 0), "", UseKind.MAP, "")
    gaps = tuple(replace(GAP, place=Place("a.c", n, 0)) for n in range(20))
    edges = (Edge(EdgeKind.COPIED, Place("a.c", 2, 1), "", "struct demo.page", "b"),)
    long = replace(made, uses=(*uses, header), gaps=gaps, edges=edges)
    texts = [n.text for n in notes_on(tree, long, replace(verdict, evidence=()))]
    assert sum(t.startswith("used here") for t in texts) == 8
    assert "22 more uses; classify --json has all" in texts
    assert "12 more places that could not be followed; classify --json has all" in texts
    assert texts.index("b -> struct demo.page") < texts.index(f"used here: {UseKind.MAP}")


def test_the_command_to_type_is_spelled_by_the_caller(
    tree: Tree, classification: Classification
) -> None:
    """With the options that were given, so that it can be typed as it stands."""

    def command(name: str, *arguments: str) -> str:
        return " ".join(["gup-migrate", name, *map(str, arguments), "--profile", "own"])

    with pytest.raises(Refusal) as near:
        explain(tree, classification, "a.c:99", command=command)
    assert near.value.next_step == "Try: gup-migrate explain a.c:one --profile own"
    with pytest.raises(Refusal) as far:
        explain(tree, classification, "zzz", command=command)
    assert far.value.next_step == "See them all: gup-migrate classify --profile own"


def test_a_persons_decision_is_shown_without_a_confidence(tree: Tree) -> None:
    made, verdict = group("a.c", "one")
    mine = replace(verdict, confidence=None, decided_by="author", rule="decision")
    texts = [note.text for note in notes_on(tree, made, mine)]
    assert "group a.c:one, decided by the author" in texts
    assert not any("confidence" in text for text in texts)
    assert "group a.c:one, rule 'mapped', confidence high, decided by rules" in [
        note.text for note in notes_on(tree, made, verdict)
    ]


def says(
    action: Action, rule: str = "mapped", reason: str = "It maps.", gap: bool = True
) -> list[str]:
    made, verdict = group("a.c", "one")
    made = replace(made, gaps=(replace(GAP, place=Place("a.c", 2, 1)),) if gap else ())
    verdict = replace(verdict, action=action, rule=rule, reason=reason)
    tree = Tree(Path("/"), "c", {"a.c": SOURCE})
    return [note.text for note in notes_on(tree, made, verdict)]


@pytest.mark.parametrize(
    ("action", "reason", "said"),
    [
        (Action.PIN, "The CPU does.", "one() should pin the pages, because the CPU does."),
        (Action.FOLLOW, "Only that.", "one() should look the pages up, because only that."),
        (Action.KEEP, "An MMU notifier.", "one() stays as it is, because an MMU notifier."),
        (Action.KEEP, "GUP itself.", "one() stays as it is, because GUP itself."),
        (Action.MANUAL, "f() is.", "one() is left to a person, because f() is."),
    ],
)
def test_the_first_line_is_what_a_person_would_say(action: Action, reason: str, said: str) -> None:
    assert says(action, reason=reason)[0] == f"{action} (CASE 5): {said}"


def test_what_is_manual_says_what_to_do_now() -> None:
    texts = says(Action.MANUAL)
    assert texts[1] == f"to do: {WORDING[GAP.kind].check}"
    assert texts[2] == "then write down what you found: gup-migrate review"
    assert says(Action.MANUAL, "freed", gap=False)[1].startswith("to do: Release the page there")
    assert says(Action.MANUAL, "no such rule", gap=False)[1].startswith("to do: Look at the uses")
    for action in (Action.PIN, Action.KEEP, Action.FOLLOW):
        assert not any(text.startswith("to do") for text in says(action))


def test_every_rule_that_can_leave_a_group_without_a_gap_has_advice() -> None:
    manual = {rule.name for rule in RULES if Action.MANUAL in rule.actions}
    with_gaps = {"other_sources", "not_followed"}
    assert manual - with_gaps - {"nothing_recognised"} <= set(advice._LOOK)
