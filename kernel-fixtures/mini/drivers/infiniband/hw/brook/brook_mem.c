// SPDX-License-Identifier: GPL-2.0-only
/* Shapes 4 and 9, CASE 2: got in chunks into one array; a partial count on the way out. */
#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "brook.h"

static void brook_release(struct page **pages, unsigned long nr_pages)
{
	unsigned long i;

	for (i = 0; i < nr_pages; i++) {
		set_page_dirty_lock(pages[i]);
		put_page(pages[i]);
	}
}

int brook_region_get(struct brook_region *region, unsigned long start, unsigned long nr_pages)
{
	struct page **pages = kvcalloc(nr_pages, sizeof(*pages), GFP_KERNEL);
	unsigned long got;
	long ret = 0;

	if (!pages)
		return -ENOMEM;

	mmap_read_lock(current->mm);
	for (got = 0; got < nr_pages; got += ret) {
		ret = get_user_pages(start + got * PAGE_SIZE,
				     nr_pages - got, /* the rest, but a chunk at a time */
				     FOLL_WRITE | FOLL_LONGTERM,
				     pages + got, NULL);
		if (ret <= 0)
			break;
	}
	mmap_read_unlock(current->mm);

	if (got < nr_pages) {
		brook_release(pages, got);
		kvfree(pages);
		return ret < 0 ? ret : -EFAULT;
	}
	region->pages = pages;
	region->nr_pages = nr_pages;
	return 0;
}
EXPORT_SYMBOL_GPL(brook_region_get);

int brook_region_map(struct brook_region *region, dma_addr_t *addresses)
{
	unsigned long i;

	for (i = 0; i < region->nr_pages; i++) {
		addresses[i] = dma_map_page(region->dev, region->pages[i], 0, PAGE_SIZE,
					    DMA_BIDIRECTIONAL);
		if (dma_mapping_error(region->dev, addresses[i]))
			return -EIO;
	}
	return 0;
}
EXPORT_SYMBOL_GPL(brook_region_map);

void brook_region_put(struct brook_region *region)
{
	brook_release(region->pages, region->nr_pages);
	kvfree(region->pages);
}
EXPORT_SYMBOL_GPL(brook_region_put);

MODULE_LICENSE("GPL");
