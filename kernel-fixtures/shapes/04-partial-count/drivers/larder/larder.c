// SPDX-License-Identifier: GPL-2.0-only
/* Partial and negative counts on the error path, on three levels. */
#include <linux/device.h>

struct larder {
	struct device *dev;
	struct page **shelf;
	dma_addr_t *bus;
	long stocked;
};

int larder_stock(struct larder *larder, unsigned long start, unsigned long want)
{
	long got, i;
	int ret = 0;

	got = get_user_pages_unlocked(start, want, larder->shelf, FOLL_WRITE); /* acquire: shelf */
	if (got < 0) {
		ret = got;
		got = 0;
		goto fail;
	}
	if (got != want) {
		ret = -EFAULT;
		goto fail;
	}
	for (i = 0; i < got; i++) {
		larder->bus[i] = dma_map_page(larder->dev, larder->shelf[i], 0, PAGE_SIZE,
					      DMA_FROM_DEVICE);
		if (!larder->bus[i]) {
			ret = -ENOMEM;
			goto fail_map;
		}
	}
	larder->stocked = got;
	return 0;

fail_map:
	while (i--)
		dma_unmap_page(larder->dev, larder->bus[i], PAGE_SIZE, DMA_FROM_DEVICE);
fail:
	for (i = 0; i < got; i++)
		put_page(larder->shelf[i]); /* release: shelf */
	return ret;
}

void larder_empty(struct larder *larder)
{
	while (larder->stocked > 0) {
		larder->stocked--;
		dma_unmap_page(larder->dev, larder->bus[larder->stocked], PAGE_SIZE,
			       DMA_FROM_DEVICE);
		set_page_dirty_lock(larder->shelf[larder->stocked]);
		put_page(larder->shelf[larder->stocked]); /* release: shelf */
	}
}
