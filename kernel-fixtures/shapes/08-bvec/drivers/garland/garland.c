// SPDX-License-Identifier: GPL-2.0-only
/* Each page goes into a bvec of the object. */
#include <linux/device.h>

struct garland {
	struct bio_vec vec[4];
	int nr;
};

int garland_map(struct device *dev, struct garland *io, unsigned long start)
{
	struct page *page;

	while (io->nr < 4) {
		if (get_user_pages_fast(start, 1, FOLL_WRITE, &page) != 1) /* acquire: bvec */
			return -EFAULT;
		io->vec[io->nr].bv_page = page;
		io->vec[io->nr].bv_len = PAGE_SIZE;
		dma_map_page(dev, page, 0, PAGE_SIZE, DMA_FROM_DEVICE);
		start += PAGE_SIZE;
		io->nr++;
	}
	return 0;
}

void garland_unmap(struct garland *io)
{
	struct bio_vec *vec;

	for (vec = io->vec; io->nr; vec++, io->nr--) {
		set_page_dirty_lock(vec->bv_page);
		put_page(vec->bv_page); /* release: bvec */
	}
}
