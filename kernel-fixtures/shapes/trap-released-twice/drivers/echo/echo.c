// SPDX-License-Identifier: GPL-2.0-only
/* A path on which the same page is released by two functions. Both belong to the group. */
#include <linux/device.h>

struct echo_wave {
	struct page *page;
	dma_addr_t bus;
};

static void echo_fade(struct echo_wave *wave)
{
	put_page(wave->page); /* release: wave */
}

int echo_shout(struct device *dev, struct echo_wave *wave, unsigned long start, bool late)
{
	if (get_user_pages_fast(start, 1, FOLL_WRITE | FOLL_LONGTERM, &wave->page) != 1) /* acquire: wave */
		return -EFAULT;
	wave->bus = dma_map_page(dev, wave->page, 0, PAGE_SIZE, DMA_FROM_DEVICE);
	if (!wave->bus) {
		echo_fade(wave);
		if (late)
			put_page(wave->page); /* release: wave */
		return -ENOMEM;
	}
	return 0;
}

void echo_end(struct device *dev, struct echo_wave *wave)
{
	dma_unmap_page(dev, wave->bus, PAGE_SIZE, DMA_FROM_DEVICE);
	set_page_dirty_lock(wave->page);
	echo_fade(wave);
}
