# SPDX-License-Identifier: GPL-2.0-only
"""The comparison rejects everything that was not planned."""

from __future__ import annotations

import pytest

from migrate.analysis.syntax import parse
from migrate.rewrite.check import AsPlanned, Comparison, NotEdited, OtherChange, TokenEdit, compare
from migrate.rewrite.draft import Draft, open_draft
from migrate.rewrite.tokens import tokenize

BEFORE = b"""\
#ifdef A
int f(void)
{
	/* why */
	if (a)
		put_page(b);
	return g(x | F, \\
		y);
}
#endif
"""


def check(after: bytes, *edits: TokenEdit) -> Comparison:
    old, new = (tokenize(parse("f.c", text)) for text in (BEFORE, after))
    return compare(BEFORE, old, after, new, edits)


def number(text: bytes, skip: int = 0) -> int:
    found = [n for n, t in enumerate(tokenize(parse("f.c", BEFORE))) if t.text == text]
    return found[skip]


RENAME = TokenEdit(number(b"put_page"), 1, (b"unpin",))
DROP = TokenEdit(number(b"|"), 2, ())


def test_a_rename_keeps_the_origin_of_every_token() -> None:
    found = check(BEFORE.replace(b"put_page", b"unpin"), RENAME)
    assert isinstance(found, AsPlanned)
    assert found.origin == tuple(range(len(found.origin)))


def test_dropped_tokens_have_no_origin_and_the_rest_keeps_its_own() -> None:
    found = check(BEFORE.replace(b"x | F,", b"x,"), DROP)
    assert isinstance(found, AsPlanned)
    assert found.origin[DROP.first] == DROP.first + 2


def test_new_tokens_have_no_origin() -> None:
    end = number(b",")
    found = check(
        BEFORE.replace(b"x | F,", b"x | F ? 1 : 0,"), TokenEdit(end, 0, (b"?", b"1", b":", b"0"))
    )
    assert isinstance(found, AsPlanned)
    assert found.origin[end : end + 5] == (None, None, None, None, end)


def test_an_edit_that_was_not_made_is_named() -> None:
    assert check(BEFORE, RENAME) == NotEdited((RENAME,))
    assert check(BEFORE.replace(b"put_page", b"unpin"), RENAME, DROP) == NotEdited((DROP,))


def test_what_goes_may_look_like_what_follows() -> None:
    before = b"void f(void)\n{\n\tif (a) {\n\t\tb();\n\t}\n}\n"
    old = tokenize(parse("f.c", before))
    opening, closing = (
        [n for n, t in enumerate(old) if t.text == text][place]
        for text, place in ((b"{", 1), (b"}", 0))
    )
    edits = [
        TokenEdit(n, 1, (), (b"\n\t\t" if n == opening else b"\n",)) for n in (opening, closing)
    ]
    found = open_draft("f.c", before).advance(b"void f(void)\n{\n if (a)\n\n  b();\n}\n", edits)
    assert isinstance(found, Draft)
    assert found.text == b"void f(void)\n{\n\tif (a)\n\t\tb();\n}\n"


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (b"	/* why */\n", b"", 4),
        (b"#endif\n", b"", 10),
        (b"#ifdef A\n", b"#ifndef A\n", 1),
        (b", \\\n", b",\n", 8),
        (b"if (a)\n", b"if (a && b)\n", 5),
        (b"		put_page(b);\n", b"", 6),
        (b"#endif\n", b"#endif\nint x;\n", 10),
        (b"put_page(b)", b"unpin_page(b)", 6),
    ],
)
def test_any_other_change_is_found(old: bytes, new: bytes, line: int) -> None:
    after = BEFORE.replace(b"put_page(b)", b"unpin(b)") if b"put_page" not in old else BEFORE
    assert old in after
    found = check(after.replace(old, new), RENAME)
    assert isinstance(found, OtherChange)
    assert found.line == line


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"\t\ty", b"\t  y"),
        (b"if (a)\n\t\tunpin", b"if (a) unpin"),
        (b"return g(x", b"return\n\t\tg( x"),
        (b"}\n", b"}\n\n\n"),
    ],
)
def test_white_space_comes_back_as_it_was(old: bytes, new: bytes) -> None:
    planned = BEFORE.replace(b"put_page", b"unpin")
    assert old in planned
    found = open_draft("f.c", BEFORE).advance(planned.replace(old, new), [RENAME])
    assert isinstance(found, Draft)
    assert found.text == planned


def test_an_edit_changes_no_byte_of_what_the_parser_is_given_otherwise() -> None:
    """A division at the end of a macro's line, and attributes in macros and declarations."""
    before = b"""\
#define CHUNK\t\t\t\t\\
\t((PAGE_SIZE - sizeof(struct s))\t/\\
\tsizeof(long))
#define HIDDEN static __maybe_unused int
static int count __read_mostly = CHUNK;

void f(struct page *page)
{
\tput_page(page);
}
"""
    draft = open_draft("f.c", before)
    place = next(n for n, t in enumerate(draft.tokens) if t.text == b"put_page")
    wanted = before.replace(b"put_page", b"put_user_page")
    after = draft.advance(wanted, [TokenEdit(place, 1, (b"put_user_page",))])
    assert isinstance(after, Draft)
    assert after.text == wanted
