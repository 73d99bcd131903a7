/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CHUTE_H
#define _CHUTE_H

#include <linux/device.h>
#include <linux/types.h>

struct page;

/* One transfer: the pages stay with it from chute_map() until chute_unmap(). */
struct chute_transfer {
	struct device *dev;
	unsigned int nr_pages;
	struct page **pages;
	dma_addr_t *addresses;
};

int chute_map(struct chute_transfer *transfer, unsigned long start, unsigned long size);
void chute_unmap(struct chute_transfer *transfer);

#endif /* _CHUTE_H */
