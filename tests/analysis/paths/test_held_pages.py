# SPDX-License-Identifier: GPL-2.0-only
"""What one function does with the pages that it holds, without an audit around it."""

from __future__ import annotations

import pytest

from migrate.analysis.model import Acquire
from migrate.analysis.paths.held.held_pages import held_pages
from migrate.analysis.paths.held_state import Excess, Held, Stale, Twice, Unheld, Wrong
from tests.analysis.memory import facts_of

ROLES = ("start", "nr_pages", "gup_flags", "pages")
ONE = """
int demo(struct demo *demo, unsigned long start, int flag)
{
	struct page *page;
	int ret = pin_user_pages_fast(start, 1, FOLL_WRITE, &page);

	if (ret != 1)
		return -EFAULT;
	BODY
	unpin_user_page(page);
	return 0;
}
"""
MANY = """
int demo(struct demo *demo, unsigned long start, int nr, int flag)
{
	struct page **pages = kcalloc(nr, sizeof(*pages), GFP_KERNEL);
	int n, ret = pin_user_pages_fast(start, nr, FOLL_WRITE, pages);

	if (ret < 0)
		return ret;
	BODY
	unpin_user_pages(pages, ret);
	kfree(pages);
	return 0;
}
"""


def found(text: str, body: str) -> list[Wrong]:
    facts = facts_of(text.replace("BODY", body), "demo")
    acquires = {
        call.place: Acquire(call.place, "demo", call.name, call.sources, ROLES, call.text)
        for call in facts.calls
        if call.name == "pin_user_pages_fast"
    }
    return list(held_pages(facts.lowered, acquires))


def said(text: str, body: str) -> list[tuple[type, str]]:
    return [(type(wrong), wrong.text) for wrong in found(text, body)]


AGAIN = "unpin_user_page(page);"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", []),
        ("if (flag)\n\t\treturn 1;", [(Held, "return 1;")]),
        ("unpin_user_page(page);", [(Twice, AGAIN)]),
        # It may be released where it is needed.
        ("if (flag)\n\t\tunpin_user_page(page);", []),
        ("if (flag) {\n\t\tunpin_user_page(page);\n\t\treturn 0;\n\t}", []),
        ("demo->page = page;\n\tif (flag)\n\t\treturn 1;", []),
    ],
)
def test_one_page(body: str, expected: list[tuple[type, str]]) -> None:
    assert said(ONE, body) == expected


FEWER = "if (ret != nr) {\n\t\tWHAT\n\t\tkfree(pages);\n\t\treturn -EFAULT;\n\t}"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", []),
        (FEWER.replace("WHAT", ""), [(Held, "return -EFAULT;")]),
        (FEWER.replace("WHAT", "unpin_user_pages(pages, ret);"), []),
        (
            FEWER.replace("WHAT", "unpin_user_pages(pages, nr);"),
            [(Excess, "unpin_user_pages(pages, nr);")],
        ),
        # As many as were asked for is not what it was.
        ("nr = 2;\n\t" + FEWER.replace("WHAT", "unpin_user_pages(pages, nr);"), []),
        ("nr--;\n\t" + FEWER.replace("WHAT", ""), []),
    ],
)
def test_fewer_than_asked_for(body: str, expected: list[tuple[type, str]]) -> None:
    assert said(MANY, body) == expected


def test_pages_that_were_not_taken() -> None:
    assert said(ONE.replace("ret != 1", "ret < 1"), "") == []
    assert said(ONE.replace("ret != 1", "ret != 1 && flag"), "") == [(Unheld, AGAIN)]
    text = ONE.replace("return -EFAULT;", "goto out;").replace("unpin", "out:\n\tunpin")
    assert said(text, "") == [(Unheld, AGAIN)]


def test_what_is_left_in_an_object() -> None:
    text = ONE.replace("&page", "&demo->page").replace("(page)", "(demo->page)")
    (stale,) = found(text, "")
    assert isinstance(stale, Stale)
    assert (stale.member, stale.text) == ("page", "return -EFAULT;")
    assert said(text.replace("return -EF", "demo->page = NULL;\n\treturn -EF"), "") == []


@pytest.mark.parametrize(
    ("body", "alone"),
    [
        ("if (flag)\n\t\treturn 1;", [True]),
        ("if (flag)\n\t\treturn 1;\n\tif (demo->a)\n\t\treturn 2;", [False]),
    ],
)
def test_the_only_place_where_pages_are_left_behind(body: str, alone: list[bool]) -> None:
    assert [w.alone for w in found(ONE, body) if isinstance(w, Held)] == alone


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ("n = ret;\n\tif (n == 0) {\n\t\tkfree(pages);\n\t\treturn 1;\n\t}", 0),
        ("n = ret;\n\tn = flag;\n\tif (n == 0) {\n\t\tkfree(pages);\n\t\treturn 1;\n\t}", 1),
        ("n = ret;\n\tn += flag;\n\tif (n == 0) {\n\t\tkfree(pages);\n\t\treturn 1;\n\t}", 0),
        ("n = flag;\n\tn += ret;\n\tif (n == 0) {\n\t\tkfree(pages);\n\t\treturn 1;\n\t}", 0),
    ],
)
def test_a_variable_is_about_the_pages_as_long_as_it_is_computed_from_the_result(
    body: str, left: int
) -> None:
    assert sum(isinstance(w, Held) for w in found(MANY, body)) == left


COUNTED = MANY.replace("int n,", "int i, n = 0,").replace(
    "unpin_user_pages(pages, ret);", "for (i = 0; i < n; i++)\n\t\tunpin_user_page(pages[i]);"
)


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ("n = ret;", []),
        ("n = ret;\n\tif (flag)\n\t\tn = 0;", ["return 0;"]),
        ("n = 0;\n\tif (flag)\n\t\tn = ret;", ["return 0;"]),
        ("n = 0;\n\tn = ret;", []),
        ("n = 0;\n\tn += ret;", []),
    ],
)
def test_a_loop_of_no_round_releases_nothing(body: str, left: list[str]) -> None:
    assert [w.text for w in found(COUNTED, body) if isinstance(w, Held)] == left
