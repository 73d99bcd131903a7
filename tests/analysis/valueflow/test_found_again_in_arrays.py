# SPDX-License-Identifier: GPL-2.0-only
"""Pages that are found again by their numbers and put into an array: a release of the array in
another function is theirs."""

from __future__ import annotations

import pytest

from migrate.analysis.gaps import GapKind
from migrate.analysis.model import PinGroup
from tests.analysis.memory import only_group

CODE = """
struct vec {
	unsigned long nums[4];
	void *bytes[4];
	struct page **list, **others;
};
int vec_make(struct vec *vec, unsigned long start)
{
	vec->list = kcalloc(4, sizeof(*vec->list), GFP_KERNEL);
	return 0;
}
int vec_fill(struct vec *vec, unsigned long start)
{
	struct page *page;

	if (get_user_pages_fast(start, 1, FOLL_WRITE, &page) != 1)
		return -EFAULT;
	memset(page_address(page), 0, PAGE_SIZE);
	if (!start) {
		put_page(page);
		return -EINVAL;
	}
	KEPT
	return 0;
}
void vec_to_pages(struct vec *vec)
{
	struct page **pages = ARRAY;

	pages[0] = pfn_to_page(vec->nums[0]);
}
void vec_drop(struct vec *vec)
{
	put_page(DROPPED); /* drop */
}
"""
LIST_OF = """
static struct page **list_of(struct vec *vec)
{
	return vec->list;
}
"""
KEPT = "vec->nums[0] = page_to_pfn(page);"


def group(array: str, dropped: str, kept: str = KEPT) -> PinGroup:
    text = CODE.replace("KEPT", kept).replace("ARRAY", array).replace("DROPPED", dropped)
    at = text.index("int vec_make")
    return only_group(text[:at] + LIST_OF * ("list_of" in text) + text[at:])


def is_dropped(found: PinGroup) -> bool:
    return any("/* drop */" in release.text for release in found.releases)


@pytest.mark.parametrize(
    ("array", "dropped"),
    [
        ("vec->list", "vec->list[0]"),
        ("vec->list + 1", "vec->list[1]"),
        ("list_of(vec)", "vec->list[0]"),
        ("list_of(vec)", "*list_of(vec)"),
        ("READ_ONCE(vec->list)", "vec->list[0]"),
        ("(struct page **)vec->bytes", "((struct page **)vec->bytes)[0]"),
    ],
)
def test_a_release_of_the_array_is_theirs(array: str, dropped: str) -> None:
    found = group(array, dropped)
    assert is_dropped(found)
    assert found.gaps == ()


def test_in_the_place_of_their_numbers_they_are_out_of_sight() -> None:
    found = group("(struct page **)vec->nums", "((struct page **)vec->nums)[0]")
    assert GapKind.IN_OTHER_MEMORY in [gap.kind for gap in found.gaps]


def test_a_release_of_another_array_is_not_theirs() -> None:
    assert not is_dropped(group("vec->list", "vec->others[0]"))


LOST = "unsigned long *nums = vec->nums;\n\n\tnums[0] = page_to_pfn(page);"


def test_numbers_that_are_stored_through_another_pointer() -> None:
    """They are not followed, so a release of what is found by such numbers may be theirs."""
    for array in ("vec->list", "vec->list + 1"):
        found = group(array, "vec->list[0]", LOST)
        assert [gap.kind for gap in found.gaps] == [GapKind.RELEASE_FINDS_PAGE_AGAIN]
    assert group("vec->list", "vec->others[0]", LOST).gaps == ()


def test_what_is_found_by_an_address_is_found_by_no_number() -> None:
    text = CODE.replace("KEPT", LOST).replace("ARRAY", "vec->list")
    text = text.replace("DROPPED", "vec->list[0]")
    found = only_group(text.replace("pfn_to_page(vec->nums[0])", "vmalloc_to_page(vec->bytes[0])"))
    assert not is_dropped(found)
    assert found.gaps == ()
