// SPDX-License-Identifier: GPL-2.0-only
/* Shape 8, CASE 2: the page moves into a scatterlist and is found there again. */
#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/module.h>

#include "brook.h"

int brook_doorbell_map(struct device *dev, struct scatterlist *doorbell, unsigned long address)
{
	struct page *page;
	int ret;

	ret = get_user_pages_fast(address & PAGE_MASK, 1, FOLL_WRITE | FOLL_LONGTERM, &page);
	if (ret != 1)
		return -EFAULT;

	sg_set_page(doorbell, page, 8, offset_in_page(address));
	ret = dma_map_sg(dev, doorbell, 1, DMA_TO_DEVICE);
	if (ret != 1) {
		put_page(page);
		return -EIO;
	}
	return 0;
}
EXPORT_SYMBOL_GPL(brook_doorbell_map);

void brook_doorbell_unmap(struct device *dev, struct scatterlist *doorbell)
{
	dma_unmap_sg(dev, doorbell, 1, DMA_TO_DEVICE);
	put_page(sg_page(doorbell));
}
EXPORT_SYMBOL_GPL(brook_doorbell_unmap);
