// SPDX-License-Identifier: GPL-2.0-only
/* What is asked for with FOLL_LONGTERM is held for long, whatever a notifier says. */
#include "cove.h"

int cove_always_get(struct cove_always *cove, unsigned long start, bool write)
{
	unsigned int flags = FOLL_LONGTERM | (write ? FOLL_WRITE : 0);
	int got;

	got = get_user_pages_fast(start, cove->nr, flags, cove->pages); /* acquire: always */
	if (got < 0)
		return got;
	cove->nr = got;
	dma_map_page(cove->dev, cove->pages[0], 0, PAGE_SIZE, DMA_BIDIRECTIONAL);
	return 0;
}

void cove_always_put(struct cove_always *cove)
{
	int i;

	for (i = 0; i < cove->nr; i++) {
		set_page_dirty_lock(cove->pages[i]);
		put_page(cove->pages[i]); /* release: always */
	}
}

int cove_sometimes_get(struct cove_sometimes *cove, unsigned long start)
{
	unsigned int flags = FOLL_WRITE;
	int got;

	if (cove->keeps)
		flags |= FOLL_LONGTERM;
	got = get_user_pages_fast(start, cove->nr, flags, cove->pages); /* acquire: sometimes */
	if (got < 0)
		return got;
	cove->nr = got;
	dma_map_page(cove->dev, cove->pages[0], 0, PAGE_SIZE, DMA_BIDIRECTIONAL);
	return 0;
}

void cove_sometimes_put(struct cove_sometimes *cove)
{
	int i;

	for (i = 0; i < cove->nr; i++) {
		set_page_dirty_lock(cove->pages[i]);
		put_page(cove->pages[i]); /* release: sometimes */
	}
}

int cove_taken_get(struct cove_taken *cove, unsigned long start, bool once)
{
	unsigned int flags = FOLL_LONGTERM | FOLL_WRITE;
	int got;

	if (once)
		flags &= ~FOLL_LONGTERM;
	got = get_user_pages_fast(start, cove->nr, flags, cove->pages); /* acquire: changed */
	if (got < 0)
		return got;
	cove->nr = got;
	dma_map_page(cove->dev, cove->pages[0], 0, PAGE_SIZE, DMA_BIDIRECTIONAL);
	return 0;
}

void cove_taken_put(struct cove_taken *cove)
{
	int i;

	for (i = 0; i < cove->nr; i++) {
		set_page_dirty_lock(cove->pages[i]);
		put_page(cove->pages[i]); /* release: changed */
	}
}
