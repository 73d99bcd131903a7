// SPDX-License-Identifier: GPL-2.0-only
/* Something goes to a device, and it is not the page: only an offset, or nothing at all. */
#include <linux/device.h>

dma_addr_t dma_map_single(struct device *dev, void *at, size_t size,
			  enum dma_data_direction direction);

dma_addr_t toll_offset(struct device *dev, char *buffer, unsigned long address)
{
	struct page *page;
	dma_addr_t at;

	if (get_user_pages_fast(address, 1, 0, &page) != 1) /* acquire: offset */
		return 0;
	at = dma_map_single(dev, buffer + (page_to_phys(page) & 63), 64, DMA_TO_DEVICE);
	put_page(page); /* release: offset */
	return at;
}

int toll_never(struct device *dev, unsigned long address)
{
	struct page *page;
	int node;

	if (get_user_pages_fast(address, 1, 0, &page) != 1) /* acquire: never */
		return -EFAULT;
	node = page_to_nid(page);
#if 0
	dma_map_page(dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE);
#endif
	if (0)
		dma_map_page(dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE);
	put_page(page); /* release: never */
	return node;
}
