# SPDX-License-Identifier: GPL-2.0-only
"""Warnings that a walk through the code gives, from the code to the verdict."""

from __future__ import annotations

import pytest

from migrate.analysis.model import Action
from migrate.analysis.verdicts.classify import verdict
from tests.analysis.memory import only_group

CODE = """
int demo_copy(unsigned long start, int flag)
{
	struct page *pages[4];
	struct page *page;
	int got;

	GET
	if (got < 0)
		return got;
	BODY
	return 0;
}
"""
ONE = "got = get_user_pages_fast(start, 1, FOLL_WRITE, &page);"
USE = "memset(page_address(page), 0, PAGE_SIZE);\n\tset_page_dirty(page);\n\t"
PUT = "put_page(page);"
MANY = """
int demo_many(unsigned long start, struct page **pages, int want)
{
	int got;

	got = get_user_pages_fast(start, want, FOLL_WRITE, pages);
	if (TEST) {
		release_pages(pages, got);
		return -EFAULT;
	}
	memset(page_address(pages[0]), 0, PAGE_SIZE);
	set_page_dirty(pages[0]);
	release_pages(pages, want);
	return 0;
}

int demo_user(unsigned long start, int want)
{
	struct page *pages[4];

	return demo_many(start, pages, want);
}
"""


def warned(text: str) -> list[str]:
    found = verdict(only_group(text), True)
    assert found.action is Action.PIN, found.reason
    return list(found.warnings)


def one(body: str) -> list[str]:
    return warned(CODE.replace("GET", ONE).replace("BODY", body))


def test_a_count_that_may_be_negative() -> None:
    (warning,) = warned(MANY.replace("TEST", "got != want"))
    assert (
        warning
        == "'got' may be a negative error code where it is used as a count (drivers/demo/demo.c:8)."
    )
    assert warned(MANY.replace("TEST", "got > 0 && got != want")) == []


def test_an_error_that_is_taken_for_success() -> None:
    text = MANY.replace("int want)\n{\n\tint got", "u32 want)\n{\n\tint got")
    (warning,) = warned(text.replace("TEST", "got < want"))
    assert "is taken for success" in warning
    assert "(drivers/demo/demo.c:7)" in warning
    assert warned(MANY.replace("TEST", "got < want && got > 0")) == []


def test_a_page_that_is_released_twice() -> None:
    (warning,) = one(f"{USE}{PUT}\n\tif (flag)\n\t\t{PUT}")
    assert warning == "A page may be released a second time (drivers/demo/demo.c:15)."
    assert one(f"{USE}if (flag)\n\t\treturn demo(0);\n\t{PUT}") != []
    assert one(f"{USE}{PUT}") == []


def test_a_page_that_is_left_behind() -> None:
    (warning,) = one(f"{USE}if (flag)\n\t\treturn -EIO;\n\t{PUT}")
    assert warning == "On one path, pages are leaked (drivers/demo/demo.c:14)."


@pytest.mark.parametrize("body", [f"if (flag)\n\t\t{PUT}\n\telse\n\t\t{PUT}", PUT])
def test_one_release_on_each_way_is_no_warning(body: str) -> None:
    assert one(USE + body) == []
