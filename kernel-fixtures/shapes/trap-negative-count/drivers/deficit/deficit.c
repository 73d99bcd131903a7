// SPDX-License-Identifier: GPL-2.0-only
/* The signed loop does nothing for a negative count; a bulk release would not stop. */
#include <linux/device.h>

struct deficit {
	struct device *dev;
	struct page **pages;
	int nr;
};

int deficit_run(struct deficit *deficit, unsigned long start, int want)
{
	int i, ret = 0;

	deficit->nr = get_user_pages_fast(start, want, FOLL_WRITE, deficit->pages); /* acquire: owed */
	if (deficit->nr != want) {
		ret = -EFAULT;
		goto out;
	}
	dma_map_page(deficit->dev, deficit->pages[0], 0, PAGE_SIZE, DMA_FROM_DEVICE);
	schedule();
out:
	for (i = 0; i < deficit->nr; i++) {
		set_page_dirty_lock(deficit->pages[i]);
		put_page(deficit->pages[i]); /* release: owed */
	}
	return ret;
}
