/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BROOK_H
#define _BROOK_H

#include <linux/device.h>
#include <linux/scatterlist.h>

struct brook_region {
	struct device *dev;
	unsigned long nr_pages;
	struct page **pages;
};

int brook_region_get(struct brook_region *region, unsigned long start, unsigned long nr_pages);
int brook_region_map(struct brook_region *region, dma_addr_t *addresses);
void brook_region_put(struct brook_region *region);
int brook_doorbell_map(struct device *dev, struct scatterlist *doorbell, unsigned long address);
void brook_doorbell_unmap(struct device *dev, struct scatterlist *doorbell);
int brook_ring_get(struct page **ring, unsigned long start, int nr_pages);
void brook_ring_put(struct page **ring, int nr_pages);

#endif /* _BROOK_H */
