// SPDX-License-Identifier: GPL-2.0-only
/* A driver's own function has the name of one of GUP's, and is none of them. */
#include <linux/mm.h>

static long get_user_pages_locked(unsigned long start, struct page **page)
{
	return get_user_pages_fast(start, 1, FOLL_WRITE, page); /* acquire: own */
}

int thimble_fill(unsigned long start)
{
	struct page *page;

	if (get_user_pages_locked(start, &page) != 1)
		return -EFAULT;
	memset(kmap(page), 0, 64);
	set_page_dirty_lock(page);
	kunmap(page);
	put_page(page); /* release: own */
	return 0;
}
