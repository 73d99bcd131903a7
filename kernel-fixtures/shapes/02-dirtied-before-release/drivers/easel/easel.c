// SPDX-License-Identifier: GPL-2.0-only
/* Dirtied in a loop that folds, on a condition, by if and else, after a trylock. */
#include <linux/device.h>

struct easel_paint {
	struct device *dev;
	struct page **pages;
	dma_addr_t *bus;
	int nr;
	bool from_device;
};

static void easel_clean(struct easel_paint *paint)
{
	int i;

	for (i = 0; i < paint->nr; i++) {
		dma_unmap_page(paint->dev, paint->bus[i], PAGE_SIZE, DMA_FROM_DEVICE);
		if (paint->from_device)
			set_page_dirty_lock(paint->pages[i]);
		put_page(paint->pages[i]); /* release: condition */
	}
}

int easel_start(struct easel_paint *paint, unsigned long start)
{
	int i, got;

	got = get_user_pages_fast(start, paint->nr, /* acquire: condition */
				  paint->from_device ? FOLL_WRITE : 0, paint->pages);
	if (got != paint->nr) {
		while (got > 0)
			put_page(paint->pages[--got]); /* release: condition */
		return -EFAULT;
	}
	for (i = 0; i < paint->nr; i++)
		paint->bus[i] = dma_map_page(paint->dev, paint->pages[i], 0, PAGE_SIZE,
					     DMA_FROM_DEVICE);
	return 0;
}

void easel_stop(struct easel_paint *paint)
{
	easel_clean(paint);
}
