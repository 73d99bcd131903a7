# SPDX-License-Identifier: GPL-2.0-only
"""Expressions that somebody else wrote: found as `re` finds them, and in linear time."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.kernel.people.maintainers import THE_REST, parse_maintainers
from migrate.kernel.people.patterns import BadExpression, compile_expression

SLOW = ("(a+)+b", "(a|a)*b", "(a*)*b", "(?:a?){40}a{40}b", "(.*)*b", "(a|aa)+c")
"""On some thirty times `a`, `re` comes to no end with any of them."""

OF_PEOPLE = (
    "a", "[^a-z]tegra", r"\bget_user_pages\b", "bcm283*", "^.*/vdso/[^/]*getrandom[^/]+$",
    r"\b(?:devm_|of_)?reset_control(?:ler_[a-z]+|_[a-z_]+)?\b", "(?i)pin|gup",
    r"phylink\.h|struct\s+phylink|\.phylink|>phylink_|phylink_(autoneg|clear|set|stop)",
    "^Subject:.*trivial", r"[[:space:]]pin", "a.*b.*c.*d.*e.*f.*g.*h",
)  # fmt: skip


@pytest.mark.parametrize("text", SLOW)
@pytest.mark.parametrize("kind", [str, bytes])
def test_what_re_never_ends_on_is_over_at_once(text: str, kind: type) -> None:
    found = compile_expression(text if kind is str else text.encode())
    subject = "a" * 100_000
    assert not found.search(subject if kind is str else subject.encode())
    assert not found.match(subject if kind is str else subject.encode())


@pytest.mark.parametrize("text", OF_PEOPLE)
def test_what_people_write_is_found_as_re_finds_it(text: str) -> None:
    python = re.compile(text.replace("[[:space:]]", r"[\s]"))
    for subject in (
        "drivers/gpu/drm/amd/amdgpu/" + "a" * 60 + ".c",
        "arch/x86/entry/vdso/vgetrandom.c",
        "int reset_controller_of(struct   phylink *p); /* .phylink */\n\n\t pinned get_user_pages(",
        "Subject: a trivial one",
        "a1b2c3d4e5f6g7h",
    ):
        found = compile_expression(text)
        assert found.search(subject) == bool(python.search(subject)), subject
        assert found.match(subject) == bool(python.match(subject)), subject


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("(?<!x)pin", "a lookaround is not supported"),
        ("pin(?=x)", "a lookaround is not supported"),
        ("pin(?!x)", "a lookaround is not supported"),
        (r"(a)\1", "a back reference is not supported"),
        ("(?>a)b", "an atomic group is not supported"),
        ("a++b", "an atomic group is not supported"),
        ("(", "missing ): ("),
        ("x" * 10**6, "pattern too large - compile failed"),
    ],
)
def test_what_re2_does_not_have_is_refused_by_name(text: str, why: str) -> None:
    with pytest.raises(BadExpression) as refused:
        compile_expression(text)
    assert str(refused.value) == why


@pytest.mark.parametrize(
    ("text", "same_as"),
    [
        ("a  b # c", "ab"),
        (r"a\ b", r"a\ b"),
        ("[ #] a", "[ #]a"),
        (r"[\] ] a", r"[\] ]a"),
        ("[] ] a", "[] ]a"),
        ("[^] ] a", "[^] ]a"),
        (r"\# a", r"\#a"),
        ("[[:space:] ] a", "[[:space:] ]a"),
    ],
)
def test_blanks_and_comments_count_for_nothing_where_perl_says_so(text: str, same_as: str) -> None:
    verbose = compile_expression(text, verbose=True).compiled.pattern
    assert verbose == compile_expression(same_as).compiled.pattern


def test_bytes_that_are_no_utf8_are_matched_as_they_are() -> None:
    raw = b"x\xffy"
    assert compile_expression(b"x\xffy").search(raw)
    assert compile_expression("x\udcffy").search("x\udcffy")
    assert compile_expression("x.y").search(raw)


@given(
    st.lists(st.sampled_from(("a", "b", ".", "[ab]", ".*", "(?:a|b)+")), max_size=9).map("".join),
    st.text("ab\n", max_size=12),
)
def test_plain_expressions_match_as_those_of_re(text: str, subject: str) -> None:
    assert compile_expression(text).match(subject) == bool(re.match(text, subject))
    assert compile_expression(text).search(subject) == bool(re.search(text, subject))


def test_maintainers_says_which_entry_cannot_be_used() -> None:
    text = b"BAD\nN:\t(?<!a)b\n\nWORSE\nF:\t(a\n\nKEY\nK:\t(a)\\1\n\nGOOD\nF:\ta\n"
    found = parse_maintainers(text, [])
    assert found.subsystem_of("a" * 60) == "GOOD"
    assert found.subsystem_of("b") == THE_REST
    assert found.by_keywords([b"a" * 60]) == ()
    assert sorted(found.problems) == [
        "MAINTAINERS, BAD: N: (?<!a)b: a lookaround is not supported",
        "MAINTAINERS, KEY: K: (a)\\1: a back reference is not supported",
        "MAINTAINERS, WORSE: F: (a: missing ): (a",
    ]


def test_an_entry_that_takes_perl_for_ever_is_matched() -> None:
    found = parse_maintainers(b"SLOW\nN:\t(a+)+b\nK:\t(a|aa)+c\n\nREST\nF:\t*/\n", [])
    assert found.matching("a" * 60) == ()
    assert [s.title for s in found.matching("a" * 60 + "b")] == ["SLOW"]
    assert [s.title for s in found.by_keywords([b"a" * 10**6 + b"c"])] == ["SLOW"]
    assert found.problems == []
