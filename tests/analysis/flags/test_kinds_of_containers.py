# SPDX-License-Identifier: GPL-2.0-only
"""Scatterlists of objects that are of one kind from the start."""

from __future__ import annotations

import pytest

from migrate.analysis.model import Action, PinGroup
from migrate.analysis.verdicts.classify import verdict
from tests.analysis.memory import pairing_of

DMA_BUF = """
struct sg_table *dma_buf_map_attachment(struct dma_buf_attachment *attach, int direction);
void dma_buf_unmap_attachment(struct dma_buf_attachment *attach, struct sg_table *t, int d);
"""
TEXT = """
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/dma-buf.h>
enum {
	USERPTR = 1,
	IMPORTED = 2,
};
struct bo {
	unsigned int type;
	struct dma_buf_attachment *attach;
	MEMBER
};
void bo_free(struct bo *bo)
{
	struct scatterlist *sg;
	unsigned int i;

	if (bo->type == USERPTR) {
		for_each_sg(TABLE->sgl, sg, TABLE->nents, i) {
			put_page(sg_page(sg));
		}
		sg_free_table(TABLE);
	} else {
		dma_buf_unmap_attachment(bo->attach, TABLE, DMA_BIDIRECTIONAL);
	}
	kfree(bo);
}
struct bo *bo_user(unsigned long start, unsigned int count)
{
	struct bo *bo = kzalloc(sizeof(*bo), GFP_KERNEL);
	struct page **pages = kcalloc(count, sizeof(*pages), GFP_KERNEL);
	int got;

	if (!bo || !pages)
		goto free;
	bo->type = USERPTR;
	ALLOCATE
	got = get_user_pages_fast(start, count, FOLL_WRITE, pages);
	if (got != count) {
		while (got > 0)
			put_page(pages[--got]);
		goto free;
	}
	if (sg_alloc_table_from_pages(TABLE, pages, count, 0, count * PAGE_SIZE, GFP_KERNEL)) {
		while (got > 0)
			put_page(pages[--got]);
		goto free;
	}
	dma_map_sg(dev, TABLE->sgl, TABLE->nents, DMA_BIDIRECTIONAL);
	kfree(pages);
	return bo;
free:
	kfree(pages);
	kfree(bo);
	return NULL;
}
struct bo *bo_import(struct dma_buf_attachment *attach)
{
	struct bo *bo = kzalloc(sizeof(*bo), GFP_KERNEL);

	if (!bo)
		return NULL;
	bo->type = IMPORTED;
	IMPORT
	return bo;
}
"""
MAPPED = "dma_buf_map_attachment(attach, DMA_BIDIRECTIONAL)"
POINTER = (
    TEXT.replace("MEMBER", "struct sg_table *sgt;")
    .replace("TABLE", "bo->sgt")
    .replace("ALLOCATE", "bo->sgt = kzalloc(sizeof(*bo->sgt), GFP_KERNEL);")
    .replace("IMPORT\n", f"bo->sgt = {MAPPED};\n")
)
PART = (
    TEXT.replace("MEMBER", "struct sg_table sgt;")
    .replace("TABLE->", "bo->sgt.")
    .replace("TABLE", "&bo->sgt")
    .replace("ALLOCATE", "")
    .replace("IMPORT\n", f"bo->sgt.sgl = {MAPPED}->sgl;\n")
)


def only(text: str) -> PinGroup:
    files = {"drivers/demo/demo.c": text, "include/linux/dma-buf.h": DMA_BUF}
    (group,) = pairing_of(files).groups
    return group


@pytest.mark.parametrize("text", [POINTER, PART], ids=["pointer", "part"])
def test_what_is_imported_is_of_another_kind(text: str) -> None:
    group = only(text)
    found = verdict(group, pins_read_only=True)
    assert (group.gaps, found.action) == ((), Action.PIN)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("bo->type = IMPORTED;", "bo->type = USERPTR;"),
        ("bo->type = IMPORTED;", "publish(bo);\n\tbo->type = IMPORTED;"),
        ("if (bo->type == USERPTR) {", "if (bo->type) {"),
        ("kfree(bo);\n}\nstruct", "bo->type = USERPTR;\n}\nstruct"),
    ],
    ids=["of this one", "when others know it", "of both", "turned"],
)
@pytest.mark.parametrize("text", [POINTER, PART], ids=["pointer", "part"])
def test_what_is_imported_may_be_of_this_kind(text: str, old: str, new: str) -> None:
    assert old in text
    assert only(text.replace(old, new, 1)).gaps


def test_a_list_that_two_kinds_share_is_of_both() -> None:
    share = "void bo_share(struct bo *a, struct bo *b)\n{\n\ta->sgt = b->sgt;\n}\n"
    assert only(POINTER + share).gaps
