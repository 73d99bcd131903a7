# SPDX-License-Identifier: GPL-2.0-only
"""The author's decisions: what a file may say, each thing that is refused, what becomes of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.model import (
    Action,
    Classification,
    Evidence,
    PinGroup,
    Trait,
    TraitKind,
    UseKind,
)
from migrate.analysis.verdicts.classify import verdict
from migrate.analysis.verdicts.decisions import Decision, decide, read_decisions
from migrate.base.errors import Refusal
from tests.analysis import groups

WHOLE = groups.group(UseKind.WRITE_DATA, TraitKind.MAY_WRITE)
GAPS = groups.group(UseKind.WRITE_DATA, gaps=(groups.GAP, Gap(GapKind.NO_RELEASE)))
ENTRY = '[[decision]]\nfile = "drivers/demo/demo.c"\nverdict = "keep"\nwhy = "It is mine."\n'


def classified(*given: PinGroup) -> Classification:
    found = tuple(given or (WHOLE,))
    return Classification("0" * 40, "p", found, tuple(verdict(g, True) for g in found))


def of(action: Action = Action.KEEP, **more: object) -> Decision:
    selectors = {"file": groups.PATH} if not more.keys() & {"file", "function", "group"} else {}
    return Decision(1, action, "It is mine.", **selectors, **more)  # type: ignore[arg-type]


def refused(found: Classification, *decisions: Decision) -> Refusal:
    with pytest.raises(Refusal) as caught:
        decide(found, decisions)
    return caught.value


# Reading


def test_all_that_an_entry_may_say(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        """
[[decision]]
file = "./drivers/demo/demo.c"
function = "get"
verdict = "pin"
why = "All releases\\n were checked."
case = "2"
despite_gaps = true

[[decision]]
group = "a:b"
verdict = "manual"
why = "Not yet."
"""
    )
    one, two = read_decisions(path)
    assert one == Decision(
        1,
        Action.PIN,
        "All releases were checked.",
        file="drivers/demo/demo.c",
        function="get",
        case="2",
        despite_gaps=True,
    )
    assert two == Decision(2, Action.MANUAL, "Not yet.", group="a:b")


def test_a_file_without_entries_decides_nothing(tmp_path: Path) -> None:
    path = tmp_path / "empty.toml"
    path.write_text("# nothing yet\n")
    assert read_decisions(path) == ()


@pytest.mark.parametrize(
    ("text", "what", "next_step"),
    [
        ("[[decision", "is not TOML: ", "An entry is [[decision]]"),
        ("decisions = 1", "unknown key 'decisions'", "An entry is [[decision]]"),
        ("decision = 1", "decision is not a list of tables", "An entry is [[decision]]"),
        ("decision = [1]", "decision 1: it is not a table", "An entry is [[decision]]"),
        (ENTRY + 'files = "x"', "decision 1: unknown key 'files'", "Did you mean 'file'?"),
        (ENTRY + 'zzz = "x"', "decision 1: unknown key 'zzz'", "Known keys: file, function"),
        (ENTRY + "group = 1", "decision 1: group is not a string", "An entry is"),
        (
            ENTRY + 'despite_gaps = "yes"',
            "decision 1: despite_gaps is not a truth value",
            "An entry is",
        ),
        (
            '[[decision]]\nverdict = "keep"\nwhy = "x"',
            "decision 1: it names no file, function or group",
            "An entry is",
        ),
        (
            ENTRY.replace('"keep"', '"convert"'),
            "decision 1: there is no verdict 'convert'",
            "Verdicts are pin, follow, keep, manual.",
        ),
        (
            ENTRY.replace('verdict = "keep"', ""),
            "decision 1: no verdict",
            "Verdicts are pin, follow, keep, manual.",
        ),
        (
            ENTRY.replace("It is mine.", "  "),
            "decision 1: it does not say why",
            'Add why = "...";',
        ),
        (ENTRY + 'case = "9"', "decision 1: there is no CASE '9'", 'case is "1" to "5"'),
        (ENTRY + ENTRY.replace("keep", "?"), "decision 2: there is no verdict '?'", "Verdicts"),
    ],
)
def test_what_is_wrong_with_a_file_is_one_line(
    tmp_path: Path, text: str, what: str, next_step: str
) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(Refusal) as caught:
        read_decisions(path)
    assert caught.value.what.startswith(str(path))
    assert what in caught.value.what
    assert "\n" not in caught.value.what
    assert caught.value.next_step.startswith(next_step)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="cannot be read: No such file or directory"):
        read_decisions(tmp_path / "none.toml")


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "binary.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Refusal, match="cannot be read: it is not UTF-8 text"):
        read_decisions(path)


# Deciding


@pytest.mark.parametrize(
    "selector",
    [
        {"file": groups.PATH},
        {"function": "get"},
        {"group": f"{groups.PATH}:get"},
        {"file": groups.PATH, "function": "get", "group": f"{groups.PATH}:get"},
    ],
)
def test_the_author_stands_above_the_rules(selector: dict[str, str]) -> None:
    (decided,) = decide(classified(), [of(**selector)]).verdicts
    assert classified().verdicts[0].action is Action.PIN, "or this test shows nothing"
    assert decided.action is Action.KEEP
    assert decided.decided_by == "author"
    assert decided.rule == "decision"
    assert decided.reason == "It is mine."
    assert decided.confidence is None, "which is how sure the tool is"
    assert decided.case == "", "the CASE of the rules was theirs"


def test_other_groups_keep_their_verdicts() -> None:
    other = replace(WHOLE, name="other", acquires=(groups.acquire(90, function="other"),))
    found = classified(WHOLE, other)
    assert decide(found, [of(function="get")]).verdicts[1] == found.verdicts[1]


def test_a_decision_that_agrees_with_the_rules_keeps_their_case() -> None:
    (decided,) = decide(classified(), [of(Action.PIN)]).verdicts
    assert (decided.action, decided.case, decided.decided_by) == (Action.PIN, "5", "author")


def test_a_decision_may_name_the_case() -> None:
    (decided,) = decide(classified(), [of(Action.PIN, case="2")]).verdicts
    assert decided.case == "2"


def test_without_decisions_nothing_changes() -> None:
    assert decide(classified(), []) == classified()


@pytest.mark.parametrize(
    ("decision", "what", "nearest"),
    [
        (
            of(file="drivers/demo/dem.c"),
            "Decision 1 (file = 'drivers/demo/dem.c') matches no group.",
            "The nearest there is: file = 'drivers/demo/demo.c'.",
        ),
        (
            of(function="gett"),
            "Decision 1 (function = 'gett') matches no group.",
            "The nearest there is: function = 'get'.",
        ),
        (
            of(group="drivers/demo/demo.c:gett"),
            "Decision 1 (group = 'drivers/demo/demo.c:gett') matches no group.",
            "The nearest there is: group = 'drivers/demo/demo.c:get'.",
        ),
        (
            of(file=groups.PATH, function="xyz"),
            "Decision 1 (file = 'drivers/demo/demo.c', function = 'xyz') matches no group.",
            "The nearest there is: file = 'drivers/demo/demo.c', function = 'get'.",
        ),
        (
            of(function="zzzzzz"),
            "matches no group.",
            "See what there is: gup-migrate classify --decisions /dev/null",
        ),
    ],
)
def test_an_entry_that_fits_nothing_names_the_nearest(
    decision: Decision, what: str, nearest: str
) -> None:
    refusal = refused(classified(), decision)
    assert what in refusal.what
    assert refusal.next_step == nearest


@pytest.mark.parametrize("action", [Action.PIN, Action.FOLLOW])
def test_a_group_with_gaps_is_not_converted_by_the_way(action: Action) -> None:
    refusal = refused(classified(GAPS), of(action))
    assert f"would {action} drivers/demo/demo.c:get" in refusal.what
    assert "the page is put on a list at drivers/demo/demo.c:12." in refusal.what
    assert "then add despite_gaps = true" in refusal.next_step


def test_a_group_with_gaps_is_converted_when_that_is_said() -> None:
    (decided,) = decide(classified(GAPS), [of(Action.PIN, despite_gaps=True)]).verdicts
    assert (decided.action, decided.confidence) == (Action.PIN, None)
    assert "Converted although not followed: no release was found." in decided.warnings


@pytest.mark.parametrize("action", [Action.KEEP, Action.MANUAL])
def test_a_group_with_gaps_may_be_kept(action: Action) -> None:
    (decided,) = decide(classified(GAPS), [of(action)]).verdicts
    assert decided.action is action
    assert decided.warnings == ()


def test_two_entries_that_contradict_each_other() -> None:
    two = replace(of(Action.MANUAL, function="get"), number=2)
    refusal = refused(classified(), of(), two)
    assert refusal.what == (
        "Decisions 1 (keep) and 2 (manual) are both about drivers/demo/demo.c:get."
    )


@pytest.mark.parametrize(
    ("kind", "why"),
    [(TraitKind.IMPLEMENTATION, "belongs to GUP itself"), (TraitKind.PAGES_NULL, "is NULL")],
)
def test_what_can_never_be_pinned(kind: TraitKind, why: str) -> None:
    found = classified(groups.group(kind))
    refusal = refused(found, of(Action.PIN, despite_gaps=True))
    assert refusal.what.startswith("Decision 1 cannot pin drivers/demo/demo.c:get:")
    assert why in refusal.what
    assert decide(found, [of(Action.KEEP)]).verdicts[0].action is Action.KEEP


def test_what_cannot_be_followed() -> None:
    group = replace(groups.group(), no_follow="the vmas are asked for, too")
    refusal = refused(classified(group), of(Action.FOLLOW))
    assert refusal.what == (
        "Decision 1 cannot follow drivers/demo/demo.c:get: the vmas are asked for, too."
    )
    assert refusal.next_step == "Let it pin or keep the group."


@pytest.mark.parametrize("action", [Action.PIN, Action.FOLLOW])
def test_a_caller_of_a_helper_is_not_converted_alone(action: Action) -> None:
    helper = replace(
        WHOLE, name="d.c:take_pages", acquires=(groups.acquire(40, function="take_pages"),)
    )
    calls = replace(groups.acquire(10, function="get"), name="take_pages")
    trait = Trait(TraitKind.THROUGH_HELPER, Evidence(calls.place, "helper", ""), "take_pages")
    caller = replace(WHOLE, name="d.c:get", acquires=(calls,), traits=(trait,))
    found = classified(helper, caller)
    assert found.verdicts[1].rule == "through_helper"
    refusal = refused(found, of(action, group="d.c:get"))
    assert refusal.what.startswith(
        f"Decision 1 cannot {action} d.c:get: take_pages() takes the pages,"
    )
    assert "Decide on d.c:take_pages" in refusal.next_step
    assert decide(found, [of(Action.KEEP, group="d.c:get")]).verdicts[1].action is Action.KEEP
