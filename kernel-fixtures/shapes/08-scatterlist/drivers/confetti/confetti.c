// SPDX-License-Identifier: GPL-2.0-only
/* Moved into a scatterlist, a table, a bvec; released from there. */
#include <linux/device.h>

struct confetti_bag {
	struct device *dev;
	struct scatterlist sgl[8];
	int nr;
};

int confetti_pack(struct confetti_bag *bag, unsigned long start)
{
	struct page *pages[8];
	int i, got = get_user_pages_fast(start, 8, FOLL_WRITE, pages); /* acquire: list */

	if (got <= 0)
		return -EFAULT;
	sg_init_table(bag->sgl, got);
	for (i = 0; i < got; i++)
		sg_set_page(&bag->sgl[i], pages[i], PAGE_SIZE, 0);
	bag->nr = got;
	dma_map_sg(bag->dev, bag->sgl, got, DMA_FROM_DEVICE);
	return 0;
}

void confetti_throw(struct confetti_bag *bag)
{
	struct scatterlist *sg;
	int i;

	dma_unmap_sg(bag->dev, bag->sgl, bag->nr, DMA_FROM_DEVICE);
	for_each_sg(bag->sgl, sg, bag->nr, i) {
		set_page_dirty_lock(sg_page(sg));
		put_page(sg_page(sg)); /* release: list */
	}
}

struct confetti_table {
	struct sg_table sgt;
	struct page **pages;
	int nr;
};

int confetti_lay(struct device *dev, struct confetti_table *table, unsigned long start)
{
	table->nr = get_user_pages_fast(start, 8, FOLL_WRITE, table->pages); /* acquire: table */
	if (table->nr <= 0)
		return -EFAULT;
	if (sg_alloc_table_from_pages(&table->sgt, table->pages, table->nr, 0,
				      table->nr * PAGE_SIZE, GFP_KERNEL)) {
		release_pages(table->pages, table->nr); /* release: table */
		return -ENOMEM;
	}
	dma_map_sg(dev, table->sgt.sgl, table->sgt.nents, DMA_FROM_DEVICE);
	return 0;
}

void confetti_sweep(struct confetti_table *table)
{
	struct scatterlist *sg;
	int i;

	for_each_sg(table->sgt.sgl, sg, table->sgt.nents, i)
		set_page_dirty_lock(sg_page(sg));
	sg_free_table(&table->sgt);
	release_pages(table->pages, table->nr); /* release: table */
}
