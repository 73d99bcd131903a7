// SPDX-License-Identifier: GPL-2.0-only
/* DMA, but the notifier takes the pages away in time: a pin would be harmful. */
#include "lagoon.h"

int lagoon_populate(struct lagoon_object *object, unsigned long start)
{
	int got;

	got = get_user_pages(start, object->nr, FOLL_WRITE, object->pages, NULL); /* acquire: object */
	if (got != object->nr) {
		if (got > 0)
			release_pages(object->pages, got); /* release: object */
		return -EFAULT;
	}
	dma_map_page(object->dev, object->pages[0], 0, PAGE_SIZE, DMA_BIDIRECTIONAL);
	return 0;
}

void lagoon_unpopulate(struct lagoon_object *object)
{
	int i;

	for (i = 0; i < object->nr; i++) {
		set_page_dirty(object->pages[i]);
		put_page(object->pages[i]); /* release: object */
	}
}
