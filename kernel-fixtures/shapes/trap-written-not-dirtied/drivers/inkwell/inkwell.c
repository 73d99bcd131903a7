// SPDX-License-Identifier: GPL-2.0-only
/*
 * Written to by a device and never marked dirty; by the CPU while the caller waits, which is as dirty
 * as GUP left it; only read, which needs no mark.
 */
#include <linux/device.h>
#include <linux/mm.h>

int inkwell_fill(struct device *dev, unsigned long address)
{
	struct page *page;
	dma_addr_t at;

	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1) /* acquire: filled */
		return -EFAULT;
	at = dma_map_page(dev, page, 0, PAGE_SIZE, DMA_FROM_DEVICE);
	dma_unmap_page(dev, at, PAGE_SIZE, DMA_FROM_DEVICE);
	put_page(page); /* release: filled */
	return 0;
}

int inkwell_write(unsigned long address, const void *text)
{
	struct page *page;
	void *at;

	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1) /* acquire: written */
		return -EFAULT;
	at = kmap_local_page(page);
	memcpy(at, text, PAGE_SIZE);
	kunmap_local(at);
	put_page(page); /* release: written */
	return 0;
}

int inkwell_compare(unsigned long address, const void *text)
{
	struct page *page;
	void *at;
	int ret;

	if (get_user_pages_fast(address, 1, 0, &page) != 1) /* acquire: read */
		return -EFAULT;
	at = kmap_local_page(page);
	ret = memcmp(at, text, PAGE_SIZE);
	kunmap_local(at);
	put_page(page); /* release: read */
	return ret;
}
