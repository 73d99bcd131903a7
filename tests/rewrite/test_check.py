# SPDX-License-Identifier: GPL-2.0-only
"""The comparison rejects everything that was not planned."""

from __future__ import annotations

import pytest

from migrate.analysis.frontend.syntax import parse
from migrate.rewrite.text.check import (
    AsPlanned,
    Comparison,
    NotEdited,
    OtherChange,
    TokenEdit,
    compare,
)
from migrate.rewrite.text.draft import Draft, open_draft
from migrate.rewrite.text.tokens import tokenize

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


JOINED = TokenEdit(number(b"y"), 1, (b"z",))
"""A rename behind a line that goes on in the next."""
INSERT = TokenEdit(number(b"y"), 0, (b"z", b","))


def said(after: bytes, *edits: TokenEdit) -> tuple[int, str]:
    found = check(after, *edits)
    assert isinstance(found, OtherChange)
    return found.line, found.what


def test_a_rename_to_something_else_is_told_from_one_that_was_not_made() -> None:
    after = BEFORE.replace(b"put_page", b"unpin_page")
    assert said(after, RENAME) == (6, "an edit came out otherwise than planned")


def test_an_insertion_that_was_not_made_is_named() -> None:
    assert check(BEFORE, INSERT) == NotEdited((INSERT,))
    assert check(BEFORE.replace(b"put_page", b"unpin"), RENAME, INSERT) == NotEdited((INSERT,))
    assert isinstance(check(BEFORE.replace(b"y)", b"z, y)"), INSERT), AsPlanned)
    otherwise = BEFORE.replace(b"y)", b"w, y)")
    assert said(otherwise, INSERT)[1] == "a token changed that was to stay"


@pytest.mark.parametrize("edit", [JOINED, INSERT, TokenEdit(number(b"y"), 1, (b"w", b"+", b"v"))])
def test_a_line_that_no_longer_goes_on_is_found_at_an_edit_that_was_not_made(
    edit: TokenEdit,
) -> None:
    assert said(BEFORE.replace(b", \\\n", b",\n"), edit) == (8, "a line continuation changed")


def test_a_line_that_no_longer_goes_on_is_found_at_a_rename() -> None:
    after = BEFORE.replace(b", \\\n\t\ty", b",\n\t\tz")
    assert said(after, JOINED) == (8, "a line continuation changed")
    planned = check(BEFORE.replace(b"y)", b"z)"), JOINED)
    assert isinstance(planned, AsPlanned)


@pytest.mark.parametrize("edit", [DROP, TokenEdit(number(b"|"), 2, (b"+", b"1", b"+"))])
def test_nothing_but_white_space_may_come_with_an_edit(edit: TokenEdit) -> None:
    new = b" ".join(edit.new)
    planned = BEFORE.replace(b"| F", new)
    assert isinstance(check(planned, edit), AsPlanned)
    more = BEFORE.replace(b"| F", new + b" \\\n")
    assert said(more, edit) == (7, "text appeared that is no token")


def test_what_stands_before_the_first_token_and_behind_the_last() -> None:
    assert said(b"\\\n" + BEFORE)[1] == "a line continuation changed"
    joined = BEFORE.replace(b"#endif\n", b"")
    old, new = (tokenize(parse("f.c", t)) for t in (joined, joined + b"\\\n"))
    assert [t.text for t in old] == [t.text for t in new]
    assert compare(joined, old, joined + b"\\\n", new, ()) == OtherChange(
        9, "a line continuation changed"
    )


def test_a_file_that_was_empty() -> None:
    new = tokenize(parse("f.c", b"\nint x;\n"))
    assert compare(b"", [], b"\nint x;\n", new, ()) == OtherChange(1, "text was added at the end")


def test_the_white_space_that_edits_want_is_where_their_tokens_are() -> None:
    first = number(b"|")
    edit = TokenEdit(first, 2, (b"+", b"1"), (b"  ", b"\t", b" "))
    later = TokenEdit(number(b"y"), 1, (b"z",), (b"", b"\n"))
    found = check(BEFORE.replace(b"| F", b"+ 1").replace(b"y)", b"z)"), edit, later)
    assert isinstance(found, AsPlanned)
    assert found.gaps == (
        (first, b"  "),
        (first + 1, b"\t"),
        (first + 2, b" "),
        (later.first, b""),
        (later.first + 1, b"\n"),
    )


LOOPS = b"""\
void f(struct page **p, int n, int m)
{
	if (m)
		while (n--)
			put_page(p[n]);
	else
		while (m--)
			put_page(p[m]);
	if (n)
		while (n--)
			put_page(p[n]);
	g();
}
"""
BRACED = b"""\
void f(struct page **p, int n, int m)
{
	if (m) {
		unpin(p, n);
	} else {
		unpin(p, m);
	}
	if (n) {
		unpin(p, n);
	}
	g();
}
"""
BARE = b"""\
void f(struct page **p, int n, int m)
{
	if (m)
		unpin(p, n);
	else
		unpin(p, m);
	if (n)
		unpin(p, n);
	g();
}
"""


def folds(draft: Draft) -> list[TokenEdit]:
    """The edits that make a call of each loop."""
    starts = [n for n, token in enumerate(draft.tokens) if token.text == b"while"]
    counts = [draft.tokens[n + 2].text for n in starts]
    size = len(tokenize(parse("f.c", b"while (n--) put_page(p[n]);")))
    calls = [(b"unpin", b"(", b"p", b",", count, b")", b";") for count in counts]
    return [TokenEdit(n, size, call) for n, call in zip(starts, calls, strict=True)]


@pytest.mark.parametrize("after", [BARE, BRACED], ids=["1.1", "1.3"])
def test_braces_that_coccinelle_adds_around_an_edit_go(after: bytes) -> None:
    draft = open_draft("f.c", LOOPS)
    found = draft.advance(after, folds(draft))
    assert isinstance(found, Draft)
    assert found.text == BARE


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"\tg();", b"\t{ g(); }"),
        (b"unpin(p, n);\n\t}\n\tg", b"unpin(p, n);\n\tg"),
        (b"{\n\t\tunpin(p, m)", b"{\n\t\t{ unpin(p, m)"),
    ],
    ids=["around another statement", "one without its partner", "twice"],
)
def test_other_braces_are_a_change_that_was_not_planned(old: bytes, new: bytes) -> None:
    draft = open_draft("f.c", LOOPS)
    after = BRACED.replace(old, new)
    assert after != BRACED
    assert isinstance(draft.advance(after, folds(draft)), OtherChange)
