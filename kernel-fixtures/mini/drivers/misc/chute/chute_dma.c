// SPDX-License-Identifier: GPL-2.0-only
/* Shapes 1 and 3, CASE 2: pages kept in a struct for DMA, released in another function. */
#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "chute.h"

int chute_map(struct chute_transfer *transfer, unsigned long start, unsigned long size)
{
	unsigned int wanted = DIV_ROUND_UP(offset_in_page(start) + size, PAGE_SIZE);
	unsigned int i;
	int got;

	transfer->pages = kcalloc(wanted, sizeof(*transfer->pages), GFP_KERNEL);
	transfer->addresses = kcalloc(wanted, sizeof(*transfer->addresses), GFP_KERNEL);
	if (!transfer->pages || !transfer->addresses)
		return -ENOMEM;

	got = get_user_pages_fast(start, wanted, FOLL_WRITE, transfer->pages);
	if (got <= 0) {
		dev_err(transfer->dev, "no pages at %lx\n", start);
		return -EFAULT;
	}
	transfer->nr_pages = got;

	for (i = 0; i < transfer->nr_pages; i++) {
		transfer->addresses[i] = dma_map_page(transfer->dev, transfer->pages[i], 0,
						      PAGE_SIZE, DMA_BIDIRECTIONAL);
		if (dma_mapping_error(transfer->dev, transfer->addresses[i]))
			return -EIO;
	}
	return got == wanted ? 0 : -EFAULT;
}
EXPORT_SYMBOL_GPL(chute_map);

void chute_unmap(struct chute_transfer *transfer)
{
	unsigned int i;

	for (i = 0; i < transfer->nr_pages; i++) {
		dma_unmap_page(transfer->dev, transfer->addresses[i], PAGE_SIZE,
			       DMA_BIDIRECTIONAL);
		put_page(transfer->pages[i]);
	}
	kfree(transfer->addresses);
	kfree(transfer->pages);
}
EXPORT_SYMBOL_GPL(chute_unmap);

MODULE_LICENSE("GPL");
