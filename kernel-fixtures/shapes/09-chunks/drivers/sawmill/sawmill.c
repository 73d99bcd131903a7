// SPDX-License-Identifier: GPL-2.0-only
/* Acquired in chunks, and by two calls, into one array. */
#include <linux/device.h>

struct sawmill_log {
	struct page **boards;
	unsigned long nr;
	dma_addr_t bus;
};

static void sawmill_drop(struct sawmill_log *log)
{
	unsigned long i;

	for (i = 0; i < log->nr; i++)
		put_page(log->boards[i]); /* release: chunks */
}

int sawmill_cut(struct device *dev, struct sawmill_log *log, unsigned long start,
		unsigned long want)
{
	long got;

	log->nr = 0;
	while (log->nr < want) {
		got = get_user_pages(start + log->nr * PAGE_SIZE, /* acquire: chunks */
				     min_t(unsigned long, want - log->nr, 32), FOLL_WRITE,
				     log->boards + log->nr, NULL);
		if (got <= 0) {
			sawmill_drop(log);
			return -EFAULT;
		}
		log->nr += got;
	}
	log->bus = dma_map_page(dev, log->boards[0], 0, PAGE_SIZE, DMA_FROM_DEVICE);
	return 0;
}

void sawmill_ship(struct device *dev, struct sawmill_log *log)
{
	dma_unmap_page(dev, log->bus, PAGE_SIZE, DMA_FROM_DEVICE);
	sawmill_drop(log);
}

int sawmill_pair(unsigned long top, unsigned long bottom, const void *data)
{
	struct page *boards[2];
	int nr = 0;

	if (get_user_pages_fast(top, 1, FOLL_WRITE, &boards[0]) == 1) /* acquire: calls */
		nr++;
	if (nr && get_user_pages_fast(bottom, 1, FOLL_WRITE, boards + nr) == 1) /* acquire: calls */
		nr++;
	if (nr == 2)
		memcpy(page_address(boards[1]), data, PAGE_SIZE);
	while (nr > 0)
		put_page(boards[--nr]); /* release: calls */
	return 0;
}
