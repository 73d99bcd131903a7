# SPDX-License-Identifier: GPL-2.0-only
"""Pages that are stored through a pointer that a call returned."""

from __future__ import annotations

import pytest

from migrate.analysis.model import PinGroup
from tests.analysis.groups import gaps_of
from tests.analysis.memory import pairing_of

HEAD = """
struct obj {
	struct page **pages;
	struct scatterlist *sg;
	int n;
	struct device *dev;
};
int obj_make(struct obj *o)
{
	o->sg = kcalloc(4, sizeof(*o->sg), GFP_KERNEL);
	o->pages = kcalloc(4, sizeof(*o->pages), GFP_KERNEL);
	return 0;
}
"""
ARRAY = "static struct page **array_of(struct obj *o)\n{\n\treturn o->pages;\n}\n"
ELEMENT = "static struct page **array_of(struct obj *o)\n{\n\treturn &o->pages[o->n];\n}\n"
NAMED = (
    "static struct page **array_of(struct obj *o)\n{\n\tstruct page **found = o->pages;\n\n"
    "\treturn found;\n}\n"
)
LATER = (
    "static struct page **array_of(struct obj *o)\n{\n\tstruct page **found = NULL;\n\n"
    "\tif (o->n)\n\t\tfound = o->pages;\n\treturn found;\n}\n"
)
MADE = (
    "static struct page **array_of(struct obj *o)\n{\n\tif (!o->pages)\n"
    "\t\to->pages = kcalloc(4, sizeof(*o->pages), GFP_KERNEL);\n\treturn o->pages;\n}\n"
)
SAME = "static struct page **from(struct page **p, int n)\n{\n\treturn p + n;\n}\n"
THROUGH = (
    SAME + "static struct page **array_of(struct obj *o)\n{\n\treturn from(o->pages, o->n);\n}\n"
)
NEW = (
    "static struct page **array_of(struct obj *o)\n{\n"
    "\treturn kcalloc(o->n, sizeof(struct page *), GFP_KERNEL);\n}\n"
)
AGAIN = (
    "static struct page **other(struct obj *o, int n);\n"
    "static struct page **array_of(struct obj *o)\n{\n\treturn other(o, 1);\n}\n"
    "static struct page **other(struct obj *o, int n)\n"
    "{\n\tif (n)\n\t\treturn array_of(o);\n\treturn o->pages;\n}\n"
)
MACRO = "#define array_of(o) first((o)->pages)\nstatic struct page **first(struct page **p)\n"
MACRO += "{\n\treturn p;\n}\n"
NEW_BY_MACRO = "#define array_of(o) kcalloc((o)->n, sizeof(struct page *), GFP_KERNEL)\n"
ACQUIRED = """
int obj_start(struct obj *o, unsigned long a)
{
	struct page **pages = array_of(o);
	int i, got = get_user_pages_fast(a, 4, FOLL_WRITE, pages);

	for (i = 0; got < 4 && i < got; i++)
		put_page(pages[i]);
	dma_map_page(o->dev, pages[0], 0, PAGE_SIZE, DMA_FROM_DEVICE);
	return 0;
}
"""
AT_ONCE = """
int obj_start(struct obj *o, unsigned long a)
{
	int got = get_user_pages_fast(a, 4, FOLL_WRITE, array_of(o));

	dma_map_page(o->dev, o->pages[0], 0, PAGE_SIZE, DMA_FROM_DEVICE);
	return got;
}
"""
FILLED = """
static int obj_fill(unsigned long a, struct page **pages)
{
	return get_user_pages_fast(a, 4, FOLL_WRITE, pages);
}
int obj_start(struct obj *o, unsigned long a)
{
	return obj_fill(a, array_of(o));
}
"""
ELEMENT_BY_ELEMENT = """
int obj_start(struct obj *o, unsigned long a)
{
	struct page **to = array_of(o), *page;

	if (get_user_pages_fast(a, 1, FOLL_WRITE, &page) != 1)
		return -EFAULT;
	if (!to)
		put_page(page);
	to[0] = page;
	return 0;
}
"""
STOP = """
void obj_stop(struct obj *o)
{
	int i;

	for (i = 0; i < o->n; i++)
		put_page(o->pages[i]);
}
"""


def group_of(*parts: str) -> PinGroup:
    (group,) = pairing_of({"drivers/demo/demo.c": HEAD + "".join(parts)}).groups
    return group


@pytest.mark.parametrize("which", [ARRAY, ELEMENT, NAMED, LATER, MADE, THROUGH, AGAIN])
@pytest.mark.parametrize("start", [ACQUIRED, AT_ONCE, FILLED, ELEMENT_BY_ELEMENT])
def test_an_array_that_a_function_returns_is_that_of_the_object(which: str, start: str) -> None:
    group = group_of(which, start, STOP)
    assert "obj_stop" in {release.function for release in group.releases}
    assert gaps_of(group) == []


@pytest.mark.parametrize("which", ["#define array_of(o) ((o)->pages)\n", MACRO])
@pytest.mark.parametrize("start", [ACQUIRED, AT_ONCE, FILLED, ELEMENT_BY_ELEMENT])
def test_a_macro_does_not_hide_a_release(which: str, start: str) -> None:
    """That it names the member is a gap in any case."""
    group = group_of(which, start, STOP)
    assert "obj_stop" in {release.function for release in group.releases}
    assert group.gaps


@pytest.mark.parametrize("which", [NEW, NEW_BY_MACRO])
def test_new_memory_is_nobody_elses(which: str) -> None:
    group = group_of(which, ACQUIRED)
    assert {release.function for release in group.releases} == {"obj_start"}
    assert gaps_of(group) == []


BY_ADDRESS = (
    "int find_array(struct obj *o, struct page ***to);\n"
    "static struct page **array_of(struct obj *o)\n{\n\tstruct page **found = NULL;\n\n"
    "\tfind_array(o, &found);\n\treturn found;\n}\n"
)


@pytest.mark.parametrize(
    "which", ["struct page **array_of(struct obj *o);\n", BY_ADDRESS, "void *array_of(void *o);\n"]
)
@pytest.mark.parametrize("start", [ACQUIRED, ELEMENT_BY_ELEMENT])
def test_an_array_from_who_knows_where_is_a_gap(which: str, start: str) -> None:
    found = gaps_of(group_of(which, start))
    assert any(gap.startswith("behind-a-result") for gap in found)


IN_A_PAGE = "static struct page **array_of(struct obj *o)\n{\n\treturn page_address(WHICH);\n}\n"


@pytest.mark.parametrize("which", ["o->pages[0]", "sg_page(o->sg)"])
@pytest.mark.parametrize("start", [ACQUIRED, AT_ONCE, ELEMENT_BY_ELEMENT])
def test_an_array_in_the_data_of_a_page_is_not_where_that_page_is_kept(
    which: str, start: str
) -> None:
    group = group_of(IN_A_PAGE.replace("WHICH", which), start, STOP)
    assert "obj_stop" not in {release.function for release in group.releases}
    assert any(gap.startswith("behind-a-result") for gap in gaps_of(group))


PUT = """
int obj_start(struct obj *o, unsigned long a)
{
	struct page *page;

	if (get_user_pages_fast(a, 1, FOLL_WRITE, &page) != 1)
		return -EFAULT;
	SET
	dma_map_sg(o->dev, o->sg, 1, DMA_FROM_DEVICE);
	return 0;
}
"""
SLOT = "static struct scatterlist *slot(struct obj *o, int n)\n{\n\treturn o->sg + n;\n}\n"
SLOT_AT = "static struct scatterlist *slot(struct obj *o, int n)\n{\n\treturn &o->sg[n];\n}\n"
STEP = (
    "static struct scatterlist *step(struct scatterlist *sg, int n)\n"
    "{\n\twhile (n--)\n\t\tsg = sg_next(sg);\n\treturn sg;\n}\n"
    "static struct scatterlist *slot(struct obj *o, int n)\n{\n\treturn step(o->sg, n);\n}\n"
)
SETS = (
    "sg_set_page(slot(o, 1), page, PAGE_SIZE, 0);",
    "{ struct scatterlist *at = slot(o, 1); sg_set_page(at, page, PAGE_SIZE, 0); }",
)
STOP_SG = """
void obj_stop(struct obj *o)
{
	int i;

	for (i = 0; i < o->n; i++)
		put_page(sg_page(&o->sg[i]));
}
"""


@pytest.mark.parametrize("which", [SLOT, SLOT_AT, STEP])
@pytest.mark.parametrize("put", SETS)
def test_an_entry_that_a_function_returns_is_one_of_the_list(which: str, put: str) -> None:
    group = group_of(which, PUT.replace("SET", put), STOP_SG)
    assert [release.function for release in group.releases] == ["obj_stop"]
    assert gaps_of(group) == []


@pytest.mark.parametrize("put", SETS)
def test_an_entry_from_who_knows_where_is_a_gap(put: str) -> None:
    declared = "struct scatterlist *slot(struct obj *o, int n);\n"
    found = gaps_of(group_of(declared, PUT.replace("SET", f"{put} put_page(page);")))
    assert any(gap.startswith("behind-a-result") for gap in found)


@pytest.mark.parametrize("which", [SLOT, SLOT_AT, STEP])
@pytest.mark.parametrize("put", SETS)
def test_pages_of_others_that_come_that_way_are_seen(which: str, put: str) -> None:
    other = "void obj_other(struct obj *o)\n{\n\tstruct page *page = alloc_page(GFP_KERNEL);\n\n"
    ours = PUT.replace("SET", "sg_set_page(o->sg, page, PAGE_SIZE, 0);")
    found = gaps_of(group_of(which, ours, f"{other}\t{put}\n}}\n", STOP_SG))
    assert any(gap.startswith("from-other-call") for gap in found)


PIECES = """
struct message {
	struct scatterlist *ours;
	struct scatterlist *theirs;
	int used;
	int n;
};
static struct scatterlist *piece(struct message *m, int n)
{
	struct scatterlist *first = (struct scatterlist *)&m[1];
	struct scatterlist *found;

	found = &first[m->used];
	m->used += n;
	return found;
}
static int message_start(struct message *m, struct device *dev, unsigned long a)
{
	struct page *page;

	m->ours = piece(m, 1);
	if (get_user_pages_fast(a, 1, FOLL_WRITE, &page) != 1)
		return -EFAULT;
	sg_set_page(&m->ours[0], page, PAGE_SIZE, 0);
	dma_map_sg(dev, m->ours, 1, DMA_FROM_DEVICE);
	return 0;
}
static void message_fill(struct message *m)
{
	m->theirs = piece(m, 1);
	sg_set_page(&m->theirs[0], alloc_page(GFP_KERNEL), PAGE_SIZE, 0);
}
static void message_stop(struct message *m)
{
	put_page(sg_page(&m->ours[0]));
}
void message_run(struct device *dev, unsigned long a)
{
	struct message *m = kzalloc(sizeof(*m) + 64, GFP_KERNEL);

	message_start(m, dev, a);
	message_fill(m);
	message_stop(m);
}
"""


def test_pieces_of_memory_behind_an_object_are_not_one_list() -> None:
    (group,) = pairing_of({"drivers/demo/demo.c": PIECES}).groups
    assert [release.function for release in group.releases] == ["message_stop"]
    assert gaps_of(group) == []
