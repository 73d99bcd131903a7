# SPDX-License-Identifier: GPL-2.0-only
"""Callers that people moved, turned back: which of them the profile would move again."""

from __future__ import annotations

from bench.turned_back import Caller, callers, table, turned_back
from tests.analysis.memory import tree_of

PINNED = """\
long f(struct iov_iter *iter, struct page **pages)
{
	size_t start;
	long got = iov_iter_extract_pages(iter, &pages, 4096, 16, 0, &start);
	int i;

	if (got <= 0)
		return got;
	memset(page_address(pages[0]), 0, 1);
	if (iov_iter_extract_will_pin(iter))
		unpin_user_pages(pages, got);
	return 0;
}

void g(struct page *page)
{
	unpin_user_page(page);
}
"""
PLAIN = """\
long f(struct iov_iter *iter, struct page **pages)
{
	size_t start;
	long got = iov_iter_get_pages2(iter, pages, 4096, 16, &start);
	int i;

	if (got <= 0)
		return got;
	memset(page_address(pages[0]), 0, 1);
	release_pages(pages, got);
	return 0;
}

void g(struct page *page)
{
	put_page(page);
}
"""


def test_pins_become_plain_references() -> None:
    assert turned_back("a.c", PINNED.encode()).decode() == PLAIN
    kept = PINNED.replace("iov_iter_extract_pages(iter, &pages", "iov_iter_extract_pages(iter, all")
    assert "iov_iter_get_pages2(iter, *all, 4096" in turned_back("a.c", kept.encode()).decode()


def test_who_would_move_again() -> None:
    left = PINNED.replace("\tif (iov_iter_extract_will_pin(iter))\n", "").replace(
        "\t\tunpin_user_pages(pages, got);\n", ""
    )
    tree = tree_of({"fs/a.c": PINNED, "fs/b.c": left, "lib/iov_iter.c": PINNED})
    found = callers(tree)
    assert [(c.path, c.function) for c in found] == [("fs/a.c", "f"), ("fs/b.c", "f")]
    assert [bool(c.reason) for c in found] == [False, True]


def test_the_table() -> None:
    found = (Caller("fs/a.c", "f", ""), Caller("fs/b.c", "g", "it is not"))
    assert table(found) == [
        "1 of 2 are made again.",
        "",
        "| caller | what stops it |",
        "| --- | --- |",
        "| fs/a.c: f() | nothing |",
        "| fs/b.c: g() | it is not |",
    ]
