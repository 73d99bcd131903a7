# SPDX-License-Identifier: GPL-2.0-only
"""Backward through a function that is called in several places: what it returns to one call depends
on the arguments of that call, and memory that others see on all of them."""

from __future__ import annotations

import pytest

from migrate.analysis.gaps import FOREIGN_SOURCES, UNKNOWN_SOURCES
from migrate.analysis.pairing.back.wanted import MOST_CALLS
from tests.analysis.groups import gaps_of
from tests.analysis.heap.test_hidden_releases import HERE, SHARED
from tests.analysis.memory import pairing_of

HEADER = "include/linux/demo.h"
ROUND = """
#define demo_round(x, y) ({ typeof(x) __x = (x); __x - (__x % (y)); })
"""
TWO = """
MORE
void demo_other(struct page *q, unsigned long at)
{
	struct page *none = NULL, *list[4] = { NULL }, *third = NULL;

	RELEASED
}
void demo_third(struct page *third, unsigned long at)
{
	struct page *list[4], *none = NULL;

	ELSEWHERE
}
"""


def gaps(more: str, released: str, elsewhere: str = "", header: str = "") -> list[str]:
    """What is said of the sources of a release that a page of others may reach, too."""
    text = TWO.replace("MORE", more).replace("RELEASED", released)
    include = "#include <linux/demo.h>\n"
    files = {HERE: include + SHARED + text.replace("ELSEWHERE", elsewhere), HEADER: header}
    (group,) = pairing_of(files).groups
    return gaps_of(group)


def foreign(more: str, released: str, elsewhere: str = "") -> bool:
    """Whether an allocated page may be dropped."""
    found = gaps(more, released, elsewhere)
    assert not [gap for gap in found if gap.split()[0] in UNKNOWN_SOURCES]
    kinds = [gap.split()[0] for gap in found]
    assert all(kind in FOREIGN_SOURCES for kind in kinds)
    return bool(found)


SAME = "static struct page *same(struct page *p)\n{\n\treturn p;\n}"
PUT_IN = "static void put_in(struct page **to, struct page *p)\n{\n\t*to = p;\n}"
ALLOCATED = "alloc_page(GFP_KERNEL)"


def test_a_macro_of_a_header_gives_back_what_this_call_passes() -> None:
    """Nobody knows all uses of such a macro, and nobody has to."""
    released = "demo_put(virt_to_page(demo_round(FROM, PAGE_SIZE)));"
    more = "static unsigned long demo_known;"
    nothing = released.replace("FROM", "(unsigned long)page_address(none)")
    assert gaps(more, nothing, header=ROUND) == []
    allocated = released.replace("FROM", f"(unsigned long)page_address({ALLOCATED})")
    (gap,) = gaps(more, allocated, header=ROUND)
    assert gap.split()[0] in FOREIGN_SOURCES and gap.endswith("alloc_page")


@pytest.mark.parametrize(
    ("more", "released", "elsewhere"),
    [
        (SAME, "demo_put(same(none));", "same(OTHER);"),
        (SAME, "demo_put(same(same(none)));", "same(same(OTHER));"),
        (PUT_IN, "put_in(&third, none); demo_put(third);", "put_in(&none, OTHER);"),
        (PUT_IN, "put_in(&third, none); demo_put(third);", "put_in(&list[0], OTHER);"),
    ],
)
def test_what_another_call_passes_is_not_returned_here(
    more: str, released: str, elsewhere: str
) -> None:
    assert not foreign(more, released, elsewhere.replace("OTHER", ALLOCATED))
    here = released.replace("none)", f"{ALLOCATED})")
    assert foreign(more, here, elsewhere.replace("OTHER", "NULL"))


KEPT = """
static struct page *kept(struct page *p)
{
	static struct page *last;
	struct page *before = last;

	last = p;
	return before;
}
"""
BEHIND = """
static struct page *behind;
static struct page *kept(struct page *p)
{
	struct page *before = behind;

	behind = p;
	return before;
}
"""
MEMBER = """
struct slot {
	struct page *page;
};
static struct page *kept(struct page *p)
{
	struct slot *slot = demo_slot();
	struct page *before = slot->page;

	slot->page = p;
	return before;
}
"""


@pytest.mark.parametrize("more", [KEPT, BEHIND, MEMBER])
def test_what_is_kept_between_calls_is_of_all_of_them(more: str) -> None:
    assert foreign(more, "demo_put(kept(none));", f"kept({ALLOCATED});")
    assert not foreign(more, "demo_put(kept(none));", "kept(NULL);")


FIRST = "static struct page **first(struct page **pages)\n{\n\treturn pages + 1;\n}"


@pytest.mark.parametrize(
    ("more", "filled"),
    [
        (PUT_IN, "put_in(&list[1], OTHER); put_in(&list[0], none);"),
        (FIRST, "*first(list) = OTHER;"),
        (FIRST, "first(list)[0] = OTHER; third = *first(list);"),
    ],
)
def test_one_array_has_what_several_calls_put_there(more: str, filled: str) -> None:
    for put in ("demo_put(list[0]);", "demo_put(*list);"):
        assert foreign(more, filled.replace("OTHER", ALLOCATED) + put)
        assert not foreign(more, filled.replace("OTHER", "none") + put)


def test_an_array_that_is_released_through_a_function_was_filled_through_it() -> None:
    filled = "*first(list) = OTHER; demo_put(*first(list));"
    assert foreign(FIRST, filled.replace("OTHER", ALLOCATED))
    assert not foreign(FIRST, filled.replace("OTHER", "none"))


INLINE = """
static inline struct page *demo_same(struct page *page)
{
	return page;
}
static inline struct page **demo_first(struct page **pages)
{
	return pages + 1;
}
void *demo_both[] = { demo_same, demo_first };
"""


@pytest.mark.parametrize(
    ("released", "unknown"),
    [
        ("demo_put(demo_same(none));", False),
        ("demo_put(demo_same(list[0]));", False),
        ("demo_put(*demo_first(list));", True),
    ],
)
def test_who_else_calls_matters_only_where_memory_is_returned(released: str, unknown: bool) -> None:
    found = gaps("static int demo_known;", released, header=INLINE)
    assert bool(found) is unknown
    assert all(gap.split()[0] in UNKNOWN_SOURCES for gap in found)


@pytest.mark.parametrize("deep", range(1, MOST_CALLS + 3))
def test_a_longer_way_than_is_kept_leads_to_more_calls_not_to_fewer(deep: int) -> None:
    chain = [SAME.replace("same", "same0")]
    for n in range(1, deep):
        inner = SAME.replace("same", f"same{n}").replace("return p;", f"return same{n - 1}(p);")
        chain.append(inner)
    more, last = "\n".join(chain), f"same{deep - 1}"
    assert foreign(more, f"demo_put({last}({ALLOCATED}));", f"{last}(none);")
    elsewhere = foreign(more, f"demo_put({last}(none));", f"{last}({ALLOCATED});")
    assert elsewhere is (deep > MOST_CALLS)


ROUNDS = """
static struct page *round_and(struct page *p, int n)
{
	if (!n)
		return p;
	return round_and(NEXT, n - 1);
}
"""


def test_a_function_that_calls_itself_passes_what_it_likes() -> None:
    passing = ROUNDS.replace("NEXT", "p")
    assert foreign(passing, f"demo_put(round_and({ALLOCATED}, at));", "round_and(none, 1);")
    making = ROUNDS.replace("NEXT", ALLOCATED)
    assert foreign(making, "demo_put(round_and(none, at));")
