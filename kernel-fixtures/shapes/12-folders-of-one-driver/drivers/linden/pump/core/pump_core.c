// SPDX-License-Identifier: GPL-2.0-only
/* The operations, and a release, are in another folder that the same Makefile builds. */
#include "pump.h"

int pump_fill(struct pump *pump, unsigned long start)
{
	if (get_user_pages_fast(start, 1, FOLL_WRITE, &pump->page) != 1) /* acquire: pump */
		return -EFAULT;
	dma_map_page(pump->dev, pump->page, 0, PAGE_SIZE, DMA_FROM_DEVICE);
	return 0;
}

void pump_drain(struct pump *pump)
{
	pump->ops->flush(pump, pump->page);
	put_page(pump->page); /* release: pump */
	pump->page = NULL;
}
