# SPDX-License-Identifier: GPL-2.0-only
"""A copy of a pointer to an array has its pages, and no other array that the copy may point to has
them. What is stored through the copy is in all of them."""

from __future__ import annotations

import pytest

from migrate.analysis.gaps import GapKind
from migrate.analysis.model import PinGroup
from tests.analysis.memory import only_group

CODE = """
struct tray {
	struct page **pages;
	struct scatterlist *sgl;
	struct bio_vec *vec;
};
struct shelf {
	struct page **others;
	struct scatterlist *sgl;
	struct bio_vec *vec;
};
static void put_in(struct page **to, struct page *page)
{
	to[0] = page;
}
static void shelf_fill(struct shelf *shelf)
{
	struct page *other = alloc_page(GFP_KERNEL);

	shelf->others[0] = other;
	sg_set_page(shelf->sgl, other, PAGE_SIZE, 0);
	shelf->vec->bv_page = other;
}
int tray_fill(struct tray *tray, struct shelf *shelf, unsigned long start, int n)
{
	struct page **seen, *page;
	struct scatterlist *sg;
	struct bio_vec *bv;

	tray->pages = kcalloc(4, sizeof(*tray->pages), GFP_KERNEL);
	if (get_user_pages_fast(start, 4, FOLL_WRITE, tray->pages) != 4)
		return -EFAULT;
	page = tray->pages[1];
	BETWEEN
	return 0;
}
void tray_empty(struct tray *tray)
{
	put_page(tray->pages[0]);
}
void shelf_empty(struct shelf *shelf)
{
	put_page(RELEASED); /* shelf */
}
"""
SEEN = "seen = n ? tray->pages : shelf->others;"
LISTED = "sg_set_page(tray->sgl, page, PAGE_SIZE, 0); sg = n ? tray->sgl : shelf->sgl;"
WORN = "tray->vec->bv_page = page; bv = n ? tray->vec : shelf->vec;"


def group(between: str, released: str) -> PinGroup:
    return only_group(CODE.replace("BETWEEN", between).replace("RELEASED", released))


def is_shared(found: PinGroup) -> bool:
    """Whether what the shelf has is released with our pages, and so are allocated ones."""
    kinds = {gap.kind for gap in found.gaps}
    shared = any("/* shelf */" in release.text for release in found.releases)
    assert shared is (GapKind.FROM_OTHER_CALL in kinds)
    return shared


@pytest.mark.parametrize("again", ["", "seen = seen + 1;", "look_at(seen[0]->flags);"])
def test_a_copy_of_a_pointer_says_nothing_of_other_arrays(again: str) -> None:
    found = group(SEEN + again, "shelf->others[0]")
    assert not is_shared(found)
    assert found.gaps == ()


@pytest.mark.parametrize(
    "between",
    [
        "seen[2] = page;",
        "*seen = page;",
        "put_in(seen, page);",
        "memcpy(seen, &page, sizeof(page));",
        "get_user_pages_fast(start, 1, FOLL_WRITE, seen);",
        "shelf->others = seen;",
        "put_in(shelf->others, seen[0]);",
    ],
)
def test_what_is_stored_through_a_copy_is_in_what_it_points_to(between: str) -> None:
    assert is_shared(group(SEEN + between, "shelf->others[0]"))


def test_a_store_before_or_after_the_copy_counts() -> None:
    first = "seen = shelf->others; seen[0] = page; seen = tray->pages;"
    assert is_shared(group(first, "shelf->others[0]"))
    assert not is_shared(group(first.replace("seen[0] = page; ", ""), "shelf->others[0]"))


@pytest.mark.parametrize(
    ("between", "released", "shared"),
    [
        (LISTED, "sg_page(shelf->sgl)", False),
        (LISTED + "sg_set_page(sg, page, PAGE_SIZE, 0);", "sg_page(shelf->sgl)", True),
        (WORN, "shelf->vec->bv_page", False),
        (WORN + "bv->bv_page = page;", "shelf->vec->bv_page", True),
    ],
)
def test_the_same_of_containers(between: str, released: str, shared: bool) -> None:
    assert is_shared(group(between, released)) is shared
