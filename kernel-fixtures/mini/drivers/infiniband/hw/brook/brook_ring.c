// SPDX-License-Identifier: GPL-2.0-only
/* Pins already, and calls put_page() for a page of its own. Must not change. */
#include <linux/mm.h>
#include <linux/module.h>

#include "brook.h"

int brook_ring_get(struct page **ring, unsigned long start, int nr_pages)
{
	struct page *guard = alloc_page(GFP_KERNEL);
	int got;

	if (!guard)
		return -ENOMEM;
	got = pin_user_pages_fast(start, nr_pages, FOLL_WRITE | FOLL_LONGTERM, ring);
	put_page(guard);
	return got;
}
EXPORT_SYMBOL_GPL(brook_ring_get);

void brook_ring_put(struct page **ring, int nr_pages)
{
	unpin_user_pages_dirty_lock(ring, nr_pages, true);
}
EXPORT_SYMBOL_GPL(brook_ring_put);
