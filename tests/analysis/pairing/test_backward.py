# SPDX-License-Identifier: GPL-2.0-only
"""From a release back to where its pages come from: a release helper that others call as well."""

from __future__ import annotations

import pytest

from migrate.analysis.gaps import FOREIGN_SOURCES, UNKNOWN_SOURCES, GapKind
from tests.analysis.groups import gaps_of
from tests.analysis.heap.test_hidden_releases import HERE, SHARED
from tests.analysis.memory import only_group

OTHER = """
struct box {
	struct page *page;
};
void demo_other(struct address_space *mapping, int n, struct page *(*fn)(struct page *))
{
	struct page *q, *other, *list[4], *pages[4];
	struct scatterlist sg[1];
	struct box shared, *from;
	struct bio_vec vec;
	unsigned long m;
	void *at;

	q = SOURCE;
	BETWEEN;
	demo_put(RELEASED);
}
"""
FIRST = 1 + SHARED.count("\n") + OTHER[: OTHER.index("q = ")].count("\n")
"""The line of `q = `."""


def gaps(released: str, between: str = "", source: str = "alloc_page(0)") -> list[str]:
    """What is said when demo_put(), which releases our page, is called with another as well."""
    text = OTHER.replace("SOURCE", source).replace("BETWEEN", between)
    return gaps_of(only_group(SHARED + text.replace("RELEASED", released)))


def drops(kind: GapKind, function: str, line: int) -> str:
    """That a release drops pages from elsewhere."""
    return f"{kind} {HERE}:{line} {function}".rstrip()


ALLOCATED = drops(GapKind.FROM_OTHER_CALL, "alloc_page", FIRST)


@pytest.mark.parametrize(
    ("released", "between"),
    [
        ("q", ""),
        ("compound_head(q)", ""),
        ("nth_page(q, 3)", ""),
        ("READ_ONCE(q)", ""),
        ("n ? q : NULL", ""),
        ("n ? pages[0] : q", "pages[0] = NULL"),
        ("other", "pages[0] = NULL; other = n ? pages[0] : q"),
        # Numbers and addresses, there and back
        ("pfn_to_page(page_to_pfn(q))", ""),
        ("phys_to_page(page_to_phys(q))", ""),
        ("virt_to_page(page_address(q))", ""),
        ("virt_to_page(phys_to_virt(page_to_phys(q)))", ""),
        ("virt_to_page(__va(page_to_phys(q)))", ""),
        ("pfn_to_page(PHYS_PFN(virt_to_phys(page_address(q))))", ""),
        ("pfn_to_page(__pa(page_address(q)) >> PAGE_SHIFT)", ""),
        ("virt_to_page(at + 1)", "at = page_address(q)"),
        # Containers
        ("sg_page(sg)", "sg_set_page(sg, q, 1, 0)"),
        ("sg_page(sg_next(sg))", "sg_set_page(sg, q, 1, 0)"),
        ("vec.bv_page", "vec.bv_page = q"),
        ("shared.page", "shared.page = q"),
        ("shared.page", "from->page = q; shared = *from"),
        # What is added to a pointer is no page
        ("*(pages + m)", "pages[1] = q; m = demo_count()"),
        ("(struct page *)(m + n)", "m = (unsigned long)q"),
        # Copies
        ("pages[0]", "pages[1] = q"),
        ("pages[0]", "memcpy(pages, &q, 8)"),
        ("pages[0]", "list[0] = q; memmove(pages, list, 8)"),
        ("pages[0]", "memset(pages, 0, 8); pages[1] = q"),
        ("other", "other = NULL; swap(other, q)"),
        ("other", "other = xchg(&q, NULL)"),
        ("other", "WRITE_ONCE(other, q)"),
    ],
)
def test_a_page_is_followed_back_through(released: str, between: str) -> None:
    """The same way leads to an allocated page, and to nothing when there is none."""
    assert gaps(released, between) == [ALLOCATED]
    assert gaps(released, between, "NULL") == []


@pytest.mark.parametrize(
    ("released", "between", "kind", "function"),
    [
        ("find_get_page(mapping, n)", "", GapKind.FROM_OTHER_CALL, "find_get_page"),
        ("unknown_to(q)", "", GapKind.FROM_OTHER_CALL, "unknown_to"),
        ("fn(q)", "", GapKind.FROM_OTHER_CALL, ""),
        ("virt_to_page(at)", "at = kmalloc(8, 0)", GapKind.FROM_ALLOCATED_MEMORY, "kmalloc"),
        ("other", "demo_find(&other)", GapKind.OTHER_CALL_MAY_FILL, "demo_find"),
        ("other", "mapping->ops->find(&other)", GapKind.OTHER_CALL_MAY_FILL, ""),
        (
            "other",
            "pin_user_pages_fast(n, 1, 0, &other)",
            GapKind.OTHER_CALL_FILLS,
            "pin_user_pages_fast",
        ),
    ],
)
def test_a_page_from_elsewhere(released: str, between: str, kind: GapKind, function: str) -> None:
    line = FIRST + (1 if between else 2)
    assert gaps(released, between, "NULL") == [drops(kind, function, line)]


@pytest.mark.parametrize(
    ("released", "between", "why", "line"),
    [
        ("pages[0]", "memcpy(pages, 0, 8)", "copied-no-variable {} pages", 1),
        ("other", "", "nothing-sets {} other", -9),
        ("shared.page", "", "nothing-sets {} struct box.page", -9),
        ("shared.page", "fill_it(&shared)", "nothing-sets {} struct box.page", -9),
    ],
)
def test_a_page_that_may_be_from_elsewhere(
    released: str, between: str, why: str, line: int
) -> None:
    assert gaps(released, between, "NULL") == [why.format(f"{HERE}:{FIRST + line}")]


def test_what_two_lists_have_of_each_other_comes_from_neither() -> None:
    """Storage that is only ever filled from storage that is filled from it has no page."""
    found = gaps("list[0]", "list[0] = pages[0]; pages[0] = list[0]", "NULL")
    place = f"{HERE}:{FIRST - 9}"
    assert found == [f"nothing-sets {place} list", f"nothing-sets {place} pages"]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ("alloc_page(0)", f"{GapKind.FROM_OTHER_CALL} {HERE}:{FIRST + 1} alloc_page"),
        ("fn(q)", f"{GapKind.FROM_OTHER_CALL} {HERE}:{FIRST + 1}"),
        ("unseen->page", f"{GapKind.SOURCE_TYPE_UNKNOWN} {HERE}:{FIRST - 9} page"),
        ("pages[1] + 0", ""),
    ],
)
def test_each_side_of_a_choice_counts(other: str, said: str) -> None:
    """In `n ? q : alloc_page()` the call is no number that is added to a pointer."""
    between = f"pages[1] = NULL; other = n ? pages[1] : {other}"
    assert gaps("other", between, "NULL") == ([said] if said else [])


RECURSIVE = """
static void demo_fill(struct page **to, int n)
{
	if (n)
		demo_fill(to, n - 1);
	to[n] = SOURCE;
}
"""


def test_a_function_that_fills_by_calling_itself() -> None:
    text = OTHER.replace("SOURCE", "NULL").replace("BETWEEN", "demo_fill(pages, n)")
    text = text.replace("RELEASED", "pages[0]")
    found = [RECURSIVE.replace("SOURCE", source) + text for source in ("alloc_page(0)", "NULL")]
    line = SHARED.count("\n") + RECURSIVE[: RECURSIVE.index("to[n]")].count("\n") + 1
    assert [gaps_of(only_group(SHARED + more)) for more in found] == [
        [drops(GapKind.FROM_OTHER_CALL, "alloc_page", line)],
        [],
    ]


CALLED = """
STATIC void demo_all(struct page **pages, int nr)
{
	demo_put(pages[0]);
}
void demo_caller(void)
{
	struct page *mine[1] = { alloc_page(0) };

	demo_all(mine, 1);
}
"""


def test_a_page_of_a_caller() -> None:
    static = CALLED.replace("STATIC", "static")
    line = 1 + SHARED.count("\n") + CALLED[: CALLED.index("mine[1]")].count("\n")
    found = gaps_of(only_group(SHARED + static))
    assert found == [drops(GapKind.FROM_OTHER_CALL, "alloc_page", line)]
    never = static.replace("demo_all(mine, 1);", "")
    assert only_group(SHARED + never).gaps == ()


RETURNED = """
static struct page *demo_one(int n)
{
	if (n)
		return NULL;
	return FOUND;
}
void demo_other(int n)
{
	demo_put(demo_one(n));
}
"""


def test_a_page_that_a_function_returns() -> None:
    text = SHARED + RETURNED.replace("FOUND", "alloc_page(0)")
    line = 1 + SHARED.count("\n") + RETURNED[: RETURNED.index("FOUND")].count("\n")
    found = gaps_of(only_group(text))
    assert found == [drops(GapKind.FROM_OTHER_CALL, "alloc_page", line)]
    nothing = SHARED + RETURNED.replace("FOUND", "NULL")
    found = gaps_of(only_group(nothing))
    assert found == [drops(GapKind.FROM_OTHER_CALL, "demo_one", line + 4)]


FILLED = """
static void demo_fill(struct page **where, int n)
{
	BODY;
}
void demo_other(int n)
{
	struct page *q = NULL;

	demo_fill(&q, n);
	demo_put(q);
}
"""


@pytest.mark.parametrize(
    ("body", "gap"),
    [
        ("*where = alloc_page(0)", (GapKind.FROM_OTHER_CALL, "alloc_page")),
        ("demo_find(&where[n])", (GapKind.OTHER_CALL_MAY_FILL, "demo_find")),
        ("*where = NULL", ()),
        ("get_user_pages_fast(n, 1, 0, where)", ()),
    ],
)
def test_a_page_that_a_function_fills_in(body: str, gap: tuple[GapKind, str] | tuple[()]) -> None:
    text = SHARED + FILLED.replace("BODY", body)
    line = 1 + SHARED.count("\n") + FILLED[: FILLED.index("BODY")].count("\n")
    group = only_group(text)
    assert gaps_of(group) == ([drops(*gap, line)] if gap else [])
    assert len(group.acquires) == 1 + ("get_user" in body)


def test_what_is_never_compiled_together_is_no_source() -> None:
    one = "#ifdef CONFIG_X\n" + SHARED + "#endif\n"
    other = "#ifndef CONFIG_X\nvoid demo_other(void)\n{\n\tdemo_put(alloc_page(0));\n}\n#endif\n"
    assert only_group(one + other).gaps == ()
    both = other.replace("#ifndef", "#ifdef")
    assert only_group(one + both).gaps != ()


SHELF = """
struct shelf {
	struct page **mine, **shown;
	int nr;
};
int shelf_fill(struct shelf *shelf, struct page **pages, unsigned long at)
{
	if (get_user_pages_fast(at, 4, FOLL_WRITE, pages) != 4)
		return -EFAULT;
	memset(page_address(pages[0]), 0, PAGE_SIZE);
	shelf->mine = pages;
	return 0;
}
int shelf_take(struct shelf *shelf, unsigned long at)
{
	return shelf_fill(shelf, kmalloc(32, GFP_KERNEL), at);
}
void shelf_empty(struct shelf *shelf)
{
	while (shelf->nr--)
		put_page(shelf->mine[shelf->nr]);
}
void shelf_show(struct shelf *shelf, struct page **others)
{
	struct page *other = alloc_page(GFP_KERNEL);

	shelf->shown = shelf->mine;
	BETWEEN;
}
"""


@pytest.mark.parametrize(
    ("between", "shared"),
    [
        ("others[0] = other", False),
        ("others[0] = other; shelf->shown = others", False),
        ("shelf->shown[0] = other", True),
        ("others = shelf->shown; others[0] = other", True),
        ("others = shelf->mine; others[0] = other", True),
        ("alloc_pages_bulk_array(GFP_KERNEL, 4, shelf->shown)", True),
        ("others[0] = other; shelf->mine = others", True),
    ],
)
def test_an_alias_shares_what_is_put_there_not_what_else_it_points_to(
    between: str, shared: bool
) -> None:
    found = only_group(SHELF.replace("BETWEEN", between)).gaps
    assert bool([gap for gap in found if gap.kind in FOREIGN_SOURCES]) is shared
    assert shared or not [gap for gap in found if gap.kind in UNKNOWN_SOURCES]


COPIED = """
struct drawer {
	struct page **own;
};
void drawer_fill(struct drawer *drawer)
{
	drawer->own[0] = alloc_page(GFP_KERNEL);
}
int drawer_add(struct drawer *drawer, unsigned long start)
{
	struct page **pages = NEW(drawer->own, 32, GFP_KERNEL);

	if (get_user_pages_fast(start, 2, FOLL_WRITE, pages + 2) != 2)
		return -EFAULT;
	memset(page_address(pages[2]), 0, PAGE_SIZE);
	put_page(pages[0]);
	kfree(pages);
	return 0;
}
"""


def test_a_copy_of_an_array_has_what_was_in_it() -> None:
    (gap,) = only_group(COPIED.replace("NEW", "kmemdup")).gaps
    assert (gap.kind, gap.function) == (GapKind.FROM_OTHER_CALL, "alloc_page")
    new = COPIED.replace("NEW(drawer->own, 32, GFP_KERNEL)", "kmalloc(32, GFP_KERNEL)")
    assert only_group(new).gaps == ()
