# SPDX-License-Identifier: GPL-2.0-only
"""Calls in the bodies of macros: found as tokens, and laid out as the macro was."""

from __future__ import annotations

import pytest

from migrate.analysis.frontend.syntax import parse
from migrate.analysis.model import Place
from migrate.rewrite.text.check import TokenEdit
from migrate.rewrite.text.draft import Draft, open_draft

PUT = b"#define PUT(p) do {\t\t\\\n\tset_page_dirty(p);\t\\\n\tput_page(p);\t\t\\\n} while (0)\n"


def renamed(text: bytes, place: Place, new: bytes) -> bytes:
    """A text with another name for the call at `place`, laid out."""
    draft = open_draft("a.c", text)
    number = draft.number_at(place)
    assert number is not None
    assert draft.call_at(place) is not None
    token = draft.tokens[number]
    after = text[: token.start] + new + text[token.end :]
    result = draft.advance(after, [TokenEdit(number, 1, (new,))])
    assert isinstance(result, Draft)
    return result.text


@pytest.mark.parametrize(
    ("new", "line"),
    [
        (b"unpin_user_page", b"\tunpin_user_page(p);\t\\"),
        (b"put_user_page", b"\tput_user_page(p);\t\\"),
        (b"drop_a_page_of_a_name", b"\tdrop_a_page_of_a_name(p); \\"),
    ],
)
def test_the_backslash_stays_in_its_column(new: bytes, line: bytes) -> None:
    assert renamed(PUT, Place("a.c", 3, 1), new) == PUT.replace(b"\tput_page(p);\t\t\\", line)


def test_one_blank_before_a_backslash_stays_one() -> None:
    text = PUT.replace(b"\t\t\\", b" \\")
    wanted = text.replace(b"put_page", b"unpin_user_page")
    assert renamed(text, Place("a.c", 3, 1), b"unpin_user_page") == wanted


def test_a_long_line_of_a_macro_is_not_wrapped() -> None:
    text = b"#define PUT(p, q) put_user_pages_of(" + b", ".join([b"p"] * 24) + b")\n"
    wanted = text.replace(b"put_user_pages_of", b"unpin_user_pages_of_some_long_name")
    got = renamed(text, Place("a.c", 1, 18), b"unpin_user_pages_of_some_long_name")
    assert got == wanted


@pytest.mark.parametrize(
    "body",
    [
        b'pr_err("put_page(p)")',
        b"drop(p) /* put_page(p) */",
        b"put_page(p, \\\n\tq)",
        b"put_page",
    ],
)
def test_what_is_no_call_on_one_line_is_left_whole(body: bytes) -> None:
    draft = open_draft("a.c", b"#define PUT(p, q) " + body + b"\n")
    names = [t for t in draft.tokens if t.text == b"put_page" and t.kind == "identifier"]
    assert names == []


def test_a_macro_without_arguments_is_one_token() -> None:
    draft = open_draft("a.c", b"#define PUT put_page(page)\n")
    assert draft.tokens[-1].text == b"put_page(page)"
    assert parse("a.c", draft.text).functions == ()
