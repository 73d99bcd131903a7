# SPDX-License-Identifier: GPL-2.0-only
"""Expressions that somebody else wrote: found like `re` finds them, and never for ever."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.base import process
from migrate.kernel import patterns
from migrate.kernel.maintainers import THE_REST, parse_maintainers
from migrate.kernel.patterns import MOST_STEPS, Expression, compile_expression, ways

SLOW = ("(a+)+b", "(a|a)*b", "(a*)*b", "((a{1,9}){1,9}){1,9}b", "(?:a?){40}a{40}b", "(.*)*\\1b")
"""From some thirty times `a` on none of them comes to an end."""


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "CPU_SECONDS", 1)


def expression(text: str | bytes) -> tuple[Expression, list[str]]:
    told: list[str] = []
    return compile_expression(text, lambda: told.append("given up"), re.X), told


@pytest.mark.parametrize("text", SLOW)
def test_ways_without_end_are_seen(text: str) -> None:
    assert ways(re.compile(text, re.X), "a" * 60) > MOST_STEPS


@pytest.mark.parametrize(
    "text",
    ["a", "[^a-z]tegra", r"\bget_user_pages\b", "bcm283*", "^.*/vdso/[^/]*getrandom[^/]+$",
     r"\b(?:devm_|of_)?reset_control(?:ler_[a-z]+|_[a-z_]+)?\b", "(?i)pin|gup", "(?<!x)pin(?!y)",
     "a.*b.*c.*d.*e.*f.*g.*h"],
)  # fmt: skip
def test_what_people_write_is_searched_for_here(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "run", lambda *_, **__: pytest.fail("a child was started"))
    found, _ = expression(text)
    path = "drivers/gpu/drm/amd/amdgpu/" + "a" * 60 + ".c"
    if ".*b.*" not in text:
        assert found.search(path) == bool(re.search(text, path, re.X))
    plain = compile_expression(text, lambda: None)
    assert plain.match(path) == bool(re.match(text, path))


def test_keywords_of_people_are_looked_for_here_in_whole_files(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(process, "run", lambda *_, **__: pytest.fail("a child was started"))
    file = b"int reset_controller_of(struct   phylink *p); /* .phylink */\n\n\t\t" * 5000
    for text in (
        rb"\b(?:devm_|of_)?reset_control(?:ler_[a-z]+|_[a-z_]+)?\b",
        rb"phylink\.h|struct\s+phylink|\.phylink|>phylink_|phylink_(autoneg|clear|set|stop)",
        rb"^Subject:.*trivial",
    ):
        found, _ = expression(text)
        assert found.search(file) == bool(re.search(text, file, re.X))


@pytest.mark.parametrize("text", [SLOW[0], SLOW[-1].encode()])
def test_what_takes_too_long_is_given_up_once_and_matches_nothing(text: str | bytes) -> None:
    found, told = expression(text)
    subject = "a" * 60 if isinstance(text, str) else b"a" * 60
    assert not found.search(subject)
    assert told == ["given up"]
    after = "ab" if isinstance(text, str) else b"ab"
    assert not found.search(after) and not found.match(after)
    assert told == ["given up"]


@pytest.mark.parametrize("subject", ["x" + "a" * 60 + "b", "\N{SNOWMAN}\udcff\n'\\ab", "b" * 70])
def test_a_child_finds_what_re_finds(subject: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "MOST_STEPS", 0)
    found, told = expression("(a+)+ b")
    assert found.search(subject) == bool(re.search("(a+)+b", subject))
    assert found.match(subject) == bool(re.match("(a+)+b", subject))
    raw = subject.encode("utf-8", "surrogateescape")
    assert expression(b"(a+)+b")[0].search(raw) == bool(re.search(rb"(a+)+b", raw))
    assert told == []


@given(
    st.lists(st.sampled_from(("a", "b", ".", "[ab]", ".*")), max_size=9).map("".join),
    st.text("ab\n", max_size=12),
)
def test_stars_between_plain_parts_match_like_re(text: str, subject: str) -> None:
    found = compile_expression(text, lambda: None)
    assert bool(found.parts) == (".*" in text)
    assert found.match(subject) == bool(re.match(text, subject))


PIECES = ("a", "b", "(", ")", "(?:", "|", "*", "+", "?", "{2}", "{1,3}", "[ab]", ".", "^", "$")


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_few_ways_are_over_at_once(text: str) -> None:
    """Whatever it looks like: were a way not counted, this would not come to an end."""
    try:
        compiled = re.compile(text)
    except re.error:
        return
    if ways(compiled, "a" * 200) <= 1000:
        compiled.match("a" * 200)


def test_maintainers_says_which_entry_was_given_up() -> None:
    text = b"BAD\nN:\t(a+)+b\n\nWORSE\nF:\t((a+)+)+b\n\nKEY\nK:\t(a|aa)+c\n\nGOOD\nF:\ta\n"
    found = parse_maintainers(text, [])
    path = "a" * 60
    assert found.subsystem_of(path) == "GOOD"
    assert found.subsystem_of("b") == THE_REST
    assert found.by_keywords([b"a" * 60]) == ()
    assert sorted(found.problems) == [
        f"MAINTAINERS, {title}: {entry}: takes too long, and so matches nothing"
        for title, entry in (
            ("BAD", "N: (a+)+b"),
            ("KEY", "K: (a|aa)+c"),
            ("WORSE", "F: ((a+)+)+b"),
        )
    ]
