# SPDX-License-Identifier: GPL-2.0-only
"""explain: the right groups, in the form of a compiler's notes."""

from __future__ import annotations

from pathlib import Path

import pytest

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
from migrate.base.errors import Refusal
from migrate.delivery.explain import explain
from migrate.kernel.tree import Tree

SOURCE = "\tget_user_pages_fast(a);\n\tkmap(b);\nü\tput_page(c);\n".encode()


def group(path: str, function: str) -> tuple[PinGroup, Verdict]:
    acquire = Acquire(Place(path, 1, 1), function, "get_user_pages_fast", (), (), "")
    use = Use(Place(path, 2, 1), function, UseKind.MAP, "")
    release = Release(Place(path, 3, 3), f"{function}_free", "put_page", False, "helper", "")
    evidence = Evidence(use.place, "kmap", "")
    name = f"{path}:{function}"
    made = PinGroup(name, (acquire,), (release,), (use,), (), ("an unknown callee",))
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
    assert notes[0].text == "pin (CASE 5): It maps."
    assert (notes[0].path, notes[0].line, notes[0].source) == (
        "b/b.c",
        1,
        "\tget_user_pages_fast(a);",
    )
    texts = [n.text for n in notes]
    assert "not followed: an unknown callee" in texts
    assert "dirty" in texts
    assert "evidence: kmap" in texts
    last = notes[-1]
    assert last.text == "released here by put_page(), through helper()"
    assert last.source is not None and last.source[last.caret :].startswith("put_page")
