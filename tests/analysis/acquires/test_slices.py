# SPDX-License-Identifier: GPL-2.0-only
"""What spatch is given: functions that name what is looked for, all lines in their places."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.analysis.acquires.slices import sliced
from migrate.analysis.frontend.syntax import parse
from tests.analysis.test_properties import files

PATH = "drivers/demo/demo.c"
CALLER = b"static int f(struct page **p)\n{\n\treturn get(1, p);\n}\n"
OTHER = b"static int g(int a)\n{\n\tif (a)\n\t\treturn 1;\n\treturn 2;\n}\n"


def cut(text: bytes) -> bytes:
    return sliced(parse(PATH, text), ["get"])


def blank(text: bytes) -> bytes:
    return b"\n" * text.count(b"\n")


GOES = {
    "a function": OTHER,
    "a directive inside": OTHER.replace(b"\tif (a)\n", b"#ifdef A\n\tif (a)\n#endif\n"),
    "an error inside": OTHER.replace(b"if (a)", b"if (a) ] ("),
    "a body behind a macro": b"SYSCALL_DEFINE1(one, int, a)\n{\n\treturn a;\n}\n",
    "data": b"struct s {\n\tint a;\n};\nstatic int table[] = { 1, 2 };\n",
    "a comment with a directive": b"/* see\n#if A\n */\n",
    "an apostrophe in a comment": b"/* don't */\nint a; /* won't */\n",
}


@pytest.mark.parametrize("text", GOES.values(), ids=list(GOES))
def test_what_goes_leaves_its_lines(text: bytes) -> None:
    less = cut(text + b"\n" + CALLER + b"\n" + text)
    assert less.replace(b" ", b"") == (blank(text) + b"\n" + CALLER + b"\n" + blank(text)).replace(
        b" ", b""
    )
    assert CALLER in less


STAYS = {
    "a call": CALLER,
    "the name in a comment": OTHER.replace(b"if (a)", b"if (a) /* get() */"),
    "half a condition inside": OTHER.replace(b"\tif (a)\n", b"#ifdef A\n\tif (a)\n"),
    "an opening without an end": OTHER.replace(b"if (a)", b"if (a) ] {"),
    "a directive": b"#define two \\\n\t2\n#ifdef A\n#endif\n",
    "data with a name": b"static int (*table[])(void) = { get };\n",
    "what stands before": b"__odd_macro\nint odd(c)\n" + CALLER,
}


@pytest.mark.parametrize("text", STAYS.values(), ids=list(STAYS))
def test_what_stays_as_it_is(text: bytes) -> None:
    assert cut(text) == text


def test_columns_stay_behind_what_goes() -> None:
    assert cut(OTHER.rstrip() + b" " + CALLER) == b"\n" * 5 + b"  " + CALLER


def test_a_name_is_a_whole_word() -> None:
    assert cut(OTHER.replace(b"2", b"target")) != OTHER.replace(b"2", b"target")


@pytest.mark.parametrize("path", sorted(p for p in files() if p.endswith(".c")))
def test_lines_with_a_name_are_where_they_were(path: str) -> None:
    text = files()[path]
    less = sliced(parse(path, text), ["get_user_pages_fast", "put_page"]).split(b"\n")
    lines = text.split(b"\n")
    assert len(less) == len(lines)
    for before, after in zip(lines, less, strict=True):
        if b"get_user_pages_fast" in before or b"put_page" in before:
            assert after == before


@settings(max_examples=60)
@given(st.lists(st.sampled_from([CALLER, OTHER, b"{", b"}", b"#if A\n", b"/*", b'"', b"\0\xff\n"])))
def test_any_pieces_keep_their_lines_and_what_was_asked_for(pieces: list[bytes]) -> None:
    text = b"".join(pieces)
    less = cut(text)
    assert less.count(b"\n") == text.count(b"\n")
    assert less.count(b"get(") == text.count(b"get(")
