# SPDX-License-Identifier: GPL-2.0-only
"""Files that are too large to be analysed: their acquires are named, and whatever they may do with
the pages of a group is a gap."""

from __future__ import annotations

import pytest

from migrate.analysis.acquires import unread
from migrate.analysis.frontend.syntax import parse
from migrate.analysis.gaps import GapKind
from migrate.analysis.model import Acquire, PinGroup, Place
from tests.analysis.memory import pairing_of

TEXT = b"""/* get_user_pages(0) */
int f(void)
{
	return get_user_pages(a) +
		g(get_user_pages_fast
		(c), "get_user_pages(1)") + h(get_user_pages);
}
int get_user_pages_remote(void); get_user_pages(2);
"""
HERE, LARGE = "drivers/demo/demo.c", "drivers/demo/large.c"


def test_what_looks_like_a_call_is_an_acquire_with_its_place() -> None:
    found = list(
        unread.acquires_by_words(parse("a.c", TEXT), ["get_user_pages", "get_user_pages_fast"])
    )
    assert [(a.place.line, a.place.column, a.name, a.text) for a in found] == [
        (4, 8, "get_user_pages", "return get_user_pages(a) +"),
        (5, 4, "get_user_pages_fast", "g(get_user_pages_fast"),
        (8, 33, "get_user_pages", "int get_user_pages_remote(void); get_user_pages(2);"),
    ]
    assert {(a.function, a.arguments, a.roles, a.place.path) for a in found} == {
        ("", (), (), "a.c")
    }


def test_too_many_acquires_of_one_file_are_one_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unread, "MOST_ACQUIRES", 2)
    many = [Acquire(Place("a.c", n, 0), f"f{n}", "get_user_pages", (), (), "") for n in (3, 2, 1)]
    few = [Acquire(Place("b.c", n, 0), f"f{n}", "get_user_pages", (), (), "") for n in (1, 2)]
    found = unread.crowded([*many, *few])
    assert found == {"a.c": "it has 3 acquires, and no more than 2 are followed"}
    group = unread.whole_file("a.c", found["a.c"], many)
    assert (group.name, group.acquires) == ("f1", tuple(reversed(many)))
    (gap,) = group.gaps
    assert (gap.kind, gap.place) == (GapKind.FILE_NOT_ANALYSED, Place("a.c", 1, 0))


DRIVER = """#include <linux/mm.h>
struct demo { struct page *demo_page; };
struct page *demo_last;
%s
int demo_start(struct demo *demo, unsigned long start)
{
	struct page *page = demo_take(start);

	if (!page)
		return -EFAULT;
	memset(page_address(page), 0, 64);
	%s
	return 0;
}
void demo_end(struct demo *demo)
{
	%s
}
"""
TAKE = """struct page *demo_take(unsigned long start)
{
	struct page *page;

	if (get_user_pages_fast(start, 1, FOLL_WRITE, &page) != 1)
		return NULL;
	return page;
}"""
MEMBER = (
    TAKE.replace("struct page *demo_take", "static struct page *demo_take", 1),
    "demo->demo_page = page;",
    "put_page(demo->demo_page);",
)
GLOBAL = (MEMBER[0], "demo_last = page;", "put_page(demo_last);")
PASSED = (TAKE, "put_page(page);", ";")


def group_beside(shape: tuple[str, str, str], large: str) -> PinGroup:
    """The group of a driver with a file of which only the text is looked at."""
    text = f"{large}\nint n = {'(' * 5000}0{')' * 5000};\n"
    groups = pairing_of({HERE: DRIVER % shape, LARGE: text}).groups
    return next(group for group in groups if group.releases)


@pytest.mark.parametrize(
    ("shape", "large", "word"),
    [
        (MEMBER, "void f(struct demo *d) { d->demo_page = 0; }", "demo_page"),
        (GLOBAL, "void f(void) { put_page(demo_last); }", "demo_last"),
        (PASSED, "void f(void) { put_page(demo_take(0)); }", "demo_take"),
    ],
)
def test_a_file_that_names_the_storage(shape: tuple[str, str, str], large: str, word: str) -> None:
    assert group_beside(shape, "void f(void) { }").gaps == ()
    gaps = group_beside(shape, large).gaps
    named = [g for g in gaps if g.kind is GapKind.FILE_NAMES_STORAGE]
    assert [(g.place, g.subject) for g in named] == [(Place(LARGE, 1, 0), word)]
