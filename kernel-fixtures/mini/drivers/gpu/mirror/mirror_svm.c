// SPDX-License-Identifier: GPL-2.0-only
/*
 * CASE 3: DMA to user pages, but an MMU notifier (mirror_notifier.c) takes them away in time.
 * Must not change.
 */
#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/module.h>

#include "mirror.h"

int mirror_populate(struct mirror_range *range)
{
	unsigned long i;
	long got;

	got = get_user_pages_unlocked(range->start, range->nr_pages, range->pages, FOLL_WRITE);
	if (got != range->nr_pages) {
		if (got > 0)
			release_pages(range->pages, got);
		return -EFAULT;
	}
	for (i = 0; i < range->nr_pages; i++)
		dma_map_page(range->dev, range->pages[i], 0, PAGE_SIZE, DMA_BIDIRECTIONAL);
	return 0;
}
EXPORT_SYMBOL_GPL(mirror_populate);

void mirror_forget(struct mirror_range *range)
{
	unsigned long i;

	for (i = 0; i < range->nr_pages; i++) {
		set_page_dirty(range->pages[i]);
		put_page(range->pages[i]);
	}
}
EXPORT_SYMBOL_GPL(mirror_forget);

MODULE_LICENSE("GPL");
