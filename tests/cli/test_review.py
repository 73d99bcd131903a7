# SPDX-License-Identifier: GPL-2.0-only
"""What `review` asks about one group, and which answers it takes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migrate.analysis.model import (
    Classification,
    Evidence,
    PinGroup,
    Trait,
    TraitKind,
    UseKind,
)
from migrate.analysis.verdicts.classify import verdict
from migrate.cli import review
from tests.analysis import groups
from tests.cli.asked import Asked

WHOLE = groups.group(UseKind.WRITE_DATA)
GAPS = groups.group(UseKind.WRITE_DATA, gaps=(groups.GAP,))
NULL = groups.group(UseKind.WRITE_DATA, TraitKind.PAGES_NULL)


def ask(group: PinGroup, *answers: str) -> tuple[str | None, str]:
    console = Asked(*answers)
    found = Classification("0" * 40, "p", (group,), (verdict(group, True),))
    entry = review._ask(console, found, group)  # type: ignore[arg-type]
    assert not console.answers, "all of them were asked for"
    return entry, "\n".join(console.said)


@pytest.mark.parametrize(
    ("answers", "entry"),
    [
        (["p", "w"], 'verdict = "pin"\nwhy = "w"\n'),
        (["PIN", "", " w "], 'verdict = "pin"\nwhy = "w"\n'),
        (["keep", 'a "b"'], 'verdict = "keep"\nwhy = "a \\"b\\""\n'),
        (["s"], ""),
        (["q"], None),
        ([], None),
        (["k"], None),
    ],
)
def test_answers(answers: list[str], entry: str | None) -> None:
    found, _ = ask(WHOLE, *answers)
    head = f'[[decision]]\ngroup = "{WHOLE.name}"\n'
    assert found == (head + entry if entry else entry)


@pytest.mark.parametrize("answer", ["?", "", "please", "pi", "f", "yes"])
def test_the_keys_are_shown_for_anything_else(answer: str) -> None:
    _, said = ask(WHOLE, answer, "q")
    for line in ("p  pin: ", "k  keep: ", "s  skip: ", "q  quit: ", "?  this list"):
        assert f"  {line}" in said
    assert "[p/k/s/q/?]" in said and "follow" not in said


def test_pin_with_gaps_is_asked_twice() -> None:
    entry, said = ask(GAPS, "p", "y", "w")
    assert entry is not None and entry.endswith("despite_gaps = true\n")
    assert "checked every release by hand" in said
    assert ask(GAPS, "p", "n")[0] == ""


def test_what_cannot_be_done_is_said_at_once() -> None:
    entry, said = ask(NULL, "p", "k", "w")
    assert entry is not None and 'verdict = "keep"' in entry
    assert f"A decision cannot pin {NULL.name}: its pages argument is NULL" in said


def test_pin_for_a_caller_of_a_helper_is_refused_with_what_it_means() -> None:
    calls = replace(groups.acquire(10, function="get"), name="take_pages")
    trait = Trait(TraitKind.THROUGH_HELPER, Evidence(calls.place, "helper", ""), "take_pages")
    _, said = ask(replace(WHOLE, acquires=(calls,), traits=(trait,)), "p", "s")
    assert (
        "take_pages() takes the pages, and is converted with all of its callers or not at all"
        in said
    )
    assert "Decide on the group of take_pages(), or let this one stay as it is." in said
