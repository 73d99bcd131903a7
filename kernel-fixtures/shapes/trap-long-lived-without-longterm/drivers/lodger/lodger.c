// SPDX-License-Identifier: GPL-2.0-only
/* Kept for long without FOLL_LONGTERM, and with it: a warning for the first, nothing added. */
#include <linux/device.h>

struct lodger {
	struct page *pages[16];
	int nr;
};

int lodger_move_in(struct device *dev, struct lodger *lodger, unsigned long start)
{
	lodger->nr = get_user_pages_fast(start, 16, FOLL_WRITE, lodger->pages); /* acquire: short */
	if (lodger->nr > 0)
		dma_map_page(dev, lodger->pages[0], 0, PAGE_SIZE, DMA_FROM_DEVICE);
	return lodger->nr;
}

void lodger_move_out(struct lodger *lodger)
{
	while (lodger->nr > 0) {
		set_page_dirty_lock(lodger->pages[lodger->nr - 1]);
		put_page(lodger->pages[--lodger->nr]); /* release: short */
	}
}

struct lodger_lease {
	struct page *pages[16];
	int nr;
};

int lodger_sign(struct device *dev, struct lodger_lease *lease, unsigned long start, bool write)
{
	unsigned int flags = FOLL_LONGTERM;

	if (write)
		flags |= FOLL_WRITE;
	lease->nr = get_user_pages_fast(start, 16, flags, lease->pages); /* acquire: lease */
	if (lease->nr > 0)
		dma_map_page(dev, lease->pages[0], 0, PAGE_SIZE, DMA_FROM_DEVICE);
	return lease->nr;
}

void lodger_end(struct lodger_lease *lease)
{
	while (lease->nr > 0) {
		set_page_dirty_lock(lease->pages[lease->nr - 1]);
		put_page(lease->pages[--lease->nr]); /* release: lease */
	}
}
