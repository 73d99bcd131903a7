# SPDX-License-Identifier: GPL-2.0-only
"""What the tool decided beside what people did, call by call."""

from __future__ import annotations

import pytest

from bench.later import FACTS, Fact, Row, read_facts, rows, table


def classified(*calls: tuple[str, str, str]) -> dict[str, object]:
    """A classification with a group for each function, action and rule."""
    groups = [
        {
            "name": f"g{n}",
            "acquires": [
                {"name": "get_user_pages", "function": function, "place": {"path": "drivers/a.c"}},
                {"name": "demo_get", "function": function, "place": {"path": "drivers/a.c"}},
            ],
        }
        for n, (function, _, _) in enumerate(calls)
    ]
    verdicts = [
        {"group": f"g{n}", "action": action, "rule": rule}
        for n, (_, action, rule) in enumerate(calls)
    ]
    return {"groups": groups, "verdicts": verdicts}


def fact(function: str, people: str, calls: int = 1, judged: str = "") -> Fact:
    return Fact("drivers/a.c", function, people, "Linux 9", calls, judged)


def test_each_call_is_beside_its_fact() -> None:
    facts = [fact("one", "pinned"), fact("two", "left", 2)]
    calls = [("one", "pin", "r"), ("two", "keep", "r"), ("two", "manual", "r")]
    found = [(row.fact.function, row.action) for row in rows(facts, classified(*calls))]
    assert found == [("one", "pin"), ("two", "keep"), ("two", "manual")]


@pytest.mark.parametrize(
    "calls",
    [
        [],
        [("one", "pin", "r"), ("one", "pin", "r")],
        [("one", "pin", "r"), ("other", "pin", "r")],
        [("one", "pin", "implementation")],
    ],
)
def test_other_calls_than_those_of_the_facts_are_refused(calls: list[tuple[str, str, str]]) -> None:
    with pytest.raises(ValueError, match=r"one|other"):
        tuple(rows([fact("one", "pinned")], classified(*calls)))


@pytest.mark.parametrize(
    ("people", "action", "judged", "right", "harm"),
    [
        ("pinned", "pin", "", True, False),
        ("pinned", "manual", "", False, False),
        ("pinned", "keep", "", False, False),
        ("left", "keep", "", True, False),
        ("left", "follow", "", True, False),
        ("left", "manual", "", False, False),
        ("left", "pin", "", False, True),
        ("left", "pin", "the data is written", True, False),
    ],
)
def test_what_is_right_and_what_is_harm(
    people: str, action: str, judged: str, right: bool, harm: bool
) -> None:
    row = Row(fact("one", people, judged=judged), action, "rule")
    assert (row.right, row.harm) == (right, harm)


def test_the_table_counts_and_names_what_is_not_as_people_have_it() -> None:
    found = (
        Row(fact("one", "pinned"), "pin", "r"),
        Row(fact("two", "pinned"), "manual", "not_followed"),
        Row(fact("three", "left"), "pin", "data_read"),
    )
    lines = table(found, "9.9", "demo")
    assert "| pinned | 1 | 0 | 0 | 1 | 2 |" in lines and "| left | 1 | 0 | 0 | 0 | 1 |" in lines
    text = "\n".join(lines)
    assert "Right: 1 of 3." in text and "nobody has judged it: 1." in text
    named = [line.split(" | ")[1] for line in lines if line.startswith("| drivers/")]
    assert named == ["two", "three"]


def test_the_facts_say_who_did_what_and_where_that_is_seen() -> None:
    facts = read_facts(FACTS)
    assert len({f.key for f in facts}) == len(facts)
    assert {f.people for f in facts} == {"pinned", "left"}
    assert all(f.seen and f.calls > 0 for f in facts)
    assert [f for f in facts if f.judged and f.people == "pinned"] == []
