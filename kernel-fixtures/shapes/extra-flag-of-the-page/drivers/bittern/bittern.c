// SPDX-License-Identifier: GPL-2.0-only
/* The same, but another file turns the flag on. */
#include "bittern.h"

static void bittern_add(struct bittern *bittern, struct page *page, int pinned)
{
	bittern->page = page;
	bittern->pinned = pinned;
}

int bittern_write(struct bittern *bittern, unsigned long start)
{
	struct page *page;

	if (get_user_pages_fast(start, 1, FOLL_WRITE | FOLL_LONGTERM, &page) != 1) /* acquire: reed */
		return -EFAULT;
	memset(page_address(page), 0, PAGE_SIZE);
	set_page_dirty(page);
	bittern_add(bittern, page, 1);
	return 0;
}

int bittern_pad(struct bittern *bittern)
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (!page)
		return -ENOMEM;
	bittern_add(bittern, page, 0);
	return 0;
}

void bittern_done(struct bittern *bittern)
{
	if (bittern->pinned)
		put_page(bittern->page); /* release: reed */
	else
		__free_page(bittern->page);
}
